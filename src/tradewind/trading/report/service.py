"""Building the report from the rows of a finished replay."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from hashlib import sha256
from typing import Any
from uuid import UUID

import asyncpg
import orjson

from tradewind.trading.report import queries

_OPTIONS = orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE


class LedgerMismatchError(Exception):
    """An account's balance is not what its ledger says; nothing computed from it may be trusted."""


@dataclass(frozen=True, slots=True)
class ReplayReport:
    """The report's bytes, and what a summary says of it."""

    content: bytes
    fingerprint: str
    signals: int
    positions: int
    fills: int
    naked: int
    balances: Mapping[str, tuple[Decimal, Decimal]]


async def build_report(
    connection: asyncpg.Connection[asyncpg.Record], inputs: Mapping[str, Any], candles: Mapping[str, Any]
) -> ReplayReport:
    """Read everything and check the ledgers.

    Args:
        inputs: what the replay was asked for; no paths and no wall time, so that equal replays give equal bytes.
        candles: what was replayed.

    Raises:
        LedgerMismatchError: a balance differs from start + Σ ledger.
    """

    async def rows(query: str) -> list[dict[str, Any]]:
        return [_item(row) for row in await connection.fetch(query)]

    async with connection.transaction(isolation="repeatable_read", readonly=True):
        balances = await connection.fetch(queries.BALANCES)
        for row in balances:
            if row["start"] + row["change"] != row["balance"]:
                raise LedgerMismatchError(
                    f"account {row['account_id']}: expected {row['start']} + {row['change']} by the ledger, "
                    f"got a balance of {row['balance']}"
                )
        content = {
            "inputs": dict(inputs),
            "candles": dict(candles) | {"incidents": await rows(queries.INCIDENTS)},
            "signals": await rows(queries.SIGNALS),
            "intents": await rows(queries.INTENTS),
            "orders": await rows(queries.ORDERS),
            "fills": await rows(queries.FILLS),
            "positions": await rows(queries.POSITIONS),
            "ledger": {
                "entries": await rows(queries.ENTRIES),
                "balances": {str(row["account_id"]): _balance(row) for row in balances},
            },
            "outcomes": await rows(queries.OUTCOMES),
            "decisions": await rows(queries.DECISIONS),
        }
        naked = await connection.fetchval(queries.NAKED)
    fingerprint = sha256(orjson.dumps(content)).hexdigest()
    return ReplayReport(
        content=orjson.dumps(content | {"fingerprint": fingerprint}, option=_OPTIONS),
        fingerprint=fingerprint,
        signals=len(content["signals"]),
        positions=sum(row["opened_at"] is not None for row in content["positions"]),
        fills=len(content["fills"]),
        naked=naked,
        balances={str(row["account_id"]): (row["start"], row["balance"]) for row in balances},
    )


def _balance(row: asyncpg.Record) -> dict[str, str]:
    return {name: _text(row[name]) for name in ("start", "change", "balance")}


def _item(row: asyncpg.Record) -> dict[str, Any]:
    return {name: _value(value) for name, value in row.items()}


def _value(value: Any) -> Any:
    match value:
        case Decimal():
            return _text(value)
        case datetime():
            return value.isoformat().replace("+00:00", "Z")
        case UUID():
            return str(value)
    return value


def _text(value: Decimal) -> str:
    text = format(value.normalize(), "f")
    return "0" if text == "-0" else text
