"""Writes docs/strategies.md: what every built-in strategy does and how it fared on recorded candles, after costs.

    .venv/bin/python scripts/strategies.py FOLDER

FOLDER holds candle files as `tradewind backtest --candles` reads them. Takes about ten minutes.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from itertools import product
from pathlib import Path
from typing import NamedTuple

import numpy as np

from tradewind.core.candles import Timeframe
from tradewind.kit.clock import from_ms
from tradewind.kit.language import Language
from tradewind.market import CandleFolder, MarketDataError, only_read, read_candles
from tradewind.research.backtest import open_paper_feed
from tradewind.research.metrics import max_drawdown
from tradewind.research.paper import run_paper
from tradewind.research.validation import SharpeSample, deflated_sharpe, probabilistic_sharpe, sharpe_sample
from tradewind.trading.strategies import builtin_strategies, explain, load_builtin

PAGE = Path(__file__).resolve().parents[1] / "docs" / "strategies.md"

#: Candles that a back-test knows at its start and does not trade.
_HISTORY = 600
_MAJORS = ("BTCUSDT", "ETHUSDT", "SOLUSDT")
_TIMEFRAMES = (Timeframe.M5, Timeframe.M15, Timeframe.H1)
#: Least part of the longest series that a symbol must have to be among all of a timeframe.
_WHOLE = 0.98
_DAY_MS = 86_400_000

#: What each is an example of, and why anybody thought that it might work.
_RATIONALES = {
    "ema_trend": (
        "trend",
        "Trends last longer than chance would have them, since news spreads slowly and positions are built over days. "
        "A crossing of averages says late, but plainly, that one has begun.",
    ),
    "donchian_breakout": (
        "breakout",
        "A level that has held for a day is where stops and orders wait; volume behind its break says that they were "
        "found.",
    ),
    "bollinger_reversion": (
        "mean reversion",
        "Without news an exaggerated move is somebody who had to trade; whoever takes the other side is paid for it.",
    ),
    "momentum_drive": (
        "momentum",
        "What has outrun its own volatility tends to go on for a while. Measured in volatilities, calm and wild "
        "markets are held to the same standard.",
    ),
    "squeeze_release": (
        "squeeze",
        "Volatility comes in clusters: after an unusually quiet time it returns, and a quiet market is cheap to be "
        "wrong in.",
    ),
    "trend_pullback": (
        "pullback",
        "Whoever missed a trend buys its dips. An entry at the end of one has a near stop and a far target.",
    ),
    "range_fade": (
        "range",
        "In a market that goes nowhere those who trade at the edges are paid by those who expect a breakout each time.",
    ),
    "multi_timeframe": (
        "several timeframes and markets",
        "A breakout against the hourly trend, or against Bitcoin, which most of the market follows, has two enemies; "
        "one that has both behind it has none that can be seen on the chart.",
    ),
}


class Span(NamedTuple):
    """Candles of some symbols from `start` on (UTC ms); `None` = from their first."""

    symbols: tuple[str, ...]
    timeframe: Timeframe
    start: int | None


class Row(NamedTuple):
    """One back-test in numbers: fractions, `None` where undefined; `risks` are the trades' R multiples."""

    trades: int
    win_rate: float | None
    profit_factor: float | None
    expectancy: float | None
    gain: float
    drawdown: float
    sharpe: float | None
    risks: tuple[float, ...]
    fingerprint: str


class Held(NamedTuple):
    """What equal parts of a span's symbols, bought at the first traded close, were worth in the end; fractions."""

    gain: float
    drawdown: float


class Measured(NamedTuple):
    """Everything that the page says in numbers."""

    rows: Mapping[tuple[str, Span], Row]
    held: Mapping[Span, Held]


def spans(folder: Path) -> list[Span]:
    """What is shown: of each timeframe the great ones and all, each whole and the last third of its time."""
    found: list[Span] = []
    held = CandleFolder(folder)
    for timeframe in _TIMEFRAMES:
        stamps = {symbol: read_candles(held.series[symbol, timeframe]).ts for symbol in held.symbols(timeframe)}
        if not stamps:
            continue
        most = max(map(len, stamps.values()))
        whole = tuple(symbol for symbol, ts in stamps.items() if len(ts) >= _WHOLE * most)
        majors = tuple(symbol for symbol in _MAJORS if symbol in whole)
        first, last = (int(end([ts[row] for ts in stamps.values()])) for end, row in ((min, 0), (max, -1)))
        third = last - (last - first) // 3
        start = (third - third % _DAY_MS) - _HISTORY * timeframe.ms
        for symbols in dict.fromkeys((majors, whole)):
            found += [Span(symbols, timeframe, None), Span(symbols, timeframe, start)]
    return found


def measure(folder: Path) -> Measured:
    """Back-test every built-in strategy on every span, in as many processes as there are cores."""
    every = spans(folder)
    asked = list(product(builtin_strategies(), every))
    # The longest first, so that no core waits for another in the end.
    asked.sort(key=lambda each: (each[1].timeframe.ms, each[1].start is not None, -len(each[1].symbols)))
    with ProcessPoolExecutor() as pool:
        rows = dict(zip(asked, pool.map(backtest, [folder] * len(asked), *zip(*asked, strict=True)), strict=True))
        held = dict(zip(every, pool.map(hold, [folder] * len(every), every), strict=True))
    return Measured(rows, held)


def backtest(folder: Path, name: str, span: Span) -> Row:
    """The strategy `name` on `span`, as `tradewind backtest --profile paper` does it."""
    strategy, bounds = load_builtin(name), (span.start, None)
    feed = open_paper_feed(folder, symbols=span.symbols, timeframe=span.timeframe, bounds=bounds, strategy=strategy)
    result = run_paper(strategy, feed, bounds=bounds, silent=only_read([strategy], span.symbols))
    metrics = result.metrics.items()
    return Row(
        len(result.trades),
        metrics["win_rate"],
        metrics["profit_factor"],
        metrics["expectancy_r"],
        metrics["total_return"] or 0.0,
        metrics["max_drawdown"] or 0.0,
        metrics["sharpe"],
        tuple(trade.r_multiple for trade in result.trades),
        result.fingerprint,
    )


def hold(folder: Path, span: Span) -> Held:
    """Equal parts of the span's symbols, bought at the close of the last candle of the history; after no costs."""
    files = CandleFolder(folder).files(span.symbols, span.timeframe)
    columns = [read_candles(path) for path in files.values()]
    start = min(int(each.ts[0]) for each in columns) if span.start is None else span.start
    begin, stop = start + _HISTORY * span.timeframe.ms, min(int(each.ts[-1]) for each in columns)
    days = np.arange(begin, stop + 1, _DAY_MS)
    worth = [each.close[each.ts.searchsorted(days, side="right") - 1] for each in columns]
    curve = np.mean([prices / prices[0] for prices in worth], axis=0)
    return Held(float(curve[-1] - 1.0), max_drawdown(np.diff(curve) / curve[:-1]).depth)


def page(measured: Measured) -> str:
    """The whole page, with a line break at its end."""
    return "\n".join([_introduction(measured), *(_chapter(name, measured) for name in _RATIONALES)])


def _introduction(measured: Measured) -> str:
    count = len(_RATIONALES)
    lines = [
        f"""# The built-in strategies

Generated by `scripts/strategies.py FOLDER`; do not edit. {count} strategies that trade, each an example of its kind:
what it does, why it might work, when it does not, and what it made of recorded candles after fees, spread, slippage
and funding.

**None of them is proven to make money.** They are baselines to start from. A row with a profit is a row, not a promise:
there are {len(measured.rows)} of them here, and some would show one by chance.

- **How.** `tradewind backtest NAME --profile paper --candles FOLDER --symbols … --timeframe …`, one account of 10,000
  on the plan PRO, half a percent of equity at risk per trade, costs as in [backtests.md](backtests.md). The same
  candles give the same fingerprint (its first 12 digits are shown).
- **In sample, out of sample.** The five younger ones ({_younger()}) have textbook parameters, a few of which were
  chosen on 5m and 1h candles of ten symbols before 5 May 2024, and not after. The *last third* of each span was
  looked at once. `--from` is {_HISTORY} candles before it, which are history: what is traded is the third.
- **Symbols.** {"; ".join(_groups(measured))}. They are coins that were still listed in the end: that flatters what
  is bought, buy-and-hold first of all; and these months fell after March, which flatters what sells short.
- **PSR**: the probability that the expectancy is above zero, from the trades' R with their skewness and tails, taken as
  independent (they are not quite: symbols move together). **DSR**: that it is above what the best of {count} strategies
  without an edge would have shown on the same candles. Below 0.95 it may be luck. Drawdowns and Sharpe ratio (annual)
  are of daily equity.
- **Held**: equal parts of the same symbols, bought when trading begins and held to the end, without costs.

| Bought and held | Timeframe | Span | Return | Max drawdown |
|---|---|---|---|---|"""
    ]
    for span, held in measured.held.items():
        lines.append(
            f"| {_who(span)} | {span.timeframe} | {_when(span)} | {_percent(held.gain)} | {_percent(held.drawdown)} |"
        )
    return "\n".join([*lines, ""])


def _younger() -> str:
    old = ("ema_trend", "donchian_breakout", "bollinger_reversion")
    return ", ".join(f"`{name}`" for name in _RATIONALES if name not in old)


def _groups(measured: Measured) -> Iterator[str]:
    for span in measured.held:
        if span.start is None and len(span.symbols) > len(_MAJORS):
            yield f"all on {span.timeframe}: {', '.join(symbol.removesuffix('USDT') for symbol in span.symbols)}"


def _chapter(name: str, measured: Measured) -> str:
    strategy, (kind, rationale) = builtin_strategies()[name], _RATIONALES[name]
    blueprint = strategy.blueprint
    what = [
        f"**{section.title}**\n\n" + "\n".join(f"- {line}" for line in section.lines)
        for section in explain(strategy, Language.EN).sections[1:-1]
    ]
    table = [
        "| Symbols | Timeframe | Span | Trades | Wins | Profit factor | Expectancy, R | Return | Max drawdown | Sharpe "
        "| PSR | DSR | Held | Fingerprint |",
        "|---|---|---|---|---|---|---|---|---|---|---|---|---|---|",
        *(_line(name, span, measured) for span in measured.held),
    ]
    return "\n".join(
        [
            f"## {blueprint.title['en']} (`{name}` v{blueprint.version}): {kind}",
            "",
            blueprint.description["en"],
            "",
            f"**Why it might work.** {rationale}",
            "",
            f"**When it loses.** {blueprint.weakness['en']}",
            "",
            *table,
            "",
            "<details><summary>Every rule and parameter</summary>\n",
            "\n\n".join(what),
            "\n</details>\n",
        ]
    )


def _line(name: str, span: Span, measured: Measured) -> str:
    row = measured.rows[name, span]
    sample = sharpe_sample(row.risks)
    cells = (
        _who(span),
        span.timeframe.value,
        _when(span),
        str(row.trades),
        _percent(row.win_rate),
        _number(row.profit_factor),
        _number(row.expectancy),
        _percent(row.gain),
        _percent(row.drawdown),
        _number(row.sharpe),
        _number(None if sample is None else probabilistic_sharpe(sample)),
        _number(None if sample is None else _deflated(sample, span, measured)),
        _percent(measured.held[span].gain),
        f"`{row.fingerprint[:12]}`",
    )
    return f"| {' | '.join(cells)} |"


def _deflated(sample: SharpeSample, span: Span, measured: Measured) -> float:
    """Against the best of all strategies on that span."""
    others = [sharpe_sample(measured.rows[name, span].risks) for name in _RATIONALES]
    ratios = [each.sharpe for each in others if each is not None]
    variance = float(np.var(ratios, ddof=1)) if len(ratios) > 1 else 0.0
    return deflated_sharpe(sample, len(ratios), variance).probability


def _who(span: Span) -> str:
    return ", ".join(span.symbols) if len(span.symbols) <= len(_MAJORS) else f"all {len(span.symbols)}"


def _when(span: Span) -> str:
    return "whole" if span.start is None else f"last third, `--from {from_ms(span.start):%Y-%m-%dT%H:%M}`"


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.2f}".replace("-", "−")


def _percent(value: float | None) -> str:
    return "–" if value is None else f"{value * 100:.1f} %".replace("-", "−")


def main(arguments: Sequence[str]) -> None:
    """Write the page.

    Raises:
        SystemExit: no folder was named, or its candles cannot be used; nothing was written.
    """
    if len(arguments) != 1:
        sys.exit("strategies.py: expected the folder of candle files, as in scripts/strategies.py FOLDER")
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    try:
        measured = measure(Path(arguments[0]))
    except MarketDataError as error:
        sys.exit(f"strategies.py: {error}")
    PAGE.write_text(page(measured), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
