"""`begin` and `handle` are the whole life of a trade: `(trade, event) → (trade, effects)`."""

from __future__ import annotations

from decimal import Decimal

from tradewind.core import plan as planning
from tradewind.core.costs import breakeven
from tradewind.core.decisions import Decision, DecisionCode
from tradewind.core.ids import OrderId
from tradewind.core.ledger import EntryKind
from tradewind.core.orders import Order, OrderEvent, OrderKind, OrderPurpose, OrderStatus
from tradewind.core.positions import ExitReason, PositionEvent, PositionStatus, transition
from tradewind.core.trade.commands import cancel, leave, match_entries, match_exits, place
from tradewind.core.trade.messages import (
    Accepted,
    Amended,
    Canceled,
    Effect,
    Event,
    ExitAsked,
    Filled,
    FundingCharged,
    Liquidated,
    Observed,
    Posting,
    Refused,
)
from tradewind.core.trade.state import Mandate, Trade, blank
from tradewind.core.values import EXACT, MONEY_STEP, Quantity, Rounding, Side, round_to


def begin(agreed: Mandate, at: int) -> tuple[Trade, list[Effect]]:
    """Start the trade: one limit order at the worst price of the entry zone. It takes what is there at once and waits
    for the rest, so no fill can be worse than the signal allows. Further parts follow its first fill."""
    effects: list[Effect] = []
    limit = agreed.signal.entry_limit
    trade = place(blank(agreed, at), effects, at, OrderPurpose.ENTRY, agreed.first, price=limit)
    data = {"quantity": str(agreed.first), "price": str(limit), "stop": str(trade.stop)}
    effects.append(Decision(DecisionCode.ENTRY_PLACED, at, data))
    return trade, effects


def handle(trade: Trade, event: Event) -> tuple[Trade, list[Effect]]:
    """The trade after `event` and what has to be done about it, protective commands before all others.

    Raises:
        IllegalTransitionError: the event contradicts the trade's state.
        KeyError: the event is about an order that is not this trade's.
    """
    effects: list[Effect] = []
    match event:
        case Observed():
            return _observed(trade, event, effects), effects
        case Filled():
            trade = _filled(trade, event, effects)
        case Accepted():
            return trade.with_order(trade.order(event.order_id).after(OrderEvent.ACCEPTED)), effects
        case Amended():
            return trade.with_order(trade.order(event.order_id).amended(event.quantity, event.trigger)), effects
        case Canceled():
            trade = _order_over(trade, event.order_id, OrderEvent.CANCELED, event.at)
        case Refused():
            trade = _refused(trade, event, effects)
        case Liquidated():
            trade = _liquidated(trade, event, effects)
        case FundingCharged():
            effects.append(Posting(EntryKind.FUNDING, -event.amount, event.at, None))
            return _repriced(_funded(trade, event.amount)), effects
        case ExitAsked():
            trade = _exit(trade, event.reason, event.at, effects)
    return _matched(trade, event.at, effects), effects


def _matched(trade: Trade, at: int, effects: list[Effect]) -> Trade:
    """With all orders as they should rest, protection first."""
    return match_entries(match_exits(trade, at, effects), at, effects)


# ---------------------------------------------------------------------------------------------------- market events


def _observed(trade: Trade, event: Observed, effects: list[Effect]) -> Trade:
    if trade.entry_ending is None and trade.entry_order is not None:
        trade = _watch_entry(trade, event, effects)
    if trade.status is PositionStatus.CLOSING:
        return leave(trade, event.at, effects)
    if trade.status is not PositionStatus.OPEN or trade.plan is None:
        return trade
    spec = trade.mandate.spec
    plan, actions = planning.observe(spec, trade.plan, event.high, event.low, event.close, event.at, event.atr)
    if plan is not trade.plan:
        trade = trade._replace(plan=plan)
    if not actions:
        return trade
    return _matched(_carry_out(trade, actions, event.close, event.at, effects, {}), event.at, effects)


def _watch_entry(trade: Trade, event: Observed, effects: list[Effect]) -> Trade:
    """Cancel the entry once waiting for it has lost its sense."""
    signal = trade.mandate.signal
    long = trade.side is Side.LONG
    if event.at >= signal.expires_at:
        return _end_entry(trade, DecisionCode.ENTRY_EXPIRED, event.at, effects)
    if trade.entered:
        return trade
    stop, target = float(signal.stop), float(signal.targets[0].price)
    if (event.low <= stop) if long else (event.high >= stop):
        return _end_entry(trade, DecisionCode.ENTRY_INVALIDATED, event.at, effects)
    if (event.high >= target) if long else (event.low <= target):
        return _end_entry(trade, DecisionCode.ENTRY_MISSED, event.at, effects)
    return trade


def _end_entry(trade: Trade, why: DecisionCode, at: int, effects: list[Effect]) -> Trade:
    """Cancel what is left of the entry and of the additions to it, once."""
    entries = list(trade.live_orders(OrderPurpose.ENTRY))
    if not entries or trade.entry_ending is not None:
        return trade
    data = {"filled": str(trade.entered), "quantity": str(trade.mandate.quantity)}
    effects.append(Decision(why, at, data))
    trade = trade._replace(entry_ending=why)
    for entry in entries:
        trade = cancel(trade, effects, entry)
    return trade


# ----------------------------------------------------------------------------------------------------------- fills


def _filled(trade: Trade, fill: Filled, effects: list[Effect]) -> Trade:
    order = trade.order(fill.order_id).executed(fill.price, fill.quantity)
    trade = trade.with_order(order)._replace(fees=trade.fees + fill.fee)
    value = EXACT.multiply(fill.price.value, fill.quantity.value)
    effects.append(Posting(EntryKind.FEE, -fill.fee, fill.at, fill.fill_id))
    if order.purpose is OrderPurpose.ENTRY:
        return _entered(trade, order, fill, value, effects)
    return _reduced(trade, order, fill, value, effects)


def _entered(trade: Trade, order: Order, fill: Filled, value: Decimal, effects: list[Effect]) -> Trade:
    too_late = trade.status.final
    data = {"price": str(fill.price), "quantity": str(fill.quantity)}
    data |= {"filled": str(order.filled), "of": str(order.quantity)}
    effects.append(Decision(DecisionCode.ENTRY_FILLED, fill.at, data))
    held = trade.held + fill.quantity
    trade = trade._replace(
        status=transition(trade.status, PositionEvent.ENTRY_FILLED),
        held=held,
        entered=trade.entered + fill.quantity,
        entry_value=EXACT.add(trade.entry_value, value),
        basis=EXACT.add(trade.basis, round_to(value, MONEY_STEP, Rounding.NEAREST)),
        entry_fees=trade.entry_fees + fill.fee,
        # What the units held so far have paid is now spread over more of them.
        funding_per_unit=trade.funding_per_unit * trade.held.value / held.value,
        opened_at=fill.at if trade.opened_at is None else trade.opened_at,
        closed_at=None,
    )
    trade = _repriced(trade, fill.at)
    if too_late:
        return trade._replace(exit_reason=ExitReason.LATE_ENTRY)
    if trade.status is PositionStatus.OPEN and trade.exit_reason is not None:
        # An exit was asked for while the entry was still being cancelled.
        return trade._replace(status=transition(trade.status, PositionEvent.EXIT_REQUESTED))
    return trade


def _reduced(trade: Trade, order: Order, fill: Filled, value: Decimal, effects: list[Effect]) -> Trade:
    held = trade.held - fill.quantity
    released = trade.basis
    trip = trade.is_trip(order)
    if trip and held:
        # A part of a grid leaves with its own price, so that what it realises is its round trip.
        entry = trade.part_entry(order.level - 1)
        released = round_to(entry.spent * fill.quantity.value / entry.filled.value, MONEY_STEP, Rounding.NEAREST)
    elif held:
        share = trade.basis * fill.quantity.value / trade.held.value
        released = round_to(share, MONEY_STEP, Rounding.NEAREST)
    gain = round_to((value - released) * trade.side.sign, MONEY_STEP, Rounding.NEAREST)
    effects.append(Posting(EntryKind.PNL, gain, fill.at, fill.fill_id))
    _explain_exit(trade, order, fill, held, gain, effects)
    trade = trade._replace(
        status=transition(trade.status, PositionEvent.REDUCED if held else PositionEvent.EMPTIED),
        held=held,
        basis=trade.basis - released,
        exit_value=EXACT.add(trade.exit_value, value),
        realised=trade.realised + gain,
    )
    if trip:
        return _repriced(trade) if held else _closed(trade, order, fill.at, effects)
    trade = _end_entry(trade, DecisionCode.ENTRY_CUT_SHORT, fill.at, effects)
    if not held:
        return _closed(trade, order, fill.at, effects)
    if order.purpose is OrderPurpose.TARGET and order.status is OrderStatus.FILLED and trade.plan is not None:
        price = float(fill.price)
        plan, actions = planning.target_filled(trade.mandate.spec, trade.plan, order.level, price)
        cause = {"target": str(order.level), "share": _percent(order.quantity, trade.entered)}
        trade = _carry_out(trade._replace(plan=plan), actions, price, fill.at, effects, cause)
    return trade


def _liquidated(trade: Trade, event: Liquidated, effects: list[Effect]) -> Trade:
    """Take the venue's own order into the books and what it filled."""
    fill = event.fill
    order = Order(
        id=fill.order_id,
        symbol=trade.symbol,
        side=trade.side,
        purpose=OrderPurpose.LIQUIDATION,
        kind=OrderKind.MARKET,
        quantity=fill.quantity,
        price=None,
        trigger=None,
        reduce_only=True,
        level=0,
        sent_at=fill.at,
        status=OrderStatus.SUBMITTED,
        filled=fill.quantity.zero(),
        spent=Decimal(0),
    )
    data = {"price": str(fill.price), "quantity": str(fill.quantity)}
    data |= {"liquidation": str(event.price), "fee": _cents(fill.fee)}
    effects.append(Decision(DecisionCode.LIQUIDATED, fill.at, data))
    return _filled(trade._replace(orders=(*trade.orders, order)), fill, effects)


def _explain_exit(
    trade: Trade, order: Order, fill: Filled, held: Quantity, gain: Decimal, effects: list[Effect]
) -> None:
    data = {"price": str(fill.price), "quantity": str(fill.quantity), "left": str(held), "pnl": _cents(gain)}
    if order.purpose is OrderPurpose.STOP:
        data |= {"stop": str(order.trigger), "kind": trade.stop_reason.value if trade.stop_reason else "initial"}
        effects.append(Decision(DecisionCode.STOP_FILLED, fill.at, data))
    elif trade.is_trip(order):
        effects.append(Decision(DecisionCode.ROUND_TRIP, fill.at, data | {"part": str(order.level - 1)}))
    elif order.purpose is OrderPurpose.TARGET:
        whole = trade.mandate.quantity if trade.mandate.trips else trade.entered
        data |= {"target": str(order.level), "share": _percent(fill.quantity, whole)}
        effects.append(Decision(DecisionCode.TARGET_FILLED, fill.at, data))


def _closed(trade: Trade, order: Order, at: int, effects: list[Effect]) -> Trade:
    match order.purpose:
        case OrderPurpose.TARGET:
            reason = ExitReason.TARGET
        case OrderPurpose.STOP:
            reason = ExitReason(trade.stop_reason.value) if trade.stop_reason else ExitReason.STOP
        case OrderPurpose.LIQUIDATION:
            reason = ExitReason.LIQUIDATED
        case _:
            reason = trade.exit_reason or ExitReason.MANUAL
    data = {"reason": reason.value, "pnl": _cents(trade.net_pnl), "fees": _cents(trade.fees)}
    if trade.funding:
        data["funding"] = _cents(trade.funding)
    effects.append(Decision(DecisionCode.CLOSED, at, data))
    return trade._replace(exit_reason=reason, closed_at=at)


# ------------------------------------------------------------------------------------------------- ends and exits


def _order_over(trade: Trade, order_id: OrderId, event: OrderEvent, at: int) -> Trade:
    order = trade.order(order_id).after(event)
    trade = trade.with_order(order)
    if order.purpose is OrderPurpose.ENTRY:
        status = transition(trade.status, PositionEvent.ENTRY_ENDED)
        trade = trade._replace(status=status)
        if status is PositionStatus.ABANDONED:
            trade = trade._replace(closed_at=at)
    return trade


def _refused(trade: Trade, event: Refused, effects: list[Effect]) -> Trade:
    order = trade.order(event.order_id)
    trade = _order_over(trade, event.order_id, OrderEvent.REJECTED, event.at)
    if order.purpose is OrderPurpose.ENTRY:
        effects.append(Decision(DecisionCode.ENTRY_REJECTED, event.at, {"reason": event.reason}))
    elif order.purpose is OrderPurpose.STOP and trade.held:
        # What cannot be protected must not be held.
        data = {"reason": event.reason, "quantity": str(trade.held)}
        effects.append(Decision(DecisionCode.PROTECTION_FAILED, event.at, data))
        trade = _exit(trade, ExitReason.PROTECTION_FAILED, event.at, effects)
        trade = trade._replace(exit_reason=ExitReason.PROTECTION_FAILED)
    return trade


def _exit(trade: Trade, reason: ExitReason, at: int, effects: list[Effect]) -> Trade:
    """Leave at market; the protective stop stays in the book until nothing is held."""
    if trade.status is PositionStatus.CLOSING or trade.status.final:
        return trade
    trade = _end_entry(trade, DecisionCode.EXIT_REQUESTED, at, effects)
    return trade._replace(status=transition(trade.status, PositionEvent.EXIT_REQUESTED), exit_reason=reason)


def _carry_out(
    trade: Trade,
    actions: list[planning.Action],
    market: float,
    at: int,
    effects: list[Effect],
    cause: dict[str, str],
) -> Trade:
    """Carry out what the plan asks for, with the market at `market`."""
    for action in actions:
        match action:
            case planning.ExitNow():
                trade = _exit(trade, ExitReason(action.action.value), at, effects)
            case planning.SkipMove() | planning.MoveStop():
                trade = _move_stop(trade, action, market, at, effects, cause)
    return trade


def _move_stop(
    trade: Trade,
    action: planning.MoveStop | planning.SkipMove,
    market: float,
    at: int,
    effects: list[Effect],
    cause: dict[str, str],
) -> Trade:
    assert trade.plan is not None
    instrument, sign = trade.mandate.signal.instrument, trade.side.sign
    level = instrument.quantise(action.level, planning.rounding_of(sign, action.action))
    if isinstance(action, planning.SkipMove) or (market - float(level)) * sign <= 0.0:
        # The market is there already, or is once the level is on the tick: such a stop would trigger at once.
        data = {"action": action.action.value, "stop": str(trade.stop), "to": str(level)}
        effects.append(Decision(DecisionCode.STOP_MOVE_SKIPPED, at, data | cause))
        return trade
    if (level - trade.stop) * sign <= 0:  # rounded back to where it was
        return trade
    best = instrument.quantise(trade.plan.best, Rounding.NEAREST)
    data = {"action": action.action.value, "from": str(trade.stop), "to": str(level), "best": str(best)}
    effects.append(Decision(DecisionCode.STOP_MOVED, at, data | cause))
    plan = planning.stop_moved(trade.plan, float(level))
    return trade._replace(plan=plan, stop=level, stop_reason=action.action)


# --------------------------------------------------------------------------------------------------------- numbers


def _funded(trade: Trade, amount: Decimal) -> Trade:
    per_unit = trade.funding_per_unit + (amount / trade.held.value if trade.held else Decimal(0))
    return trade._replace(funding=trade.funding + amount, funding_per_unit=per_unit)


def _repriced(trade: Trade, at: int | None = None) -> Trade:
    """With the plan's entry and breakeven prices brought up to the fills, fees and funding so far."""
    if not trade.entered:
        return trade
    costs, side = trade.mandate.costs, trade.side.sign
    entry = float(trade.entry_value / trade.entered.value)
    if trade.mandate.trips and trade.held:
        entry = float(trade.basis / trade.held.value)  # what has made its round trip counts no more
    fee_in = float(trade.entry_fees / trade.entry_value)
    slippage, funding = costs.slippage + costs.half_spread, float(trade.funding_per_unit)
    paid_at = breakeven(side, entry, fee_in, costs.taker, slippage, funding)
    if trade.plan is None:
        assert at is not None
        # The way out takes the latency that the way in took: so the position is as old as it may be when it is out.
        counts_from = max(trade.began_at, at - costs.latency_ms)
        return trade._replace(plan=planning.opened(trade.mandate.spec, entry, paid_at, counts_from))
    return trade._replace(plan=planning.repriced(trade.plan, entry, paid_at))


def _percent(part: Quantity, whole: Quantity) -> str:
    return str(round_to(part.value * 100 / whole.value, Decimal(1), Rounding.NEAREST))


def _cents(amount: Decimal) -> str:
    return str(round_to(amount, Decimal("0.01"), Rounding.NEAREST))
