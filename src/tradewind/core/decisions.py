"""The decision ledger: every action on a user's money, and every one not taken, has a named reason and its numbers.

The words for people are made from (code, data) in `trading.wording`; here is what was decided.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class DecisionCode(StrEnum):
    """Everything the engine may decide about an intent or a position. The list is complete."""

    INTENT_DENIED = "intent_denied"
    ENTRY_PLACED = "entry_placed"
    ENTRY_REJECTED = "entry_rejected"
    ENTRY_FILLED = "entry_filled"
    ENTRY_EXPIRED = "entry_expired"
    ENTRY_INVALIDATED = "entry_invalidated"
    ENTRY_MISSED = "entry_missed"
    ENTRY_CUT_SHORT = "entry_cut_short"
    ENTRY_BEHIND_STOP = "entry_behind_stop"
    STOP_PLACED = "stop_placed"
    STOP_RESIZED = "stop_resized"
    STOP_MOVED = "stop_moved"
    STOP_MOVE_SKIPPED = "stop_move_skipped"
    STOP_FILLED = "stop_filled"
    PROTECTION_FAILED = "protection_failed"
    TARGETS_PLACED = "targets_placed"
    TARGETS_MERGED = "targets_merged"
    TARGET_FILLED = "target_filled"
    ROUND_TRIP = "round_trip"
    EXIT_REQUESTED = "exit_requested"
    LIQUIDATED = "liquidated"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class Decision:
    """One entry of the ledger.

    Attributes:
        at: market time, UTC ms.
        data: the numbers behind it, as they are shown.
    """

    code: DecisionCode
    at: int
    data: Mapping[str, str]
