"""Routes of intents."""

from __future__ import annotations

from uuid import UUID

from tradewind.platform.web.errors import ErrorCode, problem
from tradewind.platform.web.language import Spoken
from tradewind.platform.web.routing import api_router
from tradewind.platform.web.subjects import TradingReader
from tradewind.platform.web.units import Reading
from tradewind.trading.intents.queries import intent_of
from tradewind.trading.intents.schemas import IntentItem
from tradewind.trading.intents.view import intent_item

router = api_router("/intents", "Signals")


@router.get("/{intent_id}")
async def get_intent(intent_id: UUID, caller: TradingReader, session: Reading, language: Spoken) -> IntentItem:
    """What has become of the wish to execute a signal."""
    row = await intent_of(session, caller.user_id, intent_id)
    if row is None:
        raise problem(ErrorCode.NOT_FOUND, "no intent of yours has this id")
    return intent_item(row, language)
