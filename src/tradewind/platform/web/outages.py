"""Faults that are not ours but of a server that we depend on: the database or the broker does not answer."""

from __future__ import annotations

import asyncpg
import structlog
from redis.exceptions import ConnectionError as BrokerConnectionError
from redis.exceptions import TimeoutError as BrokerTimeoutError
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from tradewind.kit.problems import Problem
from tradewind.platform.web.errors import ErrorCode, problem

_log = structlog.get_logger()

_OUTAGES = (
    asyncpg.PostgresConnectionError,
    # Starting, stopping, crashed.
    asyncpg.OperatorInterventionError,
    asyncpg.TooManyConnectionsError,
    PoolTimeoutError,
    BrokerConnectionError,
    BrokerTimeoutError,
)


def is_outage(error: BaseException) -> bool:
    """Whether trying again later may help, because a server is away."""
    if isinstance(error, DBAPIError):
        cause = error.orig.__cause__ if error.orig is not None else None
        return error.connection_invalidated or (cause is not None and is_outage(cause))
    if isinstance(error, asyncpg.InterfaceError):
        # Taking leave of a connection that broke is an error of its own.
        return error.__context__ is not None and is_outage(error.__context__)
    if isinstance(error, OSError):
        return error.filename is None  # a connection's; those with a name are about files
    return isinstance(error, _OUTAGES)


def log_failure(event: str, error: Exception, **names: str) -> None:
    """Say that something failed: an outage in one line, for there will be many; a fault of ours with its trace.

    Call it while the error is being handled.
    """
    if is_outage(error):
        # The mapper's own words would repeat the statement with its values.
        reason = error.orig if isinstance(error, DBAPIError) else error
        _log.warning(event, **names, error=f"{type(reason).__name__}: {reason}")
    else:
        _log.exception(event, **names)


def outage_problem() -> Problem:
    """The answer to a request during an outage."""
    return problem(
        ErrorCode.NOT_READY,
        "a server that we depend on does not answer; try again shortly",
        headers={"Retry-After": "1"},
    )
