"""Child processes that never outlive their parent: started in order, kept running, stopped within seconds."""

from tradewind.platform.supervision.console import Console
from tradewind.platform.supervision.process import Account, Command, spawn
from tradewind.platform.supervision.supervisor import (
    STOP_BUDGET,
    ChildError,
    ChildSpec,
    Restarts,
    Supervisor,
    stop_signals,
)

__all__ = [
    "STOP_BUDGET",
    "Account",
    "ChildError",
    "ChildSpec",
    "Command",
    "Console",
    "Restarts",
    "Supervisor",
    "spawn",
    "stop_signals",
]
