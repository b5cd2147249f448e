"""What waits for one socket: bounded, newest snapshots only, and never a durable frame behind another."""

from __future__ import annotations

import asyncio
from uuid import uuid4

import pytest

from tradewind.platform.realtime.outlets import MOST_WAITING, CloseCode, Outlet


class Wire:
    """A connection that takes what it is given only when the test lets it."""

    def __init__(self) -> None:
        self.sent: list[bytes | CloseCode] = []
        self.open = asyncio.Event()
        self.open.set()

    async def send(self, item: bytes | CloseCode) -> None:
        await self.open.wait()
        self.sent.append(item)

    async def settle(self) -> None:
        for _ in range(5 * MOST_WAITING):
            await asyncio.sleep(0)


@pytest.fixture
def wire() -> Wire:
    return Wire()


@pytest.fixture
def outlet(wire: Wire) -> Outlet:
    return Outlet(uuid4(), uuid4(), uuid4(), wire.send)


async def test_frames_go_out_in_order_durable_ones_first(wire: Wire, outlet: Outlet) -> None:
    wire.open.clear()
    outlet.put(1, b"one")
    await wire.settle()
    outlet.show("stats", b"stats")
    outlet.put(2, b"two")
    wire.open.set()
    await wire.settle()
    assert wire.sent == [b"one", b"two", b"stats"]
    assert outlet.seq == 2


async def test_a_snapshot_takes_the_place_of_one_that_waits(wire: Wire, outlet: Outlet) -> None:
    wire.open.clear()
    outlet.show("stats", b"first")
    await wire.settle()
    for number in range(100):
        outlet.show("stats", b"%d" % number)
        outlet.show("price", b"p%d" % number)
    wire.open.set()
    await wire.settle()
    assert wire.sent == [b"first", b"99", b"p99"]


async def test_a_slow_reader_is_let_go_once_and_memory_with_him(wire: Wire, outlet: Outlet) -> None:
    wire.open.clear()
    for seq in range(1, MOST_WAITING + 10):
        outlet.put(seq, b"x")
        await asyncio.sleep(0)
    assert outlet.closed
    wire.open.set()
    await wire.settle()
    assert wire.sent[-1] is CloseCode.TOO_SLOW
    assert [item for item in wire.sent if isinstance(item, CloseCode)] == [CloseCode.TOO_SLOW]
    assert len(wire.sent) <= 2


async def test_a_backlog_waits_for_its_reader(wire: Wire, outlet: Outlet) -> None:
    wire.open.clear()
    filling = asyncio.create_task(_fill(outlet, 3 * MOST_WAITING))
    await wire.settle()
    assert not filling.done()
    assert not outlet.closed
    wire.open.set()
    await filling
    await wire.settle()
    assert wire.sent == [b"%d" % seq for seq in range(1, 3 * MOST_WAITING + 1)]


async def _fill(outlet: Outlet, count: int) -> None:
    for seq in range(1, count + 1):
        await outlet.put_patiently(seq, b"%d" % seq)


async def test_nothing_is_sent_after_the_end(wire: Wire, outlet: Outlet) -> None:
    outlet.drop()
    outlet.show("stats", b"late")
    await wire.settle()
    assert wire.sent == []
