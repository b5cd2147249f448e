"""The trading shell: accounts and open trades in memory, what happens to them fed to `core.trade` and journalled."""

from tradewind.trading.desk.desk import Desk
from tradewind.trading.desk.journal import Journal
from tradewind.trading.desk.port import TradingRecord
from tradewind.trading.desk.state import Account, ActiveTrade, TrackedSignal
from tradewind.trading.desk.tracker import SignalTracker

__all__ = ["Account", "ActiveTrade", "Desk", "Journal", "SignalTracker", "TrackedSignal", "TradingRecord"]
