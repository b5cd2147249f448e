"""Waking the engine for what people wrote: accepted intents, exit requests."""

from __future__ import annotations

from sqlalchemy import text

from tradewind.platform.database import Session
from tradewind.trading.dispatch import INBOX_CHANNEL


async def wake_engine(session: Session) -> None:
    """Tell the engine, once this transaction is committed, that there is something for it. A notification that is lost
    costs its polling interval, nothing else."""
    await session.execute(text(f"notify {INBOX_CHANNEL}"))
