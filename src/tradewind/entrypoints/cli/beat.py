"""`tradewind beat`: the clock of periodic jobs as a process of its own."""

from __future__ import annotations

import signal
import threading
from concurrent.futures import ThreadPoolExecutor

import click

from tradewind.entrypoints.schedule import SCHEDULE
from tradewind.platform.jobs.beat import run_beat
from tradewind.platform.logs import configure_logs
from tradewind.platform.settings import get_settings

_SIGNALS = (signal.SIGTERM, signal.SIGINT)


@click.command("beat")
def command() -> None:
    """Put periodic jobs on the queue when they are due. Any number may run; one at a time keeps the time."""
    configure_logs()
    settings = get_settings()
    # Waited for, not handled: a handler that sets an event may interrupt the very thread that holds the event's lock.
    signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)
    stopping = threading.Event()
    main_thread = threading.get_ident()

    def keep_time() -> None:
        try:
            run_beat(settings, SCHEDULE, stopping)
        finally:
            signal.pthread_kill(main_thread, signal.SIGTERM)

    with ThreadPoolExecutor(1, thread_name_prefix="beat") as thread:
        beating = thread.submit(keep_time)
        signal.sigwait(_SIGNALS)
        stopping.set()
    beating.result()
