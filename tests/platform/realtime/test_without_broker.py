"""The broker carries hints, snapshots and counters: without it whoever is in goes on, and nobody comes in."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from decimal import Decimal

import pytest

from tests.support.http import PASSWORD, Api, running_api
from tests.support.market import TestMarket
from tradewind.platform.embedded import free_port
from tradewind.platform.settings import Settings


@pytest.fixture
async def without_broker(settings: Settings) -> AsyncIterator[Api]:
    """An API whose broker cannot be reached."""
    away = settings.model_copy(update={"redis_url": f"redis://127.0.0.1:{free_port()}/0"})
    async with running_api(away) as api:
        yield api


async def test_people_who_are_in_trade_and_leave(without_broker: Api, own_api: Api, market: TestMarket) -> None:
    person = await own_api.register()
    logged_in = person.client.headers["Authorization"]
    person.client = without_broker.client()
    person.client.headers["Authorization"] = logged_in
    signal = await market.publish()
    assert (await person.post(f"/signals/{signal.id}/execute")).status == 201
    await market.enter()
    await market.move(BTCUSDT=60_600.0)
    async with asyncio.timeout(10):  # at the prices of the engine's last commit, at most a second late
        while Decimal((stats := await person.ok("GET", "/user/stats"))["equity"]) < 10_000:
            pass
    assert stats["open_positions"] == 1
    assert (await person.ok("GET", "/market/status"))["prices"]["BTCUSDT"] == "60600"
    assert (await person.post("/auth/logout")).status == 204
    assert (await person.get("/user/me")).status == 401


async def test_nobody_logs_in_while_guesses_are_not_counted(without_broker: Api, own_api: Api) -> None:
    person = await own_api.register()
    credentials = {"email": person.email, "password": PASSWORD}
    answer = await without_broker.client().post("/api/v1/auth/login", credentials)
    assert (answer.status, answer.code) == (503, "not_ready")
    assert answer.headers["Retry-After"]
