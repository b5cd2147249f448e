"""Realised lots as rows of a CSV file that a spreadsheet may open."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Context, Decimal

from tradewind.core.lots.model import LotReport, RealisedLot
from tradewind.core.values import Rounding, round_to

_DAY_MS = 86_400_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_WIDE = Context(prec=60)

#: Columns of `csv_rows`; times RFC 3339 UTC, days held with decimals, money in quote currency.
CSV_HEADER = (
    "symbol",
    "side",
    "quantity",
    "opened_at",
    "closed_at",
    "held_days",
    "entry_value",
    "exit_value",
    "entry_fee",
    "exit_fee",
    "gain",
    "net_gain",
    "opened_by",
    "closed_by",
)

#: What a spreadsheet takes for the beginning of a formula (OWASP, "CSV Injection"), also in full width.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def csv_rows(report: LotReport) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    """Header and one row per realised lot, as texts for a CSV writer that does the quoting.

    Texts that a spreadsheet would run as a formula begin with an apostrophe; numbers are plain decimals.
    """
    return CSV_HEADER, [_row(lot) for lot in report.realised]


def _row(lot: RealisedLot) -> tuple[str, ...]:
    days = _WIDE.divide(Decimal(lot.held_ms), Decimal(_DAY_MS))
    return (
        safe_text(lot.symbol),
        lot.side.value,
        _plain(lot.quantity),
        _stamp(lot.opened_at),
        _stamp(lot.closed_at),
        _plain(round_to(days, Decimal("0.0001"), Rounding.NEAREST)),
        _plain(lot.entry_value),
        _plain(lot.exit_value),
        _plain(lot.entry_fee),
        _plain(lot.exit_fee),
        _plain(lot.gain),
        _plain(lot.net_gain),
        safe_text(lot.opened_by),
        safe_text(lot.closed_by),
    )


def safe_text(text: str) -> str:
    """`text` so that no spreadsheet runs it; spaces before a formula do not hide it."""
    return f"'{text}" if text.startswith(_FORMULA) or text.lstrip().startswith(_FORMULA) else text


def _plain(value: Decimal) -> str:
    return format(value.normalize(_WIDE), "f") if value else "0"


def _stamp(at: int) -> str:
    return (_EPOCH + timedelta(milliseconds=at)).isoformat(timespec="milliseconds").replace("+00:00", "Z")
