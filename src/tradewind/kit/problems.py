"""Errors that go to a client as RFC 9457 problem documents."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

MEDIA_TYPE = "application/problem+json"


class FieldProblem(NamedTuple):
    """What is wrong with one part of a request.

    Attributes:
        pointer: JSON pointer as a URI fragment: `#/email` into the body, `#/query/limit` for a query parameter.
        detail: what was expected and what came.
    """

    pointer: str
    detail: str


class Problem(Exception):  # noqa: N818 - RFC 9457 calls it a problem
    """An answer other than success: raise it anywhere below a route.

    Attributes:
        code: machine-readable; clients may rely on it.
        status: HTTP status.
        title: the code in words, always the same.
        detail: what was expected, what came and what to do, this time.
        headers: to be sent with the answer.
        more: further members of the document, by name (RFC 9457 §3.2).
    """

    def __init__(
        self,
        code: str,
        status: int,
        title: str,
        detail: str,
        *,
        errors: Sequence[FieldProblem] = (),
        headers: Mapping[str, str] | None = None,
        more: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(detail)
        self.code = code
        self.status = status
        self.title = title
        self.detail = detail
        self.errors = tuple(errors)
        self.headers = dict(headers or {})
        self.more = dict(more or {})

    def document(self, *, instance: str, request_id: str) -> dict[str, Any]:
        """The problem as JSON values.

        Args:
            instance: path of the request.
        """
        return {
            "type": f"urn:tradewind:problem:{self.code}",
            "title": self.title,
            "status": self.status,
            "detail": self.detail,
            "instance": instance,
            "code": self.code,
            "request_id": request_id,
            "errors": [error._asdict() for error in self.errors],
            **self.more,
        }
