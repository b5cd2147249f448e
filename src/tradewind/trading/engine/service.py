"""What the engine reads and writes beside its journal."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import asyncpg

from tradewind.kit.clock import from_ms, to_ms
from tradewind.trading.dispatch import AcceptedIntent, accepted_intents

type Connection = asyncpg.Connection[asyncpg.Record]

_STATE = "select world, step, candles, at, feed, memory from engine_states where shard = $1"
_SAVE = """
insert into engine_states (shard, world, market, step, candles, at, feed, memory, updated_at)
values ($1, $2, $3, $4, $5, $6, $7, $8, clock_timestamp())
on conflict (shard) do update set market = excluded.market, step = excluded.step, candles = excluded.candles,
    at = excluded.at, feed = excluded.feed, memory = excluded.memory, updated_at = excluded.updated_at
"""
_ACTIVE_SIGNALS = "select * from signals where phase in ('waiting', 'open') order by created_at, id"
_SIGNALS = "select * from signals where id = any($1)"
_TRADES = """
select p.id, p.tenant_id, p.user_id, p.account_id, p.intent_id, p.signal_id, p.state, p.decision_seq, b.book,
       t.balance, t.ledger_seq, t.is_demo, t.risk_per_trade, t.max_leverage
from positions p
join paper_books b on b.position_id = p.id
join trading_accounts t on t.id = p.account_id
where p.status in ('entering', 'open', 'closing')
order by p.began_at, p.id
"""
_INTENTS = """
select i.id, i.tenant_id, i.user_id, i.account_id, i.signal_id, i.origin, i.actions as auto_actions,
       t.balance, t.ledger_seq, t.currency, t.is_demo, t.risk_per_trade, t.max_leverage
from intents i join trading_accounts t on t.id = i.account_id
where i.status = 'accepted'
order by i.created_at, i.id
"""
_EXITS = "select id, position_id from exit_requests where status = 'pending' order by requested_at, id"
_EXIT_DONE = "update exit_requests set status = $2 where id = $1"


@dataclass(frozen=True, slots=True)
class Remembered:
    """Where the engine stood at its last commit.

    Attributes:
        at: market ms.
        feed: what the feed needs to go on.
        memory: prices, anchors of series, and the next moments of periodic work.
    """

    world: str
    step: int
    candles: int
    at: int
    feed: dict[str, Any]
    memory: dict[str, Any]


async def read_state(connection: Connection, shard: str) -> Remembered | None:
    """The engine's state, or None when it never committed one."""
    row = await connection.fetchrow(_STATE, shard)
    if row is None:
        return None
    return Remembered(row["world"], row["step"], row["candles"], to_ms(row["at"]), row["feed"], row["memory"])


async def save_state(connection: Connection, shard: str, state: Remembered, market: Mapping[str, Any]) -> None:
    """Write where the engine stands; `market` is what is told about the market."""
    at = from_ms(state.at)
    await connection.execute(
        _SAVE, shard, state.world, dict(market), state.step, state.candles, at, state.feed, state.memory
    )


async def active_signals(connection: Connection) -> list[dict[str, Any]]:
    """Signals that are not over, oldest first."""
    return [dict(row) for row in await connection.fetch(_ACTIVE_SIGNALS)]


async def signals_by_id(connection: Connection, ids: list[UUID]) -> list[dict[str, Any]]:
    """Signals, over or not."""
    return [dict(row) for row in await connection.fetch(_SIGNALS, ids)]


async def unfinished_trades(connection: Connection) -> list[dict[str, Any]]:
    """Positions that are not over, with the venue's book and the account of each, oldest first."""
    return [dict(row) for row in await connection.fetch(_TRADES)]


async def waiting_intents(connection: Connection) -> list[AcceptedIntent]:
    """Accepted intents that were not carried out yet, in the order in which they shall be."""
    return accepted_intents(await connection.fetch(_INTENTS))


async def pending_exits(connection: Connection) -> list[tuple[UUID, UUID]]:
    """Requests to close a position: (request, position), oldest first."""
    return [(row["id"], row["position_id"]) for row in await connection.fetch(_EXITS)]


async def settle_exit(connection: Connection, request_id: UUID, *, done: bool) -> None:
    """Note what became of a request: done, or void because nothing was open any more."""
    await connection.execute(_EXIT_DONE, request_id, "done" if done else "void")
