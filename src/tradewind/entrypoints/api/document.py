"""The OpenAPI document: what FastAPI makes of the routes, plus problems, security and limits in our own form."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic import BaseModel, Field
from pydantic.json_schema import models_json_schema

from tradewind.accounts.sessions.schemas import Login
from tradewind.entrypoints.api.guard import api_routes, requires_freshness, scopes_required
from tradewind.kit.problems import MEDIA_TYPE
from tradewind.platform.web.errors import ErrorCode
from tradewind.platform.web.subjects import CSRF_HEADER, SESSION_COOKIE, Proof

_DESCRIPTION = f"""
Markets are watched, signals made and executed within each user's limits.

**Authentication.** API clients send `Authorization: Bearer <access_token>` from `POST /api/v1/auth/login`. Browsers use
the session cookie of `POST /api/v1/auth/sessions` and send its CSRF token as `{CSRF_HEADER}` with every
request that changes something. With a second factor set up the answer is `second_factor_required` until the request
comes with `totp_code` (of an authenticator app, or a recovery code) or, in JSON, `passkey`. A refresh token works once:
using it again, even at the same time, ends its session. Dangerous routes answer `step_up_required` unless the session's
holder has proven to be himself within ten minutes, by logging in or by `POST /api/v1/auth/step-up`.

**Conventions.** Times are RFC 3339 in UTC; money, prices and quantities are decimal strings. Lists are
`{{items, next_cursor}}`: give `next_cursor` as `cursor` for the next page. Errors are RFC 9457 problems with a `code`
to rely on. `X-Request-ID` is echoed, or made. A POST with an `Idempotency-Key` is done at most once; its answer is
repeated with `Idempotent-Replayed: true`.

**Rate limits.** By plan for programs, apart from them for browser sessions, by network for everybody else. Answers say
what is left in `RateLimit` and `RateLimit-Policy`; one too many is 429 `rate_limited` with `Retry-After`.

**WebSocket.** `GET /ws/user/{{user_id}}` (or `/ws/user/stats`) with the session cookie, or with `?ticket=` from
`POST /api/v1/auth/ws-ticket`. Frames are `{{type, seq, at, data}}`: `signal`, `position`, `order`, `notice` carry a
`seq` without holes, and `?since=seq` resumes behind it; `stats` and `price` are snapshots.
"""


class ProblemError(BaseModel):
    """What is wrong with one part of the request."""

    pointer: str = Field(description="JSON pointer into the body (#/email), or to a parameter (#/query/limit).")
    detail: str


class ProblemDocument(BaseModel):
    """An error (RFC 9457)."""

    type: str
    title: str
    status: int
    detail: str = Field(description="What was expected, what came and what to do.")
    instance: str
    code: ErrorCode
    request_id: str
    errors: list[ProblemError]


class ProofDemand(ProblemDocument):
    """The problem of `second_factor_required` and `step_up_required`: what is to be proven, and how."""

    accepted: list[Proof] = Field(description="Which proofs would do.")
    passkey_options: dict[str, Any] | None = Field(
        description="For `navigator.credentials.get`, after a right password when a passkey would do."
    )


def describe(app: FastAPI) -> None:
    """Have `app.openapi()` make the whole document."""

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _document(app)
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]


def _document(app: FastAPI) -> dict[str, Any]:
    document = get_openapi(
        title=app.title,
        version=app.version,
        openapi_version="3.1.0",
        description=_DESCRIPTION.strip(),
        routes=list(api_routes(app)),
    )
    schemas: dict[str, Any] = document["components"]["schemas"]
    _, extra = models_json_schema(
        [(ProblemDocument, "serialization"), (ProofDemand, "serialization"), (Login, "validation")],
        ref_template="#/components/schemas/{model}",
    )
    schemas.update(extra["$defs"])
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
    document["components"]["schemas"] = dict(sorted(schemas.items()))
    document["components"]["securitySchemes"] = {
        "bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"},
        "session": {
            "type": "apiKey",
            "in": "cookie",
            "name": SESSION_COOKIE,
            "description": "Over HTTPS its name begins with __Host-.",
        },
    }
    problems = {"description": "A problem.", "content": {MEDIA_TYPE: {"schema": _PROBLEM}}}
    demands = {
        "description": "A proof is asked for, or another problem.",
        "content": {MEDIA_TYPE: {"schema": {"anyOf": [_DEMAND, _PROBLEM]}}},
    }
    for route in api_routes(app):
        scopes = scopes_required(route)
        for method in route.methods or ():
            operation = document["paths"][route.path_format][method.lower()]
            responses = operation["responses"]
            responses.pop("422", None)
            responses["default"] = problems
            if asked := _PROOF_ASKED.get((method, route.path_format), "403" if requires_freshness(route) else None):
                responses[asked] = demands
            if scopes is None:
                continue
            needed = sorted(scopes)
            operation["security"] = [{"bearer": needed}, {"session": needed}]
    return document


_PROBLEM = {"$ref": "#/components/schemas/ProblemDocument"}
_DEMAND = {"$ref": "#/components/schemas/ProofDemand"}
#: With which status a proof is asked for, where the route's requirements do not say so.
_PROOF_ASKED = {
    ("POST", "/api/v1/auth/login"): "401",
    ("POST", "/api/v1/auth/sessions"): "401",
    ("POST", "/api/v1/auth/step-up"): "403",
    ("PATCH", "/api/v1/trading-accounts/{account_id}"): "403",
}
