"""`tradewind worker`: background jobs and deliveries as a process of their own."""

from __future__ import annotations

import sys

import click
import uvloop

from tradewind.entrypoints.worker import WorkerFailedError, run_worker
from tradewind.platform.logs import configure_logs
from tradewind.platform.settings import get_settings


@click.command("worker")
def command() -> None:
    """Run background jobs, and hand committed events to realtime, Telegram and the audit log."""
    configure_logs()
    try:
        uvloop.run(run_worker(get_settings()))
    except WorkerFailedError as error:
        print(f"tradewind worker: {error}", file=sys.stderr)
        sys.exit(1)
