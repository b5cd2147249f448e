"""Events in the spine, people who shall see them, and processes of ours that carry them there."""

from __future__ import annotations

import os
import secrets
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg
import numpy as np
from pydantic import SecretStr

from tradewind.core.candles import Timeframe
from tradewind.core.series import Columns
from tradewind.kit.ids import new_id
from tradewind.platform.database import Database
from tradewind.platform.settings import Settings
from tradewind.platform.spine import Event, EventType, record

NOW = datetime(2026, 1, 5, 14, 0, tzinfo=UTC)
NOW_MS = int(NOW.timestamp() * 1000)

SIGNAL: dict[str, Any] = {
    "revision": 1,
    "venue": "paper",
    "symbol": "BTCUSDT",
    "timeframe": "15m",
    "side": "long",
    "strategy": "ema_trend",
    "strategy_version": 1,
    "created_at": NOW.isoformat(),
    "fresh_until": (NOW + timedelta(minutes=15)).isoformat(),
    "expires_at": (NOW + timedelta(hours=1)).isoformat(),
    "entry_zone": {"low": "61146.75", "high": "61300.00"},
    "stop_loss": "60564.40",
    "take_profit": [{"price": "62035.60", "share": "1"}],
    "confidence": "0.72",
    "leverage_cap": 5,
    "rationale": {"en": ["A test wants it."]},
    "simulated": True,
    "entry_price": "61300.00",
    "change": {"kind": "filled", "price": "61300.0"},
}


@dataclass(frozen=True)
class Member:
    user_id: UUID
    tenant_id: UUID


async def join(database: Database, tenant_id: UUID | None = None) -> Member:
    """A user, in an organisation of his own or in an existing one."""
    member = Member(new_id(), tenant_id or new_id())
    connection = await database.connect()
    email = f"{secrets.token_hex(6)}@tradewind.example"
    await connection.execute("insert into users (id, email, password_hash) values ($1, $2, '')", member.user_id, email)
    if tenant_id is None:
        await connection.execute("insert into organisations (id, name) values ($1, '')", member.tenant_id)
    await connection.execute(
        "insert into memberships (organisation_id, user_id, role) values ($2, $1, 'owner')",
        member.user_id,
        member.tenant_id,
    )
    await connection.close()
    return member


async def deliver(database: Database, member: Member, signal_id: UUID) -> None:
    connection = await database.connect()
    await connection.execute(
        "insert into user_signals (user_id, tenant_id, signal_id, day, delivered_at) values ($1, $2, $3, $4, $5)",
        member.user_id,
        member.tenant_id,
        signal_id,
        NOW.date(),
        NOW,
    )
    await connection.close()


async def tell(database: Database, *events: Event) -> None:
    async with database.writing() as session:
        for event in events:
            await record(session, event)


def signal_event(signal_id: UUID, kind: EventType = EventType.SIGNAL_CREATED) -> Event:
    return Event(kind, None, signal_id, NOW, SIGNAL | {"id": str(signal_id)})


def position_event(member: Member) -> Event:
    return Event(EventType.POSITION_UPDATED, member.tenant_id, new_id(), NOW, {"symbol": "BTCUSDT"})


async def fetch(database: Database, statement: str, *values: Any) -> list[asyncpg.Record]:
    connection = await database.connect()
    try:
        return list(await connection.fetch(statement, *values))
    finally:
        await connection.close()


async def count(database: Database, table: str) -> int:
    ((number,),) = await fetch(database, f"select count(*) from {table}")
    return int(number)


@contextmanager
def process(settings: Settings, command: str = "worker") -> Iterator[subprocess.Popen[bytes]]:
    """Run a command of ours with these settings; whatever is left of it in the end is killed."""
    values = {
        f"TRADEWIND_{name.upper()}": value.get_secret_value() if isinstance(value, SecretStr) else str(value)
        for name, value in settings
        if value is not None
    }
    with subprocess.Popen([sys.executable, "-m", "tradewind", command], env={**os.environ, **values}) as running:
        try:
            yield running
        finally:
            running.kill()


def candles_before(until: int, number: int, timeframe: Timeframe = Timeframe.M15) -> Columns:
    ts = until - timeframe.ms * np.arange(number, 0, -1, dtype=np.int64)
    price = 61_200.0 + np.arange(number, dtype=np.float64)
    return Columns(ts, price, price + 5, price - 5, price + 1, np.ones(number))


async def fill_tail(database: Database, symbol: str, timeframe: Timeframe, candles: Columns) -> None:
    connection = await database.connect()
    rows = [(symbol, timeframe.value, *candles.candle(row)) for row in range(len(candles))]
    await connection.executemany("insert into candle_tail values ($1, $2, $3, $4, $5, $6, $7, $8)", rows)
    await connection.close()
