"""Reading where the engine stands."""

from __future__ import annotations

from sqlalchemy import text

from tradewind.kit.clock import to_ms
from tradewind.platform.database import ReadSession
from tradewind.platform.realtime.board import Board

_BOARD = text("select at, memory->'prices' as prices, market from engine_states order by at desc limit 1")


async def remembered_board(session: ReadSession, otherwise: Board) -> Board:
    """The price board as of the engine's last commit, for when the broker has lost its own; `otherwise` before any."""
    row = (await session.execute(_BOARD)).first()
    return Board(to_ms(row.at), row.prices, row.market) if row else otherwise
