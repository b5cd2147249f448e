"""Routes of the decision ledger."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import Query

from tradewind.kit.problems import FieldProblem
from tradewind.platform.web.errors import ErrorCode, problem
from tradewind.platform.web.language import Spoken
from tradewind.platform.web.routing import api_router
from tradewind.platform.web.schemas import PageOf
from tradewind.platform.web.subjects import TradingReader
from tradewind.platform.web.units import Reading
from tradewind.trading.ledger.queries import decisions_of
from tradewind.trading.ledger.schemas import DecisionItem
from tradewind.trading.ledger.view import decision_items

router = api_router("", "Decisions")


@router.get("/decisions")
async def list_decisions(
    caller: TradingReader,
    session: Reading,
    language: Spoken,
    position_id: Annotated[UUID | None, Query()] = None,
    intent_id: Annotated[UUID | None, Query()] = None,
) -> PageOf[DecisionItem]:
    """Why each order of a position or intent was placed, moved or skipped, in plain words. Name one of the two."""
    if (position_id is None) == (intent_id is None):
        detail = "expected exactly one of position_id and intent_id"
        raise problem(ErrorCode.VALIDATION_FAILED, detail, errors=[FieldProblem("#/query/position_id", detail)])
    rows = await decisions_of(session, caller.user_id, intent_id=intent_id, position_id=position_id)
    if rows is None:
        raise problem(ErrorCode.NOT_FOUND, "no position or intent of yours has this id")
    return PageOf(items=decision_items(rows, language), next_cursor=None)
