"""Trades and equity as CSV (RFC 4180, UTF-8).

Numbers have all their digits, times are RFC 3339 in UTC, and what is undefined is empty.
"""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from tradewind.research.backtest import TRADE_KEYS, BacktestResult, BacktestTrade

_EQUITY = ("day", "equity", "return", "drawdown")


def trades_csv(trades: Sequence[BacktestTrade]) -> str:
    """One row per trade, with the names that the JSON has; a header even where nothing was traded."""
    return _table(TRADE_KEYS, (trade.item().values() for trade in trades))


def equity_csv(result: BacktestResult) -> str:
    """One row per UTC day: equity at its end, return since the day before, and 1 − equity ÷ highest so far."""
    daily = result.daily
    start = result.metrics.start_equity
    equity = daily.equity(start)
    falls = 1.0 - equity / np.maximum.accumulate(np.maximum(equity, start))
    return _table(
        _EQUITY,
        (
            (daily.day(row).isoformat(), value, None if math.isnan(gained) else gained, fall)
            for row, (value, gained, fall) in enumerate(zip(equity.tolist(), daily.values, falls.tolist(), strict=True))
        ),
    )


def _table(header: Sequence[str], rows: Iterable[Iterable[Any]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(header)
    writer.writerows(rows)
    return text.getvalue()
