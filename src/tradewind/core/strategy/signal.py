"""From a set-up that stands to a signal: levels on the tick, the plan, and the words with their numbers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from itertools import pairwise

from tradewind.core.candles import Timeframe
from tradewind.core.costs import Costs
from tradewind.core.ids import SignalId
from tradewind.core.indicators import Unit
from tradewind.core.plan import Trailing, TrailingKind
from tradewind.core.signals import Management, Rationale, Signal, SignalAddition, SignalScaleIn, SignalTarget
from tradewind.core.strategy.compiled import CompiledSetup
from tradewind.core.strategy.evaluation import Evaluation
from tradewind.core.strategy.model import Anchor
from tradewind.core.strategy.strategy import Strategy
from tradewind.core.strategy.words import fill, plain, shown
from tradewind.core.values import (
    EXACT,
    IllegalValueError,
    Instrument,
    Price,
    Rounding,
    Side,
    decimal_of,
)
from tradewind.kit.ids import derive_id

_USUAL_COSTS = Costs()


class RefusalReason(StrEnum):
    """Why a set-up that stood made no signal. The list is complete."""

    CONFLICT = "conflict"
    """Long and short stood on the same candle; whichever were taken, the other is as good a reason against it."""
    NO_PRICE = "no_price"
    """A level is zero or below, or beyond what a price can be."""
    ZONE_INVERTED = "zone_inverted"
    STOP_NOT_BEYOND_ZONE = "stop_not_beyond_zone"
    TARGET_NOT_BEYOND_ENTRY = "target_not_beyond_entry"
    TARGETS_OUT_OF_ORDER = "targets_out_of_order"
    TRAILING_NOT_POSITIVE = "trailing_not_positive"
    OFFSET_NEGATIVE = "offset_negative"
    ADDITION_BEYOND_STOP = "addition_beyond_stop"
    ADDITIONS_TOO_CLOSE = "additions_too_close"
    """They would lie on one tick, or on the entry."""
    GRID_BELOW_COSTS = "grid_below_costs"
    """A round trip from one level of the grid to the next would not pay for its fees and slippage."""
    FILTERED = "filtered"
    """One of the strategy's own filters did not hold."""
    NO_SIZE = "no_size"
    """The strategy asks for none of the risk per trade."""


@dataclass(frozen=True, slots=True)
class Refused:
    """A set-up that stood but would have made an illegal signal; `detail` holds the numbers."""

    reason: RefusalReason
    detail: Mapping[str, str]

    @property
    def counted_as(self) -> str:
        """What it is counted by: the reason, and of a filter its name."""
        name = self.detail.get("filter")
        return f"{self.reason.value}: {name}" if name else self.reason.value


@dataclass(frozen=True, slots=True)
class _Levels:
    low: Price
    high: Price
    stop: Price
    targets: tuple[SignalTarget, ...]

    def entry_limit(self, side: Side) -> Price:
        return self.high if side is Side.LONG else self.low


def signal(
    evaluation: Evaluation,
    row: int,
    *,
    instrument: Instrument,
    timeframe: Timeframe,
    simulated: bool,
    costs: Costs = _USUAL_COSTS,
) -> Signal | Refused | None:
    """The signal of the candle in `row`, None when no set-up stands there, or why there can be none.

    The id is derived from venue, symbol, timeframe, content hash, candle and side: the same signal, however often it is
    made. Levels go to the tick in the direction that keeps the promise: the stop away from the entry, the zone
    outwards (but never onto the stop), targets towards the entry.

    Args:
        costs: what the round trips of a grid must more than pay for.
    """
    if evaluation.conflict_at(row):
        return Refused(RefusalReason.CONFLICT, {"ts": str(int(evaluation.columns.ts[row]))})
    side = evaluation.side_at(row)
    if side is None:
        name = evaluation.filtered.get(row)
        return Refused(RefusalReason.FILTERED, {"filter": name}) if name else None
    try:
        return _signal(evaluation, side, row, instrument, timeframe, costs, simulated=simulated)
    except (IllegalValueError, ArithmeticError) as error:
        # A level at or below zero; or one so large that it has no exact place on the tick.
        return Refused(RefusalReason.NO_PRICE, {"problem": str(error)})


def _signal(
    evaluation: Evaluation,
    side: Side,
    row: int,
    instrument: Instrument,
    timeframe: Timeframe,
    costs: Costs,
    *,
    simulated: bool,
) -> Signal | Refused:
    strategy = evaluation.strategy
    blueprint = strategy.blueprint
    setup = next(each for each in strategy.setups if each.side is side)
    levels = _levels(evaluation, setup, row, instrument)
    if isinstance(levels, Refused):
        return levels
    scale = _risk_scale(evaluation, row)
    if not scale:
        return Refused(RefusalReason.NO_SIZE, {"scale": str(scale)})
    management = _management(evaluation, row, timeframe, scale)
    if isinstance(management, Refused):
        return management
    scale_in = _scale_in(evaluation, row, setup.side, levels, instrument, costs)
    if isinstance(scale_in, Refused):
        return scale_in
    opened_at = int(evaluation.columns.ts[row])
    created_at = opened_at + timeframe.ms
    return Signal(
        id=_signal_id(strategy, instrument, timeframe, opened_at, side),
        revision=1,
        instrument=instrument,
        timeframe=timeframe,
        side=side,
        strategy=strategy.ref,
        created_at=created_at,
        zone_low=levels.low,
        zone_high=levels.high,
        stop=levels.stop,
        targets=levels.targets,
        management=management,
        confidence=Decimal(f"{min(max(evaluation.number(setup.confidence, row), 0.0), 1.0):.2f}"),
        leverage_cap=blueprint.leverage_cap,
        fresh_until=created_at + blueprint.fresh_for * timeframe.ms,
        expires_at=created_at + blueprint.expires_after * timeframe.ms,
        rationale=_rationale(evaluation, setup, row, levels),
        simulated=simulated,
        scale_in=scale_in,
    )


def _signal_id(strategy: Strategy, instrument: Instrument, timeframe: Timeframe, ts: int, side: Side) -> SignalId:
    return SignalId(
        derive_id(
            "signal", instrument.venue, instrument.symbol, timeframe.value, strategy.ref.content_hash, ts, side.value
        )
    )


def _levels(evaluation: Evaluation, setup: CompiledSetup, row: int, instrument: Instrument) -> _Levels | Refused:
    """Zone, stop and targets on the tick.

    Raises:
        IllegalValueError: a level is not positive.
    """
    sign = setup.side.sign
    inwards = Rounding.DOWN if sign > 0 else Rounding.UP
    raw_low, raw_high = evaluation.number(setup.zone_low, row), evaluation.number(setup.zone_high, row)
    raw_entry = raw_high if sign > 0 else raw_low
    anchor = raw_entry if evaluation.strategy.anchor is Anchor.FILL else float(evaluation.columns.close[row])
    raw_stop = evaluation.number(setup.stop, row)
    if setup.stop_is_distance:
        raw_stop = anchor - sign * raw_stop
    if raw_low > raw_high:
        return Refused(RefusalReason.ZONE_INVERTED, {"low": repr(raw_low), "high": repr(raw_high)})
    near = raw_low if sign > 0 else raw_high
    if (near - raw_stop) * sign <= 0:
        return Refused(RefusalReason.STOP_NOT_BEYOND_ZONE, {"stop": repr(raw_stop), "zone": repr(near)})
    low, high = instrument.quantise(raw_low, Rounding.DOWN), instrument.quantise(raw_high, Rounding.UP)
    stop = instrument.quantise(raw_stop, inwards)
    # Both were rounded the same way and may have met on one tick.
    if sign > 0:
        low = min(max(low, stop.shifted(1)), high)
    else:
        high = max(min(high, stop.shifted(-1)), low)
    if ((low if sign > 0 else high) - stop) * sign <= 0:
        return Refused(RefusalReason.STOP_NOT_BEYOND_ZONE, {"stop": str(stop), "zone": f"{low}–{high}"})

    entry = high if sign > 0 else low
    risk = abs(entry - stop)
    targets: list[SignalTarget] = []
    last = entry
    for rung in setup.rungs:
        if rung.root is None:
            level = EXACT.add(entry.value, EXACT.multiply(risk, sign * decimal_of(rung.r)))
        else:
            number = evaluation.number(rung.root, row)
            level = decimal_of(anchor + sign * number if rung.is_distance else number)
        price = instrument.quantise(level, inwards)
        if (price - last) * sign <= 0:
            reason = RefusalReason.TARGETS_OUT_OF_ORDER if targets else RefusalReason.TARGET_NOT_BEYOND_ENTRY
            return Refused(reason, {"target": str(price), "beyond": str(last)})
        targets.append(SignalTarget(price, rung.share))
        last = price
    return _Levels(low, high, stop, tuple(targets))


def _risk_scale(evaluation: Evaluation, row: int) -> Decimal:
    root = evaluation.strategy.risk_scale
    return Decimal(1) if root is None else Decimal(f"{min(max(evaluation.number(root, row), 0.0), 1.0):.4f}")


def _management(evaluation: Evaluation, row: int, timeframe: Timeframe, scale: Decimal) -> Management | Refused:
    exits = evaluation.strategy.exits
    breakeven = exits.breakeven
    if breakeven is not None and exits.breakeven_offset is not None:
        offset = evaluation.number(exits.breakeven_offset, row)
        if offset < 0.0:
            return Refused(RefusalReason.OFFSET_NEGATIVE, {"offset": repr(offset)})
        breakeven = breakeven._replace(offset=offset)
    rule, trailing = exits.trailing, None
    if rule is not None:
        distance = evaluation.number(rule.distance, row) if rule.distance is not None else rule.factor
        step = evaluation.number(rule.step, row) if rule.step is not None else 0.0
        if (distance <= 0.0 and rule.kind is not TrailingKind.MOVING_TARGET) or step < 0.0:
            return Refused(RefusalReason.TRAILING_NOT_POSITIVE, {"distance": repr(distance), "step": repr(step)})
        trailing = Trailing(rule.kind, distance, rule.after_target, rule.at_r, step, rule.period)
    return Management(breakeven, trailing, exits.time_stop * timeframe.ms, scale)


def _scale_in(
    evaluation: Evaluation, row: int, side: Side, levels: _Levels, instrument: Instrument, costs: Costs
) -> SignalScaleIn | Refused | None:
    """The further entries, on the tick away from the entry."""
    rule = evaluation.strategy.scale_in
    if rule is None:
        return None
    sign, last = side.sign, levels.entry_limit(side)
    entry, deviation = float(last), evaluation.number(rule.deviation, row)
    outwards = Rounding.DOWN if sign > 0 else Rounding.UP
    additions: list[SignalAddition] = []
    for reach, share in zip(rule.reach, rule.shares, strict=True):
        price = instrument.quantise(entry - sign * (reach * deviation), outwards)
        if (last - price) * sign <= 0:
            return Refused(RefusalReason.ADDITIONS_TOO_CLOSE, {"addition": str(price), "beyond": str(last)})
        if (price - levels.stop) * sign <= 0:
            return Refused(RefusalReason.ADDITION_BEYOND_STOP, {"addition": str(price), "stop": str(levels.stop)})
        additions.append(SignalAddition(price, share, last if rule.is_grid else None))
        last = price
    if rule.is_grid:
        ladder = [levels.targets[0].price, levels.entry_limit(side), *(addition.price for addition in additions)]
        for above, below in pairwise(ladder):
            gained, paid = float(abs(above - below)), _round_trip_costs(float(above), float(below), costs)
            if gained <= paid:
                return Refused(RefusalReason.GRID_BELOW_COSTS, {"step": repr(gained), "costs": repr(paid)})
    return SignalScaleIn(rule.first, tuple(additions), rule.from_average)


def _round_trip_costs(one: float, other: float, costs: Costs) -> float:
    """The most that a unit pays between two levels: the dearest fee on both, and slippage on the dearer."""
    fee, slippage = max(costs.maker, costs.taker), costs.half_spread + costs.slippage
    return fee * (one + other) + slippage * max(one, other)


def _rationale(evaluation: Evaluation, setup: CompiledSetup, row: int, levels: _Levels) -> Rationale:
    entry, stop = levels.entry_limit(setup.side), levels.stop
    tick = entry.tick
    facts = {
        "entry": str(entry),
        "stop": str(stop),
        "risk": shown(float(abs(entry - stop) / entry.value) * 100, Unit.PERCENT, tick),
    }
    for name, fact in setup.facts.items():
        value = evaluation.number(fact.root, row)
        facts[name] = plain(Decimal(f"{value:.10g}")) if fact.constant else shown(value, fact.unit, tick)
    because = {
        language: tuple(fill(sentence, facts) for sentence in sentences)
        for language, sentences in setup.because.items()
    }
    return Rationale(facts, because)
