"""Reading where the engine stands."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import text

from tradewind.kit.clock import to_ms
from tradewind.platform.database import ReadSession
from tradewind.platform.realtime.board import Board, BoardWatch

_BOARD = text("select at, memory->'prices' as prices, market from engine_states order by at desc limit 1")
_SIGN_OF_LIFE = text("select max(updated_at) from engine_states")


async def present_board(session: ReadSession, watch: BoardWatch) -> Board:
    """The price board; while the broker has none, as of the engine's last commit."""
    board = await watch.now()
    return board if board.ms is not None else await remembered_board(session, board)


async def remembered_board(session: ReadSession, otherwise: Board) -> Board:
    """The price board as of the engine's last commit, for when the broker has lost its own; `otherwise` before any."""
    row = (await session.execute(_BOARD)).first()
    return Board(to_ms(row.at), row.prices, row.market) if row else otherwise


async def last_sign_of_life(session: ReadSession) -> datetime | None:
    """When an engine last committed, by the wall clock."""
    at: datetime | None = await session.scalar(_SIGN_OF_LIFE)
    return at
