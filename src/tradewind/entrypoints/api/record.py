"""What is published of the audit log: anybody may keep it, and hold us to it."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from fastapi import Query
from pydantic import Field
from starlette.requests import Request

from tradewind.platform.database import ReadPool
from tradewind.platform.web.parts import parts_of
from tradewind.platform.web.routing import api_router
from tradewind.platform.web.schemas import Answer, Moment

router = api_router("/record", "Record")

_LATEST = "select day, at, chains, encode(digest, 'hex') as digest from record_heads order by day desc limit $1"


class HeadItem(Answer):
    """A day's publication of the heads of all audit chains."""

    day: date
    at: Moment = Field(description="Up to when links count.")
    chains: int
    digest: str = Field(
        description="SHA-256, as hexadecimal digits, over the id, the number of the last link and its hash of every "
        "chain, in the order of their ids."
    )


class Heads(Answer):
    items: list[HeadItem]


@router.get("/heads")
async def list_record_heads(
    request: Request, limit: Annotated[int, Query(ge=1, le=400, description="Most days.")] = 100
) -> Heads:
    """What was published of the audit log, the last day first."""
    async with parts_of(request)[ReadPool].reading() as reader:
        return Heads(items=[HeadItem(**row) for row in await reader.rows(_LATEST, limit)])
