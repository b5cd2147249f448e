"""From a signal to the intents of everybody who wants it and may have it."""

from tradewind.trading.dispatch.service import (
    AcceptedIntent,
    Refusal,
    deliver_active_signals,
    dispatch,
    execute_signal,
    release_slots,
)

__all__ = [
    "AcceptedIntent",
    "Refusal",
    "deliver_active_signals",
    "dispatch",
    "execute_signal",
    "release_slots",
]
