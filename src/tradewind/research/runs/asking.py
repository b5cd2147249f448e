"""From a request to a study: what is wrong with it is said with its place, before anything is queued."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import NoReturn
from uuid import UUID

from tradewind.billing import ResearchLimits
from tradewind.core.candles import Timeframe
from tradewind.core.costs import Costs
from tradewind.core.expressions import ExpressionError
from tradewind.core.strategy import Strategy
from tradewind.kit.clock import from_ms, to_ms
from tradewind.kit.problems import FieldProblem
from tradewind.market import MarketDataError, check_readable
from tradewind.platform.database import Session
from tradewind.platform.web.errors import ErrorCode, problem
from tradewind.research.backtest import Profile
from tradewind.research.metrics import DAYS
from tradewind.research.runs.schemas import OWN, BacktestWish, SearchWish, SweepWish, ValidationWish, VaryRange
from tradewind.research.studies import CandleArchive, Study, ValidationPlan, making
from tradewind.research.sweeps.errors import SweepError
from tradewind.research.sweeps.space import Range, Setting, Vary
from tradewind.trading.strategies import DocumentError, UnknownStrategyError, load_builtin, parse_document
from tradewind.trading.strategies.own import own_document
from tradewind.venues.paper import quote_of


async def document_of(session: Session, tenant_id: UUID, wish: BacktestWish) -> str | None:
    """The text of the document of one's own that `wish` names; None where it names a built-in one.

    Raises:
        Problem: there is none, or it is another's, which is the same.
    """
    if not wish.strategy.startswith(OWN):
        if wish.version is not None:
            _refuse("#/version", "expected only with a document of your own; built-in strategies have one version")
        return None
    text = await own_document(session, tenant_id, wish.strategy.removeprefix(OWN), wish.version)
    if text is None:
        named = "" if wish.version is None else f" with a version {wish.version}"
        _refuse("#/strategy", f"expected a strategy of your own{named}, got {wish.strategy}; strategies/own lists them")
    return text


def study_of(
    wish: BacktestWish, text: str | None, archive: CandleArchive, limits: ResearchLimits
) -> tuple[Strategy, Study]:
    """What `wish` asks for, its bounds fixed to the candles that there are now. Reads the names and ends of files.

    Args:
        text: as `document_of` says.

    Raises:
        Problem: it cannot be done, or is more than the plan allows.
    """
    strategy = _strategy(wish, text)
    profile = _profile(wish, strategy)
    if wish.fee is not None and profile is not Profile.IDEAL:
        _refuse("#/fee", "expected only with the ideal profile; the paper venue has rates of its own")
    bounds = _bounds(wish, strategy, archive, limits)
    try:
        study = making.make_study(
            strategy,
            text,
            wish.symbols,
            wish.timeframe,
            bounds,
            profile,
            fee=float(wish.fee) if wish.fee is not None else Costs().taker,
            year=DAYS,
            wish=_sweep(wish),
            validation=_validation(wish),
        )
    except SweepError as error:
        _refuse("#/" + error.path.replace(".", "/"), error.problem)
    if study.sweep is not None:
        tried = study.sweep.sampler.trials * (study.windows + 1)
        if tried > limits.trials:
            times = f" ({study.windows + 1} times {study.sweep.sampler.trials:,})" if study.windows else ""
            _beyond_plan("#/trials", f"{tried:,} trials{times}", f"{limits.trials:,} a run")
    return strategy, study


def _strategy(wish: BacktestWish, text: str | None) -> Strategy:
    try:
        strategy = load_builtin(wish.strategy) if text is None else parse_document(text)
        return strategy.with_parameters({name: _given(value) for name, value in wish.parameters.items()})
    except (UnknownStrategyError, DocumentError) as error:
        _refuse("#/strategy", str(error))
    except ExpressionError as error:
        _refuse("#/" + error.path.replace("choices.", "parameters.").replace(".", "/"), error.problem)


def _profile(wish: BacktestWish, strategy: Strategy) -> Profile:
    if wish.profile is not None:
        return wish.profile
    whole = strategy.scale_in is None
    ideal = isinstance(wish, SearchWish) or (strategy.blueprint.research_only and whole)
    return Profile.IDEAL if ideal else Profile.PAPER


def _sweep(wish: BacktestWish) -> making.SweepWish | None:
    if not isinstance(wish, SweepWish | ValidationWish) or not wish.vary:
        return None
    vary: dict[str, Vary] = {
        name: _range(each) if isinstance(each, VaryRange) else None if each is None else list(map(_given, each))
        for name, each in wish.vary.items()
    }
    return making.SweepWish(vary, wish.sampler, wish.trials, wish.seed, wish.objective, wish.min_trades)


def _validation(wish: BacktestWish) -> ValidationPlan | None:
    if not isinstance(wish, ValidationWish):
        return None
    return ValidationPlan(wish.folds, wish.mode, wish.purge, wish.paths, float(wish.ruin), wish.seed)


def _range(given: VaryRange) -> Range:
    return Range(float(given.low), float(given.high), None if given.step is None else float(given.step))


def _given(text: str) -> Setting:
    """A number where it is one; what else it may be the document knows."""
    try:
        value = float(text)
    except ValueError:
        return text
    return value if math.isfinite(value) else text


def _bounds(wish: BacktestWish, strategy: Strategy, archive: CandleArchive, limits: ResearchLimits) -> tuple[int, int]:
    """The ends of the span: no earlier and no later than the candles that there are."""
    if len(set(wish.symbols)) < len(wish.symbols):
        _refuse("#/symbols", "expected each symbol once")
    series = archive.series()
    _check_held(wish.symbols, wish.timeframe, series)
    try:
        check_readable([strategy], series[wish.timeframe], wish.timeframe)
    except MarketDataError as error:
        _refuse("#/strategy", str(error))
    low = None if wish.since is None else to_ms(wish.since)
    high = None if wish.to is None else to_ms(wish.to)
    candles, first, last = 0, None, None
    for place, symbol in enumerate(wish.symbols):
        try:
            quote_of(symbol)
            held = archive.span(symbol, wish.timeframe)
        except (MarketDataError, ValueError) as error:
            _refuse(f"#/symbols/{place}", str(error))
        since = held[0] if low is None else max(low, held[0])
        until = held[1] if high is None else min(high, held[1])
        if until <= since:
            there = f"{from_ms(held[0]):%Y-%m-%dT%H:%MZ} to {from_ms(held[1]):%Y-%m-%dT%H:%MZ}"
            _refuse("#/from", f"expected a span in which {symbol} has candles; there are some from {there}")
        candles += (until - since) // wish.timeframe.ms
        first, last = min(since, first or since), max(until, last or until)
    if candles > limits.candles:
        _beyond_plan("#/from", f"{candles:,} candles", f"{limits.candles:,} a run")
    assert first is not None, "there is a symbol"
    assert last is not None, "there is a symbol"
    return first, last


def _check_held(symbols: Sequence[str], timeframe: Timeframe, held: Mapping[Timeframe, Sequence[str]]) -> None:
    if timeframe not in held:
        there = ", ".join(held) or "none yet"
        _refuse("#/timeframe", f"expected a timeframe of which candles are stored ({there}), got {timeframe}")
    for place, symbol in enumerate(symbols):
        if symbol not in held[timeframe]:
            there = ", ".join(held[timeframe])
            _refuse(f"#/symbols/{place}", f"expected a symbol with candles of {timeframe} ({there}), got {symbol}")


def _refuse(pointer: str, detail: str) -> NoReturn:
    raise problem(
        ErrorCode.VALIDATION_FAILED, f"the request has errors at {pointer}", errors=[FieldProblem(pointer, detail)]
    )


def _beyond_plan(pointer: str, wanted: str, most: str) -> NoReturn:
    detail = f"your plan allows {most}, this asks for {wanted}; ask for less or choose a larger plan"
    raise problem(ErrorCode.PLAN_LIMIT_REACHED, detail, errors=[FieldProblem(pointer, detail)])
