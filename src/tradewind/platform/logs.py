"""Structured logs: one JSON object a line on stderr, with the fault's trace as text and without anybody's variables."""

from __future__ import annotations

import logging
import sys

import structlog


def configure_logs() -> None:
    """Call it once when a process starts.

    The library's own default prints the local variables of every frame, which are passwords and keys as well.
    """
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr, format="%(levelname)s %(name)s: %(message)s")
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
