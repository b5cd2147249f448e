"""What became of a signal, whether anybody traded it or not.

The signal's published plan is run with ideal fills on the same stretches of prices and in the same pessimistic order as
the paper venue (`core.matching`): filled at the first touch of the zone, stop first on ties, R weighted by the ladder's
shares and after fees. Untouched by its expiry means not filled. As a resting order would, it fills at the limit where
the price falls through the zone, and an exit at market finds the first price after the one that asked for it. Further
entries rest from the first fill on; after one inside a candle the candle's favourable extreme counts no more.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import repeat

from tradewind.core import plan as planning
from tradewind.core.costs import Costs
from tradewind.core.matching import Stretch
from tradewind.core.outcome.model import (
    WAITING,
    Outcome,
    Result,
    SignalEnd,
    SignalEvent,
    SignalEventKind,
    SignalPhase,
    Tracking,
)
from tradewind.core.outcome.walking import carry_out, next_addition, next_trip, paid_at, plan_of, target_level, walk
from tradewind.core.signals import Signal


def tracking(signal: Signal, costs: Costs) -> Tracking:
    """What to track `signal` by."""
    return Tracking(signal.plan, float(signal.entry_limit), signal.expires_at, signal.instrument.tick, costs)


def simulate(
    spec: Tracking, stretches: Iterable[Stretch], atrs: Iterable[float | None] | None = None
) -> tuple[Outcome, list[SignalEvent]]:
    """What the plan would do on `stretches`, before anything is sent: its outcome up to their end, and every step.

    Args:
        atrs: that of each stretch, as for `track`; a chandelier does not move without.

    Raises:
        ValueError: fewer of them than stretches, or more.
    """
    state, told = WAITING, list[SignalEvent]()
    pairs = zip(stretches, repeat(None)) if atrs is None else zip(stretches, atrs, strict=True)
    for stretch, atr in pairs:
        state, events = track(spec, state, stretch, atr)
        told += events
        if state.phase.final:
            break
    return state, told


def track(
    spec: Tracking, state: Outcome, stretch: Stretch, atr: float | None = None
) -> tuple[Outcome, list[SignalEvent]]:
    """The outcome after `stretch`, and what happened in it; `atr` as for `core.plan.observe`."""
    events: list[SignalEvent] = []
    rests = state.phase is SignalPhase.OPEN
    if rests and state.leaving is None and _quiet(spec, state, stretch, atr):
        return state, events
    if state.phase is SignalPhase.WAITING:
        state, path = _wait(spec, state, stretch, events)
    elif state.phase is SignalPhase.OPEN:
        path = stretch.path(spec.plan.side)
    else:
        return state, events
    if state.phase is SignalPhase.OPEN:
        state = walk(spec, state, stretch, path, atr, events, rests=rests)
    return state, events


def candle_closed(
    spec: Tracking, state: Outcome, at: int, close: float, atr: float
) -> tuple[Outcome, list[SignalEvent]]:
    """The outcome after a candle whose prices have been lived through closed with that ATR."""
    events: list[SignalEvent] = []
    if state.phase is not SignalPhase.OPEN or state.leaving is not None:
        return state, events
    before = plan_of(state)
    plan, actions = planning.observe(spec.plan, before, close, close, close, at, atr)
    if plan is before and not actions:
        return state, events
    return carry_out(spec, state._replace(plan=plan), actions, close, at, events), events


def leave(state: Outcome, end: SignalEnd, at: int) -> tuple[Outcome, list[SignalEvent]]:
    """The outcome once the strategy wants out, market ms: left at the next price, or never entered."""
    events: list[SignalEvent] = []
    if state.phase is SignalPhase.WAITING:
        return _not_filled(state, end, at, events), events
    if state.phase is SignalPhase.OPEN and state.leaving is None:
        return state._replace(leaving=end), events
    return state, events


def since(signal: Signal, state: Outcome) -> int:
    """Market time from which prices concern the signal; see `Trade.since`."""
    return state.filled_at if state.phase is SignalPhase.OPEN else signal.created_at


def result(spec: Tracking, state: Outcome) -> Result | None:
    """The measures, or None while the signal is not over or when it was never filled."""
    if state.phase is not SignalPhase.CLOSED:
        return None
    side = spec.plan.side
    risk = (_planned_entry(spec, state) - spec.plan.stop) * side
    return Result(
        r=state.gained / risk,
        pnl=state.gained / state.entry,
        mfe_r=max(0.0, (state.best - state.entry) * side / risk),
        mae_r=max(0.0, (state.entry - state.worst) * side / risk),
        duration_ms=state.closed_at - state.filled_at,
        win=state.gained > 0.0,
    )


def _planned_entry(spec: Tracking, state: Outcome) -> float:
    """The average entry that the risk is counted from: the price paid, or that of the whole ladder."""
    ladder = spec.plan.scale_in
    if ladder is None:
        return state.entry
    return ladder.first * spec.entry_limit + sum(each.share * each.level for each in ladder.additions)


def _quiet(spec: Tracking, state: Outcome, stretch: Stretch, atr: float | None) -> bool:
    """Whether `stretch` reaches no level and no new extreme: most do not, and this is asked for every open signal."""
    plan, progress = spec.plan, plan_of(state)
    if plan.max_age_ms and stretch.end - progress.opened_at >= plan.max_age_ms:
        return False
    if progress.trailing_on and planning.trails(plan, progress, atr):
        return False  # a move that was not made at the last look, because another one was in its way, is made at this
    target = target_level(spec, state, progress.targets_filled + 1)
    trip = next_trip(plan, state)
    if trip is not None:
        target = min(target, trip.target) if plan.side > 0 else max(target, trip.target)
    addition = next_addition(plan, state)
    if plan.side > 0:
        low, high = max(progress.stop, state.worst), min(target, state.best)
        return stretch.low > (low if addition is None else max(low, addition.level)) and stretch.high < high
    low, high = max(target, state.best), min(progress.stop, state.worst)
    high = high if addition is None else min(high, addition.level)
    return stretch.low > low and stretch.high < high


def _wait(
    spec: Tracking, state: Outcome, stretch: Stretch, events: list[SignalEvent]
) -> tuple[Outcome, tuple[float, ...]]:
    plan, limit, side, costs = spec.plan, spec.entry_limit, spec.plan.side, spec.costs
    if stretch.start >= spec.expires_at:
        return _not_filled(state, SignalEnd.EXPIRED, stretch.start, events), ()
    if (stretch.open - limit) * side <= 0.0:
        if state.resting:
            return _fill(spec, state, limit, costs.maker, stretch.end, events), stretch.path(side)
        if (stretch.open - plan.stop) * side <= 0.0:
            return _not_filled(state, SignalEnd.INVALIDATED, stretch.end, events), ()
        return _fill(spec, state, stretch.open, costs.taker, stretch.start, events), stretch.path(side)
    adverse, favourable = (stretch.low, stretch.high) if side > 0 else (stretch.high, stretch.low)
    if (adverse - limit) * side <= 0.0:
        return _fill(spec, state, limit, costs.maker, stretch.end, events), stretch.path_after_entry(side, limit)
    if (favourable - plan.targets[0].level) * side >= 0.0:
        return _not_filled(state, SignalEnd.MISSED, stretch.end, events), ()
    if stretch.end >= spec.expires_at:
        return _not_filled(state, SignalEnd.EXPIRED, stretch.end, events), ()
    return (state if state.resting else state._replace(resting=True)), ()


def _not_filled(state: Outcome, end: SignalEnd, at: int, events: list[SignalEvent]) -> Outcome:
    events.append(SignalEvent(SignalEventKind.NOT_FILLED, at, 0.0, why=end.value))
    return state._replace(phase=SignalPhase.NOT_FILLED, end=end, closed_at=at)


def _fill(spec: Tracking, state: Outcome, price: float, fee_in: float, at: int, events: list[SignalEvent]) -> Outcome:
    events.append(SignalEvent(SignalEventKind.FILLED, at, price))
    ladder = spec.plan.scale_in
    if ladder is not None:
        paid = ((price, fee_in),) if ladder.is_grid else ()
        state = state._replace(left=ladder.first, entered=ladder.first, paid=paid)
    return state._replace(
        phase=SignalPhase.OPEN,
        entry=price,
        plan=planning.opened(spec.plan, price, paid_at(spec, price, fee_in), at),
        best=price,
        worst=price,
        filled_at=at,
        fee_in=fee_in,
    )
