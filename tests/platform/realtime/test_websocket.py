"""The WebSocket: who may connect, what comes, and that nothing is lost or told twice."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from decimal import Decimal
from typing import Any
from uuid import uuid4

import aiohttp
import orjson
import pytest
from redis.asyncio import Redis
from sqlalchemy import text

from tests.support.http import Api, Client, Person
from tests.support.market import TestMarket
from tradewind.platform.database import Database
from tradewind.platform.realtime import PRICES_CHANNEL, user_channel
from tradewind.platform.realtime.frames import encode_frame
from tradewind.platform.realtime.revocation import REVOKED_CHANNEL
from tradewind.platform.realtime.socket import MOST_SOCKETS
from tradewind.platform.spine import Event, EventType, record

Frame = dict[str, Any]
#: Whatever is waited for comes long before.
PATIENCE = 20.0


class Socket:
    """An open WebSocket."""

    def __init__(self, raw: aiohttp.ClientWebSocketResponse) -> None:
        self.raw = raw
        self.seen: list[Frame] = []

    async def next(self, wanted: Callable[[Frame], bool]) -> Frame:
        """The next frame that is wanted."""
        async with asyncio.timeout(PATIENCE):
            while True:
                message = await self.raw.receive()
                assert message.type is aiohttp.WSMsgType.TEXT, f"{message.type} {message.data} {message.extra}"
                frame: Frame = orjson.loads(message.data)
                assert set(frame) == {"type", "seq", "at", "data"}
                self.seen.append(frame)
                if wanted(frame):
                    return frame

    async def of_type(self, kind: str) -> Frame:
        return await self.next(lambda frame: frame["type"] == kind)

    async def durable(self, seq: int) -> Frame:
        """Read on until the durable frame `seq`."""
        return await self.next(lambda frame: frame["seq"] == seq)

    async def close_code(self) -> int | None:
        """Read on until the server closes."""
        async with asyncio.timeout(PATIENCE):
            while not self.raw.closed:
                await self.raw.receive()
        return self.raw.close_code

    @property
    def numbers(self) -> list[int]:
        return [frame["seq"] for frame in self.seen if frame["seq"] is not None]


@asynccontextmanager
async def connected(client: Client, path: str, **headers: str) -> AsyncIterator[Socket]:
    async with client.http.ws_connect(client.base + path, headers={**client.headers, **headers}) as raw:
        yield Socket(raw)


async def refused(client: Client, path: str, **headers: str) -> int:
    """The status with which a handshake is refused."""
    with pytest.raises(aiohttp.WSServerHandshakeError) as refusal:
        await client.http.ws_connect(client.base + path, headers={**client.headers, **headers})
    return refusal.value.status


# ------------------------------------------------------------------------------------------------------ who may connect


async def test_nobody_is_refused(api: Api, person: Person) -> None:
    assert await refused(api.client(), f"/ws/user/{person.id}") == 401
    made_up = {"Cookie": "tradewind_session=made-up", "Origin": api.base}
    assert await refused(api.client(), f"/ws/user/{person.id}", **made_up) == 401
    assert await refused(api.client(), f"/ws/user/{person.id}?ticket=made-up") == 401
    assert await refused(api.client(), "/ws/user/stats", Authorization="Bearer made-up") == 401


async def test_everybody_gets_only_his_own(api: Api, person: Person) -> None:
    other = await api.register()
    for wrong in (other.id, uuid4(), "nonsense"):
        assert await refused(person.client, f"/ws/user/{wrong}") == 403


async def test_a_cookie_opens_a_socket_for_this_sites_pages_only(api: Api, person: Person) -> None:
    browser = await api.browser(person)
    for foreign in ("https://evil.example", "null", "http://["):
        assert await refused(browser, "/ws/user/stats", Origin=foreign) == 403, foreign
    assert await refused(browser, "/ws/user/stats") == 403, "browsers always say where a socket comes from"
    async with connected(browser, f"/ws/user/{person.id}", Origin=api.base) as socket:
        assert (await socket.of_type("stats"))["seq"] is None


async def test_a_ticket_opens_one_socket(api: Api, person: Person) -> None:
    made = await person.ok("POST", "/auth/ws-ticket")
    assert made["expires_in"] == 30
    anybody = api.client()
    async with connected(anybody, f"/ws/user/{person.id}?ticket={made['ticket']}") as socket:
        await socket.of_type("stats")
    assert await refused(anybody, f"/ws/user/{person.id}?ticket={made['ticket']}") == 401


async def test_tickets_are_kept_as_digests_for_half_a_minute(own_api: Api, broker: Redis) -> None:
    person = await own_api.register()
    ticket = (await person.ok("POST", "/auth/ws-ticket"))["ticket"]
    (key,) = [key async for key in broker.scan_iter("tradewind:ticket:*")]
    assert ticket not in key.decode()
    assert 0 < await broker.ttl(key) <= 30


async def test_a_ticket_ends_with_its_session(api: Api, person: Person) -> None:
    ticket = (await person.ok("POST", "/auth/ws-ticket"))["ticket"]
    await person.post("/auth/logout")
    assert await refused(api.client(), f"/ws/user/stats?ticket={ticket}") == 401


async def test_one_user_has_only_so_many_sockets(api: Api, person: Person) -> None:
    other, late = await api.register(), api.client()
    late.headers |= person.client.headers
    async with contextlib.AsyncExitStack() as open_ones:
        for _ in range(MOST_SOCKETS):
            await open_ones.enter_async_context(connected(person.client, "/ws/user/stats"))
        assert await refused(late, "/ws/user/stats") == 429
        async with connected(other.client, "/ws/user/stats") as socket:
            await socket.of_type("stats")
    async with asyncio.timeout(PATIENCE):  # the server notices in its own time that they are closed
        while True:
            with contextlib.suppress(aiohttp.WSServerHandshakeError):
                async with connected(late, "/ws/user/stats") as socket:
                    await socket.of_type("stats")
                return


# --------------------------------------------------------------------------------------------------------- what comes


async def test_stats_come_again_and_again_though_nothing_changes(person: Person) -> None:
    async with connected(person.client, "/ws/user/stats") as socket:
        first = await socket.of_type("stats")
        began = asyncio.get_running_loop().time()
        second = await socket.of_type("stats")
        waited = asyncio.get_running_loop().time() - began
    rest = await person.ok("GET", "/user/stats")
    for frame in (first, second):
        data = {key: value for key, value in frame["data"].items() if key != "market_time"}
        assert data == {key: value for key, value in rest.items() if key != "market_time"}
    assert 1.0 < waited < 3.5


async def test_stats_and_prices_follow_the_market(own_api: Api, trader: Person, market: TestMarket) -> None:
    signal = await market.publish()
    await trader.post(f"/signals/{signal.id}/execute")
    await market.enter()
    async with connected(trader.client, "/ws/user/stats") as socket:
        await socket.next(lambda frame: frame["type"] == "stats" and frame["data"]["open_positions"] == 1)
        await market.move(BTCUSDT=60_900.0)
        price = await socket.next(
            lambda frame: frame["type"] == "price" and frame["data"]["prices"]["BTCUSDT"] == "60900.0"
        )
        assert price["data"]["market"]["source"] == "simulated"
        rest = await trader.ok("GET", "/user/stats")
        stats = await socket.next(lambda frame: frame["type"] == "stats" and frame["data"]["equity"] == rest["equity"])
    assert Decimal(stats["data"]["equity"]) > 10_000
    assert stats["data"] | {"market_time": ""} == rest | {"market_time": ""}


async def test_what_happens_to_a_user_comes_as_numbered_frames(
    own_api: Api, trader: Person, market: TestMarket
) -> None:
    async with connected(trader.client, f"/ws/user/{trader.id}") as socket:
        await socket.of_type("stats")
        signal = await market.publish()
        await market.tell()
        told = await socket.of_type("signal")
        assert told["data"]["event"] == "signal_created"
        assert told["data"]["id"] == str(signal.id)
        await trader.post(f"/signals/{signal.id}/execute")
        await market.enter()
        await market.tell()
        opened = await socket.of_type("position")
        assert opened["data"]["event"] == "position_opened"
        assert opened["data"]["protection"]["state"] == "live"
        kinds = {frame["type"] for frame in socket.seen}
        assert {"signal", "order", "position"} <= kinds
        assert socket.numbers == list(range(1, len(socket.numbers) + 1))


async def test_what_happens_to_others_does_not_come(own_api: Api, trader: Person, market: TestMarket) -> None:
    other = await own_api.register()
    async with connected(other.client, "/ws/user/stats") as socket:
        await socket.of_type("stats")
        signal = await market.publish()
        await trader.post(f"/signals/{signal.id}/execute")
        await market.enter()
        await market.tell()
        await socket.of_type("signal")
        await socket.of_type("stats")
    assert {frame["type"] for frame in socket.seen} <= {"signal", "stats", "price"}, "no orders, no positions"


async def test_a_ping_is_answered(person: Person) -> None:
    async with connected(person.client, "/ws/user/stats") as socket:
        await socket.raw.send_str('{"type": "ping"}')
        await socket.of_type("pong")
        await socket.raw.ping()
        for nonsense in ("", "{", "[]", '"ping"', "ping"):
            await socket.raw.send_str(nonsense)
        await socket.of_type("stats")


# ------------------------------------------------------------------------------------------ nothing lost, nothing twice


async def happen(system: Database, person: Person, count: int) -> None:
    """So many events of the person's own."""
    async with system.writing() as session:
        now = await session.scalar(text("select now()"))
        for number in range(count):
            event = Event(EventType.INTENT_ENDED, person.tenant_id, uuid4(), now, {"number": number})
            await record(session, event)


async def test_a_socket_goes_on_from_where_the_last_one_was(
    own_api: Api, trader: Person, market: TestMarket, system_database: Database
) -> None:
    await happen(system_database, trader, 5)
    await market.tell()
    async with connected(trader.client, "/ws/user/stats?since=2") as socket:
        await socket.durable(5)
        assert socket.numbers == [3, 4, 5]
        await happen(system_database, trader, 1)
        await market.tell()
        await socket.durable(6)
    async with connected(trader.client, "/ws/user/stats?since=0") as socket:
        await socket.durable(6)
        assert socket.numbers == [1, 2, 3, 4, 5, 6]


@pytest.mark.parametrize("since", ["", "?since=99999", "?since=nonsense"])
async def test_without_a_known_place_it_begins_with_what_happens_now(
    own_api: Api, trader: Person, market: TestMarket, system_database: Database, since: str
) -> None:
    await happen(system_database, trader, 3)
    await market.tell()
    async with connected(trader.client, f"/ws/user/stats{since}") as socket:
        await socket.of_type("stats")
        await happen(system_database, trader, 1)
        await market.tell()
        await socket.durable(4)
        assert socket.numbers == [4]


async def test_sockets_that_come_and_go_see_every_frame_once(
    own_api: Api, trader: Person, market: TestMarket, system_database: Database
) -> None:
    """Events keep coming; each reader drops its connection again and again and resumes. One more never drops."""
    total, burst = 600, 20
    done = asyncio.Event()

    async def keep_happening() -> None:
        for _ in range(total // burst):
            await happen(system_database, trader, burst)
            await market.tell()
        done.set()

    async def read(frames_per_connection: int) -> list[int]:
        numbers: list[int] = []
        while not numbers or numbers[-1] < total:
            since = numbers[-1] if numbers else 0
            async with connected(trader.client, f"/ws/user/{trader.id}?since={since}") as socket:
                goal = min(since + frames_per_connection, total)
                await socket.next(lambda frame, goal=goal: frame["seq"] is not None and frame["seq"] >= goal)
            numbers += socket.numbers
        return numbers

    happening = asyncio.create_task(keep_happening())
    read_by_all = await asyncio.gather(read(7), read(31), read(100), read(total))
    await happening
    for numbers in read_by_all:
        assert numbers == list(range(1, total + 1))


async def test_a_long_backlog_is_read_whole(
    own_api: Api, trader: Person, market: TestMarket, system_database: Database
) -> None:
    """More frames than may wait for one reader."""
    await happen(system_database, trader, 2_000)
    await market.tell()
    async with connected(trader.client, "/ws/user/stats?since=0") as socket:
        await socket.durable(2_000)
    assert socket.numbers == list(range(1, 2_001))


async def test_frames_whose_announcement_was_lost_are_found(
    own_api: Api, trader: Person, market: TestMarket, system_database: Database
) -> None:
    """The relay died between its commit and the announcement."""
    async with connected(trader.client, "/ws/user/stats") as socket:
        await socket.of_type("stats")
        await market.connection.execute("insert into frame_heads (user_id, last_seq) values ($1, 2)", trader.id)
        for seq in (1, 2):
            await market.connection.execute(
                "insert into frames (user_id, tenant_id, seq, type, at, data) "
                "values ($1, $2, $3, 'notice', now(), '{}')",
                trader.id,
                trader.tenant_id,
                seq,
            )
        await socket.durable(2)
        assert socket.numbers == [1, 2]


async def test_a_broker_that_went_away_costs_no_frame(
    own_api: Api, trader: Person, market: TestMarket, system_database: Database, broker: Redis
) -> None:
    async with connected(trader.client, "/ws/user/stats") as socket:
        await socket.of_type("stats")
        for _ in range(3):
            await broker.client_kill_filter(_type="pubsub")
            await happen(system_database, trader, 4)
            await market.tell()
        await socket.durable(12)
        assert socket.numbers == list(range(1, 13))


@pytest.mark.parametrize("channel", [PRICES_CHANNEL, REVOKED_CHANNEL, "tradewind:user:nobody"])
async def test_nonsense_on_the_broker_ends_nothing(
    own_api: Api, trader: Person, market: TestMarket, broker: Redis, channel: str
) -> None:
    async with connected(trader.client, "/ws/user/stats") as socket:
        await socket.of_type("stats")
        await broker.publish(channel, b"nonsense")
        await market.move(BTCUSDT=61_234.0)
        await socket.next(lambda frame: frame["type"] == "price" and frame["data"]["prices"]["BTCUSDT"] == "61234.0")


# ------------------------------------------------------------------------------------------------------------- the end


async def test_a_socket_ends_with_its_session(api: Api, person: Person) -> None:
    async with connected(person.client, "/ws/user/stats") as socket:
        await socket.of_type("stats")
        await person.post("/auth/logout")
        assert await socket.close_code() == 4401


async def test_other_sessions_of_the_user_keep_theirs(api: Api, person: Person) -> None:
    browser = await api.browser(person)
    async with (
        connected(browser, "/ws/user/stats", Origin=api.base) as stays,
        connected(person.client, "/ws/user/stats") as ends,
    ):
        await stays.of_type("stats")
        await person.post("/auth/logout")
        assert await ends.close_code() == 4401
        await stays.of_type("stats")


async def test_a_session_that_ended_elsewhere_is_noticed_without_the_broker(
    own_api: Api, trader: Person, system_database: Database
) -> None:
    async with connected(trader.client, "/ws/user/stats") as socket:
        await socket.of_type("stats")
        began = asyncio.get_running_loop().time()
        async with system_database.writing() as session:
            await session.execute(text("update sessions set revoked_at = now()"))
        assert await socket.close_code() == 4401
        assert asyncio.get_running_loop().time() - began < 5


async def test_a_reader_that_does_not_read_is_let_go(own_api: Api, trader: Person, broker: Redis) -> None:
    """Frames that nobody takes do not pile up without end."""
    async with connected(trader.client, "/ws/user/stats") as socket:
        await socket.of_type("stats")
        large = orjson.dumps({"text": "x" * 40_000}).decode()
        with contextlib.suppress(aiohttp.ClientError):
            for seq in range(1, 2_000):
                await broker.publish(user_channel(trader.id), encode_frame("notice", seq, "", large))
        assert await socket.close_code() == 1013
