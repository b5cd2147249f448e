"""From signal to intent, order, position and outcome.

What the room hands out is imported when it is asked for: who only reads strategy documents does not load a database.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tradewind.trading.accounts.service import PAPER_DEPOSIT, open_paper_account
    from tradewind.trading.dispatch import INBOX_CHANNEL, AcceptedIntent
    from tradewind.trading.engine.analyst import longest_series
    from tradewind.trading.engine.cycle import Cycle
    from tradewind.trading.engine.engine import Engine, EngineOptions
    from tradewind.trading.engine.service import Remembered, read_state
    from tradewind.trading.report import ReplayReport, build_report

_HOMES = {
    "INBOX_CHANNEL": "dispatch",
    "PAPER_DEPOSIT": "accounts.service",
    "AcceptedIntent": "dispatch",
    "Cycle": "engine.cycle",
    "Engine": "engine.engine",
    "EngineOptions": "engine.engine",
    "Remembered": "engine.service",
    "ReplayReport": "report",
    "build_report": "report",
    "longest_series": "engine.analyst",
    "open_paper_account": "accounts.service",
    "read_state": "engine.service",
}

__all__ = [
    "INBOX_CHANNEL",
    "PAPER_DEPOSIT",
    "AcceptedIntent",
    "Cycle",
    "Engine",
    "EngineOptions",
    "Remembered",
    "ReplayReport",
    "build_report",
    "longest_series",
    "open_paper_account",
    "read_state",
]


def __getattr__(name: str) -> Any:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(importlib.import_module(f"{__name__}.{home}"), name)
    globals()[name] = value  # the next one finds it without asking
    return value
