"""Prices while the broker has none and everybody asks."""

from __future__ import annotations

import asyncio

from redis.asyncio import Redis

from tests.support.http import Api


async def test_without_a_board_many_readers_do_not_wait_for_each_others_connections(
    own_api: Api, broker: Redis
) -> None:
    person = await own_api.register()
    async with asyncio.timeout(30):
        for _ in range(25):  # so many that what is remembered grows old while all connections are in use
            answers = await asyncio.gather(*(person.get("/positions") for _ in range(60)))
            assert {each.status for each in answers} == {200}
