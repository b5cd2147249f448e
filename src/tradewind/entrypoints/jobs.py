"""Every background job. Those made here are for several rooms or for the platform, the others come from their rooms."""

from __future__ import annotations

from pathlib import Path

import structlog

from tradewind.accounts.factors.service import prune_pending
from tradewind.accounts.identity.queries import prune_identity
from tradewind.accounts.sessions.queries import prune_sessions
from tradewind.kit.clock import WallClock
from tradewind.market import CandleStore
from tradewind.market.compaction import compact_tail
from tradewind.messaging.mail import deliver_mails, prune_mails
from tradewind.messaging.telegram import drain_chat, prune_posts, sweep_chats
from tradewind.platform.housekeeping import prune, verify_chains
from tradewind.platform.jobs import LONGEST_JOB, Job, JobContext, job
from tradewind.platform.settings import Settings
from tradewind.platform.spine import keep_heads, publish_heads, published_heads
from tradewind.research.runs import research, sweep_research
from tradewind.trading.alerts import prune_triggers

_log = structlog.get_logger()

#: Days for which a thread in Telegram can still be replied to.
_POSTS_KEPT_DAYS = 90
#: Days for which one sees that there were mails; what they said is gone before.
_MAILS_KEPT_DAYS = 30
#: Market days for which one sees what alerts saw.
_TRIGGERS_KEPT_DAYS = 365


@job("market.compact", timeout=300.0)
async def compact_candles(context: JobContext) -> None:
    """Move closed candles from the database into the candle store."""
    await compact_tail(context.database, CandleStore(context.settings.data / "candles"))


@job("housekeeping.prune", timeout=600.0)
async def prune_tables(context: JobContext) -> None:
    """Forget what nobody can ask for any more."""
    connection = await context.database.connect()
    try:
        pruned = await prune(connection) + await prune_posts(connection, _POSTS_KEPT_DAYS)
        pruned += await prune_mails(connection, _MAILS_KEPT_DAYS)
        pruned += await prune_triggers(connection, _TRIGGERS_KEPT_DAYS)
    finally:
        await connection.close(timeout=1)
    async with context.database.writing() as session:
        pruned += await prune_sessions(session) + await prune_identity(session)
        pruned += await prune_pending(session, WallClock().now())
    _log.debug("pruned", rows=pruned)


@job("housekeeping.verify_chains", timeout=LONGEST_JOB)
async def verify_audit(context: JobContext) -> None:
    """Recompute every audit chain."""
    connection = await context.database.connect()
    try:
        await verify_chains(connection)
    finally:
        await connection.close(timeout=1)


@job("record.publish_heads", timeout=LONGEST_JOB)
async def publish_record(context: JobContext) -> None:
    """Publish the heads of the audit chains."""
    connection = await context.database.connect()
    try:
        await publish_heads(connection)
        keep_heads(heads_file(context.settings), await published_heads(connection))
    finally:
        await connection.close(timeout=1)


def heads_file(settings: Settings) -> Path:
    """Where an installation keeps what it published of its audit chains."""
    return settings.data / "record" / "heads.jsonl"


JOBS: tuple[Job[...], ...] = (
    drain_chat,
    sweep_chats,
    deliver_mails,
    research,
    sweep_research,
    compact_candles,
    prune_tables,
    verify_audit,
    publish_record,
)
