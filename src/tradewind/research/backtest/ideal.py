"""The ideal profile: fills as textbooks have them, so that engines can be compared trade by trade.

A set-up that stands at the close of a candle is entered at the open of the next, whatever it is. Nothing is rounded, no
order is too large, and both sides pay one fee. Inside a candle the worst order of prices is assumed:

1. A candle that touches the stop in force leaves all at the stop, or at its open where it opens beyond. That holds too
   where it touches a target as well.
2. Else every target that it touches is filled at its level, or at the open where it opens beyond. Where that moves the
   stop and the close is beyond the moved stop, the rest leaves there.
3. At its end the plan (`core.plan`) sees the candle and moves the stop for the candles to come. What it wants to leave
   at market leaves at the open of the next candle; so does all when the strategy's own condition to leave holds at its
   close.

Where finer candles tell of a candle, a position lives through those instead, by the same rules.

One position per symbol; a set-up that stands while one is open is passed over, in the candle of the exit no more. What
is open at the end of the candles is no trade. Each symbol has an equal share of the capital, and every trade takes all
of its symbol's, or the part that the strategy's sizing says; a short that lost all of it is the symbol's last.

Indicators are evaluated once over whole columns. What follows is the plan kernel's work (`compiled`), or for runs that
are over before it would be imported that of `walk`, which does the same.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from tradewind.core.candles import Timeframe
from tradewind.core.costs import Costs
from tradewind.core.expressions import Market
from tradewind.core.indicators import average_true_range
from tradewind.core.series import Columns
from tradewind.core.strategy import Evaluation, Strategy, evaluate
from tradewind.market import Inside
from tradewind.research.backtest.assumptions import Resolution, ideal_assumptions, missing_candles
from tradewind.research.backtest.entries import entries_of
from tradewind.research.backtest.held import Held
from tradewind.research.backtest.inside import mixed
from tradewind.research.backtest.result import START_EQUITY, BacktestResult, BacktestTrade, Profile, exposure_of
from tradewind.research.backtest.unclear import ambiguous, refused
from tradewind.research.backtest.walk import walk
from tradewind.research.metrics import DAYS, DailyReturns, excursions, measure

_DAY_MS = 86_400_000
#: Candles from which on to import the compiler costs less than it saves.
_COMPILED_FROM = 4_000_000

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class IdealOptions:
    """What is assumed.

    Attributes:
        fee: rate paid on the notional of either side.
        start_equity: quote currency.
        leverage: value of a position ÷ its symbol's capital, which is its isolated margin.
        periods: days a year, for what is annualised.
    """

    fee: float = Costs().taker
    start_equity: float = START_EQUITY
    leverage: float = 1.0
    periods: float = DAYS


def run_ideal(
    strategy: Strategy,
    columns: Mapping[str, Columns],
    timeframe: Timeframe,
    options: IdealOptions | None = None,
    *,
    bounds: tuple[int | None, int | None] = (None, None),
    inside: Mapping[str, Inside] = MappingProxyType({}),
    beside: Mapping[str, Columns] = MappingProxyType({}),
    progress: Callable[[int], None] = lambda _: None,
) -> BacktestResult:
    """Back-test `strategy` on each of `columns` (by symbol, all of `timeframe`, none empty).

    Args:
        inside: finer candles by symbol, see `load_inside`.
        beside: series of the same timeframe that the strategy looks at and does not trade.
        bounds: what was asked for, UTC ms; None = as far as the candles go.
        progress: told how many candles were worked through since it was told last.

    Raises:
        StrategyError: the strategy cannot run on `timeframe`.
    """
    options = options or IdealOptions()
    trades: list[BacktestTrade] = []
    curves: list[tuple[Floats, int]] = []
    capital = options.start_equity / len(columns)
    compiled = sum(map(len, columns.values())) >= _COMPILED_FROM
    market = Market(timeframe, {**beside, **columns})
    filtered: Counter[str] = Counter()
    unclear = 0
    for symbol, candles in columns.items():
        evaluation, finer = evaluate(strategy, candles, market), inside.get(symbol)
        held = simulate(evaluation, timeframe, options.fee, leverage=options.leverage, inside=finer, compiled=compiled)
        filtered += refused(evaluation, held)
        unclear += ambiguous(evaluation, timeframe, held, finer)
        closed, equity = _account(symbol, candles, held, capital, options)
        trades += closed
        curves.append((equity, int(candles.ts[0] // _DAY_MS)))
        progress(len(candles))
    trades.sort(key=lambda trade: (trade.entry_at, trade.symbol))
    returns = _daily_returns(curves, capital)
    first = min(int(candles.ts[0]) for candles in columns.values())
    last = max(int(candles.ts[-1]) for candles in columns.values()) + timeframe.ms
    exposure = exposure_of(trades, columns)
    return BacktestResult(
        strategy=strategy,
        profile=Profile.IDEAL,
        symbols=tuple(columns),
        timeframe=timeframe,
        start=first if bounds[0] is None else bounds[0],
        stop=last if bounds[1] is None else bounds[1],
        candles=sum(map(len, columns.values())),
        trades=trades,
        metrics=measure(trades, returns, start_equity=options.start_equity, exposure=exposure, periods=options.periods),
        daily=DailyReturns(min(day for _, day in curves), tuple(returns.tolist())),
        year=options.periods,
        assumptions=ideal_assumptions(
            options.fee,
            options.start_equity,
            options.leverage,
            len(columns),
            _resolution(inside, unclear),
            missing_candles(columns.values(), timeframe),
            sized=strategy.risk_scale is not None,
        ),
        refused=filtered,
    )


def _resolution(inside: Mapping[str, Inside], unclear: int) -> Resolution:
    told = sum(int((finer.first >= 0).sum()) for finer in inside.values())
    return Resolution(next(iter(inside.values())).finer if inside else None, told, unclear)


def simulate(
    evaluation: Evaluation,
    timeframe: Timeframe,
    fee: float,
    *,
    leverage: float = 1.0,
    inside: Inside | None = None,
    compiled: bool = False,
) -> list[Held]:
    """Every position that was entered and left, in time order.

    Args:
        leverage: above 1, entries whose stop lies beyond their liquidation are left out.
        inside: finer candles that positions live through where they tell of the evaluation's.
        compiled: by the kernel instead of the walk, which gives the same; the kernel knows one length of candles and no
            condition to leave.
    """
    entries = entries_of(evaluation, timeframe)
    if leverage > 1.0:
        entries = entries.within_margin(evaluation.columns.open, leverage)
    rule = evaluation.strategy.exits.trailing
    ranges = average_true_range(evaluation.columns, rule.period) if rule is not None and rule.period else None
    if compiled and inside is None and not evaluation.exit_rows:
        from tradewind.research.backtest import compiled as kernel  # noqa: PLC0415 - Numba, see `_COMPILED_FROM`

        bars = kernel.checked_bars(evaluation.columns, timeframe, ranges)
        found = kernel.positions(kernel.run_kernel(entries, bars, fee), evaluation.columns)
    else:
        candles = mixed(evaluation.columns, timeframe, inside)
        told = None if ranges is None else candles.at_closes(ranges)
        leaving = {side: candles.closing(rows) for side, rows in evaluation.exit_rows.items()}
        walked = walk(candles.entries(entries), candles.columns, candles.ends, fee, ranges=told, leaving=leaving)
        found = [candles.before(held) for held in walked]
    if (root := evaluation.strategy.risk_scale) is not None:
        found = [held._replace(size=min(evaluation.number(root, held.entry_row - 1), 1.0)) for held in found]
    return [held.liquidated(leverage, fee) for held in found] if leverage > 1.0 else found


def _account(
    symbol: str, columns: Columns, held: list[Held], capital: float, options: IdealOptions
) -> tuple[list[BacktestTrade], Floats]:
    """The trades with their amounts, and the equity at the end of every UTC day from the first candle's on."""
    days = (columns.ts // _DAY_MS).astype(np.int64)
    ends = np.searchsorted(days, np.arange(days[0], days[-1] + 1), side="right") - 1
    equity = np.full(len(ends), capital)
    trades: list[BacktestTrade] = []
    stamps, fee, leverage = columns.ts, options.fee, options.leverage
    # The capital pays the margin and the fee of the entry; what the entry costs is this multiple of it.
    geared = leverage * (1.0 + fee) / (1.0 + leverage * fee)
    for position in held:
        if capital <= 0.0:
            break
        sign, entry, leave = position.side.sign, position.entry, position.leave
        quantity = position.size * capital * leverage / (entry * (1.0 + leverage * fee))
        gained = position.gained(fee)
        first, last = position.entry_row, position.exit_row
        open_at = slice(int(np.searchsorted(ends, first)), int(np.searchsorted(ends, last)))
        for day in range(open_at.start, open_at.stop):
            equity[day] = capital + quantity * _marked(position, int(ends[day]), columns, fee)
        pnl = position.size * capital * geared * gained
        equity[open_at.stop :] = capital + pnl
        distance = abs(entry - position.stop)
        favourable, adverse = excursions(columns, (first, last), entry, leave, sign, at_open=True)
        trades.append(
            BacktestTrade(
                symbol=symbol,
                side=position.side,
                entry_at=int(stamps[first]),
                entry_price=entry,
                exit_at=int(stamps[last]),
                exit_price=leave,
                exit_reason=position.reason.value,
                quantity=quantity,
                fees=quantity * fee * (entry + leave),
                pnl=pnl,
                gained=gained,
                r_multiple=pnl / (quantity * distance) if distance else math.nan,
                mfe=favourable,
                mae=adverse,
                risk=distance / entry,
            )
        )
        capital += pnl
    return trades, equity


def _marked(position: Held, row: int, columns: Columns, fee: float) -> float:
    """What one unit entered has gained by the end of `row`, open parts at the close and before the fees of leaving."""
    sign, entry, gain, left = position.side.sign, position.entry, -fee * position.entry, 1.0
    for leg in position.legs:
        if leg.row <= row:
            gain += leg.share * (sign * (leg.price - entry) - fee * leg.price)
            left -= leg.share
    return gain + left * sign * (float(columns.close[row]) - entry)


def _daily_returns(curves: list[tuple[Floats, int]], capital: float) -> Floats:
    """Returns of all symbols' equity together, day by day; each curve with the number of its first day."""
    first = min(day for _, day in curves)
    last = max(day + len(equity) for equity, day in curves)
    total = np.zeros(last - first)
    for equity, day in curves:
        total[: day - first] += capital
        total[day - first : day - first + len(equity)] += equity
        total[day - first + len(equity) :] += equity[-1]
    before = np.concatenate([[capital * len(curves)], total[:-1]])
    with np.errstate(divide="ignore", invalid="ignore"):
        returns: Floats = total / before - 1.0
    return returns
