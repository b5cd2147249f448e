"""Requests for back-tests and sweeps that can be done, and reading what came of them."""

from __future__ import annotations

from typing import Any

from tests.support.http import Person
from tradewind.platform.database import Database

CANDLES = 12_000
SYMBOLS = ("BTCUSDT", "ETHUSDT")


def wish(**more: Any) -> dict[str, Any]:
    """A back-test that can be done."""
    return {"strategy": "ema_rsi_atr", "symbols": ["BTCUSDT"], "timeframe": "5m"} | more


def sweep(**more: Any) -> dict[str, Any]:
    """A sweep of twelve sets that can be done."""
    vary = {"fast": {"from": "8", "to": "14", "step": "2"}, "stop_atr": ["1.5", "2", "3"]}
    return wish(vary=vary, objective="total_return", min_trades=1) | more


async def subscribe(database: Database, person: Person, plan: str) -> None:
    connection = await database.connect()
    await connection.execute("update subscriptions set plan = $2 where tenant_id = $1", person.tenant_id, plan)
    await connection.close()


async def started(person: Person, path: str, body: dict[str, Any]) -> str:
    """The id of the run that was asked for."""
    answer = await person.post(path, body)
    assert answer.status == 202, answer.raw
    run_id: str = answer.json["id"]
    return run_id


async def all_trials(person: Person, run_id: str) -> list[dict[str, Any]]:
    """Every trial of a sweep, over as many pages as it takes."""
    items: list[dict[str, Any]] = []
    query = "?order=ordinal&limit=200"
    while True:
        page = await person.ok("GET", f"/backtests/{run_id}/trials{query}")
        items += page["items"]
        if page["next_cursor"] is None:
            return items
        query = f"?order=ordinal&limit=200&cursor={page['next_cursor']}"
