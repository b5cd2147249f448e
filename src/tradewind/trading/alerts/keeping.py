"""The engine's side of alerts: takes in what people changed, and writes what happened with the step that made it so.

A change waits in its row (`seen` is false) until the engine has taken it in, which is committed with everything else.
A trigger is written only for the version of the alert that the engine knew and while it is active: whoever paused or
deleted it a moment before is not told. Its id follows from alert, version and moment: a repeated step makes the same.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any
from uuid import UUID

import asyncpg
import orjson
import structlog

from tradewind.core.alerts import Condition, Move
from tradewind.core.candles import Timeframe
from tradewind.core.expressions import ExpressionError
from tradewind.core.series import Columns
from tradewind.core.values import decimal_of
from tradewind.kit.clock import from_ms, to_ms
from tradewind.kit.ids import derive_id
from tradewind.kit.language import Language
from tradewind.market import Closed
from tradewind.platform.spine import EventType
from tradewind.trading.alerts import queries
from tradewind.trading.alerts.states import AlertState, Repeat
from tradewind.trading.alerts.watch import Alert, AlertWatch, Level, Trigger
from tradewind.trading.alerts.wording import condition_seen, level_seen
from tradewind.trading.desk import Journal

#: Asked with symbol, timeframe, a moment (UTC ms) and a count: the last so many candles that had closed by then.
CandleRecord = Callable[[str, Timeframe, int, int], Awaitable[Columns]]

_log = structlog.get_logger()


class AlertKeeper:
    """Alerts of one engine, between the database and their watch.

    Args:
        finest: the timeframe of the feed's shortest candles.
        record: closed candles of the past; None where there are none but those that the feed closes.
    """

    def __init__(self, finest: Timeframe, record: CandleRecord | None = None) -> None:
        self._watch = AlertWatch(finest)
        self._record = record
        #: To be told of every stretch of prices.
        self.pass_prices = self._watch.pass_prices

    @property
    def urgent(self) -> bool:
        """Whether something has happened that is to be written."""
        return self._watch.urgent

    # ----------------------------------------------------------------------------------------------------- taking in

    async def start(self, connection: queries.Connection, at: int) -> None:
        """Take in every active alert, at market ms `at`, in the caller's transaction."""
        await queries.take_changes(connection)
        await self._take(await queries.active_alerts(connection), at)

    async def attend(self, connection: queries.Connection, at: int) -> None:
        """Take in what people changed meanwhile, in the caller's transaction."""
        changed = await queries.take_changes(connection)
        if changed:
            await self._take(changed, at)

    async def _take(self, rows: Sequence[asyncpg.Record], at: int) -> None:
        alerts: list[Alert] = []
        gone: list[UUID] = []
        for row in rows:
            if row["state"] != AlertState.ACTIVE:
                gone.append(row["id"])
                continue
            try:
                alerts.append(_alert_of(row, self._watch.finest))
            except ExpressionError as error:
                # The language has changed since it was written. Its owner sees that it is silent when he checks it.
                gone.append(row["id"])
                _log.warning("alert_unreadable", alert=str(row["id"]), error=str(error))
        if not alerts and not gone:
            return
        self._watch.put(alerts, gone)
        if self._record is not None:
            for (symbol, timeframe), candles in self._watch.missing().items():
                self._watch.load((symbol, timeframe), candles, await self._record(symbol, timeframe, at, candles))

    # ------------------------------------------------------------------------------------------------------- a step

    def close(self, closed: Sequence[Closed], at: int) -> None:
        """The candles that closed at the end of a step, and its market time."""
        self._watch.close(closed)
        self._watch.keep_time(at)

    # ------------------------------------------------------------------------------------------------------- writing

    async def write(self, connection: queries.Connection, journal: Journal) -> None:
        """Write what happened since the last time, in the caller's transaction; the events go with the journal."""
        if not self._watch.urgent:
            return
        triggered, expired = self._watch.take()
        told = await queries.note_happened(connection, _changes(triggered, expired))
        rows: list[tuple[Any, ...]] = []
        for trigger in triggered:
            alert = trigger.alert
            if alert.id not in told:
                continue
            price, words = decimal_of(trigger.price), _words(trigger)
            trigger_id = derive_id("alert trigger", alert.id, alert.version, trigger.at)
            at, text = from_ms(trigger.at), orjson.dumps(words).decode()
            rows.append((trigger_id, alert.tenant_id, alert.id, alert.user_id, at, price, text))
            payload = _payload(alert, AlertState.TRIGGERED if alert.once else AlertState.ACTIVE)
            payload |= {"trigger_id": str(trigger_id), "price": str(price), "words": words}
            journal.event(EventType.ALERT_TRIGGERED, alert.tenant_id, alert.id, trigger.at, payload, seq=alert.version)
        for alert in expired:
            if alert.id in told:
                at_ms = alert.expires_at or 0
                payload = _payload(alert, AlertState.EXPIRED)
                journal.event(EventType.ALERT_EXPIRED, alert.tenant_id, alert.id, at_ms, payload, seq=alert.version)
        await queries.note_triggers(connection, rows)


def _changes(triggered: Sequence[Trigger], expired: Sequence[Alert]) -> list[queries.Happened]:
    """What becomes of each alert, one row each however often it triggered."""
    changes: dict[UUID, queries.Happened] = {}
    for trigger in triggered:
        alert = trigger.alert
        times = changes[alert.id].times + 1 if alert.id in changes else 1
        state = AlertState.TRIGGERED if alert.once else AlertState.ACTIVE
        at, candle = from_ms(trigger.at), from_ms(trigger.candle)
        changes[alert.id] = queries.Happened(alert.id, alert.version, state, times, at, candle)
    for alert in expired:
        before = changes.get(alert.id, queries.Happened(alert.id, alert.version, AlertState.EXPIRED))
        changes[alert.id] = before._replace(state=AlertState.EXPIRED)
    return list(changes.values())


def _words(trigger: Trigger) -> dict[str, str]:
    """What was seen, by language."""
    alert, price, seen = trigger.alert, trigger.price, trigger.seen
    if isinstance(alert.waits_for, Level):
        level, move = alert.waits_for
        return {each.value: level_seen(alert.symbol, level, move, price, each) for each in Language}
    assert seen is not None, "a condition triggers by what it has seen"
    return {each.value: condition_seen(alert.waits_for, seen, price, each) for each in Language}


def _payload(alert: Alert, state: AlertState) -> dict[str, Any]:
    """What every event of an alert says. Its name is its owner's own words and stays out of the chain."""
    level = alert.waits_for if isinstance(alert.waits_for, Level) else None
    return {
        "id": str(alert.id),
        "user_id": str(alert.user_id),
        "symbol": alert.symbol,
        "timeframe": None if level else alert.timeframe.value,
        "state": state.value,
    }


def _alert_of(row: asyncpg.Record, finest: Timeframe) -> Alert:
    waits_for: Level | Condition
    if row["expression"] is None:
        waits_for, timeframe = Level(row["price"], Move(row["move"])), finest
    else:
        waits_for, timeframe = Condition.of(row["expression"]), Timeframe(row["timeframe"])
    return Alert(
        id=row["id"],
        tenant_id=row["tenant_id"],
        user_id=row["user_id"],
        version=row["version"],
        symbol=row["symbol"],
        timeframe=timeframe,
        waits_for=waits_for,
        once=row["repeat"] == Repeat.ONCE,
        cooldown_ms=1000 * row["cooldown_seconds"],
        expires_at=None if row["expires_at"] is None else to_ms(row["expires_at"]),
        last_at=None if row["last_triggered_at"] is None else to_ms(row["last_triggered_at"]),
        last_candle=None if row["last_candle_at"] is None else to_ms(row["last_candle_at"]),
    )
