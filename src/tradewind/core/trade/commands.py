"""Commands, and the one comparison that keeps exit orders right.

What exit orders should rest is computed afresh after every event and compared with what was asked of the venue
(`match_exits`). A fill, a moved stop, a restart and a lost report therefore all end in the same place: the held
quantity behind a reducing stop, first of all.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from tradewind.core.decisions import Decision, DecisionCode
from tradewind.core.ids import OrderId
from tradewind.core.ladder import Rung, allocate
from tradewind.core.orders import Order, OrderKind, OrderPurpose, OrderStatus
from tradewind.core.positions import ExitReason, PositionStatus
from tradewind.core.trade.messages import Amend, Cancel, Effect, Place
from tradewind.core.trade.state import Trade
from tradewind.core.values import Price, Quantity
from tradewind.kit.ids import derive_id

#: How long a refused market exit waits before it is asked for again.
_PATIENCE_MS = 5_000


def place(
    trade: Trade,
    effects: list[Effect],
    at: int,
    purpose: OrderPurpose,
    quantity: Quantity,
    *,
    price: Price | None = None,
    trigger: Price | None = None,
    level: int = 0,
) -> Trade:
    """Command a new order: stop-market with a trigger, limit with a price, else market."""
    kind = OrderKind.STOP_MARKET if trigger else OrderKind.LIMIT if price else OrderKind.MARKET
    order = Order(
        id=OrderId(derive_id("order", trade.position_id, len(trade.orders))),
        symbol=trade.symbol,
        side=trade.side,
        purpose=purpose,
        kind=kind,
        quantity=quantity,
        price=price,
        trigger=trigger,
        reduce_only=purpose is not OrderPurpose.ENTRY,
        level=level,
        sent_at=at,
        status=OrderStatus.SUBMITTED,
        filled=quantity.zero(),
        spent=Decimal(0),
    )
    effects.append(Place(order))
    return trade._replace(orders=(*trade.orders, order))


def amend(trade: Trade, effects: list[Effect], order: Order, quantity: Quantity, trigger: Price | None) -> Trade:
    """Command a change, unless it is already on its way."""
    if order.intended == (quantity, trigger):
        return trade
    effects.append(Amend(order.id, quantity, trigger))
    return trade.with_order(order._replace(asked=(quantity, trigger)))


def cancel(trade: Trade, effects: list[Effect], order: Order) -> Trade:
    """Command a cancel, unless it is already on its way."""
    if order.canceling:
        return trade
    effects.append(Cancel(order.id))
    return trade.with_order(order._replace(canceling=True))


def match_exits(trade: Trade, at: int, effects: list[Effect]) -> Trade:
    """Command the difference between the exit orders that should rest and those that were asked for."""
    if not trade.held:
        for order in trade.orders:
            if order.live and order.reduce_only:
                trade = cancel(trade, effects, order)
        return trade
    trade = _match_stop(trade, at, effects)
    if trade.status is PositionStatus.CLOSING:
        return leave(trade, at, effects)
    return _match_grid(trade, at, effects) if trade.mandate.trips else _match_ladder(trade, at, effects)


def match_entries(trade: Trade, at: int, effects: list[Effect]) -> Trade:
    """Command the further entries once the first part has begun to fill; they rest until the position begins to leave,
    or the stop has moved past them. That of a grid's part is commanded again once all of the part has left at its
    target.

    The market may have run through some of them already: those take what is there, no worse than their limits."""
    if trade.stop_reason is not None:
        trade = _cancel_behind_stop(trade, at, effects)
    if trade.status is not PositionStatus.OPEN or trade.entry_ending is not None or not trade.held:
        return trade
    parts = trade.mandate.additions
    sent = {order.level: order for order in trade.orders if order.purpose is OrderPurpose.ENTRY}
    if len(sent) > 1:
        parts = _ready_again(trade, parts, sent)
    for part in parts:
        trade = place(trade, effects, at, OrderPurpose.ENTRY, part.quantity, price=part.price, level=part.number)
        data = {"quantity": str(part.quantity), "price": str(part.price), "stop": str(trade.stop)}
        effects.append(Decision(DecisionCode.ENTRY_PLACED, at, data))
    return trade


def _cancel_behind_stop(trade: Trade, at: int, effects: list[Effect]) -> Trade:
    """Cancel the entries that the stop has moved past. The price comes to the stop first; what fills before a cancel
    reaches the venue would be held with nothing left to protect it."""
    for entry in list(trade.live_orders(OrderPurpose.ENTRY)):
        if entry.canceling or entry.price is None or (entry.price - trade.stop) * trade.side.sign > 0:
            continue
        data = {"price": str(entry.price), "stop": str(trade.stop), "quantity": str(entry.remaining)}
        effects.append(Decision(DecisionCode.ENTRY_BEHIND_STOP, at, data))
        trade = cancel(trade, effects, entry)
    return trade


def _ready_again(trade: Trade, parts: tuple[Rung, ...], sent: Mapping[int, Order]) -> tuple[Rung, ...]:
    """Those parts of a grid that were entered and have left, all else still being as it was; `sent` has the last entry
    of each."""
    if not trade.mandate.trips or trade.leaves:
        return ()
    held = trade.parts_held
    return tuple(part for part in parts if sent[part.number].status is OrderStatus.FILLED and not held[part.number])


def leave(trade: Trade, at: int, effects: list[Effect]) -> Trade:
    """Command the market exit of a trade that is closing, unless one is on its way or was refused a moment ago."""
    last = next((order for order in reversed(trade.orders) if order.purpose is OrderPurpose.CLOSE), None)
    if not trade.held or (last is not None and last.live):
        return trade
    if last is not None and last.status is OrderStatus.REJECTED and at - last.sent_at < _PATIENCE_MS:
        return trade
    reason = trade.exit_reason or ExitReason.MANUAL
    effects.append(Decision(DecisionCode.EXIT_REQUESTED, at, {"reason": reason.value, "quantity": str(trade.held)}))
    return place(trade, effects, at, OrderPurpose.CLOSE, trade.held)


def _match_stop(trade: Trade, at: int, effects: list[Effect]) -> Trade:
    stop = trade.protective_order
    if stop is None:
        if trade.status is PositionStatus.CLOSING and trade.exit_reason is ExitReason.PROTECTION_FAILED:
            return trade  # the venue refuses a stop; what is held is on its way out
        data = {"stop": str(trade.stop), "quantity": str(trade.held)}
        effects.append(Decision(DecisionCode.STOP_PLACED, at, data))
        return place(trade, effects, at, OrderPurpose.STOP, trade.held, trigger=trade.stop)
    quantity, trigger = stop.intended
    wanted = stop.filled + trade.held
    if quantity != wanted and trigger == trade.stop:
        data = {"stop": str(trade.stop), "from": str(quantity - stop.filled), "to": str(trade.held)}
        effects.append(Decision(DecisionCode.STOP_RESIZED, at, data))
    return amend(trade, effects, stop, wanted, trade.stop)


def _match_grid(trade: Trade, at: int, effects: list[Effect]) -> Trade:
    """Every part at its own target; the rest, and what of a part is too little for an order or was refused one, at the
    plan's."""
    if trade.leaves:
        return trade  # it has begun to leave as a whole, so the quantities are final
    targets = [order for order in trade.orders if order.purpose is OrderPurpose.TARGET]
    resting = {order.level: order for order in targets if order.live}
    refused = {(order.level, order.quantity) for order in targets if order.status is OrderStatus.REJECTED}
    instrument, rest = trade.mandate.signal.instrument, trade.held
    wanted: list[Rung] = []
    for number, held in trade.parts_held.items():
        price = trade.mandate.trips[number]
        offered = number + 1 in resting or instrument.tradable(price, held)
        if held and offered and (number + 1, held) not in refused:
            wanted.append(Rung(number + 1, price, held))
            rest = rest - held
    placed: list[Rung] = []
    # The rest first: what it gives up makes room for the others.
    for rung in (Rung(1, trade.mandate.targets[0].price, rest), *wanted):
        order = resting.get(rung.number)
        if order is not None:
            trade = amend(trade, effects, order, order.filled + rung.quantity, None)
        elif (rung.number, rung.quantity) not in refused:
            trade = place(trade, effects, at, OrderPurpose.TARGET, rung.quantity, price=rung.price, level=rung.number)
            placed.append(rung)
    _tell_placed(placed, at, effects)
    return trade


def _tell_placed(placed: list[Rung], at: int, effects: list[Effect]) -> None:
    if placed:
        ladder = " · ".join(f"{rung.quantity} @ {rung.price}" for rung in placed)
        effects.append(Decision(DecisionCode.TARGETS_PLACED, at, {"ladder": ladder}))


def _match_ladder(trade: Trade, at: int, effects: list[Effect]) -> Trade:
    targets = [order for order in trade.orders if order.purpose is OrderPurpose.TARGET]
    if trade.plan is not None and trade.plan.targets_filled:
        # The entry ended with the first filled rung, so the quantities are final. A target that has moved may have
        # filled before its cancel came: then the rung is done, and what was to replace it would sell it twice.
        done = {order.level for order in targets if order.status is OrderStatus.FILLED}
        for double in targets:
            if double.live and double.level in done:
                trade = cancel(trade, effects, double)
        return trade
    resting = {order.level: order for order in targets if (order.live and not order.canceling) or order.filled}
    refused = {(order.level, order.quantity) for order in targets if order.status is OrderStatus.REJECTED}
    rungs = allocate(trade.entered, trade.targets, trade.mandate.signal.instrument)
    placed: list[Rung] = []
    for rung in rungs:
        order = resting.pop(rung.number, None)
        if order is not None and order.live and order.price != rung.price:
            trade = cancel(trade, effects, order)  # the average entry has moved, and the target with it
            order = None
        if order is None:
            if (rung.number, rung.quantity) in refused:
                continue  # the same question has the same answer
            purpose = OrderPurpose.TARGET
            trade = place(trade, effects, at, purpose, rung.quantity, price=rung.price, level=rung.number)
            placed.append(rung)
        elif order.live:
            trade = amend(trade, effects, order, rung.quantity, None)
    for order in resting.values():
        trade = cancel(trade, effects, order)
    _tell_placed(placed, at, effects)
    if placed and len(rungs) < len(trade.mandate.targets):
        data = {"targets": str(len(trade.mandate.targets)), "orders": str(len(rungs))}
        effects.append(Decision(DecisionCode.TARGETS_MERGED, at, data))
    return trade
