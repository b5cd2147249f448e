"""What a finished back-test is shown as: JSON, CSV and one HTML file (`reports.html`); and why it may be too good."""

from tradewind.research.reports.checking import evidence_of, judged
from tradewind.research.reports.document import document
from tradewind.research.reports.groups import Group, grouped
from tradewind.research.reports.tables import equity_csv, trades_csv

__all__ = ["Group", "document", "equity_csv", "evidence_of", "grouped", "judged", "trades_csv"]
