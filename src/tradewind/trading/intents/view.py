"""Intents as people and programs outside see them."""

from __future__ import annotations

from tradewind.core.decisions import DecisionCode
from tradewind.kit.language import Language
from tradewind.trading.intents.models import IntentRow
from tradewind.trading.intents.schemas import IntentItem
from tradewind.trading.wording import render


def intent_item(row: IntentRow, language: Language) -> IntentItem:
    """The intent; a denial with its words. Positions that never opened are not told of."""
    words = None
    if row.deny_reason is not None:
        words = render(DecisionCode.INTENT_DENIED, {"reason": row.deny_reason, **(row.detail or {})}, language)
    return IntentItem.model_validate(
        {
            "id": row.id,
            "status": row.status,
            "deny_reason": row.deny_reason,
            "words": words,
            "position_id": row.position_id if row.status in ("open", "closed") else None,
            "signal_id": row.signal_id,
            "account_id": row.account_id,
            "origin": row.origin,
            "created_at": row.created_at,
        }
    )
