"""Rules of the engine, one at a time: the future stays unknown, one engine writes, time passes without prices too."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from pathlib import Path

import asyncpg
import orjson
import pytest

from tests.simulation.trade_driver import CANDLE
from tests.trading.engine.conftest import FreshDatabase
from tests.trading.engine.replays import (
    HISTORY,
    START,
    Stage,
    btc_signal,
    make_followers,
    market,
    replay,
    staged,
    started,
)
from tradewind.billing import PlanCode
from tradewind.core.candles import Timeframe
from tradewind.core.costs import Costs
from tradewind.core.values import Side
from tradewind.kit.clock import from_ms
from tradewind.kit.ids import derive_id
from tradewind.market import Incident, IncidentKind, Step
from tradewind.platform.database import Database, Urls
from tradewind.platform.leases import LeaseLostError, take_lease
from tradewind.platform.settings import MarketSource
from tradewind.trading.dispatch import execute_signal

HOUR = 3_600_000
FREE = Costs(maker=0, taker=0, half_spread=0, slippage=0, impact=0, latency_ms=0, participation=1.0, funding_rate=0.001)


# ----------------------------------------------------------------------------------------------------------- the future


@pytest.mark.parametrize("candles", [HISTORY + 1, 150, 233])
async def test_what_comes_later_changes_nothing_before(fresh: FreshDatabase, tmp_path: Path, candles: int) -> None:
    """Cut the recording short anywhere: up to there every signal, decision and fill is the same."""
    folder = market(tmp_path / "candles", 3)
    contents = []
    for stop in (None, START + candles * CANDLE):
        settings = fresh()
        await make_followers(settings, [PlanCode.ENTERPRISE])
        contents.append(orjson.loads((await replay(settings, folder, steps_per_commit=200, stop=stop)).content))
    whole, cut = contents
    until = from_ms(START + candles * CANDLE)
    assert cut["signals"] == [row for row in whole["signals"] if datetime.fromisoformat(row["created_at"]) <= until]
    assert len(cut["intents"]) == sum(datetime.fromisoformat(row["created_at"]) <= until for row in whole["intents"])
    for name in ("decisions", "fills"):
        # At the last moment itself some things happen before the candle closes and some after.
        told, known = (
            [row for row in content[name] if datetime.fromisoformat(row["at"]) < until] for content in (cut, whole)
        )
        assert told == known
    if candles > HISTORY + 1:
        assert len(cut["signals"]) > 20


# ----------------------------------------------------------------------------------------------------------- one engine


async def test_an_engine_that_was_replaced_cannot_write_any_more(fresh: FreshDatabase, tmp_path: Path) -> None:
    settings = fresh()
    folder = market(tmp_path / "candles", 4)
    await make_followers(settings, [PlanCode.PRO])
    async with started(settings, folder) as slow:
        steps = aiter(slow.feed.steps())
        for _ in range(60):
            await slow.engine.step(await anext(steps))
        before = await slow.committed.fetch("select step, at from engine_states")
        counts = await slow.committed.fetchrow(_ROWS)
        async with started(settings, folder) as quick:  # this process counts as dead to itself
            step = await anext(steps)
            with pytest.raises(LeaseLostError):
                await slow.engine.step(step)
            slow.connection.terminate()
            assert await quick.committed.fetch("select step, at from engine_states") == before
            assert await quick.committed.fetchrow(_ROWS) == counts
            async for step in quick.feed.steps():
                await quick.engine.step(step)
                break
            assert await quick.committed.fetchval("select step from engine_states") == before[0]["step"] + 1


_ROWS = """
select (select count(*) from signals) as signals, (select count(*) from fills) as fills,
       (select count(*) from decisions) as decisions, (select count(*) from ledger_entries) as entries,
       (select count(*) from events) as events, (select sum(slots_used) from allowances) as slots
"""


async def test_a_batch_is_committed_before_its_lease_lapses(fresh: FreshDatabase, tmp_path: Path) -> None:
    """A replay at a finite speed takes its time for a thousand steps; a kill must not cost all of it."""
    settings = fresh()
    folder = market(tmp_path / "candles", 4)
    await make_followers(settings, [PlanCode.PRO])
    async with started(settings, folder, steps_per_commit=1000, lease_seconds=0.001) as run:
        async for step in run.feed.steps():
            await run.engine.step(step)
            if run.engine.steps == 20:
                break
        committed = await run.committed.fetchval("select step from engine_states")
    assert 0 < committed <= 20


async def test_a_lease_is_taken_by_one(fresh: FreshDatabase) -> None:
    settings = fresh()
    database = Database(Urls.system(settings))
    first, second = await database.connect(), await database.connect()
    try:
        old = await take_lease(first, "engine:x")
        new = await take_lease(second, "engine:x")
        assert new.token == old.token + 1
        with pytest.raises(LeaseLostError):
            await old.renew(first)
        await new.renew(second)
        await old.release(first)
        await new.renew(second)
    finally:
        await first.close()
        await second.close()
        await database.close()


# -------------------------------------------------------------------------------------------------------------- intents


async def test_a_signal_that_is_over_is_not_executed_any_more(fresh: FreshDatabase) -> None:
    """Somebody asks for it; before the engine gets to it, the signal closes. He is told so and has his slot back."""
    settings = fresh()
    (user,) = await make_followers(settings, [PlanCode.FREE_TRIAL])
    app = Database(Urls.app(settings))
    async with staged(settings, costs=FREE) as stage:
        await stage.candle(40_000, 40_000, 40_000, 40_000)
        signal = btc_signal(stage.at)
        await stage.publish(signal)
        async with app.writing(derive_id("test tenant", 0)) as session:
            await execute_signal(session, user, signal.id, None, from_ms(stage.at))
        assert await stage.one("select slots_used from allowances") == 1
        await stage.candle(40_000, 40_000, 39_000, 39_000)
        await stage.engine.attend()
        intent = await stage.connection.fetchrow("select status, deny_reason, holds_slot from intents")
        assert tuple(intent) == ("denied", "signal_closed", False)
        assert await stage.one("select slots_used from allowances") == 0
        assert await stage.one("select code from decisions") == "intent_denied"
    await app.close()


async def test_two_signals_for_one_symbol_in_one_step_make_one_position(fresh: FreshDatabase) -> None:
    settings = fresh()
    await make_followers(settings, [PlanCode.PRO])
    async with staged(settings, costs=FREE) as stage:
        await stage.candle(40_000, 40_000, 40_000, 40_000)
        for number, side in enumerate((Side.LONG, Side.LONG, Side.SHORT), 1):
            await stage.publish(btc_signal(stage.at, number=number, side=side))
        assert await stage.one("select slots_used from allowances") == 3
        await stage.candle(40_000, 40_000, 40_000, 40_000)
        rows = await stage.connection.fetch("select status, deny_reason from intents")
        assert sorted(row["status"] for row in rows) == ["denied", "denied", "open"]
        assert {row["deny_reason"] for row in rows} <= {None, "position_already_open", "opposite_side_open"}
        assert await stage.one("select slots_used from allowances") == 1


async def test_an_account_with_impossible_settings_does_not_stop_the_others(fresh: FreshDatabase) -> None:
    settings = fresh()
    users = await make_followers(settings, [PlanCode.PRO, PlanCode.PRO])
    owner = await asyncpg.connect(settings.database_url)
    await owner.execute("alter table trading_accounts drop constraint ck_trading_accounts_max_leverage")
    await owner.close()
    async with staged(settings, costs=FREE) as stage:
        await stage.connection.execute("update trading_accounts set max_leverage = 0 where user_id = $1", users[0])
        await stage.candle(40_000, 40_000, 40_000, 40_000)
        await stage.publish(btc_signal(stage.at))
        await stage.candle(40_000, 40_000, 40_000, 40_000)
        assert await stage.one("select status from intents where user_id = $1", users[1]) == "open"
        denied = await stage.connection.fetchrow("select status, deny_reason from intents where user_id = $1", users[0])
        assert tuple(denied) == ("denied", "exposure_limit")
        await stage.connection.execute("update trading_accounts set max_leverage = 1000 where user_id = $1", users[1])
        await stage.engine.commit()
    async with staged(settings, costs=FREE) as stage:  # what is open is guarded on, whatever was set meanwhile
        await stage.candle(40_000, 40_000, 39_000, 39_000)
        assert await stage.one("select status from positions where user_id = $1", users[1]) == "closed"


# ----------------------------------------------------------------------------------------------------------------- time


async def test_an_entry_does_not_fill_after_its_signal_has_expired(fresh: FreshDatabase) -> None:
    """Nothing came for hours; the first price after that is inside the zone."""
    settings = fresh()
    await make_followers(settings, [PlanCode.PRO])
    async with staged(settings, costs=FREE) as stage:
        await stage.candle(40_100, 40_100, 40_100, 40_100)
        await stage.publish(btc_signal(stage.at, candles=3))
        await stage.candle(40_100, 40_110, 40_050, 40_100)
        stage.at += 5 * HOUR
        await stage.candle(39_900, 40_000, 39_800, 39_950)
        assert await stage.one("select status from intents") == "expired"
        assert await stage.one("select count(*) from fills") == 0
        assert await stage.one("select slots_used from allowances") == 0
        assert await stage.one("select ending from signals") == "expired"


async def test_no_fill_is_later_than_the_expiry_of_its_signal(fresh: FreshDatabase, tmp_path: Path) -> None:
    settings = fresh()
    gaps = {"BTCUSDT": range(100, 130), "ETHUSDT": range(150, 300), "ZZZUSDT": range(60, 64)}
    folder = market(tmp_path / "candles", 7, **gaps)
    await make_followers(settings, [PlanCode.ENTERPRISE])
    async with started(settings, folder, steps_per_commit=100) as run:
        async for step in run.feed.steps():
            await run.engine.step(step)
        await run.engine.commit()
        late = await run.committed.fetchval(
            "select count(*) from fills f join positions p on p.id = f.position_id "
            "join signals s on s.id = p.signal_id where f.purpose = 'entry' and f.at > s.expires_at"
        )
        assert late == 0
        report = await run.report()
    assert report.naked == 0
    assert len(orjson.loads(report.content)["candles"]["incidents"]) == 3


async def _position_at_noon(stage: Stage, funding_at: int) -> None:
    """Hold 1 % of 10,000 ÷ 400 = 0.125 BTC (0.5 % risk) some candles before a funding."""
    stage.at = funding_at - 3 * stage.timeframe.ms
    await stage.candle(40_000, 40_000, 40_000, 40_000)
    await stage.publish(btc_signal(stage.at))
    await stage.candle(40_000, 40_000, 40_000, 40_000)
    assert await stage.one("select quantity from positions") == Decimal("0.125")


async def _funded(stage: Stage) -> list[tuple[int, Decimal]]:
    rows = await stage.connection.fetch("select at, amount from ledger_entries where kind = 'funding' order by seq")
    return [(int((row["at"].timestamp() - START / 1000) // 3600), row["amount"]) for row in rows]


async def test_funding_is_charged_at_its_moment(fresh: FreshDatabase) -> None:
    settings = fresh()
    await make_followers(settings, [PlanCode.PRO])
    async with staged(settings, costs=FREE) as stage:
        await _position_at_noon(stage, START + 8 * HOUR)
        assert await _funded(stage) == []
        await stage.candle(40_000, 40_100, 39_900, 40_080)
        assert await _funded(stage) == [(8, Decimal("5.01"))]
        await stage.candle(40_080, 40_100, 39_900, 40_000)
        assert len(await _funded(stage)) == 1


async def test_funding_that_nobody_saw_pass_is_charged_too(fresh: FreshDatabase) -> None:
    """The prices stopped for a day; the position did not."""
    settings = fresh()
    await make_followers(settings, [PlanCode.PRO])
    async with staged(settings, costs=FREE) as stage:
        await _position_at_noon(stage, START + 8 * HOUR)
        stage.at = START + 30 * HOUR
        await stage.candle(40_000, 40_000, 39_000, 39_000)
        assert await _funded(stage) == [(8, Decimal(5)), (16, Decimal(5)), (24, Decimal(5))], "at the last known price"
        assert await stage.one("select status from positions") == "closed"


async def test_a_candle_longer_than_the_interval_is_charged_for_each(fresh: FreshDatabase) -> None:
    settings = fresh()
    await make_followers(settings, [PlanCode.PRO])
    async with staged(settings, timeframe=Timeframe.D1, costs=FREE) as stage:
        await stage.candle(40_000, 40_000, 40_000, 40_000)
        await stage.publish(btc_signal(stage.at, candles=2000))
        await stage.candle(40_000, 40_000, 40_000, 40_000)
        await stage.candle(40_000, 40_000, 40_000, 40_000)
        assert [hours for hours, _ in await _funded(stage)] == [32, 40, 48, 56, 64, 72]


async def test_funding_is_not_charged_to_who_came_after_it(fresh: FreshDatabase) -> None:
    """The tick that opens the position is the first after the moment of funding."""
    settings = fresh()
    await make_followers(settings, [PlanCode.PRO])
    async with staged(settings, costs=FREE) as stage:
        moment = START + 8 * HOUR
        await stage.tick(moment - 60_000, 40_100.0)
        await stage.publish(btc_signal(stage.engine.at))
        await stage.tick(moment - 30_000, 40_100.0)
        await stage.tick(moment + 350, 40_000.0)
        assert await stage.one("select quantity from positions") == Decimal("0.125")
        assert await _funded(stage) == []


async def test_funding_is_charged_to_who_left_after_it(fresh: FreshDatabase) -> None:
    """The first tick after the moment of funding hits the stop: too late to save it."""
    settings = fresh()
    await make_followers(settings, [PlanCode.PRO])
    async with staged(settings, costs=FREE) as stage:
        moment = START + 8 * HOUR
        await stage.tick(moment - 60_000, 40_000.0)
        await stage.publish(btc_signal(stage.engine.at))
        await stage.tick(moment - 30_000, 40_000.0)
        assert await stage.one("select quantity from positions") == Decimal("0.125")
        await stage.tick(moment + 350, 39_000.0)
        assert await stage.one("select status from positions") == "closed"
        assert await _funded(stage) == [(8, Decimal(5))]


# ---------------------------------------------------------------------------------------------------- ticks and candles


async def test_candles_that_come_late_are_lived_through(fresh: FreshDatabase) -> None:
    """Trades came back first after a break, then the candles that were missed: the stop was reached in one of them."""
    settings = fresh()
    await make_followers(settings, [PlanCode.PRO])
    async with staged(settings, source=MarketSource.LIVE, timeframe=Timeframe.M1, costs=FREE) as stage:
        minute = 60_000
        await stage.tick(START + 1000, 40_000.0)
        await stage.publish(btc_signal(stage.engine.at))
        await stage.tick(START + 2000, 40_000.0)
        assert await stage.one("select status from positions") == "open"
        await stage.candle(40_000, 40_000, 40_000, 40_000, ts=START)
        await stage.tick(START + 4 * minute + 5000, 40_010.0)
        await stage.candle(40_000, 40_020, 39_980, 40_000, ts=START + minute)
        assert await stage.one("select status from positions") == "open"
        await stage.candle(40_000, 40_000, 39_500, 39_900, ts=START + 2 * minute)
        position = await stage.connection.fetchrow("select status, exit_reason, exit_price from positions")
        assert tuple(position) == ("closed", "stop", Decimal("39600"))
        assert await stage.one("select ending from signals") == "stop"
        assert stage.engine.desk.prices["BTCUSDT"] == 40_010.0, "the present price is the newest"


async def test_a_candle_whose_ticks_were_seen_is_not_lived_through_twice(fresh: FreshDatabase) -> None:
    """Its low was before the entry."""
    settings = fresh()
    await make_followers(settings, [PlanCode.PRO])
    for restarted in (False, True):
        async with staged(settings, source=MarketSource.LIVE, timeframe=Timeframe.M1, costs=FREE) as stage:
            if not restarted:
                await stage.tick(START + 1000, 39_000.0)
                await stage.tick(START + 2000, 40_000.0)
                await stage.publish(btc_signal(stage.engine.at))
                await stage.tick(START + 3000, 40_000.0)
                continue
            await stage.candle(39_000, 40_000, 39_000, 40_000, ts=START)
            assert await stage.one("select status from positions") == "open"


async def test_a_candle_from_before_the_signal_does_not_concern_it(fresh: FreshDatabase) -> None:
    settings = fresh()
    await make_followers(settings, [PlanCode.PRO])
    async with staged(settings, source=MarketSource.LIVE, timeframe=Timeframe.M1, costs=FREE) as stage:
        await stage.tick(START + 5 * 60_000, 40_000.0)
        await stage.publish(btc_signal(stage.engine.at))
        await stage.tick(START + 5 * 60_000 + 10, 40_000.0)
        await stage.candle(40_000, 41_000, 39_000, 40_000, ts=START)
        assert await stage.one("select status from positions") == "open"
        assert await stage.one("select phase from signals") == "open"


async def test_what_a_broken_stream_missed_of_a_candle_is_made_up_for(fresh: FreshDatabase) -> None:
    settings = fresh()
    await make_followers(settings, [PlanCode.PRO])
    async with staged(settings, source=MarketSource.LIVE, timeframe=Timeframe.M1, costs=FREE) as stage:
        await stage.tick(START + 1000, 40_000.0)
        await stage.publish(btc_signal(stage.engine.at))
        await stage.tick(START + 2000, 40_000.0)
        await stage.candle(40_000, 40_000, 39_000, 40_000, ts=START)
        assert await stage.one("select status from positions") == "closed"


async def test_only_what_was_missed_of_a_candle_is_made_up_for(fresh: FreshDatabase) -> None:
    """Its low was seen before the entry, its high after it was not: the first target was reached, the stop was not."""
    settings = fresh()
    await make_followers(settings, [PlanCode.PRO])
    for restarted in (False, True):
        async with staged(settings, source=MarketSource.LIVE, timeframe=Timeframe.M1, costs=FREE) as stage:
            if not restarted:
                await stage.tick(START + 1000, 39_000.0)
                await stage.tick(START + 2000, 40_000.0)
                await stage.publish(btc_signal(stage.engine.at))
                await stage.tick(START + 3000, 40_000.0)
                await stage.engine.commit()
                continue
            await stage.candle(39_000, 40_500, 39_000, 40_300, ts=START, volume=4e9)
            assert await stage.one("select status from positions") == "open"
            assert await stage.one("select targets_hit from signals") == 1
            assert await stage.one("select count(*) from fills where purpose = 'target'") == 1
            assert stage.engine.desk.prices["BTCUSDT"] == 40_300.0


async def test_a_candle_that_comes_late_cannot_stop_what_was_entered_after_it(fresh: FreshDatabase) -> None:
    """After a break trades come first, and the entry fills; then the candles of the break, one below the stop."""
    settings = fresh()
    await make_followers(settings, [PlanCode.PRO])
    minute = 60_000
    async with staged(settings, source=MarketSource.LIVE, timeframe=Timeframe.M1, costs=FREE) as stage:
        await stage.tick(START + 1000, 40_100.0)
        await stage.publish(btc_signal(stage.engine.at))
        await stage.tick(START + 2000, 40_100.0)
        await stage.tick(START + 3 * minute + 5000, 40_000.0)
        assert await stage.one("select status from positions") == "open"
        await stage.candle(40_100, 40_100, 40_100, 40_100, ts=START)
        await stage.candle(40_100, 40_100, 39_000, 40_000, ts=START + minute)
        assert await stage.one("select status from positions") == "open"
        assert await stage.one("select phase from signals") == "open"


@pytest.mark.parametrize("side", list(Side))
async def test_a_position_is_closed_by_time_with_the_candle_with_which_its_signal_is(
    fresh: FreshDatabase, side: Side
) -> None:
    """The entry takes its way to the venue, and so does the exit; neither makes the position a candle older."""
    settings = fresh()
    await make_followers(settings, [PlanCode.PRO])
    async with staged(settings, costs=Costs(participation=1.0, latency_ms=250)) as stage:
        await stage.candle(40_000, 40_000, 40_000, 40_000)
        await stage.publish(btc_signal(stage.at, side=side, max_age_ms=3 * CANDLE))
        began = stage.at
        for _ in range(4):
            await stage.candle(40_000, 40_000, 40_000, 40_000)
        assert await stage.one("select ending from signals") == "time_stop"
        position = await stage.connection.fetchrow("select exit_reason, opened_at, closed_at from positions")
        assert tuple(position) == ("time_stop", from_ms(began + 250), from_ms(began + 250 + 3 * CANDLE))


# ------------------------------------------------------------------------------------------------------------ incidents


async def test_what_a_stream_says_twice_is_noted_once(fresh: FreshDatabase) -> None:
    """The same candle came three times within a millisecond, and once more after a restart of the feed."""
    incident = Incident(IncidentKind.CANDLE_DUPLICATE, "BTCUSDT", Timeframe.M5, START + 5, START, "again")
    async with staged(fresh(), costs=FREE) as stage:
        for number in range(2):
            await stage.engine.step(Step(START + 10 + number, incidents=(incident, incident)))
            await stage.engine.commit()
        assert await stage.one("select count(*) from market_incidents") == 1
