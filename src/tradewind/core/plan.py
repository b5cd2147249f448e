"""The position plan: how stop and exits move while a position lives.

A plan is data (`PlanSpec`), its progress is a small immutable state of plain numbers (`PlanState`), and two
functions step it: `observe` (prices were seen) and `target_filled` (a rung of the ladder was executed). Both answer
with the new state and the actions to carry out. The same functions drive live positions, the paper venue, back-tests
and the tracking of every signal's outcome, on candles (high, low, close) and on ticks (all three equal).

Levels are float64; whoever carries an action out rounds the level to the tick with `quantise`.
"""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple

from tradewind.core.values import Rounding

#: Part of its price by which a target that moves with the average entry is put outwards before it goes to the tick.
TARGET_HAIR = 1e-12


class AutoAction(StrEnum):
    """What the platform may do with a position by itself; subscriptions grant them."""

    MOVE_TO_BREAKEVEN = "move_to_breakeven"
    TRAILING_STOP = "trailing_stop"
    PARTIAL_CLOSE = "partial_close"


class TrailingKind(StrEnum):
    """What a stop that follows hangs from."""

    DISTANCE = "distance"
    """A fixed distance in quote currency, such as a multiple of the ATR at the signal."""
    PERCENT = "percent"
    """A fraction of the best price."""
    CHANDELIER = "chandelier"
    """A multiple of the present ATR. The stop moves when a candle closes, and a widening ATR never takes it back."""
    MOVING_TARGET = "moving_target"
    """No distance: with target k filled the stop goes to the level of target k − lag, and for k = lag to the price that
    pays for all costs."""


class PlanAction(StrEnum):
    """Why a plan asks for something."""

    BREAKEVEN = "breakeven"
    TRAILING = "trailing"
    TIME_STOP = "time_stop"


class Target(NamedTuple):
    """One rung of the take-profit ladder.

    Attributes:
        level: price.
        share: fraction of what was entered to close there; a ladder's shares sum to 1.
    """

    level: float
    share: float


class Addition(NamedTuple):
    """One further entry of a ladder.

    Attributes:
        level: price of the resting limit order, between the first entry and the stop.
        share: fraction of the whole agreed size.
        target: level at which just this part leaves again, whereupon it is entered again, as often as the price comes
            back (a grid); 0 = it leaves with all the others.
    """

    level: float
    share: float
    target: float = 0.0


class ScaleIn(NamedTuple):
    """Enter in parts: some at once, more at worse prices, behind one stop for all of it.

    The size agreed on is that of the whole ladder, so its loss at the stop is known before it begins. It goes on
    until the position begins to leave: with the first of the plan's targets filled nothing more is entered. A grid,
    whose additions have targets of their own, makes round trips until then; it has one target for all that is left, and
    its stop stays where it is.

    Attributes:
        first: fraction of the whole size that is entered at once.
        additions: the others, nearest first; all shares together are 1.
        targets_from: the entry price that the plan's targets were counted from, so that they move with the average
            entry; 0 = they stay where they are.
    """

    first: float
    additions: tuple[Addition, ...]
    targets_from: float = 0.0

    @property
    def is_grid(self) -> bool:
        return self.additions[0].target != 0.0

    @property
    def entered_once(self) -> ScaleIn:
        """The same ladder without round trips."""
        return self._replace(additions=tuple(each._replace(target=0.0) for each in self.additions))


class Breakeven(NamedTuple):
    """Move the stop to the price at which the position has paid for itself.

    Attributes:
        after_target: once this many targets are filled; 0 = never by targets.
        at_r: once the best price is this many initial risks away; 0 = never by price.
        offset: how far beyond that price the stop is set, quote currency.
    """

    after_target: int = 1
    at_r: float = 0.0
    offset: float = 0.0


class Trailing(NamedTuple):
    """Follow the best price.

    Attributes:
        kind: how `distance` is meant.
        distance: quote currency, fraction of the best price, or multiple of the ATR; 0 for MOVING_TARGET.
        after_target: active once this many targets are filled; 0 with `at_r` 0 = from the start. The lag of
            MOVING_TARGET, at least 1.
        at_r: active once the best price is this many initial risks away; 0 = not by price.
        step: least improvement that is worth an amend, quote currency.
        period: candles of the signal's timeframe that CHANDELIER's ATR is taken over; 0 for the others.
    """

    kind: TrailingKind
    distance: float
    after_target: int = 0
    at_r: float = 0.0
    step: float = 0.0
    period: int = 0

    @property
    def follows_best(self) -> bool:
        """Whether it hangs from the best price, rather than from the targets that are filled."""
        return self.kind is not TrailingKind.MOVING_TARGET


class PlanSpec(NamedTuple):
    """What shall happen, fixed at the start.

    Attributes:
        side: +1 long, −1 short.
        stop: initial protective level; |entry − stop| is one R.
        targets: the ladder, nearest first.
        max_age_ms: close at market when the position is this old; 0 = never.
        scale_in: how it is entered; none = whole, at once.
    """

    side: int
    stop: float
    targets: tuple[Target, ...]
    breakeven: Breakeven | None = None
    trailing: Trailing | None = None
    max_age_ms: int = 0
    scale_in: ScaleIn | None = None

    def allowing(self, actions: frozenset[AutoAction]) -> PlanSpec:
        """The part of the plan that `actions` allow. Without partial closes all goes at the first target."""
        targets, scale_in = self.targets, self.scale_in
        if AutoAction.PARTIAL_CLOSE not in actions:
            targets = (Target(targets[0].level, 1.0),)
            scale_in = None if scale_in is None else scale_in.entered_once
        return self._replace(
            targets=targets,
            scale_in=scale_in,
            breakeven=self.breakeven if AutoAction.MOVE_TO_BREAKEVEN in actions else None,
            trailing=self.trailing if AutoAction.TRAILING_STOP in actions else None,
        )


class PlanState(NamedTuple):
    """How far the plan has come.

    Attributes:
        entry: average entry price.
        paid_at: price at which the held quantity has paid for its costs; see `costs.breakeven`.
        stop: level in force.
        best: most favourable price seen since entry.
        targets_filled: rungs executed, from the first.
        breakeven_done: moved, or skipped for good.
        trailing_on: following the best price.
        opened_at: market time from which its age counts, UTC ms.
    """

    entry: float
    paid_at: float
    stop: float
    best: float
    targets_filled: int
    breakeven_done: bool
    trailing_on: bool
    opened_at: int


class MoveStop(NamedTuple):
    """Replace the protective stop at `level`, rounded to the tick by `rounding_of`.

    Whoever carries it out calls `stop_moved`; a level that is no improvement after rounding is left alone.
    """

    level: float
    action: PlanAction


class ExitNow(NamedTuple):
    """Close what is left at market."""

    action: PlanAction


class SkipMove(NamedTuple):
    """The move to `level` is not made, because the market is already beyond it."""

    level: float
    action: PlanAction


Action = MoveStop | ExitNow | SkipMove


def opened(spec: PlanSpec, entry: float, paid_at: float, at: int) -> PlanState:
    """The state right after the first fill at `entry`."""
    trailing = spec.trailing
    immediate = trailing is not None and trailing.follows_best and trailing.after_target == 0 and trailing.at_r == 0.0
    return PlanState(entry, paid_at, spec.stop, entry, 0, False, immediate, at)


def observe(
    spec: PlanSpec, state: PlanState, high: float, low: float, close: float, at: int, atr: float | None = None
) -> tuple[PlanState, list[Action]]:
    """After prices between `low` and `high`, the last of them `close`, were seen up to the moment `at`.

    For a candle that means: levels reached inside it have been executed before, and what is answered here holds
    from the next candle on, because within a candle nobody knows whether the high or the low came first.

    Args:
        atr: at the close of the candle that ends at `at`, quote currency; None where no candle ends, or where the plan
            is no CHANDELIER.
    """
    side = spec.side
    reach = high if side > 0 else low
    further = (reach - state.best) * side > 0.0
    if further:
        state = state._replace(best=reach)
    elif not state.trailing_on and not spec.max_age_ms:
        return state, []

    if spec.max_age_ms and at - state.opened_at >= spec.max_age_ms:
        return state, [ExitNow(PlanAction.TIME_STOP)]

    actions: list[Action] = []
    # R is gained by new best prices alone: a better average entry makes no old one newly good.
    gained_r = _gained_r(spec, state) if further else 0.0
    rule = spec.breakeven
    if rule is not None and not state.breakeven_done and rule.at_r > 0.0 and gained_r >= rule.at_r:
        state = _to_breakeven(spec, state, rule, close, actions)

    trailing = spec.trailing
    if trailing is not None and trailing.follows_best:
        if not state.trailing_on and trailing.at_r > 0.0 and gained_r >= trailing.at_r:
            state = state._replace(trailing_on=True)
        if state.trailing_on:
            _trail(spec, state, trailing, close, atr, actions)
    return state, actions


def target_filled(spec: PlanSpec, state: PlanState, rung: int, price: float) -> tuple[PlanState, list[Action]]:
    """After rung `rung` (from 1) was executed completely, with the market at `price`."""
    state = state._replace(targets_filled=max(state.targets_filled, rung))
    actions: list[Action] = []
    rule = spec.breakeven
    if (
        rule is not None
        and not state.breakeven_done
        and rule.after_target
        and state.targets_filled >= rule.after_target
    ):
        state = _to_breakeven(spec, state, rule, price, actions)
    trailing = spec.trailing
    if trailing is not None and trailing.after_target and state.targets_filled >= trailing.after_target:
        if trailing.follows_best:
            state = state._replace(trailing_on=True)
        else:
            _climb(spec, state, trailing, price, actions)
    return state, actions


def target_level(spec: PlanSpec, state: PlanState, rung: int) -> float:
    """The level of target `rung` (from 1), as far from the average entry as it was meant to be from the planned one."""
    level = spec.targets[rung - 1].level
    ladder = spec.scale_in
    if ladder is None or ladder.targets_from == 0.0:
        return level
    moved = state.entry + (level - ladder.targets_from)
    # A hair outwards, so that what lies on a tick but for the last bits of an average is not rounded to the one before.
    return moved + spec.side * (moved * TARGET_HAIR)


def rounding_of(side: int, action: PlanAction) -> Rounding:
    """How the level of a moved stop goes to the tick: breakeven must not fall short of its costs, and a trailing stop
    must not be tighter than was asked for."""
    return Rounding.UP if (action is PlanAction.BREAKEVEN) == (side > 0) else Rounding.DOWN


def rounding_of_target(side: int) -> Rounding:
    """How the level of a target that has moved goes to the tick: towards the entry, as when it was made."""
    return Rounding.DOWN if side > 0 else Rounding.UP


def stop_moved(state: PlanState, level: float) -> PlanState:
    """With the stop in force at `level`, which is on the tick."""
    return state._replace(stop=level)


def repriced(state: PlanState, entry: float, paid_at: float) -> PlanState:
    """With a new average entry price, after a further fill of the entry, or with other costs to make up for."""
    return state._replace(entry=entry, paid_at=paid_at)


def _gained_r(spec: PlanSpec, state: PlanState) -> float:
    risk = (state.entry - spec.stop) * spec.side
    return (state.best - state.entry) * spec.side / risk if risk > 0.0 else 0.0


def _to_breakeven(spec: PlanSpec, state: PlanState, rule: Breakeven, price: float, actions: list[Action]) -> PlanState:
    side = spec.side
    level = state.paid_at + side * rule.offset
    state = state._replace(breakeven_done=True)
    if (level - state.stop) * side <= 0.0:
        return state  # a trailing stop has already gone further
    if (price - level) * side <= 0.0:
        actions.append(SkipMove(level, PlanAction.BREAKEVEN))
        return state
    actions.append(MoveStop(level, PlanAction.BREAKEVEN))
    return state


def trails(spec: PlanSpec, state: PlanState, atr: float | None = None) -> bool:
    """Whether a stop that follows the best price would be worth moving from where it is."""
    assert spec.trailing is not None, "what follows has a rule"
    level = _trailing_level(spec, state, spec.trailing, atr)
    return level is not None and _worth_moving(spec, spec.trailing, level, state.stop)


def _trailing_level(spec: PlanSpec, state: PlanState, trailing: Trailing, atr: float | None) -> float | None:
    distance = trailing.distance
    if trailing.kind is TrailingKind.PERCENT:
        distance = distance * state.best
    elif trailing.kind is TrailingKind.CHANDELIER:
        if atr is None:
            return None
        distance = distance * atr
    return state.best - spec.side * distance


def _worth_moving(spec: PlanSpec, trailing: Trailing, level: float, in_force: float) -> bool:
    gain = (level - in_force) * spec.side
    return gain > 0.0 and gain >= trailing.step


def _in_force(state: PlanState, actions: list[Action]) -> float:
    """The stop as it will be once `actions` are carried out."""
    moved = actions[-1] if actions else None
    return moved.level if isinstance(moved, MoveStop) else state.stop


def _trail(
    spec: PlanSpec, state: PlanState, trailing: Trailing, close: float, atr: float | None, actions: list[Action]
) -> None:
    level = _trailing_level(spec, state, trailing, atr)
    if level is None or not _worth_moving(spec, trailing, level, _in_force(state, actions)):
        return
    if (close - level) * spec.side <= 0.0:
        # The price fell through the new level before the stop could follow: a stop there would be refused.
        actions.append(ExitNow(PlanAction.TRAILING))
    else:
        actions.append(MoveStop(level, PlanAction.TRAILING))


def _climb(spec: PlanSpec, state: PlanState, trailing: Trailing, price: float, actions: list[Action]) -> None:
    behind = state.targets_filled - trailing.after_target
    level = target_level(spec, state, behind) if behind else state.paid_at
    if _worth_moving(spec, trailing, level, _in_force(state, actions)) and (price - level) * spec.side > 0.0:
        actions.append(MoveStop(level, PlanAction.TRAILING))
