"""`Idempotency-Key` on routes that move money or orders (draft-ietf-httpapi-idempotency-key-header-06)."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from hashlib import sha256
from typing import Annotated

from fastapi import Depends, Header
from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import Response

from tradewind.platform.database import Session
from tradewind.platform.idempotency.service import Conflict, StoredAnswer, claim, store
from tradewind.platform.web.errors import ErrorCode, problem
from tradewind.platform.web.subjects import AuthSubject, authenticated

#: A structured-field string or, as most clients send it, the bare text.
_KEY = re.compile(r'"?([\x21\x23-\x7e]{1,255})"?')


class Once:
    """The request's idempotency key, if it has one; `answer` does the work at most once for it."""

    def __init__(self, subject: AuthSubject, key: str | None, fingerprint: bytes) -> None:
        self._subject = subject
        self._key = key
        self._fingerprint = fingerprint

    async def answer(self, session: Session, status: int, work: Callable[[], Awaitable[BaseModel]]) -> Response:
        """The answer of `work`, or the stored one of the request that came first.

        Args:
            work: does it in the session's transaction; what it raises leaves nothing behind.

        Raises:
            Problem: the key belongs to another request, or to one that is being answered.
        """
        if self._key is None:
            return _json((await work()).model_dump_json(by_alias=True), status)
        tenant_id = self._subject.tenant_id
        found = await claim(session, tenant_id, self._key, self._fingerprint)
        if found is Conflict.IN_FLIGHT:
            raise problem(
                ErrorCode.IDEMPOTENCY_IN_FLIGHT,
                "a request with this Idempotency-Key is being answered; wait and ask again",
                headers={"Retry-After": "1"},
            )
        if found is Conflict.OTHER_REQUEST:
            raise problem(
                ErrorCode.IDEMPOTENCY_KEY_REUSED,
                "this Idempotency-Key was used for another request; make a new key for a new request",
            )
        if isinstance(found, StoredAnswer):
            answer = _json(found.body, found.status)
            answer.headers["Idempotent-Replayed"] = "true"
            return answer
        body = (await work()).model_dump_json(by_alias=True)
        await store(session, tenant_id, self._key, self._fingerprint, StoredAnswer(status, body))
        return _json(body, status)


def _json(body: str, status: int) -> Response:
    return Response(body, status, media_type="application/json")


async def _once(
    request: Request,
    subject: Annotated[AuthSubject, Depends(authenticated)],
    idempotency_key: Annotated[
        str | None,
        Header(description="Any unique text of up to 255 characters; the same request with it is done at most once."),
    ] = None,
) -> Once:
    if idempotency_key is None:
        return Once(subject, None, b"")
    match = _KEY.fullmatch(idempotency_key)
    if match is None:
        raise problem(
            ErrorCode.IDEMPOTENCY_KEY_INVALID, "expected 1 to 255 visible ASCII characters without quotes as the key"
        )
    parts = (request.method, request.url.path, request.url.query, str(subject.user_id))
    fingerprint = sha256("\n".join(parts).encode() + b"\n" + await request.body()).digest()
    return Once(subject, match[1], fingerprint)


#: Of a route that must not do its work twice.
OnlyOnce = Annotated[Once, Depends(_once)]
