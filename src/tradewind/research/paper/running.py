"""A back-test in the code that trades: feed, analyst, tracker, desk and paper book, stepped in memory."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable, Mapping, Sequence, Set
from decimal import Decimal
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tradewind.billing import PLANS, PlanCode
from tradewind.core.candles import Timeframe
from tradewind.core.costs import Costs
from tradewind.core.risk import RiskLimits
from tradewind.core.series import Columns
from tradewind.core.strategy import RefusalReason, Refused, Strategy
from tradewind.market import ReplayFeed
from tradewind.research.backtest import (
    BacktestResult,
    BacktestTrade,
    Profile,
    Resolution,
    exposure_of,
    missing_candles,
    paper_assumptions,
    stop_before_target,
)
from tradewind.research.metrics import DAYS, DailyReturns, excursions, measure
from tradewind.research.paper.notes import Follower, Notes, Opened
from tradewind.trading import PAPER_DEPOSIT, Cycle
from tradewind.venues.paper import instrument_for

_DAY_MS = 86_400_000
#: Steps between two signs of progress.
_TOLD_EVERY = 500


def run_paper(
    strategy: Strategy,
    feed: ReplayFeed,
    *,
    costs: Costs | None = None,
    limits: RiskLimits | None = None,
    deposit: Decimal = PAPER_DEPOSIT,
    plan: PlanCode = PlanCode.PRO,
    periods: float = DAYS,
    bounds: tuple[int | None, int | None] = (None, None),
    silent: Set[str] = frozenset(),
    progress: Callable[[int], None] = lambda _: None,
) -> BacktestResult:
    """Back-test `strategy` as one follower on `plan` of `tradewind replay --strategies …` would trade it.

    The feed's history is known at the start and not traded; what follows is lived through candle by candle.

    Args:
        feed: opened for this run by `research.backtest.open_paper_feed`; its steps are used up.
        costs: the paper venue's; its defaults when not given.
        limits: what the follower's account may risk; the defaults of every account when not given.
        deposit: what the account begins with, quote currency.
        periods: days a year, for what is annualised.
        bounds: what was asked for, UTC ms; None = as far as the candles go.
        silent: symbols that the strategy looks at and does not trade.
        progress: told how many candles were lived through since it was told last.
    """
    settings = _Settings(plan, costs or Costs(), limits or RiskLimits(), deposit, periods, bounds, silent)
    return asyncio.run(_run(strategy, feed, settings, progress))


class _Settings(NamedTuple):
    """What `run_paper` was asked for."""

    plan: PlanCode
    costs: Costs
    limits: RiskLimits
    deposit: Decimal
    periods: float
    bounds: tuple[int | None, int | None]
    silent: Set[str]


async def _run(
    strategy: Strategy, feed: ReplayFeed, settings: _Settings, progress: Callable[[int], None]
) -> BacktestResult:
    notes, follower = Notes(), Follower(settings.plan, settings.limits, settings.deposit)
    finest = feed.timeframes[0]
    cycle = Cycle(
        [strategy],
        finest,
        notes,
        settings.costs,
        instrument_for,
        simulated=False,
        feed_live=False,
        silent=settings.silent,
    )
    history, recorded = await feed.history(), feed.recorded()
    cycle.load(history, recorded)
    told = 0
    async for step in feed.steps():
        notes.bar = step.at - finest.ms
        for signal in cycle.live_through(step):
            cycle.queue(follower.accept(signal, cycle.desk.accounts.get(follower.account_id), notes))
        if not cycle.steps % _TOLD_EVERY:
            progress(cycle.candles - told)
            told = cycle.candles
    progress(cycle.candles - told)
    return _result(strategy, feed, notes, history, recorded, cycle, settings)


def _result(
    strategy: Strategy,
    feed: ReplayFeed,
    notes: Notes,
    history: Mapping[tuple[str, Timeframe], Columns],
    recorded: Mapping[tuple[str, Timeframe], Columns],
    cycle: Cycle,
    settings: _Settings,
) -> BacktestResult:
    bounds, deposit = settings.bounds, float(settings.deposit)
    finest = feed.timeframes[0]
    symbols = tuple(symbol for symbol in feed.symbols if symbol not in settings.silent)
    lived = {symbol: recorded[symbol, finest] for symbol in symbols if len(recorded[symbol, finest])}
    whole = {symbol: Columns.joined([history[symbol, finest], recorded[symbol, finest]]) for symbol in symbols}
    trades = [_trade(opened, whole) for opened in notes.closed()]
    unclear = sum(_ambiguous(opened, whole, feed) for opened in notes.closed())
    trades.sort(key=lambda trade: (trade.entry_at, trade.symbol))
    began = min(int(columns.ts[0]) for columns in lived.values())
    start = min(int(columns.ts[0]) for columns in whole.values())
    returns = _daily_returns(notes.curve, deposit, began, cycle.at)
    return BacktestResult(
        strategy=strategy,
        profile=Profile.PAPER,
        symbols=symbols,
        timeframe=finest,
        start=start if bounds[0] is None else bounds[0],
        stop=cycle.at if bounds[1] is None else bounds[1],
        candles=sum(map(len, whole.values())),
        trades=trades,
        metrics=measure(
            trades,
            returns,
            start_equity=deposit,
            exposure=exposure_of(trades, lived),
            periods=settings.periods,
        ),
        assumptions=paper_assumptions(
            settings.costs,
            settings.limits,
            deposit,
            PLANS[settings.plan],
            Resolution(feed.finer, feed.resolved(), unclear),
            missing_candles(whole.values(), finest),
            sized=strategy.risk_scale is not None,
        ),
        daily=DailyReturns(began // _DAY_MS, tuple(returns.tolist())),
        year=settings.periods,
        refused={
            rule.name: cycle.refusals.get(Refused(RefusalReason.FILTERED, {"filter": rule.name}).counted_as, 0)
            for rule in strategy.blueprint.filters
        },
    )


def _ambiguous(opened: Opened, columns: Mapping[str, Columns], feed: ReplayFeed) -> bool:
    """Whether the position ended at its stop in a candle that had its target inside as well, and no finer ones."""
    trade = opened.active.trade
    if trade.plan is None or trade.exit_reason is None or feed.tells_of(trade.symbol, opened.exit_bar):
        return False
    own, left = columns[trade.symbol], trade.mandate.spec.targets[trade.plan.targets_filled :]
    row = int(own.ts.searchsorted(opened.exit_bar))
    candle = next(own.rows(row, row + 1).candles())
    return stop_before_target(candle, trade.side, trade.exit_reason, trade.plan.stop, left[0].level if left else None)


def _trade(opened: Opened, columns: Mapping[str, Columns]) -> BacktestTrade:
    trade = opened.active.trade
    entry, leave, initial = trade.entry_price, trade.exit_price, trade.mandate.signal.stop.value
    assert entry is not None, "it was opened"
    assert leave is not None, "it was closed"
    # R of a ladder is what all of it would lose, however much of it was entered; as of its signal (`core.outcome`).
    signal, size, planned = trade.mandate.signal, trade.entered, entry
    if signal.scale_in is not None:
        size, planned = trade.mandate.quantity, signal.scale_in.average(signal.entry_limit.value)
    distance = abs(planned - initial)
    pnl, cost = trade.net_pnl, trade.entry_value + trade.entry_fees
    own = columns[trade.symbol]
    first, last = (int(own.ts.searchsorted(ts)) for ts in (opened.entry_bar, opened.exit_bar))
    sign = trade.side.sign
    reached = excursions(own, (first, last), float(entry), float(leave), sign, at_open=False)
    assert trade.exit_reason is not None, "it was closed for a reason"
    return BacktestTrade(
        symbol=trade.symbol,
        side=trade.side,
        entry_at=opened.entry_bar,
        entry_price=float(entry),
        exit_at=opened.exit_bar,
        exit_price=float(leave),
        exit_reason=trade.exit_reason.value,
        quantity=float(trade.entered),
        fees=float(trade.fees),
        pnl=float(pnl),
        gained=float(pnl / cost),
        r_multiple=float(pnl / (size.value * distance)) if distance else math.nan,
        mfe=reached.favourable,
        mae=reached.adverse,
        risk=float(distance / entry),
        funding=float(trade.funding),
        waited=opened.entry_bar - trade.mandate.signal.created_at,
    )


def _daily_returns(curve: Sequence[tuple[int, Decimal]], deposit: float, began: int, ended: int) -> NDArray[np.float64]:
    """Returns of the account's equity from one end of a UTC day to the next; flat where nothing was noted."""
    stamps = np.array([at for at, _ in curve], dtype=np.int64)
    values = np.array([deposit, *(float(equity) for _, equity in curve)])
    days = np.arange(began // _DAY_MS + 1, -(-ended // _DAY_MS) + 1) * _DAY_MS
    equity = values[np.searchsorted(stamps, days, side="right")]
    before = np.concatenate([[deposit], equity[:-1]])
    with np.errstate(divide="ignore", invalid="ignore"):  # of an account that was lost
        returns: NDArray[np.float64] = equity / before - 1.0
    return returns
