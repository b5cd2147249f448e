"""What the rules of accounts refuse, as answers of the API."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.requests import Request

from tradewind.accounts.password_rules import PasswordRefusedError, words_of
from tradewind.accounts.passwords import TooBusyError
from tradewind.kit.language import Language, accepted
from tradewind.kit.problems import FieldProblem, Problem
from tradewind.platform.attempts import TooManyAttemptsError
from tradewind.platform.web.errors import ErrorCode, problem

#: Seconds; whoever repeats himself as soon as he is answered repeats himself less often.
_REFUSED_AFTER = 0.5


def language_of(request: Request) -> Language:
    """The language of a caller who may be nobody yet."""
    return accepted(request.headers.get("accept-language")) or Language.EN


@asynccontextmanager
async def refusals(request: Request) -> AsyncIterator[None]:
    """Answer what the block refuses."""
    try:
        yield
    except PasswordRefusedError as error:
        raise field_problem("password", words_of(error.fault, language_of(request))) from error
    except TooManyAttemptsError as error:
        await asyncio.sleep(_REFUSED_AFTER)
        raise problem(
            ErrorCode.TOO_MANY_ATTEMPTS,
            f"too many attempts; try again in {error.seconds} s",
            headers={"Retry-After": str(error.seconds)},
        ) from error
    except TooBusyError as error:
        raise problem(
            ErrorCode.TOO_BUSY, "too many log-ins at once; try again shortly", headers={"Retry-After": "2"}
        ) from error


def field_problem(field: str, words: str) -> Problem:
    """One field of the body is not what it should be."""
    return problem(ErrorCode.VALIDATION_FAILED, f"{field}: {words}", errors=[FieldProblem(f"#/{field}", words)])
