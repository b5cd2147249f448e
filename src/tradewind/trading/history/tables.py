"""CSV files of a user's history (RFC 4180): the same columns in every language, exact decimals, times in UTC.

Columns are only ever added, at the end. Texts that a spreadsheet would run as a formula begin with an apostrophe.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Literal

from tradewind.core.lots import CSV_HEADER, csv_number, csv_row, csv_time, safe_text
from tradewind.core.orders import OrderPurpose
from tradewind.core.values import EXACT, Side
from tradewind.platform.web.csv_files import Row
from tradewind.trading.history.lots import Disposal, FundingLine, TaxReport
from tradewind.trading.history.queries import AccountRecord, EntryRecord, FillRecord

_OF_ACCOUNT = ("account_id", "account", "currency")
LEDGER_HEADER = (
    "at",
    *_OF_ACCOUNT,
    "seq",
    "kind",
    "debit",
    "credit",
    "amount",
    "change",
    "symbol",
    "side",
    "position_id",
    "fill_id",
)
FILLS_HEADER = (
    "at",
    *_OF_ACCOUNT,
    "symbol",
    "side",
    "deal",
    "purpose",
    "price",
    "quantity",
    "value",
    "fee",
    "maker",
    "order_id",
    "position_id",
    "fill_id",
)
#: A row per disposal and one per booking of funding, which fills `closed_at` and `net_gain` alone: the sum of
#: `net_gain` over all rows is the result.
TAX_LOTS_HEADER = ("kind", *_OF_ACCOUNT, *CSV_HEADER)


def ledger_row(account: AccountRecord, entry: EntryRecord) -> Row:
    """The entry under `LEDGER_HEADER`; `change` is that of the cash book."""
    change = entry.amount if entry.debit == "cash" else -entry.amount
    return (
        csv_time(entry.at),
        *_account(account),
        str(entry.seq),
        entry.kind,
        entry.debit,
        entry.credit,
        csv_number(entry.amount),
        csv_number(change),
        safe_text(entry.symbol or ""),
        entry.side or "",
        str(entry.position_id or ""),
        str(entry.fill_id or ""),
    )


def fill_row(account: AccountRecord, fill: FillRecord) -> Row:
    """The fill under `FILLS_HEADER`."""
    return (
        csv_time(fill.at),
        *_account(account),
        safe_text(fill.symbol),
        fill.side,
        _deal(fill),
        fill.purpose,
        csv_number(fill.price),
        csv_number(fill.quantity),
        csv_number(EXACT.multiply(fill.price, fill.quantity)),
        csv_number(fill.fee),
        "true" if fill.maker else "false",
        str(fill.order_id),
        str(fill.position_id),
        str(fill.id),
    )


def tax_rows(report: TaxReport) -> list[Row]:
    """The report under `TAX_LOTS_HEADER`, disposals before funding, each in order of time."""
    return [*map(_disposal_row, report.disposals), *map(_funding_row, report.funding)]


def _disposal_row(disposal: Disposal) -> Row:
    return ("disposal", *_account(disposal.account), *csv_row(disposal.lot))


def _funding_row(line: FundingLine) -> Row:
    values = {
        "symbol": safe_text(line.entry.symbol or ""),
        "side": line.entry.side or "",
        "closed_at": csv_time(line.entry.at),
        "net_gain": csv_number(Decimal(0) - line.paid),
    }
    return ("funding", *_account(line.account), *(values.get(name, "") for name in CSV_HEADER))


def _account(account: AccountRecord) -> Row:
    return (str(account.id), safe_text(account.name), account.currency)


def _deal(fill: FillRecord) -> Literal["buy", "sell"]:
    return "buy" if (fill.purpose == OrderPurpose.ENTRY) is (fill.side == Side.LONG) else "sell"
