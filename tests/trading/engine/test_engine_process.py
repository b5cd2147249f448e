"""The engine as a process: what people ask for is done, however busy the market is and whatever was lost on the way."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from tradewind.entrypoints.engine_process import run_engine
from tradewind.kit.clock import from_ms
from tradewind.kit.ids import new_id
from tradewind.platform.database import Database
from tradewind.platform.settings import Settings

_ASK = """
insert into exit_requests (id, tenant_id, position_id, user_id, status, requested_at)
values ($1, $2, $3, $4, 'pending', $5)
"""


async def until(engine: asyncio.Task[None], query: Callable[[], Awaitable[object]]) -> None:
    """Come back once `query` answers with something true; with the engine's error if it has died."""
    async with asyncio.timeout(30):
        while not await query():
            if engine.done():
                engine.result()
            await asyncio.sleep(0.05)


@pytest.mark.usefixtures("broker")
async def test_a_lost_notification_costs_a_moment_in_a_busy_market_too(
    settings: Settings, system_database: Database
) -> None:
    """The connection that listens is gone, as behind a router that forgets idle ones; prices come without a pause."""
    busy = settings.model_copy(update={"speed": "max", "symbols": "BTCUSDT"})
    connection = await system_database.connect()
    engine = asyncio.create_task(run_engine(busy))
    try:
        await until(engine, lambda: connection.fetchval("select step > 100 from engine_states"))
        # Nobody is notified: the row alone must do.
        request = new_id()
        await connection.execute(_ASK, request, new_id(), new_id(), new_id(), from_ms(0))
        void = "select status = 'void' from exit_requests where id = $1"
        await until(engine, lambda: connection.fetchval(void, request))
    finally:
        engine.cancel()
        await asyncio.gather(engine, return_exceptions=True)
        await connection.close()
