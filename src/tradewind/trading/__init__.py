"""From signal to intent, order, position and outcome."""

from tradewind.trading.accounts.service import open_paper_account
from tradewind.trading.dispatch import INBOX_CHANNEL, dispatch
from tradewind.trading.engine.engine import Engine, EngineOptions
from tradewind.trading.engine.service import Remembered, read_state
from tradewind.trading.report import ReplayReport, build_report

__all__ = [
    "INBOX_CHANNEL",
    "Engine",
    "EngineOptions",
    "Remembered",
    "ReplayReport",
    "build_report",
    "dispatch",
    "open_paper_account",
    "read_state",
]
