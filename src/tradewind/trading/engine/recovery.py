"""Reading back what the engine was doing. One path for a start, a restart and a crash."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

import asyncpg

from tradewind.core.costs import Costs
from tradewind.core.ids import AccountId, TenantId, UserId
from tradewind.core.risk import RiskLimits
from tradewind.core.signals import Signal
from tradewind.core.values import Instrument
from tradewind.trading.desk import Account, ActiveTrade, Desk, SignalTracker
from tradewind.trading.desk.codec import load_trade
from tradewind.trading.engine import service
from tradewind.trading.signals.mapping import load_outcome, signal_of
from tradewind.venues.paper import PaperBook


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
    for row in await service.active_signals(connection):
        signal = signals[row["id"]] = signal_of(row, instrument_of)
        tracker.restore(signal, load_outcome(row["tracker"]["outcome"]), row["tracker"]["events"])
    rows = await service.unfinished_trades(connection)
    missing = list({row["signal_id"] for row in rows} - signals.keys())
    for row in await service.signals_by_id(connection, missing):
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
        limits=RiskLimits.read(row["risk_per_trade"], row["max_leverage"]),
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
