"""Whatever a client makes up: answers are those of the contract, and never a fault of ours."""

from __future__ import annotations

import asyncio

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, settings
from schemathesis import Case
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.support.http import Api
from tradewind.entrypoints.api import create_app
from tradewind.platform.settings import Settings

#: Not made up: ends the session with which the others are asked, or hashes passwords all the time.
_LEFT_OUT = {"logout", "register", "login", "open_browser_session", "get_readiness"}

schema = schemathesis.openapi.from_dict(create_app(Settings()).openapi())


@pytest.fixture(scope="module")
def token(site: Settings) -> str:
    """Somebody's access token."""

    async def log_in() -> str:
        api = Api(site)
        person = await api.register()
        await api.close()
        return str(person.tokens["access_token"])

    return asyncio.run(log_in())


@schema.exclude(operation_id=list(_LEFT_OUT)).parametrize()
@settings(
    max_examples=12,
    deadline=None,
    derandomize=True,
    database=None,
    phases=(Phase.explicit, Phase.generate),
    suppress_health_check=list(HealthCheck),
)
def test_made_up_requests(case: Case, site: Settings, token: str) -> None:
    case.call_and_validate(
        base_url=f"http://127.0.0.1:{site.port}",
        headers={"Authorization": f"Bearer {token}"},
        checks=[
            not_a_server_error,
            status_code_conformance,
            content_type_conformance,
            response_schema_conformance,
        ],
    )
