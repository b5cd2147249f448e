"""The state of one trade: what was agreed, and how far it has come."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple

from tradewind.core import plan as planning
from tradewind.core.costs import Costs
from tradewind.core.decisions import DecisionCode
from tradewind.core.ids import AccountId, IntentId, OrderId, PositionId
from tradewind.core.ladder import Rung
from tradewind.core.orders import Order, OrderPurpose
from tradewind.core.plan import AutoAction, PlanAction, PlanSpec, PlanState
from tradewind.core.positions import ExitReason, PositionStatus
from tradewind.core.signals import Signal, SignalTarget
from tradewind.core.values import Price, Quantity, Side
from tradewind.kit.ids import derive_id

_ZERO, _ONE = Decimal(0), Decimal(1)


@dataclass(frozen=True, slots=True)
class Mandate:
    """What was agreed when the intent was accepted; never changes after. Made by `mandate`.

    Attributes:
        actions: what the account's subscription lets the platform do with the position.
        quantity: size asked for, base currency.
        costs: the venue's rates.
        spec: the part of the signal's plan that `actions` allow.
        targets: the rungs that `actions` allow.
        leverage: of the position's isolated margin, notional ÷ margin.
    """

    intent_id: IntentId
    position_id: PositionId
    account_id: AccountId
    signal: Signal
    actions: frozenset[AutoAction]
    quantity: Quantity
    costs: Costs
    spec: PlanSpec
    targets: tuple[SignalTarget, ...]
    leverage: Decimal

    @property
    def first(self) -> Quantity:
        """What is entered at the zone: all of it, unless the signal is entered in parts."""
        ladder = self.signal.scale_in
        return self.quantity if ladder is None else self.quantity.portion(ladder.first)

    @property
    def additions(self) -> tuple[Rung, ...]:
        """The other parts, nearest first, each rounded down to the lot; those too small for the venue are left out."""
        ladder = self.signal.scale_in
        if ladder is None:
            return ()
        parts = (
            Rung(number, addition.price, self.quantity.portion(addition.share))
            for number, addition in enumerate(ladder.additions, start=1)
        )
        return tuple(part for part in parts if self.signal.instrument.tradable(part.price, part.quantity))

    @property
    def trips(self) -> Mapping[int, Price]:
        """Of a grid, where each addition leaves again, by its number; empty where nothing makes round trips."""
        ladder = self.signal.scale_in
        if ladder is None or self.spec.scale_in is None or not self.spec.scale_in.is_grid:
            return {}
        return {number: each.target for number, each in enumerate(ladder.additions, start=1) if each.target is not None}


def mandate(
    intent_id: IntentId,
    account_id: AccountId,
    signal: Signal,
    actions: frozenset[AutoAction],
    quantity: Quantity,
    costs: Costs,
    leverage: Decimal = _ONE,
) -> Mandate:
    """The mandate for executing `signal` on the account; its position id follows from the intent's."""
    targets = signal.targets
    if AutoAction.PARTIAL_CLOSE not in actions:
        targets = (SignalTarget(targets[0].price, _ONE),)
    return Mandate(
        intent_id=intent_id,
        position_id=PositionId(derive_id("position", intent_id)),
        account_id=account_id,
        signal=signal,
        actions=actions,
        quantity=quantity,
        costs=costs,
        spec=signal.plan.allowing(actions),
        targets=targets,
        leverage=leverage,
    )


class Trade(NamedTuple):
    """One trade. Quantities in base, money in quote currency.

    Attributes:
        orders: every order ever sent for it, oldest first.
        held: quantity in the position now.
        entered: Σ entry fills.
        entry_value, exit_value: Σ price × quantity of entry and exit fills, exact.
        basis: what the held quantity cost; kept instead of the average price, which may not be exact.
        realised: PnL of what was closed, before fees and funding.
        fees, funding: paid so far; negative when received.
        entry_fees: the part of `fees` that the entry cost.
        funding_per_unit: what the held quantity has paid since it was entered, per unit.
        plan: progress of the plan, once something is held.
        stop: the protective level in force, on the tick.
        stop_reason: what moved the stop last; none = still the initial one.
        entry_ending: why the entry was cancelled, once it was.
        exit_reason: why an exit was asked for, or what closed the position.
        began_at, opened_at, closed_at: market time of the intent, the first fill and the end.
    """

    mandate: Mandate
    status: PositionStatus
    orders: tuple[Order, ...]
    held: Quantity
    entered: Quantity
    entry_value: Decimal
    exit_value: Decimal
    basis: Decimal
    realised: Decimal
    fees: Decimal
    funding: Decimal
    entry_fees: Decimal
    funding_per_unit: Decimal
    plan: PlanState | None
    stop: Price
    stop_reason: PlanAction | None
    entry_ending: DecisionCode | None
    exit_reason: ExitReason | None
    began_at: int
    opened_at: int | None
    closed_at: int | None

    @property
    def side(self) -> Side:
        return self.mandate.signal.side

    @property
    def symbol(self) -> str:
        return self.mandate.signal.symbol

    @property
    def position_id(self) -> PositionId:
        return self.mandate.position_id

    @property
    def since(self) -> int:
        """Market time from which prices concern it: a candle that comes late cannot stop what was entered after it."""
        return self.began_at if self.opened_at is None else self.opened_at

    @property
    def entry_price(self) -> Decimal | None:
        """Average price of the entry fills, for people; None before the first."""
        return self.entry_value / self.entered.value if self.entered else None

    @property
    def exit_price(self) -> Decimal | None:
        """Average price of the exit fills, for people; None before the first."""
        exited = self.entered.value - self.held.value
        return self.exit_value / exited if exited else None

    @property
    def targets(self) -> tuple[SignalTarget, ...]:
        """The targets where they belong now: those that count from the average entry move with it, on the tick."""
        agreed, plan = self.mandate, self.plan
        if plan is None or agreed.spec.scale_in is None or agreed.spec.scale_in.targets_from == 0.0:
            return agreed.targets
        instrument, towards_entry = agreed.signal.instrument, planning.rounding_of_target(self.side.sign)
        return tuple(
            SignalTarget(instrument.quantise(planning.target_level(agreed.spec, plan, rung), towards_entry), each.share)
            for rung, each in enumerate(agreed.targets, start=1)
        )

    @property
    def net_pnl(self) -> Decimal:
        """Realised PnL after fees and funding."""
        return self.realised - self.fees - self.funding

    def unrealised(self, price: float) -> Decimal:
        """PnL of the held quantity with the market at `price`, before the fees of leaving."""
        if not self.held:
            return _ZERO
        return (Decimal(repr(price)) * self.held.value - self.basis) * self.side.sign

    def order(self, order_id: OrderId) -> Order:
        """The order with that id.

        Raises:
            KeyError: it is not one of this trade's.
        """
        for order in self.orders:
            if order.id == order_id:
                return order
        raise KeyError(order_id)

    def live_orders(self, purpose: OrderPurpose) -> Iterator[Order]:
        return (order for order in self.orders if order.purpose is purpose and order.live)

    @property
    def entry_order(self) -> Order | None:
        """The entry at the zone while it may still fill."""
        return next((order for order in self.live_orders(OrderPurpose.ENTRY) if not order.level), None)

    @property
    def entering_value(self) -> Decimal:
        """What the entries that may still fill would cost at their limits, with those to come, quote currency."""
        if self.entry_ending is not None or self.status.final:
            return _ZERO
        sent = {order.level: order for order in self.orders if order.purpose is OrderPurpose.ENTRY}
        total = _ZERO
        for part in (Rung(0, self.mandate.signal.entry_limit, self.mandate.first), *self.mandate.additions):
            order = sent.get(part.number)
            if order is None or order.live:
                left = part.quantity if order is None else order.remaining
                total += left.value * part.price.value
        return total

    @property
    def protective_order(self) -> Order | None:
        """The stop that rests or is on its way, if there is one."""
        return next(self.live_orders(OrderPurpose.STOP), None)

    def is_trip(self, order: Order) -> bool:
        """Whether `order` is the target of one part of a grid. Target 1 is the plan's, n + 1 that of addition n."""
        return order.purpose is OrderPurpose.TARGET and order.level - 1 in self.mandate.trips

    def part_entry(self, number: int) -> Order:
        """The order by which addition `number` was entered last."""
        return next(
            order
            for order in reversed(self.orders)
            if order.purpose is OrderPurpose.ENTRY and order.level == number and order.filled
        )

    @property
    def parts_held(self) -> dict[int, Quantity]:
        """Of a grid, what each addition has entered and not sold, by its number."""
        parts = {number: self.held.zero() for number in self.mandate.trips}
        for order in self.orders:
            if order.purpose is OrderPurpose.ENTRY and order.level in parts:
                parts[order.level] = parts[order.level] + order.filled
            elif self.is_trip(order):
                parts[order.level - 1] = parts[order.level - 1] - order.filled
        return parts

    @property
    def leaves(self) -> bool:
        """Of a grid, whether something has left other than by a round trip."""
        sold = sum((order.filled.value for order in self.orders if self.is_trip(order)), _ZERO)
        return self.entered.value - sold != self.held.value

    @property
    def over(self) -> bool:
        """Nothing is held and no order can fill any more."""
        return self.status.final and not any(order.live for order in self.orders)

    def overdue(self, at: int) -> bool:
        """Whether the entry still waits although the signal has expired by `at`, market ms."""
        return at >= self.mandate.signal.expires_at and self.entry_ending is None and self.entry_order is not None

    def with_order(self, order: Order) -> Trade:
        return self._replace(orders=tuple(order if old.id == order.id else old for old in self.orders))


def blank(agreed: Mandate, at: int) -> Trade:
    """The trade before anything was sent."""
    nothing = agreed.quantity.zero()
    return Trade(
        mandate=agreed,
        status=PositionStatus.ENTERING,
        orders=(),
        held=nothing,
        entered=nothing,
        entry_value=_ZERO,
        exit_value=_ZERO,
        basis=_ZERO,
        realised=_ZERO,
        fees=_ZERO,
        funding=_ZERO,
        entry_fees=_ZERO,
        funding_per_unit=_ZERO,
        plan=None,
        stop=agreed.signal.stop,
        stop_reason=None,
        entry_ending=None,
        exit_reason=None,
        began_at=at,
        opened_at=None,
        closed_at=None,
    )
