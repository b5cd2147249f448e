"""Walk-forward: parameters are chosen on what was known and traded on what came next, again and again.

Every window sweeps its training time alone, so nothing of the test can tell on the choice: a position open at the end
of the training is marked at its last close, and `purge` leaves out days between. The best set then trades the test,
with as many candles before it as indicators need, which make no trade. The tests' daily returns, one after the other,
are the curve that somebody who chose like this would have had. Every test begins flat; what is open at its end is
marked at its last close and is no trade. Source: Pardo (2008), "The Evaluation and Optimization of Trading Strategies".
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from itertools import pairwise
from types import MappingProxyType
from typing import Any, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from tradewind.core.candles import Timeframe
from tradewind.core.series import Columns
from tradewind.core.strategy import Strategy
from tradewind.research.backtest import BacktestResult, IdealOptions, run_ideal
from tradewind.research.metrics import DailyReturns, max_drawdown, sharpe, total_return
from tradewind.research.sweeps.errors import SweepError
from tradewind.research.sweeps.honesty import best_of
from tradewind.research.sweeps.objective import Objective
from tradewind.research.sweeps.samplers import Sampler, Scored
from tradewind.research.sweeps.space import Settings, Space
from tradewind.research.sweeps.trial import Trial, Workbench
from tradewind.research.validation import Split, ValidationError, WalkForward, walk_forward

_DAY_MS = 86_400_000


class Swept(NamedTuple):
    """A sweep's trials that the document did not refuse, in their order."""

    tried: list[Scored]
    trials: list[Trial]

    @property
    def best(self) -> int | None:
        """Place of the best; None where none has a score."""
        return best_of(self.tried)

    @property
    def returns(self) -> NDArray[np.float64]:
        """(trials, periods), as `honesty` asks for them."""
        return np.asarray([trial.returns for trial in self.trials], dtype=np.float64)


def sweep(bench: Workbench, strategy: Strategy, sampler: Sampler, objective: Objective) -> Swept:
    """Every trial of `sampler`, one after the other in this process."""
    seen: list[Scored] = []
    kept: list[tuple[Scored, Trial]] = []
    while points := sampler.next_points(seen):
        sets = [sampler.space.settings(point) for point in points]
        for point, trial in zip(points, bench.run_all(strategy, sets), strict=True):
            scored = Scored(point, None if trial.metrics is None else objective.score(trial.metrics))
            seen.append(scored)
            if trial.metrics is not None:
                kept.append((scored, trial))
    return Swept([scored for scored, _ in kept], [trial for _, trial in kept])


class Span(NamedTuple):
    """When a window learns and when it trades: begin and end of the open times, UTC ms."""

    train: tuple[int, int]
    test: tuple[int, int]


@dataclass(frozen=True, slots=True)
class Window:
    """One choice and what it came to.

    Attributes:
        point, settings: the chosen set; None where no set had a score, and nothing was traded.
        in_sample: annual Sharpe ratio of the chosen set in training; None where undefined.
        trades: closed in the test.
        traded: fingerprint of those trades; None where nothing was chosen.
        daily: returns of the days of the test.
    """

    span: Span
    point: int | None
    settings: Settings | None
    in_sample: float | None
    trades: int
    traded: str | None
    daily: DailyReturns

    def document(self) -> dict[str, Any]:
        """As JSON values; `of` reads them."""
        return {
            "train": list(self.span.train),
            "test": list(self.span.test),
            "point": self.point,
            "settings": None if self.settings is None else dict(self.settings),
            "in_sample": self.in_sample,
            "trades": self.trades,
            "traded": self.traded,
            "first": self.daily.first,
            "returns": list(self.daily.values),
        }

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> Self:
        """The window that `document` wrote."""
        kept = {name: document[name] for name in ("point", "settings", "in_sample", "trades", "traded")}
        span = Span(tuple(document["train"]), tuple(document["test"]))
        return cls(span, **kept, daily=DailyReturns(document["first"], tuple(document["returns"])))


@dataclass(frozen=True, slots=True)
class WalkedForward:
    """All windows, oldest first, and the curve of their tests."""

    mode: WalkForward
    windows: tuple[Window, ...]
    space: Space
    year: float

    @property
    def daily(self) -> DailyReturns:
        """Of the tests, which lie side by side."""
        values = [value for window in self.windows for value in window.daily.values]
        return DailyReturns(self.windows[0].daily.first, tuple(values))

    @property
    def in_sample(self) -> float | None:
        """Mean annual Sharpe ratio of the chosen sets in training."""
        known = [window.in_sample for window in self.windows if window.in_sample is not None]
        return math.fsum(known) / len(known) if known else None

    @property
    def out_of_sample(self) -> float | None:
        """Annual Sharpe ratio of the tests' curve."""
        value = sharpe(self.daily.values, self.year)
        return value if math.isfinite(value) else None

    @property
    def efficiency(self) -> float | None:
        """Out of sample ÷ in sample; None where nothing was gained in sample."""
        inside, outside = self.in_sample, self.out_of_sample
        return None if inside is None or outside is None or inside <= 0.0 else outside / inside

    @property
    def drift(self) -> float | None:
        """How far the choice moves from window to window: the mean over parameters of |steps| ÷ most steps possible (1
        for another word). 0 = always the same set; choices made at random on long axes come to about ⅓."""
        chosen = [self.space.places(window.point) for window in self.windows if window.point is not None]
        moves = [
            abs(one - other) / (len(axis.values) - 1) if axis.ordered else float(one != other)
            for before, after in pairwise(chosen)
            for axis, one, other in zip(self.space.axes, before, after, strict=True)
            if len(axis.values) > 1
        ]
        return math.fsum(moves) / len(moves) if moves else None

    @property
    def fingerprint(self) -> str:
        """SHA-256 (hex) over every choice and every trade of the tests."""
        content = [[*window.span.train, *window.span.test, window.point, window.traded] for window in self.windows]
        return sha256(json.dumps(content, separators=(",", ":")).encode()).hexdigest()

    def document(self) -> dict[str, Any]:
        """As JSON values; times in UTC ms."""
        curve = self.daily.values
        return {
            "mode": self.mode.value,
            "in_sample_sharpe": self.in_sample,
            "out_of_sample_sharpe": self.out_of_sample,
            "efficiency": self.efficiency,
            "drift": self.drift,
            "total_return": total_return(curve),
            "max_drawdown": max_drawdown(curve).depth,
            "fingerprint": self.fingerprint,
            "windows": [_item(window, self.year) for window in self.windows],
        }


def _item(window: Window, year: float) -> dict[str, Any]:
    outside = sharpe(window.daily.values, year)
    return {
        "train": list(window.span.train),
        "test": list(window.span.test),
        "parameters": window.settings,
        "in_sample_sharpe": window.in_sample,
        "out_of_sample_sharpe": outside if math.isfinite(outside) else None,
        "return": total_return(window.daily.values),
        "trades": window.trades,
    }


def run_forward(
    strategy: Strategy,
    columns: Mapping[str, Columns],
    timeframe: Timeframe,
    sampler: Sampler,
    objective: Objective,
    *,
    folds: int = 5,
    mode: WalkForward = WalkForward.ROLLING,
    purge: int = 0,
    options: IdealOptions | None = None,
    beside: Mapping[str, Columns] = MappingProxyType({}),
) -> WalkedForward:
    """Walk `strategy` forward over `columns` (by symbol, all of `timeframe`, none empty).

    The time is cut into whole days (whole candles where these are longer); the first half of it trains the first
    window, and the tests share the rest equally. A symbol takes part in a window where it has candles in both parts.

    Args:
        folds: windows.
        purge: days between training and test that serve neither.
        beside: series of the same timeframe that the strategy looks at and does not trade.

    Raises:
        SweepError: too few days for that many folds.
        StrategyError: it cannot run on `timeframe`.
    """
    options = options or IdealOptions()
    asked = Asked(strategy, columns, timeframe, sampler, objective, options, beside)
    spans = spans_of(ends_of(columns), timeframe, folds=folds, mode=mode, purge=purge)
    windows = tuple(run_window(asked, span)[0] for span in spans)
    return WalkedForward(mode, windows, sampler.space, options.periods)


def ends_of(columns: Mapping[str, Columns]) -> tuple[int, int]:
    """Open times of the first and the last candle of all symbols, UTC ms."""
    return min(int(each.ts[0]) for each in columns.values()), max(int(each.ts[-1]) for each in columns.values())


def spans_of(
    ends: tuple[int, int], timeframe: Timeframe, *, folds: int, mode: WalkForward, purge: int
) -> tuple[Span, ...]:
    """The spans of the windows, oldest first; `ends` as of `ends_of`.

    Raises:
        SweepError: too few days for that many folds.
    """
    unit = max(_DAY_MS, timeframe.ms)
    first = ends[0] // unit * unit
    return tuple(
        Span(
            (first + split.train.start * unit, first + split.train.stop * unit),
            (first + split.test.start * unit, first + split.test.stop * unit),
        )
        for split in _splits((ends[1] - first) // unit + 1, folds, mode, -(-purge * _DAY_MS // unit))
    )


def _splits(units: int, folds: int, mode: WalkForward, purge: int) -> Sequence[Split]:
    if folds < 1:
        raise SweepError("folds", f"expected at least one, got {folds}")
    test = units // (2 * folds)
    train = units - folds * test - purge
    try:
        return walk_forward(units, train=train, test=test, mode=mode, purge=purge)
    except ValidationError:
        needed = 2 * (folds + purge)
        raise SweepError("folds", f"expected at least {needed} days for {folds}, got {units}") from None


class Asked(NamedTuple):
    """What every window of a walk is asked: see `run_forward`."""

    strategy: Strategy
    columns: Mapping[str, Columns]
    timeframe: Timeframe
    sampler: Sampler
    objective: Objective
    options: IdealOptions
    beside: Mapping[str, Columns]


def run_window(asked: Asked, span: Span) -> tuple[Window, BacktestResult | None]:
    """Choose on the training and trade the test; with the result of the test, its warm-up included, None where nothing
    was chosen.

    Raises:
        StrategyError: the strategy cannot run on the timeframe.
    """
    train, test = span
    idle = DailyReturns(test[0] // _DAY_MS, (0.0,) * ((test[1] - test[0]) // _DAY_MS))
    nothing = Window(span, None, None, None, 0, None, idle)
    known = {symbol: part for symbol, each in asked.columns.items() if len(part := _between(each, *train))}
    known = {symbol: part for symbol, part in known.items() if len(_between(asked.columns[symbol], *test))}
    if not known:
        return nothing, None
    others = {**asked.beside, **asked.columns}
    bench = Workbench(known, asked.timeframe, asked.options, beside=_until(others, train[1]))
    found = sweep(bench, asked.strategy, asked.sampler, asked.objective)
    if (place := found.best) is None:
        return nothing, None
    metrics = found.trials[place].metrics
    assert metrics is not None, "the best has a score"
    point = found.tried[place].number
    settings = asked.sampler.space.settings(point)
    chosen = asked.strategy.with_parameters(settings)
    warmup = chosen.warmup_on(asked.timeframe)
    tested = {symbol: _between(asked.columns[symbol], *test, before=warmup) for symbol in known}
    result = run_ideal(chosen, tested, asked.timeframe, asked.options, beside=_until(others, test[1]))
    daily = _within(result.daily, idle)
    trades = len(result.trades)
    return Window(span, point, settings, metrics["sharpe"], trades, result.fingerprint, daily), result


def _between(columns: Columns, start: int, stop: int, *, before: int = 0) -> Columns:
    """The candles that open from `start` on and before `stop`, with up to `before` more in front if there are any."""
    low, high = (int(row) for row in np.searchsorted(columns.ts, (start, stop)))
    return columns.rows(max(low - before, 0) if high > low else low, high)


def _until(columns: Mapping[str, Columns], stop: int) -> dict[str, Columns]:
    """What opens before `stop`."""
    return {symbol: each.rows(0, int(np.searchsorted(each.ts, stop))) for symbol, each in columns.items()}


def _within(daily: DailyReturns, idle: DailyReturns) -> DailyReturns:
    """The returns of `daily` on the days of `idle`, whose returns are taken where there is none."""
    values = np.array(idle.values)
    own = np.asarray(daily.values)
    low, high = max(daily.first, idle.first), min(daily.first + len(own), idle.first + len(values))
    if high > low:
        values[low - idle.first : high - idle.first] = own[low - daily.first : high - daily.first]
    return DailyReturns(idle.first, tuple(np.nan_to_num(values).tolist()))
