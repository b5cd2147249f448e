"""The desk: it lives through a market exactly as one trade alone would, and sizes by everything an account holds."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from random import Random
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.simulation.trade_driver import (
    ACCOUNT,
    CANDLE,
    INTENT,
    SIGNAL,
    START,
    Candle,
    Driver,
    Exit,
    Funding,
    Scenario,
    make_scenario,
    signal_of,
)
from tradewind.core.candles import Timeframe
from tradewind.core.costs import Costs
from tradewind.core.ids import SignalId
from tradewind.core.matching import Stretch
from tradewind.core.orders import OrderPurpose
from tradewind.core.plan import AutoAction, Trailing, TrailingKind
from tradewind.core.positions import ExitReason, PositionStatus
from tradewind.core.signals import Management, Signal, SignalAddition, SignalScaleIn
from tradewind.core.values import Side
from tradewind.trading.desk import ActiveTrade, Desk, Journal
from tradewind.trading.desk.codec import dump_trade
from tradewind.trading.dispatch import AcceptedIntent
from tradewind.trading.positions.view import position_item
from tradewind.venues.paper import instrument_for

FREE = Costs(maker=0, taker=0, half_spread=0, slippage=0, impact=0, latency_ms=0, participation=1.0, funding_rate=0.001)


def intent_of(
    signal: Signal,
    *,
    number: int = INTENT.int,
    account: UUID = ACCOUNT,
    balance: Decimal = Decimal(10_000),
    actions: frozenset[AutoAction] = frozenset(AutoAction),
    risk: str = "0.01",
    leverage: str = "5",
    by_hand: bool = False,
) -> AcceptedIntent:
    return AcceptedIntent(
        id=UUID(int=number),
        tenant_id=UUID(int=10),
        user_id=UUID(int=11),
        account_id=account,
        signal_id=signal.id,
        actions=frozenset(action.value for action in actions),
        balance=balance,
        ledger_seq=1,
        currency="USDT",
        is_demo=True,
        risk_per_trade=Decimal(risk),
        max_leverage=Decimal(leverage),
        by_hand=by_hand,
    )


def trade_of(desk: Desk, symbol: str = "BTCUSDT", account: UUID = ACCOUNT) -> ActiveTrade | None:
    held = desk.accounts.get(account)
    return held.trades.get(symbol) if held else None


@given(st.integers(0, 2**32), st.booleans())
@settings(max_examples=300, deadline=None)
def test_the_desk_does_to_a_trade_what_would_be_done_to_it_alone(seed: int, nasty: bool) -> None:
    """The driver checks every promise after every event; the desk must not do anything else."""
    scenario = make_scenario(Random(seed), nasty=nasty)
    agreed = scenario.agreed
    desk = Desk(agreed.costs, Journal(), feed_live=False)
    desk.prices["BTCUSDT"] = float(agreed.signal.entry_limit)
    worth = float(agreed.quantity) * float(agreed.signal.entry_limit)
    intent = intent_of(
        agreed.signal, balance=Decimal(round(worth)) + 1, actions=agreed.actions, risk="0.1", leverage="125"
    )
    desk.open(intent, agreed.signal, START)
    active = trade_of(desk)
    if active is None:
        return  # denied
    taken = active.trade.mandate
    alone = Driver(Scenario(replace(agreed, quantity=taken.quantity, leverage=taken.leverage), START, ()))
    assert dump_trade(active.trade) == dump_trade(alone.trade)
    for happening in scenario.happenings:
        match happening:
            case Candle(stretch):
                desk.advance("BTCUSDT", stretch)
            case Funding(at, _):
                happening = Funding(at, desk.prices["BTCUSDT"])  # noqa: PLW2901 - the desk knows the price
                desk.charge_funding(at)
            case Exit(at, reason):
                desk.exit(active.trade.position_id, reason, at)
        alone.live(happening)
        assert dump_trade(active.trade) == dump_trade(alone.trade)
        assert active.book.dump() == alone.book.dump()
        if alone.over:
            break
    assert len(desk) == (not alone.over)
    assert active.account.balance == intent.balance + alone.trade.net_pnl


def signal_on(symbol: str, price: float, *, side: Side = Side.LONG, number: int = SIGNAL.int) -> Signal:
    """Limit at `price`, stop 1 % and target 2 % away."""
    instrument = instrument_for(symbol, price)
    level = round(Decimal(str(price)) / instrument.tick)
    away = side.sign * level // 100
    made = signal_of(instrument, side, (level, level), level - away, [(level + 2 * away, "1")])
    return replace(made, id=SignalId(UUID(int=number)))


def flat(price: float, at: int) -> Stretch:
    return Stretch(at, at + CANDLE, price, price, price, price, 1e9)


class TestAccount:
    """One account, 10,000 USDT, 1 % risk a trade, stops 1 % away: a position is worth the whole equity."""

    def open(
        self, desk: Desk, symbol: str, price: float, number: int, *, account: UUID = ACCOUNT, **intent: object
    ) -> Decimal | None:
        """Execute a signal; the quantity, or None when it is denied."""
        signal = signal_on(symbol, price, number=number)
        desk.prices[symbol] = price
        desk.open(intent_of(signal, number=100 + number, account=account, **intent), signal, START)
        active = trade_of(desk, symbol, account)
        if active is None or active.trade.mandate.signal.id != signal.id:
            return None
        return active.trade.mandate.quantity.value

    def test_equity_counts_what_is_open(self) -> None:
        desk = Desk(FREE, Journal(), feed_live=False)
        assert self.open(desk, "BTCUSDT", 40_000, 1) == Decimal("0.25")
        desk.advance("BTCUSDT", flat(40_000, START))
        desk.prices["BTCUSDT"] = 40_400.0
        assert self.open(desk, "ETHUSDT", 2000, 2) == Decimal("5.05"), "1 % of 10,100 over 20"

    def test_exposure_counts_positions_and_waiting_entries(self) -> None:
        desk = Desk(FREE, Journal(), feed_live=False)
        assert self.open(desk, "BTCUSDT", 40_000, 1, leverage="2") == Decimal("0.25")
        desk.advance("BTCUSDT", flat(40_000, START))
        assert self.open(desk, "ETHUSDT", 2000, 2, leverage="1.5") == Decimal("2.5"), "5,000 are left"
        assert self.open(desk, "SOLUSDT", 100, 3, leverage="1.5") is None, "an entry that waits takes its room too"

    def test_one_position_a_symbol(self) -> None:
        desk = Desk(FREE, Journal(), feed_live=False)
        assert self.open(desk, "BTCUSDT", 40_000, 1)
        assert self.open(desk, "BTCUSDT", 40_000, 2) is None
        assert self.open(desk, "BTCUSDT", 40_000, 3, account=UUID(int=77)) == Decimal("0.25"), "another's is another's"

    def test_nobody_opens_on_nothing(self) -> None:
        """A gap has eaten the margin, which was all there was, and no more: the venue took the position."""
        desk = Desk(FREE, Journal(), feed_live=False)
        assert self.open(desk, "BTCUSDT", 40_000, 1, risk="0.1")
        desk.advance("BTCUSDT", flat(40_000, START))
        desk.advance("BTCUSDT", flat(15_000, START + CANDLE))
        account = desk.accounts[ACCOUNT]
        assert account.balance == 0
        assert not account.trades
        assert self.open(desk, "ETHUSDT", 2000, 2) is None

    def test_what_backs_one_position_backs_no_other(self) -> None:
        """Isolated margins together are never more than the equity, so that no gap takes more than there is."""
        desk = Desk(FREE, Journal(), feed_live=False)
        for number, (symbol, price) in enumerate((("BTCUSDT", 40_000.0), ("ETHUSDT", 2000.0)), start=1):
            signal = replace(signal_on(symbol, price, number=number), leverage_cap=3)
            desk.prices[symbol] = price
            desk.open(intent_of(signal, number=100 + number, risk="0.02"), signal, START)
            desk.advance(symbol, flat(price, START))
        held = [each for each in (trade_of(desk), trade_of(desk, "ETHUSDT")) if each is not None]
        assert [each.trade.basis for each in held] == [20_000, 10_000], "two thirds are put up for the first"
        for symbol in ("BTCUSDT", "ETHUSDT"):
            desk.advance(symbol, flat(100, START + CANDLE))
        assert desk.accounts[ACCOUNT].balance == pytest.approx(0, abs=1)

    def test_what_is_in_memory_is_newer_than_what_an_intent_brings(self) -> None:
        desk = Desk(FREE, Journal(), feed_live=False)
        assert self.open(desk, "BTCUSDT", 40_000, 1)
        desk.advance("BTCUSDT", flat(40_000, START))
        desk.advance("BTCUSDT", flat(39_600, START + CANDLE))
        assert desk.accounts[ACCOUNT].balance == Decimal(9900)
        assert self.open(desk, "ETHUSDT", 2000, 2) == Decimal("4.95")
        desk.forget_idle(set())
        assert ACCOUNT in desk.accounts, "something is open"

    def test_an_idle_account_is_forgotten_unless_an_intent_waits(self) -> None:
        desk = Desk(FREE, Journal(), feed_live=False)
        assert self.open(desk, "BTCUSDT", 40_000, 1)
        active = trade_of(desk)
        assert active is not None
        assert desk.exit(active.trade.position_id, ExitReason.MANUAL, START)
        desk.forget_idle({ACCOUNT})
        assert ACCOUNT in desk.accounts
        desk.forget_idle(set())
        assert ACCOUNT not in desk.accounts
        assert not desk.exit(active.trade.position_id, ExitReason.MANUAL, START), "there is nothing to close any more"

    def test_a_trade_does_not_live_through_what_was_before_it(self) -> None:
        desk = Desk(FREE, Journal(), feed_live=False)
        assert self.open(desk, "BTCUSDT", 40_000, 1)
        desk.advance("BTCUSDT", flat(20_000, START - CANDLE))
        active = trade_of(desk)
        assert active is not None
        assert active.trade.status is PositionStatus.ENTERING


@pytest.mark.parametrize("side", list(Side))
def test_funding_of_several_positions_is_charged_to_the_one_balance(side: Side) -> None:
    desk = Desk(FREE, Journal(), feed_live=False)
    for number, (symbol, price) in enumerate((("BTCUSDT", 40_000.0), ("ETHUSDT", 2000.0)), 1):
        signal = signal_on(symbol, price, side=side, number=number)
        desk.prices[symbol] = price
        desk.open(intent_of(signal, number=number), signal, START)
        desk.advance(symbol, flat(price, START))
    desk.charge_funding(START + CANDLE)
    assert desk.accounts[ACCOUNT].balance == 10_000 - side.sign * 20


rates = st.sampled_from([0.0, 0.0002, 0.0006, 0.002])


@given(
    costs=st.builds(
        Costs,
        maker=rates,
        taker=rates,
        half_spread=st.sampled_from([0.0, 0.00005, 0.001]),
        slippage=st.sampled_from([0.0, 0.0001, 0.003]),
        impact=st.sampled_from([0.0, 0.001, 0.5]),
        latency_ms=st.sampled_from([0, 250]),
        participation=st.sampled_from([0.02, 0.1, 1.0]),
        funding_rate=st.just(0.0),
    ),
    side=st.sampled_from(list(Side)),
    symbol=st.sampled_from([("BTCUSDT", 40_000.0), ("DOGEUSDT", 0.07), ("SOLUSDT", 91.3)]),
    risk=st.sampled_from(["0.001", "0.005", "0.1"]),
    away=st.integers(-3, 3),
    busy=st.floats(1.01, 1e6),
)
@settings(max_examples=200, deadline=None)
def test_a_trade_that_is_stopped_out_costs_no_more_than_its_account_allows(
    costs: Costs, side: Side, symbol: tuple[str, float], risk: str, away: int, busy: float
) -> None:
    """With fees, spread, slippage and the impact of its own size; whatever price within the zone it was entered at."""
    name, price = symbol
    signal = signal_on(name, price, side=side)
    desk = Desk(costs, Journal(), feed_live=False)
    desk.prices[name] = price
    desk.open(intent_of(signal, risk=risk, leverage="125"), signal, START)
    active = trade_of(desk, name)
    if active is None:
        return  # not even the smallest order is within the limit
    # A candle has so much volume that what it gives is not the whole of a position by more than `participation`.
    volume = busy * float(active.trade.mandate.quantity) / costs.participation
    tick = float(signal.instrument.tick)
    opened, beyond = price + away * tick, price * (1 - side.sign * 0.03)
    entered = Stretch(START, START + CANDLE, opened, max(opened, price), min(opened, price), price, volume)
    desk.advance(name, entered)
    assert active.trade.held == active.trade.mandate.quantity
    high, low = max(price, beyond), min(price, beyond)
    desk.advance(name, Stretch(START + CANDLE, START + 2 * CANDLE, price, high, low, beyond, volume))
    assert active.trade.over
    assert active.trade.exit_reason is ExitReason.STOP
    assert active.account.balance >= 10_000 * (1 - Decimal(risk)), "not a cent more than was allowed"


def test_a_chandelier_moves_when_a_candle_closes_and_only_by_its_own_period() -> None:
    trailing = Trailing(TrailingKind.CHANDELIER, 2.0, period=14)
    plain = signal_on("BTCUSDT", 40_000)
    signal = replace(plain, management=Management(trailing=trailing))
    desk = Desk(FREE, Journal(), feed_live=False)
    desk.prices["BTCUSDT"] = 40_000.0
    desk.open(intent_of(signal), signal, START)
    desk.advance("BTCUSDT", flat(40_000, START))
    desk.advance("BTCUSDT", flat(40_300, START + CANDLE))
    active = trade_of(desk)
    assert active is not None
    assert active.trade.stop == signal.stop, "no candle has told the ATR"
    at = START + 2 * CANDLE
    assert desk.periods("BTCUSDT", Timeframe.M5) == {14}
    assert desk.periods("BTCUSDT", Timeframe.H1) == set()
    desk.candle_closed("BTCUSDT", Timeframe.M5, at, 40_300.0, 21, 50.0)
    assert active.trade.stop == signal.stop
    desk.candle_closed("BTCUSDT", Timeframe.M5, at, 40_300.0, 14, 50.0)
    assert float(active.trade.stop) == 40_200.0
    desk.candle_closed("BTCUSDT", Timeframe.M5, at, 40_300.0, 14, 100.0)
    assert float(active.trade.stop) == 40_200.0, "a wider range takes nothing back"


def test_exposure_counts_the_whole_ladder() -> None:
    plain = signal_on("BTCUSDT", 40_000)
    limit = plain.entry_limit
    parts = (SignalAddition(limit.shifted(-100), Decimal("0.5")),)
    signal = replace(plain, scale_in=SignalScaleIn(Decimal("0.5"), parts))
    desk = Desk(FREE, Journal(), feed_live=False)
    desk.prices["BTCUSDT"] = 40_000.0
    desk.open(intent_of(signal), signal, START)
    active = trade_of(desk)
    assert active is not None
    half = active.trade.mandate.first.value
    expected = half * limit.value + half * parts[0].price.value
    assert active.trade.entering_value == expected
    desk.advance("BTCUSDT", flat(40_000, START))
    assert active.trade.held.value == half
    assert active.trade.entering_value == half * parts[0].price.value
    desk.exit(active.trade.position_id, ExitReason.MANUAL, START + CANDLE)
    assert active.trade.entering_value == 0


@pytest.mark.parametrize("side", list(Side))
def test_a_position_shows_its_targets_where_they_rest(side: Side) -> None:
    """Targets that count from the average entry move with every part that is entered."""
    plain = signal_on("BTCUSDT", 40_000, side=side)
    deeper = plain.entry_limit.shifted(-side.sign * 100)
    ladder = SignalScaleIn(Decimal("0.5"), (SignalAddition(deeper, Decimal("0.5")),), targets_from_average=True)
    signal = replace(plain, scale_in=ladder)
    desk = Desk(FREE, Journal(), feed_live=False)
    desk.prices["BTCUSDT"] = 40_000.0
    desk.open(intent_of(signal), signal, START)
    active = trade_of(desk)
    assert active is not None
    for at, price in ((START, 40_000.0), (START + CANDLE, float(deeper))):
        desk.advance("BTCUSDT", flat(price, at))
        orders = active.trade.live_orders(OrderPurpose.TARGET)
        shown = position_item(active.trade)["take_profit"]
        assert [each["price"] for each in shown] == [str(order.price) for order in orders]
    assert active.trade.targets[0].price == plain.targets[0].price.shifted(-side.sign * 50)
