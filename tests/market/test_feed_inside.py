"""Finer candles beside coarser ones: which tell of which, and how a replay gives them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.market.candle_maker import save, walk
from tests.market.coarser import coarser
from tradewind.core.candles import Timeframe
from tradewind.core.series import Columns
from tradewind.market import FeedSettingsError, ReplayFeed, Step
from tradewind.market.feeds.inside import resolve

M5, M15 = Timeframe.M5, Timeframe.M15


def without(columns: Columns, *rows: int) -> Columns:
    return columns.picked(np.delete(np.arange(len(columns)), rows))


def test_a_candle_is_told_of_by_all_its_parts_or_by_none() -> None:
    fine = walk(90)
    coarse = coarser(fine, 3)
    assert resolve(coarse, M15, fine, M5).first.tolist() == list(range(0, 90, 3))
    told = resolve(coarse, M15, without(fine, 4, 9), M5).first
    assert told[[1, 3]].tolist() == [-1, -1]
    assert told[[0, 2, 4]].tolist() == [0, 5, 10]
    assert (resolve(coarse, M15, fine.rows(0, 0), M5).first == -1).all()


@pytest.mark.parametrize("name", ["open", "high", "low", "close"])
def test_candles_that_say_otherwise_do_not_tell(name: str) -> None:
    fine = walk(30)
    coarse = coarser(fine, 3)
    column = getattr(coarse, name).copy()
    column[4] *= 1.5 if name == "high" else 0.5 if name == "low" else 1.0001
    told = resolve(Columns(**{**coarse._asdict(), name: column}), M15, fine, M5).first
    assert told[4] == -1
    assert (np.delete(told, 4) >= 0).all()


def folder_of(path: Path, *missing: int) -> tuple[Path, Columns]:
    """15m candles of two symbols; 5m candles of the first, but for some."""
    fine = walk(120)
    save(path, "BTCUSDT", M15, coarser(fine, 3))
    save(path, "ETHUSDT", M15, coarser(fine, 3))
    save(path, "BTCUSDT", M5, without(fine, *missing))
    return path, fine


async def steps_of(feed: ReplayFeed) -> list[Step]:
    return [step async for step in feed.steps()]


async def test_steps_carry_what_is_inside(tmp_path: Path) -> None:
    folder, fine = folder_of(tmp_path, 100)
    feed = ReplayFeed.open(folder, timeframe=M15, timeframes=(), history=10, inside="auto")
    assert feed.finer is M5
    assert feed.resolved() == 29, "of 60 candles: of one a part is missing, of the other symbol all"
    steps = await steps_of(feed)
    assert [len(step.closed) for step in steps] == [2] * 30
    for number, step in enumerate(steps, 10):
        ours = [candle for symbol, timeframe, candle in step.inside if (symbol, timeframe) == ("BTCUSDT", M5)]
        assert len(ours) == len(step.inside)
        assert ours == ([] if number == 33 else list(fine.rows(3 * number, 3 * number + 3).candles()))


async def test_none_unless_asked_for(tmp_path: Path) -> None:
    folder, _ = folder_of(tmp_path)
    feed = ReplayFeed.open(folder, timeframe=M15, timeframes=(), history=10)
    assert not any(step.inside for step in await steps_of(feed))
    asked = ReplayFeed.open(folder, timeframe=M15, timeframes=(), history=10, inside=M5)
    assert asked.world != feed.world, "another world: a state of the one is not one of the other"
    alone = ReplayFeed.open(folder, symbols=["ETHUSDT"], timeframe=M15, timeframes=(), history=10, inside="auto")
    assert (alone.finer, alone.resolved()) == (None, 0)


async def test_goes_on_where_it_stood(tmp_path: Path) -> None:
    folder, _ = folder_of(tmp_path, 70)
    whole = await steps_of(ReplayFeed.open(folder, timeframe=M15, timeframes=(), history=10, inside=M5))
    first = ReplayFeed.open(folder, timeframe=M15, timeframes=(), history=10, inside=M5)
    given = [step async for step, _ in _few(first, 7)]
    rest = ReplayFeed.open(folder, timeframe=M15, timeframes=(), history=10, inside=M5, resume=first.state())
    assert given + await steps_of(rest) == whole


async def _few(feed: ReplayFeed, count: int):
    async for step in feed.steps():
        yield step, count
        count -= 1
        if not count:
            return


@pytest.mark.parametrize(
    ("finer", "said"),
    [
        (Timeframe.M15, "expected to look inside 15m with a timeframe that divides it, got 15m"),
        (Timeframe.H1, "expected to look inside 15m with a timeframe that divides it, got 1h"),
        (Timeframe.M1, "expected files of 1m to look inside 15m with"),
    ],
)
def test_what_cannot_tell_is_refused(tmp_path: Path, finer: Timeframe, said: str) -> None:
    folder, _ = folder_of(tmp_path)
    with pytest.raises(FeedSettingsError, match=said):
        ReplayFeed.open(folder, timeframe=M15, timeframes=(), history=10, inside=finer)
