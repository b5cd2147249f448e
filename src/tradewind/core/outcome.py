"""What became of a signal, whether anybody traded it or not.

The signal's published plan is run with ideal fills on the same stretches of prices and in the same pessimistic order as
the paper venue (`core.matching`): filled at the first touch of the zone, stop first on ties, R weighted by the ladder's
shares and after fees. Untouched by its expiry means not filled. As a resting order would, it fills at the limit where
the price falls through the zone, and an exit at market finds the first price after the one that asked for it. Further
entries rest from the first fill on; after one inside a candle the candle's favourable extreme counts no more.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple

from tradewind.core import plan as planning
from tradewind.core.costs import Costs, breakeven
from tradewind.core.matching import Stretch
from tradewind.core.plan import Addition, PlanAction, PlanSpec, PlanState
from tradewind.core.signals import Signal
from tradewind.core.values import quantise


class SignalPhase(StrEnum):
    """How far a signal has come."""

    WAITING = "waiting"
    """The zone has not been touched yet."""
    OPEN = "open"
    CLOSED = "closed"
    NOT_FILLED = "not_filled"

    @property
    def final(self) -> bool:
        return self in (SignalPhase.CLOSED, SignalPhase.NOT_FILLED)


class SignalEnd(StrEnum):
    """Why a signal is over."""

    STOP = "stop"
    BREAKEVEN = "breakeven"
    TRAILING = "trailing"
    TARGET = "target"
    TIME_STOP = "time_stop"
    EXIT_CONDITION = "exit_condition"
    """The strategy's own condition to leave."""
    EXPIRED = "expired"
    INVALIDATED = "invalidated"
    """The stop was reached before the zone."""
    MISSED = "missed"
    """The first target was reached before the zone."""


class SignalEventKind(StrEnum):
    """What can happen to a signal."""

    FILLED = "filled"
    ADDED = "added"
    TARGET_HIT = "target_hit"
    STOP_MOVED = "stop_moved"
    CLOSED = "closed"
    NOT_FILLED = "not_filled"


class SignalEvent(NamedTuple):
    """One step of a signal's life.

    Attributes:
        price: of the fill, target or exit; the new level of a moved stop; 0 when not filled.
        rung: which target or addition; 0 for all else.
        before: the level a stop was moved from.
        why: what moved the stop or ended the signal.
    """

    kind: SignalEventKind
    at: int
    price: float
    rung: int = 0
    before: float = 0.0
    why: str = ""


class Tracking(NamedTuple):
    """What a signal's outcome depends on."""

    plan: PlanSpec
    entry_limit: float
    expires_at: int
    tick: Decimal
    costs: Costs


class Outcome(NamedTuple):
    """How far the signal has come.

    Attributes:
        entry: average fill price.
        left: share of the whole size that is held.
        gained: Σ share × (exit − entry), signed for the side, after fees, quote currency per unit of the whole size.
        best, worst: most and least favourable price while open.
        end: why it is over.
        resting: prices have been seen since the entry order was sent, so that it rests in the book.
        leaving: why it is being left at market.
        fee_in: average rate paid on the entry: the maker's where the price came to the order, else the taker's.
        entered: share of the whole size that was entered.
        added: further entries filled, from the first.
    """

    phase: SignalPhase
    entry: float
    plan: PlanState | None
    left: float
    gained: float
    best: float
    worst: float
    stop_reason: PlanAction | None
    filled_at: int
    closed_at: int
    end: SignalEnd | None
    resting: bool = False
    leaving: SignalEnd | None = None
    fee_in: float = 0.0
    entered: float = 1.0
    added: int = 0


class Result(NamedTuple):
    """The measures of a signal that was filled and is over.

    Attributes:
        r: gain ÷ initial risk, after fees; that of the whole ladder where the plan scales in.
        pnl: gain ÷ entry, after fees, as a fraction; of the whole size, whether all of it was entered or not.
        mfe_r, mae_r: largest favourable and adverse excursion, in R; both zero or more.
        duration_ms: from fill to close.
        win: net gain above zero.
    """

    r: float
    pnl: float
    mfe_r: float
    mae_r: float
    duration_ms: int
    win: bool


WAITING = Outcome(SignalPhase.WAITING, 0.0, None, 1.0, 0.0, 0.0, 0.0, None, 0, 0, None)


def tracking(signal: Signal, costs: Costs) -> Tracking:
    """What to track `signal` by."""
    return Tracking(signal.plan, float(signal.entry_limit), signal.expires_at, signal.instrument.tick, costs)


def simulate(spec: Tracking, stretches: Iterable[Stretch]) -> tuple[Outcome, list[SignalEvent]]:
    """What the plan would do on `stretches`, before anything is sent: its outcome up to their end, and every step.

    A plan with a chandelier is stepped by `track` instead, which takes the ATR of each candle.
    """
    state, told = WAITING, list[SignalEvent]()
    for stretch in stretches:
        state, events = track(spec, state, stretch)
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
    if state.phase is SignalPhase.OPEN and path:
        state = _walk(spec, state, stretch, path, atr, events, rests=rests)
    return state, events


def candle_closed(
    spec: Tracking, state: Outcome, at: int, close: float, atr: float
) -> tuple[Outcome, list[SignalEvent]]:
    """The outcome after a candle whose prices have been lived through closed with that ATR."""
    events: list[SignalEvent] = []
    if state.phase is not SignalPhase.OPEN or state.leaving is not None:
        return state, events
    before = _plan(state)
    plan, actions = planning.observe(spec.plan, before, close, close, close, at, atr)
    if plan is before and not actions:
        return state, events
    return _act(spec, state._replace(plan=plan), actions, close, at, events), events


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
    plan, progress = spec.plan, _plan(state)
    if plan.max_age_ms and stretch.end - progress.opened_at >= plan.max_age_ms:
        return False
    if progress.trailing_on and planning.trails(plan, progress, atr):
        return False  # a move that was not made at the last look, because another one was in its way, is made at this
    target = _target(spec, state, progress.targets_filled + 1)
    addition = _next_addition(plan, state)
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


def _fill(spec: Tracking, state: Outcome, price: float, fee_in: float, at: int, events: list[SignalEvent]) -> Outcome:
    paid_at = _paid_at(spec, price, fee_in)
    events.append(SignalEvent(SignalEventKind.FILLED, at, price))
    ladder = spec.plan.scale_in
    if ladder is not None:
        state = state._replace(left=ladder.first, entered=ladder.first)
    return state._replace(
        phase=SignalPhase.OPEN,
        entry=price,
        plan=planning.opened(spec.plan, price, paid_at, at),
        best=price,
        worst=price,
        filled_at=at,
        fee_in=fee_in,
    )


def _paid_at(spec: Tracking, entry: float, fee_in: float) -> float:
    costs = spec.costs
    return breakeven(spec.plan.side, entry, fee_in, costs.taker, costs.slippage + costs.half_spread, 0.0)


def _next_addition(plan: PlanSpec, state: Outcome) -> Addition | None:
    """The entry that waits, if there is one: what has begun to leave enters no more."""
    if plan.scale_in is None or state.leaving is not None or state.added == len(plan.scale_in.additions):
        return None
    return None if _plan(state).targets_filled else plan.scale_in.additions[state.added]


def _add(
    spec: Tracking, state: Outcome, share: float, price: float, fee_in: float, at: int, events: list[SignalEvent]
) -> Outcome:
    entered = state.entered + share
    # As steps from the averages so far: of equal prices the average is that price, to the last bit.
    entry = state.entry + (price - state.entry) * (share / entered)
    rate = state.fee_in + (fee_in - state.fee_in) * (share * price / (entry * entered))
    events.append(SignalEvent(SignalEventKind.ADDED, at, price, rung=state.added + 1))
    return state._replace(
        entry=entry,
        plan=planning.repriced(_plan(state), entry, _paid_at(spec, entry, rate)),
        left=state.left + share,
        fee_in=rate,
        entered=entered,
        added=state.added + 1,
    )


def _target(spec: Tracking, state: Outcome, rung: int) -> float:
    """Where target `rung` is now: on the tick, once the average entry has moved it."""
    ladder = spec.plan.scale_in
    if ladder is None or ladder.targets_from == 0.0:
        return spec.plan.targets[rung - 1].level
    level = planning.target_level(spec.plan, _plan(state), rung)
    return float(quantise(level, spec.tick, planning.rounding_of_target(spec.plan.side)))


def _not_filled(state: Outcome, end: SignalEnd, at: int, events: list[SignalEvent]) -> Outcome:
    events.append(SignalEvent(SignalEventKind.NOT_FILLED, at, 0.0, why=end.value))
    return state._replace(phase=SignalPhase.NOT_FILLED, end=end, closed_at=at)


def _walk(
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
    at, side, targets = stretch.end, spec.plan.side, spec.plan.targets
    best, price, point = state.best, path[0], 0
    if state.leaving is not None:
        at, path = stretch.start, path[:1]
    while point < len(path):
        reached, stop = path[point], _plan(state).stop
        addition = _next_addition(spec.plan, state)
        waits = addition is not None and (price - stop) * side > 0.0 and (addition.level - stop) * side > 0.0
        if addition is not None and waits and (reached - addition.level) * side <= 0.0:
            gapped = (price - addition.level) * side <= 0.0
            if gapped and not rests:
                state = _add(spec, state, addition.share, price, spec.costs.taker, at, events)
            else:
                state = _add(spec, state, addition.share, addition.level, spec.costs.maker, at, events)
            if not gapped:
                # What was better in this candle may have been before.
                price, point = addition.level, 1
                path = stretch.path_after_entry(side, price)
                state = _see(state._replace(best=best), side, price)
            continue
        if (price - stop) * side <= 0.0 or (reached - stop) * side <= 0.0:
            exit_price = price if (price - stop) * side <= 0.0 else stop
            state = _see(state, side, exit_price)
            end = SignalEnd(state.stop_reason.value) if state.stop_reason else SignalEnd.STOP
            return _close(spec, state, exit_price, spec.costs.taker, end, at, events)
        state = _see(state, side, reached)
        for rung in range(_plan(state).targets_filled + 1, len(targets) + 1):
            if (reached - _target(spec, state, rung)) * side < 0.0:
                break
            state = _take(spec, state, rung, at, events)
            if state.phase is SignalPhase.CLOSED:
                return state
        price = reached
        point += 1
    if state.leaving is not None:
        return _close(spec, state, price, spec.costs.taker, state.leaving, at, events)
    before = _plan(state)
    plan, actions = planning.observe(spec.plan, before, max(path), min(path), stretch.close, at, atr)
    if plan is before and not actions:
        return state
    return _act(spec, state._replace(plan=plan), actions, stretch.close, at, events)


def _see(state: Outcome, side: int, price: float) -> Outcome:
    if (price - state.best) * side > 0.0:
        return state._replace(best=price)
    if (price - state.worst) * side < 0.0:
        return state._replace(worst=price)
    return state


def _take(spec: Tracking, state: Outcome, rung: int, at: int, events: list[SignalEvent]) -> Outcome:
    level, share = _target(spec, state, rung), spec.plan.targets[rung - 1].share * state.entered
    events.append(SignalEvent(SignalEventKind.TARGET_HIT, at, level, rung=rung))
    if rung == len(spec.plan.targets):
        state = state._replace(plan=_plan(state)._replace(targets_filled=rung))
        return _close(spec, state, level, spec.costs.maker, SignalEnd.TARGET, at, events)
    gained = state.gained + share * _net(spec, state, level, spec.costs.maker)
    plan, actions = planning.target_filled(spec.plan, _plan(state), rung, level)
    state = state._replace(plan=plan, left=state.left - share, gained=gained)
    return _act(spec, state, actions, level, at, events)


def _act(
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
            before = _plan(state).stop
            level = float(quantise(action.level, spec.tick, planning.rounding_of(spec.plan.side, action.action)))
            if (level - before) * spec.plan.side <= 0.0 or (market - level) * spec.plan.side <= 0.0:
                continue
            why = action.action.value
            events.append(SignalEvent(SignalEventKind.STOP_MOVED, at, level, before=before, why=why))
            state = state._replace(plan=planning.stop_moved(_plan(state), level), stop_reason=action.action)
    return state


def _plan(state: Outcome) -> PlanState:
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
