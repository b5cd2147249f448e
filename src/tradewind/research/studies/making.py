"""Studies out of what people ask for, everything checked before anything is computed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tradewind.core.candles import Timeframe
from tradewind.core.costs import Costs
from tradewind.core.strategy import Strategy
from tradewind.research.backtest import Profile
from tradewind.research.studies.study import Study, SweepPlan, ValidationPlan
from tradewind.research.sweeps.errors import SweepError
from tradewind.research.sweeps.forward import spans_of
from tradewind.research.sweeps.objective import MIN_TRADES, Measure, Objective
from tradewind.research.sweeps.samplers import Sampler, SamplerKind
from tradewind.research.sweeps.space import Setting, Space, Vary

#: Trials of one sweep; more would be another kind of search.
MOST_TRIALS = 100_000


@dataclass(frozen=True, slots=True)
class SweepWish:
    """A sweep as people ask for it; see `Sampler.of` for `trials`."""

    vary: Mapping[str, Vary]
    sampler: SamplerKind = SamplerKind.GRID
    trials: int | None = None
    seed: int = 1
    measure: Measure = Measure.SHARPE
    min_trades: int = MIN_TRADES


def make_study(
    strategy: Strategy,
    text: str | None,
    symbols: Sequence[str],
    timeframe: Timeframe,
    bounds: tuple[int | None, int | None],
    profile: Profile,
    *,
    fee: float = Costs().taker,
    year: float,
    wish: SweepWish | None = None,
    validation: ValidationPlan | None = None,
    most_trials: int = MOST_TRIALS,
) -> Study:
    """The study of `strategy`, whose parameters are set.

    Args:
        text: its document, where it is not built in.

    Raises:
        SweepError: the profile cannot run the strategy; what the wish asks for cannot be swept; more than
            `most_trials`; the bounds are too close for the windows of the validation.
    """
    if profile is Profile.IDEAL and strategy.scale_in is not None:
        if wish is not None or validation is not None:
            asks = "sweeps" if validation is None else "validations"
            problem = f"expected one that enters whole positions, {strategy.ref.name} scales in; {asks} use {profile}"
            raise SweepError("strategy", problem)
        problem = f"expected {Profile.PAPER} for a strategy that scales in; {profile} enters whole positions"
        raise SweepError("profile", problem)
    if validation is not None and profile is not Profile.IDEAL:
        raise SweepError("profile", f"expected {Profile.IDEAL} for a validation, got {profile}")
    if validation is not None and wish is not None and None not in bounds:
        _check_windows(validation, timeframe, bounds)
    return Study(
        strategy=strategy.ref.name,
        text=text,
        document_hash=strategy.blueprint.document_hash,
        parameters=changed_parameters(strategy),
        symbols=tuple(sorted(symbols)),
        timeframe=timeframe,
        start=bounds[0],
        stop=bounds[1],
        profile=profile,
        fee=fee,
        year=year,
        sweep=None if wish is None else _plan(strategy, profile, wish, most_trials),
        validation=validation,
    )


def _check_windows(validation: ValidationPlan, timeframe: Timeframe, bounds: tuple[int | None, int | None]) -> None:
    start, stop = bounds
    assert start is not None, "asked for with both"
    assert stop is not None, "asked for with both"
    ends = (start, stop - timeframe.ms)
    spans_of(ends, timeframe, folds=validation.folds, mode=validation.mode, purge=validation.purge)


def changed_parameters(strategy: Strategy) -> dict[str, Setting]:
    """Parameters and choices that are not at their defaults."""
    blueprint = strategy.blueprint
    numbers = {each.name: strategy.values[each.name] for each in blueprint.parameters}
    changed: dict[str, Setting] = {
        each.name: numbers[each.name] for each in blueprint.parameters if numbers[each.name] != each.range.default
    }
    words = {each.name: strategy.chosen[each.name] for each in blueprint.choices}
    changed |= {each.name: words[each.name] for each in blueprint.choices if words[each.name] != each.default}
    return changed


def _plan(strategy: Strategy, profile: Profile, wish: SweepWish, most_trials: int) -> SweepPlan:
    if profile is not Profile.IDEAL:
        raise SweepError("profile", f"expected {Profile.IDEAL} for a sweep, got {profile}; back-test its best with it")
    if wish.min_trades < 1:
        raise SweepError("min_trades", f"expected at least one trade, got {wish.min_trades}")
    space = Space.of(strategy, wish.vary)
    sampler = Sampler.of(wish.sampler, space, wish.trials, wish.seed, most_trials)
    return SweepPlan(sampler, Objective(wish.measure, wish.min_trades))
