"""The sliding window: how many requests get through, by a clock set by hand."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from redis.asyncio import Redis
from redis.exceptions import ConnectionError as BrokerConnectionError
from redis.exceptions import RedisError

from tradewind.platform.limits import WINDOW_SECONDS, Limiter, Quota, Verdict

ANN, BOB = Quota("ann", 5), Quota("bob", 5)


class HandClock:
    def __init__(self) -> None:
        self.at = datetime(2030, 1, 1, tzinfo=UTC)

    def now(self) -> datetime:
        return self.at

    def pass_by(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def limiter(broker: Redis, clock: HandClock) -> Limiter:
    return Limiter(broker, clock, b"k" * 32)


async def granted(limiter: Limiter, quota: Quota, times: int) -> list[bool]:
    return [(await limiter.charge(quota)).granted for _ in range(times)]


async def test_the_quota_and_not_one_more(limiter: Limiter) -> None:
    verdicts = [await limiter.charge(ANN) for _ in range(7)]
    assert [each.granted for each in verdicts] == [True] * 5 + [False] * 2
    assert [each.remaining for each in verdicts] == [4, 3, 2, 1, 0, 0, 0]
    assert {each.seconds for each in verdicts} == {WINDOW_SECONDS}


async def test_subjects_are_apart(limiter: Limiter) -> None:
    assert await granted(limiter, ANN, 6) == [True] * 5 + [False]
    assert await granted(limiter, BOB, 6) == [True] * 5 + [False]


async def test_what_was_used_comes_back_when_it_leaves_the_window(limiter: Limiter, clock: HandClock) -> None:
    await granted(limiter, ANN, 3)
    clock.pass_by(20)
    await granted(limiter, ANN, 2)
    refused = await limiter.charge(ANN)
    assert refused == Verdict(False, 0, 40)
    clock.pass_by(refused.seconds - 1)
    assert not (await limiter.charge(ANN)).granted
    clock.pass_by(1)
    assert await granted(limiter, ANN, 4) == [True] * 3 + [False]


async def test_after_waiting_as_told_there_is_room(limiter: Limiter, clock: HandClock) -> None:
    for pause in (0.2, 7.7, 1.1, 13.9):
        clock.pass_by(pause)
        verdict = Verdict(True, 0, 0)
        while verdict.granted:
            verdict = await limiter.charge(ANN)
        clock.pass_by(verdict.seconds)
        assert (await limiter.charge(ANN)).granted


async def test_a_steady_pace_is_never_refused(limiter: Limiter, clock: HandClock) -> None:
    for _ in range(40):
        assert (await limiter.charge(ANN)).granted
        clock.pass_by(WINDOW_SECONDS / ANN.requests)


async def test_of_requests_at_the_same_time_exactly_the_quota_gets_through(broker: Redis, clock: HandClock) -> None:
    processes = [Limiter(broker, clock, b"k" * 32) for _ in range(3)]
    many = Quota("many", 40)
    verdicts = await asyncio.gather(*(each.charge(many) for each in processes for _ in range(30)))
    assert sum(each.granted for each in verdicts) == 40


async def test_requests_at_the_same_time_are_told_apart(limiter: Limiter) -> None:
    verdicts = await asyncio.gather(*(limiter.charge(ANN) for _ in range(7)))
    assert [each.remaining for each in verdicts] == [4, 3, 2, 1, 0, 0, 0]


async def test_a_flood_costs_the_broker_nothing(limiter: Limiter, broker: Redis, clock: HandClock) -> None:
    await granted(limiter, ANN, 6)
    await broker.config_resetstat()
    assert not any(await granted(limiter, ANN, 1000))
    assert "cmdstat_evalsha" not in await broker.info("commandstats")


async def test_requests_at_the_same_time_share_round_trips(limiter: Limiter, broker: Redis) -> None:
    await granted(limiter, ANN, 1)
    await broker.config_resetstat()
    await asyncio.gather(*(limiter.charge(Quota(str(n % 50), 1000)) for n in range(200)))
    assert (await broker.info("commandstats"))["cmdstat_evalsha"]["calls"] <= 2


async def test_a_larger_plan_counts_at_once(limiter: Limiter) -> None:
    await granted(limiter, ANN, 6)
    assert await granted(limiter, ANN._replace(requests=7), 3) == [True, True, False]


async def test_a_clock_that_was_wrong_locks_nobody_out(limiter: Limiter, clock: HandClock) -> None:
    clock.pass_by(3 * 86_400)
    await granted(limiter, ANN, 6)
    clock.pass_by(-3 * 86_400)
    assert await granted(limiter, ANN, 6) == [True] * 5 + [False]


async def test_the_broker_keeps_no_names_and_nothing_for_ever(limiter: Limiter, broker: Redis) -> None:
    await limiter.charge(ANN)
    (key,) = await broker.keys("*")
    assert b"ann" not in key
    assert 0 < await broker.pttl(key) <= WINDOW_SECONDS * 1000


async def test_a_request_that_is_given_up_keeps_nobody_waiting(limiter: Limiter) -> None:
    given_up = asyncio.ensure_future(limiter.charge(ANN))
    other = asyncio.ensure_future(limiter.charge(ANN))
    await asyncio.sleep(0)
    given_up.cancel()
    assert (await other).granted


async def test_without_a_broker_nobody_knows(clock: HandClock) -> None:
    away: Redis = Redis(port=1)
    limiter = Limiter(away, clock, b"k" * 32)
    for _ in range(2):
        answers = await asyncio.gather(*(limiter.charge(ANN) for _ in range(3)), return_exceptions=True)
        assert all(isinstance(each, (RedisError, OSError)) for each in answers)
    await away.aclose()


async def test_when_the_broker_is_back_it_is_asked_again(broker: Redis, valkey_url: str, clock: HandClock) -> None:
    client: Redis = Redis.from_url(valkey_url)
    limiter = Limiter(client, clock, b"k" * 32)
    right = client.connection_pool.connection_kwargs["port"]
    client.connection_pool.connection_kwargs["port"] = 1
    with pytest.raises((RedisError, OSError)):
        await limiter.charge(ANN)
    client.connection_pool.reset()
    client.connection_pool.connection_kwargs["port"] = right
    with pytest.raises(BrokerConnectionError, match="a moment ago"):
        await limiter.charge(ANN)
    clock.pass_by(3)
    assert (await limiter.charge(ANN)).granted
    await client.aclose()


@given(st.lists(st.floats(0, 20), min_size=1, max_size=60), st.integers(1, 8))
@hypothesis_settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_window_holds_more_than_the_quota(valkey_url: str, pauses: Sequence[float], requests: int) -> None:
    """Within the slot by which the window moves."""

    async def times_granted() -> list[datetime]:
        clock = HandClock()
        client: Redis = Redis.from_url(valkey_url)
        await client.flushall()
        limiter, found = Limiter(client, clock, b"k" * 32), []
        for pause in pauses:
            clock.pass_by(pause)
            if (await limiter.charge(Quota("ann", requests))).granted:
                found.append(clock.at)
        await client.aclose()
        return found

    times = asyncio.run(times_granted())
    span = timedelta(seconds=WINDOW_SECONDS * 11 / 12)
    for begin in times:
        assert sum(begin <= at < begin + span for at in times) <= requests
