"""What is dangerous in the hands of a thief asks for a fresh proof; the list is held by the routes, and they by it."""

from __future__ import annotations

import re
from uuid import uuid4

import pytest
from fastapi import FastAPI
from sqlalchemy import text

from tests.support.http import Api
from tradewind.entrypoints.api import create_app
from tradewind.entrypoints.api.guard import DANGEROUS, PUBLIC, UnguardedRouteError, api_routes, check_requirements
from tradewind.platform.database import Database
from tradewind.platform.settings import Settings
from tradewind.platform.web.routing import api_router
from tradewind.platform.web.subjects import AccountWriter, FreshAccountWriter

#: Where things are changed that are about who one is and what one owns. A new route there is dangerous, or named here.
_SENSITIVE = ("/api/v1/auth/", "/api/v1/user/", "/api/v1/api-keys", "/api/v1/exchange-keys", "/api/v1/billing/payout")
_HARMLESS = {
    ("POST", "/api/v1/auth/logout"),
    ("DELETE", "/api/v1/auth/sessions/{session_id}"),  # shutting a thief out must never be hard
    ("DELETE", "/api/v1/auth/sessions"),
    ("POST", "/api/v1/auth/resend-verification"),
    ("POST", "/api/v1/auth/ws-ticket"),
    ("PATCH", "/api/v1/auth/passkeys/{passkey_id}"),  # its name only
    ("POST", "/api/v1/auth/step-up"),
    ("POST", "/api/v1/auth/step-up/challenge"),
    ("PUT", "/api/v1/user/telegram"),  # a code goes to the chat first
    ("POST", "/api/v1/user/telegram/confirm"),
    ("DELETE", "/api/v1/user/telegram"),
}
PARAMETER = re.compile(r"{\w+}")


def test_every_sensitive_route_is_dangerous_or_known_to_be_harmless() -> None:
    routes = {
        (method, route.path_format)
        for route in api_routes(create_app(Settings()))
        for method in route.methods or ()
        if method != "GET" and route.path_format.startswith(_SENSITIVE)
    }
    assert routes - PUBLIC == DANGEROUS | _HARMLESS
    assert not DANGEROUS & _HARMLESS


@pytest.mark.parametrize("fresh", [True, False])
def test_a_route_and_the_list_cannot_disagree(fresh: bool) -> None:
    path = "/unlisted" if fresh else "/auth/disable-2fa"
    router = api_router("", "Test")

    async def with_proof(caller: FreshAccountWriter) -> None: ...

    async def without(caller: AccountWriter) -> None: ...

    router.add_api_route(path, with_proof if fresh else without, methods=["POST"])
    app = FastAPI()
    app.router.routes.extend(router.routes)
    with pytest.raises(UnguardedRouteError, match="fresh proof"):
        check_requirements(app)


async def test_each_of_them_refuses_a_session_that_is_not_fresh(own_api: Api, system_database: Database) -> None:
    person = await own_api.register()
    async with system_database.writing() as session:
        await session.execute(text("update sessions set proven_at = null"))
    for method, path in sorted(DANGEROUS):
        body = {"code": "123456"} if "confirm" in path else None
        if (method, path) == ("POST", "/api/v1/auth/passkeys"):
            body = {"name": "x"}
        answer = await person.client.request(method, PARAMETER.sub(str(uuid4()), path), json=body)
        assert answer.code in ("step_up_required", "validation_failed"), f"{method} {path}"
        assert answer.status != 200
