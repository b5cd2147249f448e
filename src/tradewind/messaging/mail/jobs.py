"""Delivering as a job."""

from __future__ import annotations

from tradewind.messaging.mail.service import Postman
from tradewind.platform.jobs import JobContext, job


@job("mail.deliver", timeout=500.0)
async def deliver_mails(context: JobContext) -> None:
    """Deliver what is due."""
    postman = context.tool(Postman)
    if postman is not None:
        await postman.deliver()
