"""The client of the Bot API: what it sends arrives, and every way of failing has its own error."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from aiohttp import web
from cards import signal_payload
from pydantic import SecretStr
from test_telegram_chart import candles_around

from tests.support.telegram import TOKEN, Emulator, running_emulator
from tradewind.kit.language import Language
from tradewind.messaging.telegram import TelegramClient, Voice
from tradewind.messaging.telegram.card import card_of
from tradewind.messaging.telegram.chart import paint
from tradewind.messaging.telegram.client import (
    FloodError,
    RefusedError,
    TelegramError,
    UnauthorizedError,
    UnavailableError,
)
from tradewind.platform.settings import MarketSource, Settings


@asynccontextmanager
async def client_of(base_url: str, token: str = TOKEN) -> AsyncIterator[TelegramClient]:
    client = TelegramClient(token, base_url)
    try:
        yield client
    finally:
        await client.close()


@pytest.fixture
async def client(emulator: Emulator) -> AsyncIterator[TelegramClient]:
    async with client_of(emulator.url) as client:
        yield client


@pytest.fixture
async def chat(emulator: Emulator) -> str:
    return await emulator.open(f"@c{secrets.token_hex(6)}")


async def test_it_is_made_of_settings(emulator: Emulator) -> None:
    settings = Settings(telegram_token=SecretStr(TOKEN), telegram_api_base=emulator.url + "/")
    client = TelegramClient.of(settings)
    assert client is not None
    assert (await client.get_me()).username == "tradewind_local_bot"
    await client.close()
    assert TelegramClient.of(Settings(telegram_token=None)) is None


async def test_messages_and_pictures_arrive(emulator: Emulator, client: TelegramClient, chat: str) -> None:
    first = await client.send_message(chat, "<b>one</b> &amp; <code>two</code>")
    voice = Voice(Language.EN, MarketSource.SIMULATED)
    png = paint(card_of(signal_payload()), candles_around(61_200.0), voice)
    second = await client.send_photo(chat, png, "<i>three</i>", reply_to=first)
    one, two = await emulator.messages(chat)
    assert (one["message_id"], two["message_id"]) == (first, second)
    assert one["text"] == "one & two"
    assert two["text"] == "three"
    assert two["photo"]["width"] == 1000
    assert two["reply_to"]["message_id"] == first


async def test_a_numeric_chat_will_do(emulator: Emulator, client: TelegramClient, chat: str) -> None:
    _, answer = await emulator.call("getChat", chat_id=chat)
    await client.send_message(str(answer["result"]["id"]), "x")
    assert len(await emulator.messages(chat)) == 1


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ({"kind": "refuse", "code": 400, "description": "Bad Request: x"}, RefusedError),
        ({"kind": "refuse", "code": 403, "description": "Forbidden: bot was kicked"}, RefusedError),
        ({"kind": "refuse", "code": 401, "description": "Unauthorized"}, UnauthorizedError),
        ({"kind": "refuse", "code": 404, "description": "Not Found"}, UnauthorizedError),
        ({"kind": "refuse", "code": 500, "description": "Internal Server Error"}, UnavailableError),
        ({"kind": "lose_request"}, UnavailableError),
        ({"kind": "lose_answer"}, UnavailableError),
    ],
)
async def test_failures_have_their_kinds(
    emulator: Emulator, client: TelegramClient, chat: str, fault: dict[str, object], error: type[TelegramError]
) -> None:
    await emulator.fault(**{**fault, "chat": chat})  # type: ignore[arg-type]
    with pytest.raises(error) as failure:
        await client.send_message(chat, "x")
    assert TOKEN not in str(failure.value)
    assert failure.value.__cause__ is None, "what it came from would show the URL"


async def test_a_flood_says_how_long(emulator: Emulator, client: TelegramClient, chat: str) -> None:
    await emulator.fault("refuse", chat=chat, code=429, description="Too Many Requests", retry_after=33)
    with pytest.raises(FloodError) as flood:
        await client.send_message(chat, "x")
    assert flood.value.retry_after == 33.0


async def test_an_absurd_wait_is_not_believed(emulator: Emulator, client: TelegramClient, chat: str) -> None:
    await emulator.fault("refuse", chat=chat, code=429, description="Too Many Requests", retry_after=10**9)
    with pytest.raises(FloodError) as flood:
        await client.send_message(chat, "x")
    assert flood.value.retry_after == 3600.0


async def test_nobody_there() -> None:
    with running_emulator() as gone:
        url = gone.url
    async with client_of(url) as client:
        with pytest.raises(UnavailableError):
            await client.get_me()


@pytest.mark.parametrize("answer", ["<html>gateway</html>", "[]", '{"ok": true}', '{"ok": true, "result": {}}', "null"])
async def test_answers_that_are_none(answer: str) -> None:
    async def answered(_: web.Request) -> web.Response:
        return web.Response(text=answer)

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", answered)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        async with client_of(f"http://127.0.0.1:{runner.addresses[0][1]}") as client:
            with pytest.raises(UnavailableError):
                await client.send_message("@c", "x")
    finally:
        await runner.cleanup()
