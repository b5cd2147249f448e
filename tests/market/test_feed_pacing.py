"""Market time against wall time, on a clock that only moves when somebody sleeps."""

from __future__ import annotations

import math

import pytest

from tradewind.market.errors import FeedSettingsError
from tradewind.market.feeds.pacing import MAX_SPEED, Pacer, speed_of


class Clock:
    """Seconds; `lag` is by how much every sleep lasts longer than asked."""

    def __init__(self, lag: float = 0.0) -> None:
        self.now = 1000.0
        self.lag = lag
        self.slept: list[float] = []

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds + self.lag


async def test_market_time_runs_at_the_speed_asked_for() -> None:
    clock = Clock()
    pacer = Pacer(120.0, clock=clock, sleep=clock.sleep)
    pacer.start(60_000)
    await pacer.until(60_000 + 60_000)
    assert clock.now == pytest.approx(1000.5)
    await pacer.until(60_000 + 180_000)
    assert clock.now == pytest.approx(1001.5)


async def test_sleeping_too_long_does_not_add_up() -> None:
    clock = Clock(lag=0.01)
    pacer = Pacer(60.0, clock=clock, sleep=clock.sleep)
    pacer.start(0)
    for minute in range(1, 1001):
        await pacer.until(minute * 60_000)
    assert clock.now == pytest.approx(1000.0 + 1000.0 + 0.01)


async def test_who_is_behind_does_not_wait_until_he_has_caught_up() -> None:
    clock = Clock()
    pacer = Pacer(60.0, clock=clock, sleep=clock.sleep)
    pacer.start(0)
    clock.now += 3.5
    for minute in range(1, 4):
        await pacer.until(minute * 60_000)
    assert clock.slept == []
    await pacer.until(4 * 60_000)
    assert clock.now == pytest.approx(1004.0)


@pytest.mark.parametrize("speed", [MAX_SPEED, 1e9])
async def test_without_waiting_others_still_get_their_turn_now_and_then(speed: float) -> None:
    clock = Clock()
    pacer = Pacer(speed, clock=clock, sleep=clock.sleep)
    pacer.start(0)
    clock.now += 1.0
    for step in range(1000):
        await pacer.until(step)
    assert set(clock.slept) == {0.0}
    assert 2 <= len(clock.slept) <= 10


def test_a_speed_is_a_number_or_max() -> None:
    assert speed_of("", 7.0) == 7.0
    assert speed_of("max", 7.0) == math.inf
    assert speed_of("0.5", 7.0) == 0.5
    for text in ("fast", "0", "-3", "nan", "inf"):
        with pytest.raises(FeedSettingsError, match=text):
            speed_of(text, 7.0)
