"""Sliding back-off: how long one waits after how many attempts, by a clock set by hand."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from redis.asyncio import Redis
from redis.exceptions import ConnectionError as BrokerConnectionError

from tests.support.mail import HandClock
from tradewind.platform.attempts import Attempts, BackOff, Counter, TooManyAttemptsError

RULE = BackOff(free=3, first=timedelta(seconds=2), most=timedelta(seconds=10), forget=timedelta(minutes=5))
ANN, BOB = Counter("login ann@tests.example", RULE), Counter("login bob@tests.example", RULE)


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def attempts(broker: Redis, clock: HandClock) -> Attempts:
    return Attempts(broker, clock, b"k" * 32)


async def wait_of(attempts: Attempts, *counters: Counter) -> int:
    """Seconds to wait; 0 when the attempt went through and was counted."""
    try:
        await attempts.charge(*counters)
    except TooManyAttemptsError as error:
        return error.seconds
    return 0


async def test_waits_double_up_to_the_longest(attempts: Attempts, clock: HandClock) -> None:
    assert [await wait_of(attempts, ANN) for _ in range(4)] == [0, 0, 0, 2]
    waits = []
    for _ in range(5):
        waits.append(await wait_of(attempts, ANN))
        clock.pass_by(seconds=waits[-1])
        assert await wait_of(attempts, ANN) == 0
    assert waits == [2, 4, 8, 10, 10]


async def test_waiting_in_vain_costs_nothing_more(attempts: Attempts, clock: HandClock) -> None:
    for _ in range(20):
        await wait_of(attempts, ANN)
    clock.pass_by(seconds=1.5)
    assert await wait_of(attempts, ANN) == 1, "rounded up, never nothing"
    clock.pass_by(seconds=0.5)
    assert await wait_of(attempts, ANN) == 0


async def test_after_a_while_all_is_forgotten(attempts: Attempts, clock: HandClock) -> None:
    for _ in range(4):
        await wait_of(attempts, ANN)
    clock.pass_by(minutes=5)
    assert [await wait_of(attempts, ANN) for _ in range(4)] == [0, 0, 0, 2]


async def test_counters_are_apart_and_an_attempt_passes_all_or_counts_for_none(attempts: Attempts) -> None:
    for _ in range(3):
        await wait_of(attempts, ANN)
    assert await wait_of(attempts, BOB, ANN) == 2
    assert [await wait_of(attempts, BOB) for _ in range(4)] == [0, 0, 0, 2]


async def test_of_attempts_at_the_same_time_only_the_free_ones_get_through(attempts: Attempts) -> None:
    waits = await asyncio.gather(*(wait_of(attempts, ANN) for _ in range(50)))
    assert waits.count(0) == RULE.free


async def test_what_was_right_does_not_count(attempts: Attempts) -> None:
    for _ in range(20):
        assert await wait_of(attempts, ANN, BOB) == 0
        await attempts.forgive(ANN, BOB)
    for _ in range(3):
        await wait_of(attempts, ANN)
    await attempts.forgive(ANN)
    assert await wait_of(attempts, ANN) == 0, "the wait is lifted with the attempt that brought it"
    await attempts.clear(ANN)
    assert [await wait_of(attempts, ANN) for _ in range(4)] == [0, 0, 0, 2]


async def test_the_broker_keeps_no_names_and_nothing_for_ever(attempts: Attempts, broker: Redis) -> None:
    await attempts.charge(ANN)
    (key,) = await broker.keys("*")
    assert b"ann" not in key
    assert 0 < await broker.pttl(key) <= 5 * 60_000 + 10_000


async def test_without_a_broker_nobody_gets_through(clock: HandClock) -> None:
    away: Redis = Redis(port=1)
    with pytest.raises(BrokerConnectionError):
        await Attempts(away, clock, b"k" * 32).charge(ANN)
    await away.aclose()
