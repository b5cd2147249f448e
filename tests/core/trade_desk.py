"""A desk of its own for one trade: it keeps what the trade answered, and acknowledges every command."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from decimal import Decimal
from uuid import UUID

from tests.simulation.trade_driver import CANDLE, START, agreed_on, signal_of
from tradewind.core.costs import Costs
from tradewind.core.decisions import Decision, DecisionCode
from tradewind.core.ids import FillId
from tradewind.core.orders import Order, OrderPurpose
from tradewind.core.plan import AutoAction
from tradewind.core.signals import Management, SignalScaleIn
from tradewind.core.trade import (
    Accepted,
    Amend,
    Amended,
    Cancel,
    Canceled,
    Effect,
    Event,
    Filled,
    Observed,
    Place,
    Posting,
    Refused,
    begin,
    handle,
)
from tradewind.core.values import Instrument, Price, Quantity, Side

INSTRUMENT = Instrument("paper", "BTCUSDT", "BTC", "USDT", Decimal("0.5"), Decimal("0.01"), Decimal("0.01"), Decimal(5))
COSTS = Costs(maker=0.0002, taker=0.0006, half_spread=0.0, slippage=0.0001)


def price(value: str | int | Decimal) -> Price:
    return INSTRUMENT.price(Decimal(value))


def quantity(value: str | int) -> Quantity:
    return INSTRUMENT.quantity(Decimal(value))


def numbers(data: Mapping[str, str]) -> dict[str, Decimal | str]:
    """`data` with what is a number as one: on the tick 1000 and 1000.0 are the same."""
    return {name: Decimal(text) if re.fullmatch(r"-?[\d.]+", text) else text for name, text in data.items()}


PLAIN = Management()
TARGETS = ((40, "0.5"), (80, "0.3"), (160, "0.2"))


class Desk:
    """Feeds a trade and keeps what it answered; every command is acknowledged unless told otherwise."""

    def __init__(
        self,
        side: Side = Side.LONG,
        *,
        management: Management = PLAIN,
        actions: Iterable[AutoAction] = tuple(AutoAction),
        size: str = "10",
        refuses: Iterable[OrderPurpose] = (),
        costs: Costs = COSTS,
        scale_in: SignalScaleIn | None = None,
        targets: Iterable[tuple[int, str]] = TARGETS,
        instrument: Instrument = INSTRUMENT,
    ) -> None:
        # In ticks of 0.5: a limit of 1000, a stop 20 away, targets 20, 40 and 80 away.
        targets = [(2000 + side.sign * ticks, share) for ticks, share in targets]
        plain = signal_of(instrument, side, (2000, 2000), 2000 - side.sign * 40, targets, management=management)
        self.signal = replace(plain, scale_in=scale_in)
        self.refuses = set(refuses)
        self.at = START
        self._fills = 0
        self.sent: list[Effect] = []
        self.trade, effects = begin(agreed_on(self.signal, size, costs, actions), START)
        self._answer(effects)

    def tell(self, event: Event) -> list[Effect]:
        """What the trade answers at once, before the venue says anything."""
        self.trade, effects = handle(self.trade, event)
        self._answer(effects)
        return effects

    def fill(self, order: Order, lots: str | int, at_price: str | int | Decimal, fee: str = "0") -> list[Effect]:
        return self.tell(self.filled(order, lots, at_price, fee))

    def filled(self, order: Order, lots: str | int, at_price: str | int | Decimal, fee: str = "0") -> Filled:
        """The report of a fill."""
        self._fills += 1
        amount = self.signal.instrument.quantity(Decimal(lots))
        return Filled(
            order.id, self.at, FillId(UUID(int=self._fills)), price(at_price), amount, Decimal(fee), maker=True
        )

    def see(self, at_price: float, *, later: int = CANDLE) -> list[Effect]:
        self.at += later
        return self.tell(Observed(self.at, at_price, at_price, at_price))

    def live(self, purpose: OrderPurpose) -> list[Order]:
        return list(self.trade.live_orders(purpose))

    def the(self, purpose: OrderPurpose) -> Order:
        (order,) = self.live(purpose)
        return order

    def codes(self) -> list[DecisionCode]:
        return [effect.code for effect in self.sent if isinstance(effect, Decision)]

    def told(self, code: DecisionCode) -> dict[str, Decimal | str]:
        """What the last decision of that code said, numbers as numbers."""
        found = [effect for effect in self.sent if isinstance(effect, Decision) and effect.code is code]
        return numbers(found[-1].data)

    def _answer(self, effects: list[Effect]) -> None:
        self.sent += effects
        for effect in effects:
            if isinstance(effect, Decision | Posting):
                assert effect.at == self.at, "it is dated by what it follows from"
            if isinstance(effect, Place):
                assert effect.order.sent_at == self.at
            report: Event
            match effect:
                case Place(order):
                    if order.purpose in self.refuses:
                        report = Refused(order.id, self.at, "no")
                    else:
                        report = Accepted(order.id, self.at)
                case Amend(order_id, amount, trigger):
                    report = Amended(order_id, self.at, amount, trigger)
                case Cancel(order_id):
                    report = Canceled(order_id, self.at)
                case _:
                    continue
            assert len(self.sent) < 200, "it would talk to the venue for ever"
            self.trade, answers = handle(self.trade, report)
            self._answer(answers)


def commands(effects: list[Effect]) -> list[Effect]:
    return [effect for effect in effects if isinstance(effect, Place | Amend | Cancel)]
