"""Problems as HTTP answers, whoever raised them: we, the validation, the router."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import orjson
from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Match
from starlette.types import Receive, Scope, Send

from tradewind.kit.pages import CursorError
from tradewind.kit.problems import MEDIA_TYPE, FieldProblem, Problem
from tradewind.platform.web.errors import ErrorCode, problem

_BY_STATUS = {
    400: ErrorCode.INVALID_REQUEST,
    401: ErrorCode.NOT_AUTHENTICATED,
    403: ErrorCode.FORBIDDEN,
    404: ErrorCode.NOT_FOUND,
    405: ErrorCode.METHOD_NOT_ALLOWED,
    413: ErrorCode.BODY_TOO_LARGE,
    415: ErrorCode.UNSUPPORTED_MEDIA_TYPE,
}
#: What the framework says of a body that is not text in UTF-8, or nested too deeply.
_UNPARSED = "There was an error parsing the body"
_NO_JSON = "expected a JSON body; it cannot be parsed"
#: Before `accept` a close code cannot be sent; servers without answers to a handshake turn this into HTTP 403.
_REFUSED = 4403


def problem_answer(scope: Scope, given: Problem) -> Response:
    """`given` as the answer to the request of `scope`."""
    request_id: str = scope.get("state", {}).get("request_id", "")
    document = given.document(instance=scope["path"], request_id=request_id)
    return Response(orjson.dumps(document), given.status, given.headers, MEDIA_TYPE)


async def refuse(scope: Scope, receive: Receive, send: Send, given: Problem) -> None:
    """Answer the request of `scope`, or the handshake of a WebSocket, with `given`."""
    if scope["type"] == "websocket" and "websocket.http.response" not in scope.get("extensions", {}):
        await send({"type": "websocket.close", "code": _REFUSED})
        return
    await problem_answer(scope, given)(scope, receive, send)


def handle_problems(app: FastAPI) -> None:
    """Have `app` answer every error as a problem."""
    app.add_exception_handler(Problem, _raised)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _by_framework)
    app.add_exception_handler(CursorError, _bad_cursor)


async def _raised(request: Request, error: Exception) -> Response:
    assert isinstance(error, Problem)
    return problem_answer(request.scope, error)


async def _bad_cursor(request: Request, error: Exception) -> Response:
    given = problem(
        ErrorCode.INVALID_CURSOR, f"{error}; begin without one", errors=[FieldProblem("#/query/cursor", str(error))]
    )
    return problem_answer(request.scope, given)


async def _invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    errors = error.errors()
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if any(tuple(each["loc"]) == ("body",) for each in errors) and error.body and not _is_json(kind):
        # The framework does not read such a body, and finds that it is not what was expected.
        return problem_answer(request.scope, unsupported_type(kind, "application/json"))
    return problem_answer(request.scope, validation_problem(errors))


def _is_json(kind: str) -> bool:
    return kind == "application/json" or (kind.startswith("application/") and kind.endswith("+json"))


def unsupported_type(kind: str, expected: str) -> Problem:
    """The problem with a body of the media type `kind`."""
    return problem(ErrorCode.UNSUPPORTED_MEDIA_TYPE, f"expected {expected}, got {kind or 'nothing'}")


def validation_problem(errors: Sequence[Mapping[str, Any]]) -> Problem:
    """The problem that names every error that pydantic found in a request."""
    if any(error["type"] == "json_invalid" for error in errors):
        return problem(ErrorCode.INVALID_JSON, _NO_JSON)
    found = [FieldProblem(_pointer(error["loc"]), _words(error)) for error in errors]
    places = ", ".join(dict.fromkeys(each.pointer for each in found))
    return problem(ErrorCode.VALIDATION_FAILED, f"the request has errors at {places}", errors=found)


def _pointer(location: Sequence[str | int]) -> str:
    """A JSON pointer (RFC 6901) as a URI fragment; parts of the body stand by themselves, others below their kind."""
    parts = location[1:] if location and location[0] == "body" else location
    return "#" + "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in parts)


def _words(error: Mapping[str, Any]) -> str:
    message: str = error["msg"].removeprefix("Value error, ")
    return message


async def _by_framework(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    code = _BY_STATUS.get(error.status_code, ErrorCode.INVALID_REQUEST)
    if error.detail == _UNPARSED:
        code = ErrorCode.INVALID_JSON
    words = {
        ErrorCode.INVALID_JSON: _NO_JSON,
        ErrorCode.NOT_FOUND: f"nothing is at {request.url.path}",
        ErrorCode.METHOD_NOT_ALLOWED: f"{request.method} is not possible at {request.url.path}",
    }
    headers = {"Allow": _methods_at(request)} if code is ErrorCode.METHOD_NOT_ALLOWED else error.headers
    given = problem(code, words.get(code, str(error.detail)), headers=headers)
    return problem_answer(request.scope, given)


def _methods_at(request: Request) -> str:
    """Every method that is possible at the request's path; the router knows only those of the first route there."""
    methods: set[str] = set()
    for route in request.app.routes:
        match, _ = route.matches(request.scope)
        if match is not Match.NONE:
            methods |= route.methods or set()
    return ", ".join(sorted(methods))
