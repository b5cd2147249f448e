"""What a calculator can be asked to do: JSON values in, JSON values out."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping, Sequence, Set
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tradewind.core.expressions import ExpressionError
from tradewind.core.series import Columns
from tradewind.core.strategy import Strategy
from tradewind.market import MarketDataError, ReplayFeed, only_read
from tradewind.research.backtest import BacktestResult, IdealOptions, Profile, run_ideal
from tradewind.research.reports import document, judged
from tradewind.research.reports.kept import daily_document
from tradewind.research.studies.candles import ArchiveKind, CandleArchive
from tradewind.research.studies.inquiry import Inquiry
from tradewind.research.studies.study import MOST_CANDLES, ChangedDocumentError, Study
from tradewind.research.sweeps.errors import SweepError
from tradewind.research.sweeps.forward import Window
from tradewind.research.sweeps.honesty import best_of, honesty
from tradewind.research.sweeps.samplers import Scored
from tradewind.research.sweeps.trial import Trial, Workbench
from tradewind.research.validation import ValidationError
from tradewind.trading.strategies import DocumentError, UnknownStrategyError

#: What a study can be refused for; the message is for whoever asked.
REFUSALS = (
    MarketDataError,
    ExpressionError,
    ChangedDocumentError,
    UnknownStrategyError,
    DocumentError,
    SweepError,
    ValidationError,
)


class TooManyCandlesError(MarketDataError):
    """More than a study may read."""


class Tasks:
    """The tasks of one process; what it has read for a study serves the next batch of the same."""

    def __init__(self) -> None:
        self._benches: dict[str, tuple[Strategy, Workbench]] = {}

    def do(self, name: str, arguments: Mapping[str, Any]) -> Any:
        """The answer of the task `name`.

        Raises:
            REFUSALS: the study cannot be done, whoever tries.
        """
        tasks: dict[str, Callable[..., Any]] = {
            "trials": self.trials,
            "points": self.points,
            "judge": self.judge,
            "backtest": self.backtest,
            "window": self.window,
            "verdict": self.verdict,
        }
        return tasks[name](**arguments)

    def trials(self, study: dict[str, Any], source: dict[str, Any], points: Sequence[int]) -> list[dict[str, Any]]:
        """Each of `points` of the study's space: `{metrics, score, returns, error}`; returns as base64 of float32."""
        wanted = Study.of(study)
        assert wanted.sweep is not None, "only sweeps have trials"
        strategy, bench = self._bench(wanted, CandleArchive(ArchiveKind(source["kind"]), source["path"]))
        space, objective = wanted.sweep.sampler.space, wanted.sweep.objective
        answers = []
        for trial in bench.run_all(strategy, map(space.settings, points)):
            score = None if trial.metrics is None else objective.score(trial.metrics)
            answers.append(_document(trial, score))
        return answers

    def points(self, study: dict[str, Any], tried: Sequence[tuple[int, float | None]]) -> list[int]:
        """The next generation of the study's sampler."""
        sweep = Study.of(study).sweep
        assert sweep is not None, "only sweeps have trials"
        return sweep.sampler.next_points([Scored(*each) for each in tried])

    def judge(
        self, study: dict[str, Any], tried: Sequence[tuple[int, float | None]], returns: Sequence[str]
    ) -> dict[str, Any]:
        """`{best, honesty}` of the trials that were computed: the place of the best among them, or None."""
        sweep = Study.of(study).sweep
        assert sweep is not None, "only sweeps have trials"
        scored = [Scored(*each) for each in tried]
        matrix = np.array([decoded(each) for each in returns], dtype=np.float64).reshape(len(scored), -1)
        found = honesty(sweep.sampler.space, sweep.objective, scored, matrix)
        return {"best": best_of(scored), "honesty": found.document()}

    def backtest(self, study: dict[str, Any], source: dict[str, Any]) -> dict[str, Any]:
        """The document of the result, see `research.reports.document`, and what `reports.kept` wants beside it."""
        wanted = Study.of(study)
        strategy = wanted.prepared()
        columns = _columns(wanted, strategy, CandleArchive(ArchiveKind(source["kind"]), source["path"]))
        result = self._backtest(wanted, strategy, columns)
        return document(result, *judged(result)) | {"daily": daily_document(result.daily)}

    def window(self, study: dict[str, Any], source: dict[str, Any], number: int) -> dict[str, Any]:
        """The walk-forward's window of that number, from 0; see `research.sweeps.forward.Window.document`."""
        inquiry = _inquiry(Study.of(study), source)
        return inquiry.window(inquiry.spans()[number]).document()

    def verdict(
        self, study: dict[str, Any], source: dict[str, Any], windows: Sequence[Mapping[str, Any]]
    ) -> dict[str, Any]:
        """The document of the validation, see `research.reports.validating.Validation.document`, and what
        `reports.kept` wants beside it."""
        wanted = Study.of(study)
        walked = [Window.of(each) for each in windows]
        found = _inquiry(wanted, source).verdict(walked, (wanted.start, wanted.stop))
        return found.document() | {"daily": daily_document(found.result.daily)}

    def _backtest(self, study: Study, strategy: Strategy, columns: dict[str, Columns]) -> BacktestResult:
        bounds, silent = (study.start, study.stop), only_read([strategy], study.symbols)
        if study.profile is Profile.IDEAL:
            options = IdealOptions(fee=study.fee, periods=study.year)
            traded, beside = _split(columns, silent)
            return run_ideal(strategy, traded, study.timeframe, options, bounds=bounds, beside=beside)
        from tradewind.research.paper import run_paper  # noqa: PLC0415 - the whole trading room

        feed = ReplayFeed.over(columns, study.timeframe, timeframes=())
        return run_paper(strategy, feed, periods=study.year, bounds=bounds, silent=silent)

    def _bench(self, study: Study, source: CandleArchive) -> tuple[Strategy, Workbench]:
        key = repr((study, source))
        if key not in self._benches:
            self._benches.clear()
            options = IdealOptions(fee=study.fee, periods=study.year)
            strategy = study.prepared()
            traded, beside = _split(_columns(study, strategy, source), only_read([strategy], study.symbols))
            self._benches[key] = strategy, Workbench(traded, study.timeframe, options, beside=beside)
        return self._benches[key]


def decoded(text: str) -> NDArray[np.float32]:
    """The returns that a trial's document has as text."""
    return np.frombuffer(base64.b64decode(text), dtype="<f4")


def _inquiry(study: Study, source: Mapping[str, Any]) -> Inquiry:
    assert study.validation is not None, "only validations are inquiries"
    strategy = study.prepared()
    columns = _columns(study, strategy, CandleArchive(ArchiveKind(source["kind"]), source["path"]))
    traded, beside = _split(columns, only_read([strategy], study.symbols))
    options = IdealOptions(fee=study.fee, periods=study.year)
    return Inquiry(strategy, traded, beside, study.timeframe, options, study.validation, study.sweep)


def _document(trial: Trial, score: float | None) -> dict[str, Any]:
    returns = base64.b64encode(trial.returns.astype("<f4").tobytes()).decode()
    return {"metrics": trial.metrics, "score": score, "returns": returns, "error": trial.error}


def _columns(study: Study, strategy: Strategy, source: CandleArchive) -> dict[str, Columns]:
    """The candles by symbol that `strategy` trades on or looks at."""
    symbols = (*study.symbols, *only_read([strategy], study.symbols))
    columns = source.read(symbols, study.timeframe, (study.start, study.stop))
    total = sum(map(len, columns.values()))
    if total > MOST_CANDLES:
        raise TooManyCandlesError(f"expected at most {MOST_CANDLES:,} candles, got {total:,}; take a shorter span")
    return columns


def _split(columns: Mapping[str, Columns], silent: Set[str]) -> tuple[dict[str, Columns], dict[str, Columns]]:
    """Those that are traded, and those that are only looked at."""
    traded = {symbol: each for symbol, each in columns.items() if symbol not in silent}
    return traded, {symbol: columns[symbol] for symbol in silent}
