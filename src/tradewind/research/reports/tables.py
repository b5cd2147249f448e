"""Trades and equity as CSV (RFC 4180, UTF-8).

Numbers have all their digits, times are RFC 3339 in UTC, and what is undefined is empty. Texts that a spreadsheet would
run as a formula begin with an apostrophe.
"""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from tradewind.core.lots import safe_text
from tradewind.research.backtest import TRADE_KEYS, BacktestResult, BacktestTrade
from tradewind.research.metrics import DailyReturns

EQUITY_KEYS = ("day", "equity", "return", "drawdown")


def trades_csv(trades: Sequence[BacktestTrade]) -> str:
    """One row per trade, with the names that the JSON has; a header even where nothing was traded."""
    return _table(TRADE_KEYS, (trade_row(trade.item()) for trade in trades))


def equity_csv(result: BacktestResult) -> str:
    """One row per UTC day, see `equity_rows`."""
    return _table(EQUITY_KEYS, equity_rows(result.daily, result.metrics.start_equity))


def trade_row(item: Mapping[str, Any]) -> list[str]:
    """A trade, as `BacktestTrade.item` has it, under `TRADE_KEYS`."""
    return [_cell(item[key]) for key in TRADE_KEYS]


def equity_rows(daily: DailyReturns, start: float) -> Iterator[list[str]]:
    """Under `EQUITY_KEYS`: equity at the end of each UTC day, return since the day before, and 1 − equity ÷ highest so
    far."""
    equity = daily.equity(start)
    falls = 1.0 - equity / np.maximum.accumulate(np.maximum(equity, start))
    for row, (value, gained, fall) in enumerate(zip(equity.tolist(), daily.values, falls.tolist(), strict=True)):
        cells = (daily.day(row).isoformat(), value, None if math.isnan(gained) else gained, fall)
        yield [_cell(cell) for cell in cells]


def _cell(value: str | float | None) -> str:
    if value is None:
        return ""
    return safe_text(value) if isinstance(value, str) else repr(value)


def _table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(header)
    writer.writerows(rows)
    return text.getvalue()
