"""Alerts in their owners' own chats: only where somebody has proven to read them."""

from __future__ import annotations

import re
import secrets
from collections.abc import AsyncIterator
from typing import Any

import pytest
from outlet import Outlet
from pydantic import SecretStr
from redis.asyncio import Redis

from tests.support.http import Api, Person, running_api
from tests.support.market import TestMarket
from tests.support.telegram import TOKEN, Emulator
from tradewind.platform.database import Database
from tradewind.platform.settings import Settings

CHANNEL = "@signals_of_everybody"


@pytest.fixture
async def with_bot(settings: Settings, broker: Redis, emulator: Emulator) -> AsyncIterator[Api]:
    """An API of an installation with a bot and a channel."""
    await emulator.open(CHANNEL)
    bot = {"telegram_token": SecretStr(TOKEN), "telegram_api_base": emulator.url, "telegram_channel": CHANNEL}
    async with running_api(settings.model_copy(update=bot)) as running:
        yield running


@pytest.fixture
async def trading(with_bot: Api, system_database: Database, broker: Redis) -> AsyncIterator[TestMarket]:
    async with TestMarket.open(system_database, broker) as running:
        yield running


async def named(person: Person, chat: str) -> Any:
    return await person.client.request("PUT", "/api/v1/user/telegram", json={"chat": chat})


async def code_in(emulator: Emulator, chat: str) -> str:
    text = (await emulator.messages(chat))[-1]["text"]
    found = re.search(r"\b[0-9]{6}\b", text)
    assert found, text
    return found[0]


async def connect(person: Person, emulator: Emulator, chat: str) -> None:
    assert (await named(person, chat)).status == 202
    given = await person.ok("POST", "/user/telegram/confirm", json={"code": await code_in(emulator, chat)})
    assert given == {"available": True, "chat": chat, "state": "confirmed"}


async def trigger(person: Person, market: TestMarket, price: float, **wish: Any) -> None:
    """An alert of the person's own triggers."""
    body = {"symbol": "BTCUSDT", "price": str(price), "channels": ["telegram"], "name": "My <level>"} | wish
    await person.ok("POST", "/alerts", json=body)
    await market.attend()
    await market.move(BTCUSDT=price)


async def test_an_alert_goes_to_its_owners_chat_once(
    with_bot: Api, trading: TestMarket, outlet: Outlet, emulator: Emulator
) -> None:
    person = await with_bot.register()
    await connect(person, emulator, outlet.chat)
    await trigger(person, trading, 61_000.0)
    await trigger(person, trading, 61_500.0, channels=["dashboard"])
    await outlet.relay_all(CHANNEL)
    await outlet.drain()
    await outlet.relay_all(CHANNEL)
    await outlet.drain()
    told = [message["text"] for message in await outlet.messages()][1:]
    assert told == ["🔔 #BTCUSDT · simulated market\nMy <level>\nBTCUSDT reached 61,000; price 61,000"]
    assert await emulator.messages(CHANNEL) == [], "what is somebody's own is not published"


async def test_it_speaks_its_owners_language(
    with_bot: Api, trading: TestMarket, outlet: Outlet, emulator: Emulator
) -> None:
    person = await with_bot.register()
    await trading.connection.execute("update users set locale = 'ru' where id = $1", person.id)
    await connect(person, emulator, outlet.chat)
    await trigger(person, trading, 61_000.0, name="")
    text = (await outlet.publish())[-1]["text"]
    assert text == "🔔 #BTCUSDT · симуляция рынка\nBTCUSDT: достигнут уровень 61\u00a0000; цена 61\u00a0000"


async def test_nothing_goes_to_a_chat_that_nobody_has_proven_to_read(
    with_bot: Api, trading: TestMarket, outlet: Outlet, emulator: Emulator
) -> None:
    person = await with_bot.register()
    assert (await named(person, outlet.chat)).json["state"] == "unconfirmed"
    right = await code_in(emulator, outlet.chat)
    wrong = f"{(int(right) + 1) % 1_000_000:06}"
    for _ in range(5):
        refused = await person.post("/user/telegram/confirm", {"code": wrong})
        assert (refused.status, refused.json["errors"][0]["pointer"]) == (422, "#/code")
    late = await person.post("/user/telegram/confirm", {"code": right})
    assert late.status == 422
    assert "no code is good any more" in late.json["errors"][0]["detail"]
    await trigger(person, trading, 61_000.0)
    assert len(await outlet.publish()) == 1, "the code, and nothing else"


async def test_a_chat_is_named_with_care(with_bot: Api, outlet: Outlet, emulator: Emulator) -> None:
    person = await with_bot.register()
    number = (await emulator.call("getChat", chat_id=CHANNEL))[1]["result"]["id"]
    for chat in (CHANNEL, CHANNEL.upper(), str(number), "@nobody_has_this_" + secrets.token_hex(3), "no chat"):
        refused = await named(person, chat)
        assert (refused.status, refused.json["errors"][0]["pointer"]) == (422, "#/chat"), chat
    assert (await person.ok("GET", "/user/telegram"))["state"] == "none", "a refused one is not kept"
    assert (await named(person, outlet.chat)).status == 202
    again = await named(person, outlet.chat)
    assert (again.status, again.code, again.headers["Retry-After"]) == (429, "too_soon", "60")
    assert len(await outlet.messages()) == 1
    other = await with_bot.register()
    assert (await other.ok("GET", "/user/telegram"))["chat"] is None
    stolen = await other.post("/user/telegram/confirm", {"code": await code_in(emulator, outlet.chat)})
    assert stolen.status == 422


async def test_one_who_disconnects_is_written_to_no_more(
    with_bot: Api, trading: TestMarket, outlet: Outlet, emulator: Emulator
) -> None:
    person = await with_bot.register()
    await connect(person, emulator, outlet.chat)
    assert (await person.client.request("DELETE", "/api/v1/user/telegram")).status == 204
    assert (await person.ok("GET", "/user/telegram"))["state"] == "none"
    assert (await named(person, outlet.chat)).code == "too_soon", "that is no way to another code"
    await trigger(person, trading, 61_000.0)
    assert len(await outlet.publish()) == 1


async def test_without_a_bot_it_says_so(own_api: Api) -> None:
    person = await own_api.register()
    assert await person.ok("GET", "/user/telegram") == {"available": False, "chat": None, "state": "none"}
    assert (await named(person, "@some_chat")).code == "not_ready"
