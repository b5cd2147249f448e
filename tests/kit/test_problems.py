"""Problem documents (RFC 9457)."""

from __future__ import annotations

from tradewind.kit.problems import FieldProblem, Problem
from tradewind.platform.web.errors import ErrorCode, problem


def test_a_problem_has_every_member_of_the_contract() -> None:
    given = Problem("email_taken", 409, "Taken", "it is taken", errors=[FieldProblem("#/email", "taken")])
    assert given.document(instance="/api/v1/auth/register", request_id="abc") == {
        "type": "urn:tradewind:problem:email_taken",
        "title": "Taken",
        "status": 409,
        "detail": "it is taken",
        "instance": "/api/v1/auth/register",
        "code": "email_taken",
        "request_id": "abc",
        "errors": [{"pointer": "#/email", "detail": "taken"}],
    }


def test_every_code_has_an_error_status_and_words() -> None:
    for code in ErrorCode:
        made = problem(code, "x")
        assert 400 <= made.status <= 599, code
        assert made.title, code
        assert made.code == code.value
