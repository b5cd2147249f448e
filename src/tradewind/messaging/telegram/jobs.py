"""Sending as jobs: a drain when there is something new, and a sweep for what was waiting for its time."""

from __future__ import annotations

from tradewind.messaging.telegram.service import DRAIN_SECONDS, Publisher
from tradewind.platform.jobs import JobContext, job


@job("telegram.drain", timeout=DRAIN_SECONDS + 60.0)
async def drain_chat(context: JobContext, chat: str) -> None:
    """Send what is due to the chat."""
    publisher = context.tool(Publisher)
    if publisher is not None:
        await publisher.drain(chat)


@job("telegram.sweep", timeout=20.0)
async def sweep_chats(context: JobContext) -> None:
    """Have every chat drained that has something due."""
    publisher = context.tool(Publisher)
    if publisher is not None:
        for chat in await publisher.due_chats():
            await context.queue.put(drain_chat, chat=chat)
