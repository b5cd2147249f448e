"""Signals as the API answers them, from their rows: the shape of `view.signal_item`, or the little of a locked one."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any

from asyncpg import Record

from tradewind.core.outcome import SignalEventKind
from tradewind.trading.signals.schemas import LockedSignal, SignalDetail, SignalItem, SignalLifeEvent

_MEASURE = Decimal("0.0001")


def signal_answer(row: Record) -> SignalItem | LockedSignal:
    """The signal as its reader may see it."""
    return SignalItem.model_validate(_values(row)) if row["delivered"] else _locked(row)


def signal_detail(row: Record, events: Iterable[Record]) -> SignalDetail:
    """A signal that its reader may see, with its life."""
    parts = row["scale_in"]["additions"] if row["scale_in"] else ()
    entries = [{"target": None, **part} for part in parts]
    told = [_life_event(row, event) for event in events]
    return SignalDetail.model_validate(_values(row) | {"further_entries": entries, "events": told})


def _locked(row: Record) -> LockedSignal:
    return LockedSignal(
        locked=True,
        id=row["id"],
        symbol=row["symbol"],
        timeframe=row["timeframe"],
        strategy=row["strategy"],
        created_at=row["created_at"],
        status=row["phase"],
    )


def _values(row: Record) -> dict[str, Any]:
    return {
        "locked": False,
        "id": row["id"],
        "revision": row["revision"],
        "venue": row["venue"],
        "symbol": row["symbol"],
        "timeframe": row["timeframe"],
        "side": row["side"],
        "strategy": row["strategy"],
        "strategy_version": row["strategy_version"],
        "created_at": row["created_at"],
        "fresh_until": row["fresh_until"],
        "expires_at": row["expires_at"],
        "entry_zone": {"low": str(row["zone_low"]), "high": str(row["zone_high"])},
        "stop_loss": str(row["stop"]),
        "current_stop": _on_tick(row, row["current_stop"]),
        "take_profit": row["targets"],
        "confidence": row["confidence"],
        "leverage_cap": row["leverage_cap"],
        "rationale": row["rationale"]["because"],
        "facts": row["rationale"]["facts"],
        "simulated": row["simulated"],
        "status": row["phase"],
        "entry_price": _on_tick(row, row["entry_price"]),
        "targets_hit": row["targets_hit"],
        "end": row["ending"],
        "filled_at": row["filled_at"],
        "closed_at": row["closed_at"],
        "r": _measure(row["r"]),
        "pnl_pct": None if row["pnl"] is None else _measure(row["pnl"] * 100),
        "mfe_r": _measure(row["mfe_r"]),
        "mae_r": _measure(row["mae_r"]),
        "executed": row["executed"],
    }


def _on_tick(row: Record, level: Decimal | None) -> str | None:
    """A level that was tracked as a float, on the tick that the signal's stop shows by its scale."""
    return None if level is None else str(level.quantize(row["stop"], ROUND_HALF_EVEN))


def _measure(value: Decimal | None) -> Decimal | None:
    return None if value is None else value.quantize(_MEASURE, ROUND_HALF_EVEN)


def _life_event(row: Record, event: Record) -> SignalLifeEvent:
    return SignalLifeEvent(
        seq=event["seq"],
        at=event["at"],
        kind=SignalEventKind(event["kind"]),
        price=None if event["price"] is None else event["price"].quantize(row["stop"], ROUND_HALF_EVEN),
        before=None if event["before"] is None else event["before"].quantize(row["stop"], ROUND_HALF_EVEN),
        rung=event["rung"],
        why=event["why"] or None,
    )
