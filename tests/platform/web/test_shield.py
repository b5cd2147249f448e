"""What an attacker sends first, and what only some may see: costly JSON, foreign pages, metrics, security.txt."""

from __future__ import annotations

import socket
from datetime import UTC, datetime, timedelta

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr
from redis.asyncio import Redis

from tests.support.http import Api, Person, running_api
from tradewind.platform.settings import Settings
from tradewind.platform.web.bodies import MOST_LEVELS, MOST_PARTS, excess

JSON = {"Content-Type": "application/json"}
CONTACT = "mailto:security@tradewind.example"
FRIEND = "https://friend.example"

# ---------------------------------------------------------------------------------------------------------------- JSON


@pytest.mark.parametrize("opening", [b"[", b'{"a":', b'[{"a":['])
@pytest.mark.parametrize("path", ["/api/v1/auth/login", "/api/v1/auth/register", "/api/v1/auth/sessions"])
async def test_json_that_is_nested_deeply_is_refused(api: Api, opening: bytes, path: str) -> None:
    answer = await api.client().request("POST", path, data=opening * 20_000, headers=JSON)
    assert (answer.status, answer.code) == (400, "body_too_complex")
    assert f"at most {MOST_LEVELS} levels" in answer.json["detail"]


async def test_json_of_many_parts_is_refused(api: Api) -> None:
    body = b'{"email": [' + b"1," * 60_000 + b"1]}"
    answer = await api.client().request("POST", "/api/v1/auth/login", data=body, headers=JSON)
    assert (answer.status, answer.code) == (400, "body_too_complex")
    assert f"at most {MOST_PARTS} members" in answer.json["detail"]


async def test_brackets_and_commas_in_a_text_are_only_text(person: Person) -> None:
    answer = await person.post("/strategies/own", {"document": '[{\\",' * 3000})
    assert answer.code not in ("body_too_complex", "invalid_json")


_JSON = st.recursive(
    st.none() | st.booleans() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
)


@given(_JSON, st.integers(0, 40))
def test_the_limit_is_exact(value: object, wrapped: int) -> None:
    for _ in range(wrapped):
        value = [value]
    assert (excess(orjson.dumps(value)) is not None) == (_levels(value) > MOST_LEVELS)


def _levels(value: object) -> int:
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else None
    return 0 if inner is None else 1 + max(map(_levels, inner), default=0)


# --------------------------------------------------------------------------------------------------------- the protocol


@pytest.mark.parametrize(
    "headers",
    [
        b"Content-Length: 2\r\nContent-Length: 30\r\n",
        b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n",
        b"Content-Length: +2\r\n",
        b"Content-Length: -1\r\n",
        b"Transfer-Encoding: chunked, identity\r\n",
    ],
)
def test_a_request_of_two_lengths_ends_its_connection(site: Settings, headers: bytes) -> None:
    """Otherwise a proxy and we could disagree where the next request begins."""
    smuggled = b"GET /healthz HTTP/1.1\r\nHost: smuggled\r\n\r\n"
    request = b"POST /api/v1/auth/login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n" + headers + b"\r\n{}"
    with socket.create_connection(("127.0.0.1", site.port), timeout=5) as connection:
        connection.sendall(request + smuggled)
        connection.shutdown(socket.SHUT_WR)
        answer = b"".join(iter(lambda: connection.recv(65_536), b""))
    assert answer.startswith(b"HTTP/1.1 4")
    assert b'"status":"ok"' not in answer


# ---------------------------------------------------------------------------------------------------- pages elsewhere


@pytest.fixture
def befriended(settings: Settings) -> Settings:
    changed = {
        "cors_origins": FRIEND,
        "security_contact": CONTACT,
        "metrics_token": SecretStr("the-token-of-metrics"),
        "public_url": "https://trade.example.com",
    }
    return settings.model_copy(update=changed)


def _preflight(origin: str) -> dict[str, str]:
    asked = {"Access-Control-Request-Method": "GET", "Access-Control-Request-Headers": "authorization"}
    return {"Origin": origin, **asked}


async def test_no_page_elsewhere_may_use_the_api_unless_the_settings_say_so(api: Api, person: Person) -> None:
    answer = await api.client().request("OPTIONS", "/api/v1/user/me", headers=_preflight(FRIEND))
    assert answer.status == 405
    assert "Access-Control-Allow-Origin" not in answer.headers
    answer = await person.get("/user/me", headers={"Origin": FRIEND})
    assert "Access-Control-Allow-Origin" not in answer.headers


async def test_pages_of_the_origins_in_the_settings_may(befriended: Settings, broker: Redis) -> None:
    async with running_api(befriended) as api:
        client = api.client()
        answer = await client.request("OPTIONS", "/api/v1/user/me", headers=_preflight(FRIEND))
        assert answer.status == 200
        assert answer.headers["Access-Control-Allow-Origin"] == FRIEND
        assert "Access-Control-Allow-Credentials" not in answer.headers, "cookies are our own pages' alone"
        answer = await client.get("/api/v1/user/me", headers={"Origin": FRIEND})
        assert (answer.status, answer.headers["Access-Control-Allow-Origin"]) == (401, FRIEND)
        for stranger in ("https://friend.example.evil.example", "http://friend.example", "null"):
            answer = await client.request("OPTIONS", "/api/v1/user/me", headers=_preflight(stranger))
            assert answer.status == 400
            assert "Access-Control-Allow-Origin" not in answer.headers


# ----------------------------------------------------------------------------------------------- operators and finders


async def test_metrics_are_for_this_machine_or_for_who_has_the_token(
    api: Api, befriended: Settings, broker: Redis
) -> None:
    assert (await api.client().get("/metrics")).status == 200
    for header in ("X-Forwarded-For", "Forwarded", "X-Real-IP"):
        answer = await api.client().get("/metrics", headers={header: "203.0.113.7"})
        assert (answer.status, answer.code) == (404, "not_found"), "through a proxy everybody is local"
    async with running_api(befriended) as guarded:
        client = guarded.client()
        assert (await client.get("/metrics")).status == 404
        assert (await client.get("/metrics", headers={"Authorization": "Bearer another"})).status == 404
        with_token = await client.get("/metrics", headers={"Authorization": "Bearer the-token-of-metrics"})
        assert with_token.status == 200
        assert b"api_requests_total" in with_token.raw


async def test_whom_to_tell_of_a_weakness(api: Api, befriended: Settings, broker: Redis) -> None:
    answer = await api.client().get("/.well-known/security.txt")
    assert (answer.status, answer.code) == (404, "not_found")
    async with running_api(befriended) as naming:
        answer = await naming.client().get("/.well-known/security.txt")
        assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
        fields = dict(line.split(": ", 1) for line in answer.raw.decode().splitlines())
        assert fields["Contact"] == CONTACT
        assert fields["Canonical"] == "https://trade.example.com/.well-known/security.txt"
        left = datetime.fromisoformat(fields["Expires"]) - datetime.now(UTC)
        assert timedelta(days=30) < left < timedelta(days=365)
        assert answer.headers["Strict-Transport-Security"] == "max-age=31536000; includeSubDomains"
