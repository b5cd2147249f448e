"""In which language a caller is answered."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends
from starlette.requests import Request

from tradewind.kit.language import Language, accepted, of_locale
from tradewind.platform.web.subjects import AuthSubject, authenticated


async def _spoken(request: Request, subject: Annotated[AuthSubject, Depends(authenticated)]) -> Language:
    return accepted(request.headers.get("accept-language")) or of_locale(subject.locale)


#: The language of the answer: what the request asks for, else the caller's own.
Spoken = Annotated[Language, Depends(_spoken)]
