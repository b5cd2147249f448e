"""Where a strategy would enter one symbol, and the prices of the plan of each entry: what walk and kernel run on."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tradewind.core.candles import Timeframe
from tradewind.core.margin import ways
from tradewind.core.plan import Breakeven, PlanSpec, Target, Trailing, TrailingKind
from tradewind.core.strategy import Anchor, CompiledExits, CompiledSetup, Evaluation
from tradewind.core.values import MAINTENANCE_MARGIN, decimal_of

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]

#: The fields of `Entries` that have one value for every entry, and those that have one for every rung of it.
_BY_ENTRY = ("rows", "signs", "stops", "rungs", "offsets", "distances", "steps")
_BY_RUNG = ("levels", "shares")


class Entries(NamedTuple):
    """The entries of one parameter set on one symbol, in time order; n of them, with up to m rungs each.

    Or of k sets at once, which enter in the same rows: then `stops`, `levels`, `offsets`, `distances` and `steps` have
    an axis of k in front, and a stop is NaN where its set does not enter.

    Attributes:
        rows: the candle at whose open to enter, behind that of the set-up, strictly rising, shape (n,).
        signs: +1 long, −1 short, shape (n,).
        stops: initial stop, quote currency, shape (n,).
        rungs: number of take-profit targets, shape (n,).
        levels, shares: of the targets, nearest first, zero beyond `rungs`, shape (n, m).
        offsets: beyond the price that has paid for all costs, for breakeven, quote currency, shape (n,).
        distances: at which the stop trails, as its kind means it, zero where it does not, shape (n,).
        steps: least improvement by trailing, quote currency, shape (n,).
        exits: the rules that all entries share.
        max_age_ms: after which a position is left; 0 = never.
    """

    rows: Ints
    signs: Ints
    stops: Floats
    rungs: Ints
    levels: Floats
    shares: Floats
    offsets: Floats
    distances: Floats
    steps: Floats
    exits: CompiledExits
    max_age_ms: int

    def within_margin(self, opens: Floats, leverage: float) -> Entries:
        """Those whose stop comes before their liquidation at `leverage`; `core.risk` denies the others.

        Args:
            opens: of the candles that `rows` count.
        """
        liquidated, _ = ways(decimal_of(leverage), MAINTENANCE_MARGIN)
        entry = opens[self.rows]
        kept = (self.stops - entry * (1.0 - self.signs * float(liquidated))) * self.signs > 0.0
        return self.at(np.flatnonzero(kept))

    @property
    def in_sets(self) -> Entries:
        """These as the entries of one set among as many."""
        if self.stops.ndim > 1:
            return self
        priced = ("stops", "levels", "offsets", "distances", "steps")
        return self._replace(**{name: getattr(self, name)[None] for name in priced})

    def at(self, numbers: Ints) -> Entries:
        """The entries of those numbers, in their order."""
        picked = {name: getattr(self, name)[..., numbers] for name in _BY_ENTRY}
        return self._replace(**picked, **{name: getattr(self, name)[..., numbers, :] for name in _BY_RUNG})

    def plan(self, number: int) -> PlanSpec:
        """The plan of entry `number`."""
        ladder = slice(int(self.rungs[number]))
        targets = zip(self.levels[number, ladder].tolist(), self.shares[number, ladder].tolist(), strict=True)
        breakeven: Breakeven | None = self.exits.breakeven
        if breakeven is not None:
            breakeven = breakeven._replace(offset=float(self.offsets[number]))
        trailing: Trailing | None = None
        if (rule := self.exits.trailing) is not None:
            distance, step = float(self.distances[number]), float(self.steps[number])
            trailing = Trailing(rule.kind, distance, rule.after_target, rule.at_r, step, rule.period)
        return PlanSpec(
            int(self.signs[number]),
            float(self.stops[number]),
            tuple(Target(level, share) for level, share in targets),
            breakeven,
            trailing,
            self.max_age_ms,
        )


def entries_of(evaluation: Evaluation, timeframe: Timeframe) -> Entries:
    """The entries at the opens behind the set-ups of `evaluation`, of as many sets as it was given.

    Set-ups whose plan makes no sense at that open are left out, as `core.strategy.signal` refuses them: a price of zero
    or less, a target that is not beyond the one before or on the wrong side of the stop, a stop that trails backwards,
    no size.
    """
    strategy = evaluation.strategy
    widest = max(len(setup.rungs) for setup in strategy.setups)
    sides = [_side(evaluation, setup, widest) for setup in strategy.setups]
    found, sound = sides[0] if len(sides) == 1 else _merged(sides)
    if evaluation.sets is None:
        found = found if sound.all() else found.at(np.flatnonzero(sound))
    else:
        found = found._replace(stops=np.where(sound, found.stops, np.nan))
    return found._replace(max_age_ms=strategy.exits.time_stop * timeframe.ms)


def _merged(sides: list[tuple[Entries, Flags]]) -> tuple[Entries, Flags]:
    """The entries of both sides in time order."""
    parts, sound = zip(*sides, strict=True)
    order = np.argsort(np.concatenate([part.rows for part in parts]), kind="stable")
    joined = {name: np.concatenate([getattr(part, name) for part in parts], axis=-1) for name in _BY_ENTRY}
    joined |= {name: np.concatenate([getattr(part, name) for part in parts], axis=-2) for name in _BY_RUNG}
    whole = parts[0]._replace(**joined)
    return whole.at(order), np.concatenate(sound, axis=-1)[..., order]


def _side(evaluation: Evaluation, setup: CompiledSetup, widest: int) -> tuple[Entries, Flags]:
    """All entries of one side, and which of them make sense."""
    strategy, columns, sign = evaluation.strategy, evaluation.columns, float(setup.side.sign)
    setups = evaluation.long_rows if sign > 0 else evaluation.short_rows
    setups = setups[setups + 1 < len(columns)]
    shape = (len(setups),) if evaluation.sets is None else (evaluation.sets, len(setups))

    number = evaluation.values.among(setups)

    def numbers(root: int) -> Floats:
        return np.broadcast_to(number(root), shape)

    entry = columns.open[setups + 1]
    base = entry if strategy.anchor is Anchor.FILL else columns.close[setups]
    stop = numbers(setup.stop)
    if setup.stop_is_distance:
        stop = base - sign * stop
    sound = stop > 0.0
    levels: list[Floats] = []
    for rung in setup.rungs:
        if rung.root is None:
            level = entry + sign * rung.r * np.abs(entry - stop)
        else:
            level = base + sign * numbers(rung.root) if rung.is_distance else numbers(rung.root)
        beyond = level - (levels[-1] if levels else stop)
        sound &= (level > 0.0) & (beyond > 0.0 if sign > 0 else beyond < 0.0)
        levels.append(level)
    if strategy.risk_scale is not None:
        sound &= numbers(strategy.risk_scale) > 0.0
    exits, none = strategy.exits, np.broadcast_to(0.0, shape)
    offset = distance = step = none
    if exits.breakeven_offset is not None:
        offset = numbers(exits.breakeven_offset)
        sound &= offset >= 0.0
    if (rule := exits.trailing) is not None:
        distance = np.broadcast_to(rule.factor, shape) if rule.distance is None else numbers(rule.distance)
        step = none if rule.step is None else numbers(rule.step)
        sound &= ((distance > 0.0) | (rule.kind is TrailingKind.MOVING_TARGET)) & (step >= 0.0)
    missing = widest - len(levels)
    entries = Entries(
        rows=setups + 1,
        signs=np.full(len(setups), int(sign)),
        stops=stop,
        rungs=np.full(len(setups), len(levels)),
        levels=np.stack([*levels, *[none] * missing], axis=-1) if widest > 1 else levels[0][..., None],
        shares=np.broadcast_to([*(float(rung.share) for rung in setup.rungs), *[0.0] * missing], (len(setups), widest)),
        offsets=offset,
        distances=distance,
        steps=step,
        exits=exits,
        max_age_ms=0,
    )
    return entries, sound
