"""From a signal to the intents of everybody who wants it and may have it."""

from tradewind.trading.dispatch.service import (
    INBOX_CHANNEL,
    AcceptedIntent,
    Refusal,
    accepted_intents,
    deliver_active_signals,
    dispatch,
    execute_signal,
    release_slots,
)

__all__ = [
    "INBOX_CHANNEL",
    "AcceptedIntent",
    "Refusal",
    "accepted_intents",
    "deliver_active_signals",
    "dispatch",
    "execute_signal",
    "release_slots",
]
