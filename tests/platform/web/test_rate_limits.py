"""Rate limits as callers meet them: whom a request counts for, what answers say, what happens without Valkey."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from typing import Any, NamedTuple

import aiohttp
import pytest
from redis.asyncio import Redis

from tests.support.http import PASSWORD, Answer, Api, Client, running_api
from tradewind.billing import PlanCode
from tradewind.entrypoints.api import create_app
from tradewind.entrypoints.api.guard import PUBLIC, is_entrance
from tradewind.kit.clock import WallClock
from tradewind.platform.database import Database
from tradewind.platform.limits import Limiter
from tradewind.platform.metrics import REGISTRY
from tradewind.platform.settings import Settings

ME = "/api/v1/user/me"
LOGIN = "/api/v1/auth/login"
WRONG = {"email": "nobody@tests.example", "password": "not the password"}


@pytest.fixture
async def limited(settings: Settings, broker: Redis) -> AsyncIterator[Api]:
    """An API that counts, with small limits; the clients say from which address they come."""
    small = {"rate_entrance": 4, "rate_anonymous": 6, "rate_dashboard": 8, "rate_fair_use": 70}
    wanted = settings.model_copy(update={"rate_limits": True, "trusted_proxies": "127.0.0.1", **small})
    async with running_api(wanted) as api:
        yield api


class Told(NamedTuple):
    """What the headers of an answer say."""

    policy: str
    quota: int
    window: int
    remaining: int
    seconds: int


def told(answer: Answer) -> Told:
    shape = re.fullmatch(r'"([a-z]+)";q=(\d+);w=(\d+)', answer.headers["RateLimit-Policy"])
    state = re.fullmatch(r'"([a-z]+)";r=(\d+);t=(\d+)', answer.headers["RateLimit"])
    assert shape is not None
    assert state is not None
    assert shape[1] == state[1]
    return Told(shape[1], *(int(each) for each in (shape[2], shape[3], state[2], state[3])))


def at(client: Client, address: str) -> Client:
    """The client, from that address on."""
    client.headers["X-Forwarded-For"] = address
    return client


async def test_an_answer_says_what_is_left(limited: Api) -> None:
    person = await limited.register()
    before, after = told(await person.get("/user/me")), told(await person.get("/user/me"))
    assert before[:3] == ("default", 60, 60)
    assert after.remaining == before.remaining - 1
    assert 1 <= after.seconds <= 60


async def test_one_too_many_is_a_problem_that_says_when_to_try_again(limited: Api) -> None:
    client = at(limited.client(), "203.0.113.1")
    answers = [await client.get(ME) for _ in range(7)]
    assert [each.code for each in answers] == ["not_authenticated"] * 6 + ["rate_limited"]
    refused = answers[-1]
    assert refused.status == 429
    assert refused.headers["Content-Type"] == "application/problem+json"
    assert told(refused)[:4] == ("anonymous", 6, 60, 0)
    assert int(refused.headers["Retry-After"]) == told(refused).seconds


async def test_a_plans_rate_is_what_its_programs_get(limited: Api, system_database: Database) -> None:
    person = await limited.register()
    answers = await asyncio.gather(*(person.get("/user/me") for _ in range(70)))
    # Two requests were the registration's.
    assert [each.status for each in answers].count(200) == 58
    connection = await system_database.connect()
    try:
        for code, rate in ((PlanCode.STARTER, 300), (PlanCode.PRO, 1000), (PlanCode.ENTERPRISE, 70)):
            other = await subscribed(limited, connection, code, f"198.51.100.{rate % 200}")
            assert told(await other.get(ME)).quota == rate
        lapsed = await subscribed(limited, connection, PlanCode.PRO, "198.51.100.250", status="expired")
        assert told(await lapsed.get(ME)).quota == 60
    finally:
        await connection.close()


async def subscribed(api: Api, connection: Any, code: PlanCode, address: str, status: str = "active") -> Client:
    """Somebody new on that plan, before the process has asked for his rate."""
    client = at(api.client(), address)
    credentials = {"email": f"{code}.{status}@tests.example".lower(), "password": PASSWORD}
    await client.ok("POST", "/api/v1/auth/register", json=credentials)
    statement = (
        "update subscriptions set plan = $1, status = $2, current_period_end = null where tenant_id in "
        "(select m.organisation_id from memberships m join users u on u.id = m.user_id where u.email = $3)"
    )
    await connection.execute(statement, code.value, status, credentials["email"])
    tokens = await client.ok("POST", LOGIN, json=credentials)
    client.headers["Authorization"] = f"Bearer {tokens['access_token']}"
    return client


async def test_programs_of_one_organisation_share_its_rate_and_others_have_theirs(limited: Api) -> None:
    person, other = await limited.register(), await limited.register()
    program = limited.client()
    tokens = await program.ok("POST", LOGIN, json={"email": person.email, "password": PASSWORD}, headers=far(1))
    program.headers["Authorization"] = f"Bearer {tokens['access_token']}"
    left = told(await person.get("/user/me")).remaining
    assert told(await program.get(ME)).remaining == left - 1
    assert told(await other.get("/user/me")).remaining == left


def far(number: int) -> dict[str, str]:
    """Headers of a request from another network."""
    return {"X-Forwarded-For": f"198.51.100.{number}"}


async def test_the_dashboard_works_whatever_the_programs_do(limited: Api) -> None:
    person = await limited.register()
    await asyncio.gather(*(person.get("/user/me") for _ in range(60)))
    assert (await person.get("/user/me")).code == "rate_limited"
    browser = at(await limited.browser(person), "198.51.100.1")
    answer = await browser.get(ME)
    assert answer.status == 200
    assert told(answer)[:4] == ("dashboard", 8, 60, 7)
    assert [(await browser.get(ME)).status for _ in range(8)] == [200] * 7 + [429]


async def test_a_socket_counts_as_a_request(limited: Api) -> None:
    person = await limited.register()
    before = told(await person.get("/user/me")).remaining
    async with person.client.http.ws_connect("/ws/user/stats", headers=person.client.headers) as socket:
        await socket.receive()
    assert told(await person.get("/user/me")).remaining == before - 2
    nobody = at(limited.client(), "203.0.113.2")
    for expected in [401] * 6 + [429]:
        with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
            await nobody.http.ws_connect("/ws/user/stats", headers=nobody.headers)
        assert refused.value.status == expected


async def test_getting_in_is_limited_by_network_whoever_tries(limited: Api) -> None:
    person = await limited.register()
    thief = at(limited.client(), "203.0.113.3")
    for n in range(4):
        assert (await thief.post(LOGIN, {**WRONG, "email": f"{n}@tests.example"})).code == "invalid_credentials"
    refused = await thief.post(LOGIN, WRONG)
    assert (refused.code, told(refused).policy) == ("rate_limited", "entrance")
    for path in ("/auth/register", "/auth/sessions"):
        assert (await thief.post(f"/api/v1{path}", WRONG)).code == "rate_limited"
    assert (await thief.post(LOGIN, WRONG, headers=person.client.headers)).status == 429, "a token buys no more tries"
    owner = at(limited.client(), "203.0.113.4")
    assert (await owner.post(LOGIN, {"email": person.email, "password": PASSWORD})).status == 200


async def test_an_invented_address_is_no_new_network(limited: Api) -> None:
    """A proxy writes to the right of what the client wrote."""
    thief = limited.client()
    codes = [(await thief.get(ME, headers={"X-Forwarded-For": f"198.51.100.{n}, 203.0.113.5"})).code for n in range(7)]
    assert codes == ["not_authenticated"] * 6 + ["rate_limited"]


async def test_addresses_of_one_v6_network_count_together(limited: Api) -> None:
    client = limited.client()
    codes = [(await client.get(ME, headers={"X-Forwarded-For": f"2001:db8:1:2::{n}"})).code for n in range(7)]
    assert codes == ["not_authenticated"] * 6 + ["rate_limited"]
    assert (await client.get(ME, headers={"X-Forwarded-For": "2001:db8:1:3::1"})).code == "not_authenticated"


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/metrics", "/"])
async def test_probes_and_pages_are_not_counted(limited: Api, path: str) -> None:
    client = at(limited.client(), "203.0.113.6")
    answers = [await client.get(path) for _ in range(20)]
    assert all(each.status != 429 and "RateLimit" not in each.headers for each in answers)


async def test_what_is_nowhere_counts_too(limited: Api) -> None:
    client = at(limited.client(), "203.0.113.7")
    assert [(await client.get(f"/api/v1/nothing/{n}")).status for n in range(7)] == [404] * 6 + [429]


def test_every_public_way_in_is_an_entrance(settings: Settings) -> None:
    ways_in = {path for method, path in PUBLIC if path.startswith("/api/") and is_entrance(method, path)}
    assert {"/api/v1/auth/register", LOGIN, "/api/v1/auth/sessions"} <= ways_in
    assert not is_entrance("POST", "/api/v1/auth/refresh"), "programs renew their tokens; nothing can be guessed there"
    assert not is_entrance("GET", LOGIN)


async def test_without_valkey_getting_in_is_closed_and_the_rest_open_with_an_alarm(limited: Api) -> None:
    person = await limited.register()
    before = REGISTRY.get_sample_value("rate_limits_open_total") or 0
    away: Redis = Redis(port=1)
    limited.parts.add(Limiter, Limiter(away, WallClock(), b"k" * 32))
    answer = await person.get("/user/me")
    assert answer.status == 200
    assert answer.headers["RateLimit-Policy"] == '"default";q=60;w=60'
    assert "RateLimit" not in answer.headers
    assert REGISTRY.get_sample_value("rate_limits_open_total") == before + 1
    closed = await limited.client().post(LOGIN, {"email": person.email, "password": PASSWORD})
    assert (closed.status, closed.code) == (503, "not_ready")
    assert closed.headers["Retry-After"]
    await away.aclose()


def test_an_installation_behind_a_gateway_can_leave_the_counting_to_it(settings: Settings) -> None:
    def counts(wanted: bool) -> bool:
        app = create_app(settings.model_copy(update={"rate_limits": wanted}))
        return "RateLimits" in {getattr(each.cls, "__name__", "") for each in app.user_middleware}

    assert counts(True)
    assert not counts(False)
