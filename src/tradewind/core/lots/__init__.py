"""Tax lots: which purchase a sale gives up, what each piece gained and how long it was held, exact.

A lot is what one fill opened. A fill the other way gives lots up in the order of the chosen method; whatever is left of
it beyond the last lot opens a lot on the other side. The method decides which gain is realised when, never how much in
the end: once nothing is held, the gains of every method add up to the PnL that the double-entry ledger booked, to the
last digit, because a closing fill is worth here what the ledger booked it for.
"""

from tradewind.core.lots.book import tax_lots
from tradewind.core.lots.model import (
    Deal,
    LotEvent,
    LotFill,
    LotMethod,
    LotReport,
    OpenLot,
    RealisedLot,
    TransferIn,
    TransferOut,
    TransferredLot,
)
from tradewind.core.lots.table import CSV_HEADER, csv_number, csv_row, csv_time, safe_text

__all__ = [
    "CSV_HEADER",
    "Deal",
    "LotEvent",
    "LotFill",
    "LotMethod",
    "LotReport",
    "OpenLot",
    "RealisedLot",
    "TransferIn",
    "TransferOut",
    "TransferredLot",
    "csv_number",
    "csv_row",
    "csv_time",
    "safe_text",
    "tax_lots",
]
