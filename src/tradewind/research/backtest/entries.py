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


class Entries(NamedTuple):
    """The entries of one parameter set on one symbol, in time order; n of them, with up to m rungs each.

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
        return self._replace(
            rows=self.rows[kept],
            signs=self.signs[kept],
            stops=self.stops[kept],
            rungs=self.rungs[kept],
            levels=self.levels[kept],
            shares=self.shares[kept],
            offsets=self.offsets[kept],
            distances=self.distances[kept],
            steps=self.steps[kept],
        )

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
    """The entries at the opens behind the set-ups of `evaluation`.

    Set-ups whose plan makes no sense at that open are left out, as `core.strategy.signal` refuses them: a price of zero
    or less, a target that is not beyond the one before or on the wrong side of the stop, a stop that trails backwards,
    no size.
    """
    exits = evaluation.strategy.exits
    widest = max(len(setup.rungs) for setup in evaluation.strategy.setups)
    parts = [_side(evaluation, setup, widest) for setup in evaluation.strategy.setups]
    joined = [np.concatenate(columns) for columns in zip(*parts, strict=True)]
    order = np.argsort(joined[0], kind="stable")
    rows, signs, stops, rungs, levels, shares, offsets, distances, steps = (column[order] for column in joined)
    oldest = exits.time_stop * timeframe.ms
    return Entries(rows, signs, stops, rungs, levels, shares, offsets, distances, steps, exits, oldest)


def _side(
    evaluation: Evaluation, setup: CompiledSetup, widest: int
) -> tuple[Ints, Ints, Floats, Ints, Floats, Floats, Floats, Floats, Floats]:
    """The first nine columns of `Entries` for one side."""
    sign, columns = float(setup.side.sign), evaluation.columns
    setups = evaluation.long_rows if sign > 0 else evaluation.short_rows
    setups = setups[setups + 1 < len(columns)]

    def numbers(root: int) -> Floats:
        values: Floats = evaluation.values.at(root, setups)
        return values

    entry = columns.open[setups + 1]
    base = entry if evaluation.strategy.anchor is Anchor.FILL else columns.close[setups]
    stop = numbers(setup.stop)
    if setup.stop_is_distance:
        stop = base - sign * stop
    risk = np.abs(entry - stop)
    levels, shares = np.zeros((2, len(setups), widest))
    sound = stop > 0.0
    last = stop
    for place, rung in enumerate(setup.rungs):
        if rung.root is None:
            level = entry + sign * rung.r * risk
        else:
            number = numbers(rung.root)
            level = base + sign * number if rung.is_distance else number
        sound &= (level > 0.0) & ((level - last) * sign > 0.0)
        levels[:, place], shares[:, place] = level, float(rung.share)
        last = level
    if (root := evaluation.strategy.risk_scale) is not None:
        sound &= numbers(root) > 0.0
    offset, distance, step = np.zeros((3, len(setups)))
    exits = evaluation.strategy.exits
    if exits.breakeven_offset is not None:
        offset[:] = numbers(exits.breakeven_offset)
        sound &= offset >= 0.0
    if (rule := exits.trailing) is not None:
        distance[:] = rule.factor if rule.distance is None else numbers(rule.distance)
        step[:] = 0.0 if rule.step is None else numbers(rule.step)
        sound &= ((distance > 0.0) | (rule.kind is TrailingKind.MOVING_TARGET)) & (step >= 0.0)
    columns_made = (
        setups + 1,
        np.full(len(setups), int(sign)),
        stop,
        np.full(len(setups), len(setup.rungs)),
        levels,
        shares,
        offset,
        distance,
        step,
    )
    return tuple(column[sound] for column in columns_made)  # type: ignore[return-value]
