"""An open signal on its way through one stretch of prices: entries, exits, stops."""

from __future__ import annotations

from tradewind.core import plan as planning
from tradewind.core.costs import breakeven
from tradewind.core.matching import Stretch
from tradewind.core.outcome.model import Outcome, SignalEnd, SignalEvent, SignalEventKind, SignalPhase, Tracking
from tradewind.core.plan import Addition, PlanSpec, PlanState
from tradewind.core.values import quantise


def walk(
    spec: Tracking,
    state: Outcome,
    stretch: Stretch,
    path: tuple[float, ...],
    atr: float | None,
    events: list[SignalEvent],
    *,
    rests: bool,
) -> Outcome:
    """Live through `path`; `rests` = what waits to be entered was in the book before."""
    at, side = stretch.end, spec.plan.side
    best, price, point = state.best, path[0], 0
    if state.leaving is not None:
        at, path = stretch.start, path[:1]
    while point < len(path):
        reached, stop = path[point], plan_of(state).stop
        addition = next_addition(spec.plan, state)
        waits = addition is not None and (price - stop) * side > 0.0 and (addition.level - stop) * side > 0.0
        if addition is not None and waits and (reached - addition.level) * side <= 0.0:
            gapped = (price - addition.level) * side <= 0.0
            if gapped and not rests:
                state = _add(spec, state, addition.share, price, spec.costs.taker, at, events)
            else:
                state = _add(spec, state, addition.share, addition.level, spec.costs.maker, at, events)
            if not gapped:
                price = addition.level
                if point == 1:
                    # What was better in this candle may have been before. (On the way to the close it surely was, and
                    # an entry there is one that a target has made room for.)
                    path, state = stretch.path_after_entry(side, price), state._replace(best=best)
                state = _see(state, side, price)
            continue
        if (reached - stop) * side <= 0.0:
            exit_price = price if (price - stop) * side <= 0.0 else stop
            state = _see(state, side, exit_price)
            end = SignalEnd(state.stop_reason.value) if state.stop_reason else SignalEnd.STOP
            return _close(spec, state, exit_price, spec.costs.taker, end, at, events)
        state = _see(state, side, reached)
        state = _leave_at_targets(spec, state, reached, at, events)
        if state.phase is SignalPhase.CLOSED:
            return state
        price = reached
        point += 1
    if state.leaving is not None:
        return _close(spec, state, price, spec.costs.taker, state.leaving, at, events)
    before = plan_of(state)
    plan, actions = planning.observe(spec.plan, before, max(path), min(path), stretch.close, at, atr)
    if plan is before and not actions:
        return state
    return carry_out(spec, state._replace(plan=plan), actions, stretch.close, at, events)


def _leave_at_targets(spec: Tracking, state: Outcome, reached: float, at: int, events: list[SignalEvent]) -> Outcome:
    """Every target up to `reached` fills, those of a grid's parts first: they are nearer."""
    side = spec.plan.side
    while (trip := next_trip(spec.plan, state)) is not None and (reached - trip.target) * side >= 0.0:
        state = _round_trip(spec, state, trip, at, events)
    for rung in range(plan_of(state).targets_filled + 1, len(spec.plan.targets) + 1):
        if (reached - target_level(spec, state, rung)) * side < 0.0:
            break
        state = _take(spec, state, rung, at, events)
    return state


def _see(state: Outcome, side: int, price: float) -> Outcome:
    if (price - state.best) * side > 0.0:
        return state._replace(best=price)
    if (price - state.worst) * side < 0.0:
        return state._replace(worst=price)
    return state


def _take(spec: Tracking, state: Outcome, rung: int, at: int, events: list[SignalEvent]) -> Outcome:
    level, share = target_level(spec, state, rung), spec.plan.targets[rung - 1].share * state.entered
    events.append(SignalEvent(SignalEventKind.TARGET_HIT, at, level, rung=rung))
    if rung == len(spec.plan.targets):
        state = state._replace(plan=plan_of(state)._replace(targets_filled=rung))
        return _close(spec, state, level, spec.costs.maker, SignalEnd.TARGET, at, events)
    gained = state.gained + share * _net(spec, state, level, spec.costs.maker)
    plan, actions = planning.target_filled(spec.plan, plan_of(state), rung, level)
    state = state._replace(plan=plan, left=state.left - share, gained=gained)
    return carry_out(spec, state, actions, level, at, events)


def carry_out(
    spec: Tracking,
    state: Outcome,
    actions: list[planning.Action],
    market: float,
    at: int,
    events: list[SignalEvent],
) -> Outcome:
    for action in actions:
        if isinstance(action, planning.ExitNow):
            return state._replace(leaving=SignalEnd(action.action.value))
        if isinstance(action, planning.MoveStop):
            before = plan_of(state).stop
            level = float(quantise(action.level, spec.tick, planning.rounding_of(spec.plan.side, action.action)))
            if (level - before) * spec.plan.side <= 0.0 or (market - level) * spec.plan.side <= 0.0:
                continue
            why = action.action.value
            events.append(SignalEvent(SignalEventKind.STOP_MOVED, at, level, before=before, why=why))
            state = state._replace(plan=planning.stop_moved(plan_of(state), level), stop_reason=action.action)
    return state


def plan_of(state: Outcome) -> PlanState:
    assert state.plan is not None, "an open signal has a plan"
    return state.plan


def _net(spec: Tracking, state: Outcome, price: float, fee_out: float) -> float:
    """Gain per unit closed at `price`, after the fees of both sides."""
    return (price - state.entry) * spec.plan.side - state.entry * state.fee_in - price * fee_out


def _close(
    spec: Tracking, state: Outcome, price: float, fee_out: float, end: SignalEnd, at: int, events: list[SignalEvent]
) -> Outcome:
    events.append(SignalEvent(SignalEventKind.CLOSED, at, price, why=end.value))
    gained = state.gained + state.left * _net(spec, state, price, fee_out)
    return state._replace(phase=SignalPhase.CLOSED, left=0.0, gained=gained, closed_at=at, end=end)


def paid_at(spec: Tracking, entry: float, fee_in: float) -> float:
    costs = spec.costs
    return breakeven(spec.plan.side, entry, fee_in, costs.taker, costs.slippage + costs.half_spread, 0.0)


def next_addition(plan: PlanSpec, state: Outcome) -> Addition | None:
    """The entry that waits, if there is one: what has begun to leave enters no more."""
    if plan.scale_in is None or state.leaving is not None or state.added == len(plan.scale_in.additions):
        return None
    return None if plan_of(state).targets_filled else plan.scale_in.additions[state.added]


def next_trip(plan: PlanSpec, state: Outcome) -> Addition | None:
    """Of a grid, the part that leaves next, if there is one."""
    if plan.scale_in is None or not plan.scale_in.is_grid or not state.added:
        return None
    return plan.scale_in.additions[state.added - 1]


def _averages(
    entry: float, rate: float, entered: float, share: float, price: float, fee_in: float
) -> tuple[float, float, float]:
    """Average price and fee rate, and share entered, once `share` has been entered at `price`."""
    entered = entered + share
    # As steps from the averages so far: of equal prices the average is that price, to the last bit.
    entry = entry + (price - entry) * (share / entered)
    return entry, rate + (fee_in - rate) * (share * price / (entry * entered)), entered


def _add(
    spec: Tracking, state: Outcome, share: float, price: float, fee_in: float, at: int, events: list[SignalEvent]
) -> Outcome:
    events.append(SignalEvent(SignalEventKind.ADDED, at, price, rung=state.added + 1))
    if state.paid:
        state = state._replace(paid=(*state.paid, (price, fee_in)))
    entry, rate, entered = _averages(state.entry, state.fee_in, state.entered, share, price, fee_in)
    return state._replace(
        entry=entry,
        plan=planning.repriced(plan_of(state), entry, paid_at(spec, entry, rate)),
        left=state.left + share,
        fee_in=rate,
        entered=entered,
        added=state.added + 1,
    )


def _round_trip(spec: Tracking, state: Outcome, trip: Addition, at: int, events: list[SignalEvent]) -> Outcome:
    """The last part of a grid leaves at its target, and its entry waits again."""
    ladder, costs = spec.plan.scale_in, spec.costs
    assert ladder is not None, "a grid is entered in parts"
    events.append(SignalEvent(SignalEventKind.ROUND_TRIP, at, trip.target, rung=state.added))
    price, fee_in = state.paid[-1]
    net = (trip.target - price) * spec.plan.side - price * fee_in - trip.target * costs.maker
    paid = state.paid[:-1]
    # Averages are counted anew from the first part: to the bit what they were before this one came.
    (entry, rate), entered = paid[0], ladder.first
    for (price, fee_in), addition in zip(paid[1:], ladder.additions, strict=False):
        entry, rate, entered = _averages(entry, rate, entered, addition.share, price, fee_in)
    return state._replace(
        entry=entry,
        plan=planning.repriced(plan_of(state), entry, paid_at(spec, entry, rate)),
        left=entered,
        gained=state.gained + trip.share * net,
        fee_in=rate,
        entered=entered,
        added=state.added - 1,
        paid=paid,
        round_trips=state.round_trips + 1,
    )


def target_level(spec: Tracking, state: Outcome, rung: int) -> float:
    """Where target `rung` is now: on the tick, once the average entry has moved it."""
    ladder = spec.plan.scale_in
    if ladder is None or ladder.targets_from == 0.0:
        return spec.plan.targets[rung - 1].level
    level = planning.target_level(spec.plan, plan_of(state), rung)
    return float(quantise(level, spec.tick, planning.rounding_of_target(spec.plan.side)))
