"""Alerts and the engine: told once, whatever is killed; at ticks and closes; as their owners left them."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any
from uuid import UUID

import pytest

from tests.market.candle_maker import START
from tests.trading.engine.replays import (
    CANDLE,
    HISTORY,
    Stage,
    killed_now_and_then,
    make_followers,
    market,
    replay,
    staged,
)
from tradewind.billing import PlanCode
from tradewind.kit.clock import from_ms
from tradewind.kit.ids import derive_id
from tradewind.platform.database import Database, Urls
from tradewind.platform.settings import Settings
from tradewind.trading.alerts import prune_triggers
from tradewind.trading.alerts.models import AlertRow
from tradewind.trading.alerts.schemas import AlertWish
from tradewind.trading.alerts.service import change_alert, make_alert
from tradewind.trading.alerts.states import AlertState

HOLDS = "close > previous(close)"


async def owner(settings: Settings) -> tuple[UUID, UUID]:
    """A user on the largest plan, with his tenant."""
    (user_id,) = await make_followers(settings, [PlanCode.ENTERPRISE])
    return user_id, derive_id("test tenant", 0)


async def make(settings: Settings, *wishes: dict[str, Any]) -> list[UUID]:
    """Alerts of the first follower, as the API makes them."""
    database = Database(Urls.app(settings))
    tenant_id = derive_id("test tenant", 0)
    made = []
    try:
        async with database.writing(tenant_id) as session:
            for wish in wishes:
                wanted = AlertWish.model_validate({"symbol": "BTCUSDT"} | wish)
                row = await make_alert(session, wanted, user_id=derive_id("test user", 0), tenant_id=tenant_id)
                assert isinstance(row, AlertRow)
                made.append(row.id)
    finally:
        await database.close()
    return made


async def change(settings: Settings, alert_id: UUID, state: AlertState) -> None:
    database = Database(Urls.app(settings))
    try:
        async with database.writing(derive_id("test tenant", 0)) as session:
            await change_alert(
                session, alert_id, user_id=derive_id("test user", 0), tenant_id=derive_id("test tenant", 0), state=state
            )
    finally:
        await database.close()


async def fetch(settings: Settings, statement: str) -> list[tuple[Any, ...]]:
    database = Database(Urls.system(settings))
    connection = await database.connect()
    try:
        return [tuple(row) for row in await connection.fetch(statement)]
    finally:
        await connection.close()
        await database.close()


async def history(settings: Settings) -> list[tuple[Any, ...]]:
    """All that is told of alerts, without the ids that differ between two runs."""
    return await fetch(
        settings,
        "select a.name, t.at, t.price, t.words ->> 'en', t.words ->> 'ru' from alert_triggers t "
        "join alerts a on a.id = t.alert_id order by 1, 2",
    )


async def told(settings: Settings) -> dict[str, int]:
    """Events of alerts by type, and how many of them wait for each destination."""
    rows = await fetch(
        settings,
        "select e.type || ' ' || o.destination, count(*) from events e join outbox o on o.event_id = e.id "
        "where e.type like 'alert%' group by 1 order by 1",
    )
    return dict(rows)


# -------------------------------------------------------------------------------------------------------- exactly once


def all_kinds() -> list[dict[str, Any]]:
    often = {"repeat": "every_time", "cooldown_minutes": 0}
    return [
        {"name": "rising", "timeframe": "5m", "expression": "close > previous(close) and rsi(close, 3) > 60"} | often,
        {"name": "same as rising", "timeframe": "5m", "expression": "close > previous(close) and rsi(close, 3) > 60",
         "repeat": "every_time", "cooldown_minutes": 47},
        {"name": "crossing", "symbol": "ETHUSDT", "timeframe": "5m",
         "expression": "crosses_below(close, sma(close, 9)) and on(BTCUSDT, close < sma(close, 9))"} | often,
        {"name": "first", "symbol": "SOLUSDT", "timeframe": "5m", "expression": "close < sma(close, 7) * 0.995"},
        {"name": "until noon", "timeframe": "5m", "expression": HOLDS,
         "expires_at": from_ms(START + 150 * CANDLE).isoformat()} | often,
        *({"name": f"level {price}", "price": str(price)} | often for price in range(30_000, 55_000, 700)),
        {"name": "over", "symbol": "ETHUSDT", "price": "2010", "move": "above"} | often,
        {"name": "under", "symbol": "ETHUSDT", "price": "1990", "move": "below", "repeat": "once"},
    ]  # fmt: skip


@pytest.mark.parametrize("seed", range(3))
async def test_each_is_told_once_wherever_the_engine_is_killed(fresh: Any, tmp_path: Path, seed: int) -> None:
    folder = market(tmp_path / "candles", seed, BTCUSDT=range(200, 215))
    runs = []
    for killed in (False, True):
        settings = fresh()
        await owner(settings)
        await make(settings, *all_kinds())
        if killed:
            await killed_now_and_then(settings, folder, Random(seed), steps_per_commit=[1, 4, 30][seed])
        else:
            await replay(settings, folder, steps_per_commit=1000)
        states = await fetch(settings, "select name, state, times, last_triggered_at from alerts order by name")
        runs.append((await history(settings), states, await told(settings)))
    whole, killed_run = runs
    assert whole == killed_run
    names = {row[0] for row in whole[0]}
    assert {"rising", "same as rising", "crossing", "first", "until noon"} <= names
    assert any(name.startswith("level") for name in names)
    assert whole[2]["alert_triggered realtime"] == whole[2]["alert_triggered telegram"] == len(whole[0])
    assert whole[2]["alert_expired realtime"] == 1
    assert len({row[:2] for row in whole[0]}) == len(whole[0]), "at most once per candle and alert"
    by_state = {name: state for name, state, _, _ in whole[1]}
    assert (by_state["first"], by_state["until noon"], by_state["rising"]) == ("triggered", "expired", "active")


# ----------------------------------------------------------------------------------------------------- one at a time


async def triggers(settings: Settings) -> list[tuple[int, float]]:
    """When (ms after the start) and at which price."""
    rows = await fetch(settings, "select at, price from alert_triggers order by at")
    return [(round(at.timestamp() * 1000) - START, float(price)) for at, price in rows]


async def seen(stage: Stage) -> None:
    """Let the engine see what was made."""
    await stage.engine.attend()


async def test_a_level_is_told_at_the_tick_that_reaches_it(fresh: Any) -> None:
    settings = fresh()
    await owner(settings)
    async with staged(settings) as stage:
        await stage.tick(START + 1_000, 40_000)
        await make(settings, {"price": "40100", "move": "above"})
        await seen(stage)
        await stage.tick(START + 2_000, 40_099)
        assert await triggers(settings) == []
        await stage.tick(START + 3_000, 40_101)
        assert await triggers(settings) == [(3_000, 40_101.0)], "durable without waiting for the candle to close"
        await stage.tick(START + 4_000, 40_000)
        await stage.tick(START + 5_000, 40_200)
    assert len(await triggers(settings)) == 1, "once is once"


async def test_again_and_again_means_once_per_candle_and_after_its_rest(fresh: Any) -> None:
    settings = fresh()
    await owner(settings)
    async with staged(settings) as stage:
        await stage.tick(START + 1_000, 40_000)
        await make(settings, {"price": "40100", "repeat": "every_time", "cooldown_minutes": 11})
        await seen(stage)
        for minute in range(1, 31):
            await stage.tick(START + minute * 60_000, 40_050 if minute % 2 else 40_150)
    assert [at // 60_000 for at, _ in await triggers(settings)] == [2, 13, 24]


async def test_a_level_inside_a_candle_without_ticks_is_told_at_its_close(fresh: Any) -> None:
    settings = fresh()
    await owner(settings)
    async with staged(settings) as stage:
        await stage.candle(40_000, 40_050, 39_950, 40_000)
        await make(settings, {"price": "40300"}, {"price": "39000", "move": "below"})
        await seen(stage)
        await stage.candle(40_000, 40_400, 39_900, 39_950)
        assert await triggers(settings) == [(2 * CANDLE, 40_300.0)]
        await stage.candle(38_000, 38_100, 37_900, 38_050)
    assert (await triggers(settings))[1:] == [(3 * CANDLE, 38_000.0)], "behind a gap: at the open"


async def test_a_restart_remembers_where_the_price_was(fresh: Any) -> None:
    settings = fresh()
    await owner(settings)
    async with staged(settings) as stage:
        await stage.tick(START + 1_000, 40_000)
        await make(settings, {"price": "40100", "move": "above"})
        await seen(stage)
        await stage.candle(40_000, 40_050, 39_950, 40_000)
    async with staged(settings) as stage:
        await stage.tick(START + CANDLE + 1_000, 40_200)
    assert await triggers(settings) == [(CANDLE + 1_000, 40_200.0)]


async def test_a_condition_waits_for_its_warm_up(fresh: Any) -> None:
    settings = fresh()
    await owner(settings)
    async with staged(settings) as stage:
        await make(settings, {"timeframe": "5m", "expression": "close > sma(close, 5)"})
        await seen(stage)
        for number in range(8):
            await stage.candle(40_000 + number, 40_010 + number, 39_990 + number, 40_000 + number)
    assert [at for at, _ in await triggers(settings)] == [5 * CANDLE]


async def test_paused_and_deleted_ones_are_silent_and_taken_up_again_they_speak(fresh: Any) -> None:
    settings = fresh()
    await owner(settings)
    async with staged(settings) as stage:
        often = {"timeframe": "5m", "expression": HOLDS, "repeat": "every_time", "cooldown_minutes": 0}
        paused, deleted = await make(settings, {"name": "paused"} | often, {"name": "deleted"} | often)
        await seen(stage)
        price = 40_000.0

        async def rise() -> int:
            nonlocal price
            price += 10
            await stage.candle(price - 5, price + 1, price - 6, price)
            return len(await triggers(settings))

        await rise()
        assert await rise() == 2
        await change(settings, paused, AlertState.PAUSED)
        await change(settings, deleted, AlertState.DELETED)
        # What the engine decides before it has heard of that is void.
        assert await rise() == 2
        await seen(stage)
        assert await fetch(settings, "select name, state from alerts") == [("paused", "paused")]
        assert await rise() == 1, "the history of the deleted one is gone"
        await change(settings, paused, AlertState.ACTIVE)
        await seen(stage)
        assert await rise() == 1, "its warm-up begins anew where nothing is on record"
        assert await rise() == 2
    assert (await told(settings))["alert_triggered realtime"] == 3


async def test_time_is_the_markets(fresh: Any) -> None:
    settings = fresh()
    await owner(settings)
    until = from_ms(START) + timedelta(minutes=12)
    async with staged(settings) as stage:
        await stage.tick(START + 1_000, 40_000)
        await make(settings, {"price": "40100", "expires_at": until.isoformat()})
        await seen(stage)
        await stage.tick(START + 11 * 60_000, 40_050)
        assert await fetch(settings, "select state from alerts") == [("active",)]
        await stage.tick(START + 12 * 60_000, 40_150)
    assert await triggers(settings) == []
    assert await fetch(settings, "select state from alerts") == [("expired",)]
    assert await told(settings) == {"alert_expired audit": 1, "alert_expired realtime": 1}


async def test_an_alert_made_late_knows_the_candles_on_record(fresh: Any, tmp_path: Path) -> None:
    """Its warm-up is behind it at the first close."""
    folder = market(tmp_path / "candles", 4)
    settings = fresh()
    await owner(settings)

    async def watch(run: Any) -> None:
        if run.engine.steps == 100:
            await make(settings, {"timeframe": "5m", "expression": "close > sma(close, 90) or close <= sma(close, 90)"})
            await run.engine.attend()

    await replay(settings, folder, watch=watch)
    ((at, _),) = await triggers(settings)
    assert at == (HISTORY + 101) * CANDLE


async def test_history_is_forgotten_after_its_time(fresh: Any) -> None:
    settings = fresh()
    await owner(settings)
    async with staged(settings) as stage:
        await make(settings, {"timeframe": "5m", "expression": HOLDS, "repeat": "every_time", "cooldown_minutes": 0})
        await seen(stage)
        day = 86_400_000 // CANDLE
        for number in (0, 1, 2, 3 * day, 3 * day + 1):
            await stage.candle(
                40_000 + number, 40_010 + number, 39_990 + number, 40_000 + number, ts=START + number * CANDLE
            )
        assert len(await triggers(settings)) == 4
        assert await prune_triggers(stage.connection, 2) == 2
    assert len(await triggers(settings)) == 2
