"""Reading where the engine stands."""

from __future__ import annotations

from datetime import datetime

from tradewind.kit.clock import to_ms
from tradewind.platform.database import Reader
from tradewind.platform.realtime.board import EMPTY, Board

_BOARD = "select at, memory->'prices' as prices, market from engine_states order by at desc limit 1"
_SIGN_OF_LIFE = "select max(updated_at) from engine_states"


async def remembered_board(reader: Reader) -> Board:
    """The price board as of the engine's last commit, for when the broker has lost its own; empty before any."""
    row = await reader.row(_BOARD)
    return Board(to_ms(row["at"]), row["prices"], row["market"]) if row else EMPTY


async def last_sign_of_life(reader: Reader) -> datetime | None:
    """When an engine last committed, by the wall clock."""
    at: datetime | None = await reader.value(_SIGN_OF_LIFE)
    return at
