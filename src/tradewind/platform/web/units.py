"""One request is one transaction: dependencies that open it for the caller's tenant and end it before the answer goes.

A route that raises is rolled back. One that must keep what it wrote although the answer is an error (a failed log-in,
a stolen token) returns its problem instead of raising it.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import Depends
from starlette.requests import Request

from tradewind.platform.database import Database, Reader, ReadPool, ReadSession, Session
from tradewind.platform.web.parts import parts_of
from tradewind.platform.web.subjects import AuthSubject, authenticated


async def _reading(
    request: Request, subject: Annotated[AuthSubject, Depends(authenticated)]
) -> AsyncIterator[ReadSession]:
    async with parts_of(request)[Database].reading(subject.tenant_id) as session:
        yield session


async def _writing(request: Request, subject: Annotated[AuthSubject, Depends(authenticated)]) -> AsyncIterator[Session]:
    async with parts_of(request)[Database].writing(subject.tenant_id) as session:
        yield session


async def _quickly(request: Request, subject: Annotated[AuthSubject, Depends(authenticated)]) -> AsyncIterator[Reader]:
    async with parts_of(request)[ReadPool].reading(subject.tenant_id) as reader:
        yield reader


#: The request's transaction, read-only or not, for the caller's tenant.
Reading = Annotated[ReadSession, Depends(_reading, scope="function")]
Writing = Annotated[Session, Depends(_writing, scope="function")]
#: As `Reading`, for routes that are asked many times a second.
QuickReading = Annotated[Reader, Depends(_quickly, scope="function")]
