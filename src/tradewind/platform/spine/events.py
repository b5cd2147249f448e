"""Event types and where each is told. Webhooks, Telegram, realtime frames and the audit log share these names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from tradewind.kit.ids import new_id


class Destination(StrEnum):
    """Who is told. Each destination has one handler, bound in `entrypoints.wiring`."""

    AUDIT = "audit"
    REALTIME = "realtime"
    TELEGRAM = "telegram"
    RESEARCH = "research"
    MAIL = "mail"


class EventType(StrEnum):
    """Every event. The list is complete; outsiders rely on the names."""

    SIGNAL_CREATED = "signal_created"
    SIGNAL_UPDATED = "signal_updated"
    SIGNAL_CLOSED = "signal_closed"
    INTENT_ACCEPTED = "intent_accepted"
    INTENT_DENIED = "intent_denied"
    INTENT_ENDED = "intent_ended"
    ORDER_ACCEPTED = "order_accepted"
    ORDER_REJECTED = "order_rejected"
    ORDER_AMENDED = "order_amended"
    ORDER_FILLED = "order_filled"
    ORDER_CANCELED = "order_canceled"
    POSITION_OPENED = "position_opened"
    POSITION_UPDATED = "position_updated"
    POSITION_CLOSED = "position_closed"
    POSITION_EXIT_REQUESTED = "position_exit_requested"
    ALERT_TRIGGERED = "alert_triggered"
    ALERT_EXPIRED = "alert_expired"
    SECURITY_REGISTERED = "security_registered"
    SECURITY_LOGGED_IN = "security_logged_in"
    SECURITY_LOGIN_FAILED = "security_login_failed"
    SECURITY_LOGGED_OUT = "security_logged_out"
    SECURITY_TOKEN_REUSED = "security_token_reused"
    SECURITY_TOTP_ENABLED = "security_totp_enabled"
    SECURITY_TOTP_DISABLED = "security_totp_disabled"
    SECURITY_PASSKEY_ADDED = "security_passkey_added"
    SECURITY_PASSKEY_REMOVED = "security_passkey_removed"
    SECURITY_PASSKEY_REGRESSED = "security_passkey_regressed"
    SECURITY_RECOVERY_CODES_MADE = "security_recovery_codes_made"
    SECURITY_RECOVERY_CODE_USED = "security_recovery_code_used"
    SECURITY_PROOF_FAILED = "security_proof_failed"
    SECURITY_STEPPED_UP = "security_stepped_up"
    SECURITY_NEW_DEVICE = "security_new_device"
    SECURITY_REGISTERED_AGAIN = "security_registered_again"
    SECURITY_EMAIL_VERIFIED = "security_email_verified"
    SECURITY_EMAIL_CHANGE_ASKED = "security_email_change_asked"
    SECURITY_EMAIL_CHANGED = "security_email_changed"
    SECURITY_EMAIL_CHANGE_UNDONE = "security_email_change_undone"
    SECURITY_RESET_ASKED = "security_reset_asked"
    SECURITY_PASSWORD_RESET = "security_password_reset"
    SECURITY_PASSWORD_CHANGED = "security_password_changed"
    SECURITY_SESSIONS_ENDED = "security_sessions_ended"
    SUBSCRIPTION_STARTED = "subscription_started"
    SUBSCRIPTION_CHANGED = "subscription_changed"
    STRATEGY_SAVED = "strategy_saved"
    STRATEGY_ACTIVATED = "strategy_activated"
    STRATEGY_DELETED = "strategy_deleted"
    RESEARCH_STARTED = "research_started"
    RESEARCH_CANCELLED = "research_cancelled"
    RESEARCH_FINISHED = "research_finished"


_T, _D = EventType, Destination
_ROUTES: dict[EventType, tuple[Destination, ...]] = {
    **dict.fromkeys((_T.SIGNAL_CREATED, _T.SIGNAL_UPDATED, _T.SIGNAL_CLOSED), (_D.AUDIT, _D.REALTIME, _D.TELEGRAM)),
    _T.ALERT_TRIGGERED: (_D.AUDIT, _D.REALTIME, _D.TELEGRAM),
    _T.ALERT_EXPIRED: (_D.AUDIT, _D.REALTIME),
    **dict.fromkeys(
        (
            _T.INTENT_ACCEPTED,
            _T.INTENT_DENIED,
            _T.INTENT_ENDED,
            _T.ORDER_ACCEPTED,
            _T.ORDER_REJECTED,
            _T.ORDER_AMENDED,
            _T.ORDER_FILLED,
            _T.ORDER_CANCELED,
            _T.POSITION_OPENED,
            _T.POSITION_UPDATED,
            _T.POSITION_CLOSED,
        ),
        (_D.AUDIT, _D.REALTIME),
    ),
    **dict.fromkeys((_T.RESEARCH_STARTED, _T.RESEARCH_CANCELLED), (_D.AUDIT, _D.RESEARCH)),
    _T.RESEARCH_FINISHED: (_D.AUDIT, _D.REALTIME),
    # What a person should hear of in case it was not he; the event's subject is the person.
    **dict.fromkeys(
        (
            _T.SECURITY_NEW_DEVICE,
            _T.SECURITY_TOKEN_REUSED,
            _T.SECURITY_PASSWORD_CHANGED,
            _T.SECURITY_PASSWORD_RESET,
            _T.SECURITY_TOTP_ENABLED,
            _T.SECURITY_TOTP_DISABLED,
            _T.SECURITY_PASSKEY_ADDED,
            _T.SECURITY_PASSKEY_REMOVED,
            _T.SECURITY_PASSKEY_REGRESSED,
            _T.SECURITY_RECOVERY_CODES_MADE,
            _T.SECURITY_RECOVERY_CODE_USED,
        ),
        (_D.AUDIT, _D.MAIL),
    ),
}


def destinations_of(kind: EventType) -> tuple[Destination, ...]:
    """Who is told of events of this type: the audit log always, others as the type says."""
    return _ROUTES.get(kind, (Destination.AUDIT,))


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened.

    Attributes:
        tenant_id: whose it is; None for the platform's own, such as a signal.
        subject_id: the thing it happened to.
        at: market time for what the market rules, else wall time.
        payload: JSON values; no personal data and no secrets, because the chain keeps them for ever.
    """

    type: EventType
    tenant_id: UUID | None
    subject_id: UUID
    at: datetime
    payload: Mapping[str, Any]
    id: UUID = field(default_factory=new_id)
