"""Reading back what the engine was doing. One path for a start, a restart and a crash."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import asyncpg

from tradewind.core.costs import Costs
from tradewind.core.ids import AccountId, TenantId, UserId
from tradewind.core.risk import RiskLimits
from tradewind.core.signals import Signal
from tradewind.core.values import Instrument
from tradewind.kit.clock import to_ms
from tradewind.trading.desk import Account, ActiveTrade, Desk, SignalTracker
from tradewind.trading.desk.codec import load_trade
from tradewind.trading.dispatch import AcceptedIntent
from tradewind.trading.dispatch.service import intents_of
from tradewind.trading.signals.mapping import load_outcome, signal_of
from tradewind.venues.paper import PaperBook

_STATE = "select world, step, candles, at, feed, memory from engine_states where shard = $1"
_SIGNALS = "select * from signals where phase in ('waiting', 'open') order by created_at, id"
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
select i.id, i.tenant_id, i.user_id, i.account_id, i.signal_id, i.actions as auto_actions,
       t.balance, t.ledger_seq, t.currency, t.is_demo, t.risk_per_trade, t.max_leverage
from intents i join trading_accounts t on t.id = i.account_id
where i.status = 'accepted'
order by i.created_at, i.id
"""


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


async def read_state(connection: asyncpg.Connection[asyncpg.Record], shard: str) -> Remembered | None:
    """The engine's state, or None when it never committed one."""
    row = await connection.fetchrow(_STATE, shard)
    if row is None:
        return None
    return Remembered(row["world"], row["step"], row["candles"], to_ms(row["at"]), row["feed"], row["memory"])


async def read_intents(connection: asyncpg.Connection[asyncpg.Record]) -> list[AcceptedIntent]:
    """Accepted intents that were not carried out yet, in the order in which they shall be."""
    return intents_of(await connection.fetch(_INTENTS))


async def restore(
    connection: asyncpg.Connection[asyncpg.Record],
    tracker: SignalTracker,
    desk: Desk,
    *,
    costs: Costs,
    instrument_of: Callable[[str, float], Instrument],
) -> None:
    """Take back every active signal and every unfinished trade."""
    signals: dict[UUID, Signal] = {}
    for row in map(dict, await connection.fetch(_SIGNALS)):
        signal = signals[row["id"]] = signal_of(row, instrument_of)
        tracker.restore(signal, load_outcome(row["tracker"]["outcome"]), row["tracker"]["events"])
    rows = [dict(row) for row in await connection.fetch(_TRADES)]
    missing = list({row["signal_id"] for row in rows} - signals.keys())
    for row in map(dict, await connection.fetch("select * from signals where id = any($1)", missing)):
        signals[row["id"]] = signal_of(row, instrument_of)
    for row in rows:
        desk.restore(_active(row, signals[row["signal_id"]], costs))


def _active(row: Mapping[str, Any], signal: Signal, costs: Costs) -> ActiveTrade:
    account = Account(
        id=AccountId(row["account_id"]),
        tenant_id=TenantId(row["tenant_id"]),
        user_id=UserId(row["user_id"]),
        balance=row["balance"],
        ledger_seq=row["ledger_seq"],
        limits=RiskLimits(row["risk_per_trade"], row["max_leverage"]),
        real=not row["is_demo"],
    )
    state = row["state"]
    trade = load_trade(state, intent_id=row["intent_id"], account_id=row["account_id"], signal=signal, costs=costs)
    return ActiveTrade(
        account=account,
        trade=trade,
        book=PaperBook.load(signal.instrument, costs, row["book"]),
        decisions=row["decision_seq"],
        protections=state["protections"],
        events=state["events"],
    )
