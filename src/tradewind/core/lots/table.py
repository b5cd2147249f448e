"""Realised lots as rows of a CSV file that a spreadsheet may open."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Context, Decimal

from tradewind.core.lots.model import RealisedLot

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_WIDE = Context(prec=60)

#: Columns of `csv_row`; times RFC 3339 UTC, days held with decimals, money in quote currency.
CSV_HEADER = (
    "symbol",
    "side",
    "quantity",
    "opened_at",
    "closed_at",
    "held_days",
    "proceeds",
    "basis",
    "entry_fee",
    "exit_fee",
    "gain",
    "net_gain",
    "opened_by",
    "closed_by",
)

#: What a spreadsheet takes for the beginning of a formula (OWASP, "CSV Injection"), also in full width.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def csv_row(lot: RealisedLot) -> tuple[str, ...]:
    """The lot under `CSV_HEADER`, as texts for a CSV writer that does the quoting."""
    return (
        safe_text(lot.symbol),
        lot.side.value,
        csv_number(lot.quantity),
        csv_time(_EPOCH + timedelta(milliseconds=lot.opened_at)),
        csv_time(_EPOCH + timedelta(milliseconds=lot.closed_at)),
        csv_number(lot.held_days),
        csv_number(lot.proceeds),
        csv_number(lot.basis),
        csv_number(lot.entry_fee),
        csv_number(lot.exit_fee),
        csv_number(lot.gain),
        csv_number(lot.net_gain),
        safe_text(lot.opened_by),
        safe_text(lot.closed_by),
    )


def safe_text(text: str) -> str:
    """`text` so that no spreadsheet runs it as a formula: with an apostrophe before it; spaces do not hide one."""
    return f"'{text}" if text.startswith(_FORMULA) or text.lstrip().startswith(_FORMULA) else text


def csv_number(value: Decimal) -> str:
    """The whole of `value` as a plain decimal: no exponent, no zeros behind."""
    return format(value.normalize(_WIDE), "f") if value else "0"


def csv_time(at: datetime) -> str:
    """RFC 3339 in UTC to the millisecond, the resolution of the market clock."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
