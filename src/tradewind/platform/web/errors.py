"""Every error code of the HTTP API, in one place. The list is complete; clients may rely on the names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any

from tradewind.kit.problems import FieldProblem, Problem


class ErrorCode(StrEnum):
    """Why a request did not succeed."""

    INVALID_REQUEST = "invalid_request", 400, "The request cannot be understood"
    INVALID_JSON = "invalid_json", 400, "The body is not JSON"
    INVALID_LINK = "invalid_link", 400, "The link is not valid, or not any more"
    INVALID_CURSOR = "invalid_cursor", 400, "The cursor is not one of this list"
    BODY_TOO_COMPLEX = "body_too_complex", 400, "The body is nested too deeply or has too many parts"
    IDEMPOTENCY_KEY_INVALID = "idempotency_key_invalid", 400, "The Idempotency-Key cannot be used"
    NOT_AUTHENTICATED = "not_authenticated", 401, "Nobody is logged in"
    INVALID_CREDENTIALS = "invalid_credentials", 401, "Wrong e-mail address or password"
    INVALID_REFRESH_TOKEN = "invalid_refresh_token", 401, "The refresh token is not valid"
    TOKEN_REUSED = "token_reused", 401, "A refresh token was used twice; its session has ended"
    SECOND_FACTOR_REQUIRED = "second_factor_required", 401, "A second factor is required"
    INVALID_SECOND_FACTOR = "invalid_second_factor", 401, "The proof is not valid"
    FORBIDDEN = "forbidden", 403, "Not allowed"
    STEP_UP_REQUIRED = "step_up_required", 403, "A fresh proof of who you are is required"
    CSRF_FAILED = "csrf_failed", 403, "The CSRF token is missing or wrong"
    ORIGIN_NOT_ALLOWED = "origin_not_allowed", 403, "The request comes from another site"
    PLAN_LIMIT_REACHED = "plan_limit_reached", 403, "The plan's limit is reached"
    PLAN_FEATURE_MISSING = "plan_feature_missing", 403, "The plan does not include this"
    ACCOUNT_READ_ONLY = "account_read_only", 403, "The account is read-only"
    NOT_FOUND = "not_found", 404, "There is no such thing"
    METHOD_NOT_ALLOWED = "method_not_allowed", 405, "The method is not allowed here"
    EMAIL_TAKEN = "email_taken", 409, "The e-mail address is taken"
    NO_SECOND_FACTOR = "no_second_factor", 409, "There is no such second factor"
    PASSKEYS_UNAVAILABLE = "passkeys_unavailable", 409, "Passkeys need a host name"
    PASSKEY_LIMIT_REACHED = "passkey_limit_reached", 409, "There are too many passkeys"
    SIGNAL_NOT_ACTIVE = "signal_not_active", 409, "The signal is over"
    ALREADY_EXECUTED = "already_executed", 409, "The signal was executed already"
    POSITION_NOT_OPEN = "position_not_open", 409, "The position is not open"
    REPORT_NOT_POSSIBLE = "report_not_possible", 409, "There can be no report of the run"
    RUN_OVER = "run_over", 409, "The back-test or sweep is over"
    ALERT_CHANGED = "alert_changed", 409, "The alert was changed meanwhile"
    ALERT_EXPIRED = "alert_expired", 409, "The alert's time is over"
    IDEMPOTENCY_IN_FLIGHT = "idempotency_in_flight", 409, "A request with this Idempotency-Key is being answered"
    BODY_TOO_LARGE = "body_too_large", 413, "The body is too large"
    UNSUPPORTED_MEDIA_TYPE = "unsupported_media_type", 415, "The body's media type is not supported"
    VALIDATION_FAILED = "validation_failed", 422, "The request has errors"
    ACCOUNT_AMBIGUOUS = "account_ambiguous", 422, "Which trading account is not clear"
    IDEMPOTENCY_KEY_REUSED = "idempotency_key_reused", 422, "The Idempotency-Key belongs to another request"
    RATE_LIMITED = "rate_limited", 429, "Too many requests"
    TOO_SOON = "too_soon", 429, "Too soon after the last one"
    TOO_MANY_ATTEMPTS = "too_many_attempts", 429, "Too many wrong attempts"
    TOO_MANY_SOCKETS = "too_many_sockets", 429, "Too many WebSockets are open"
    INTERNAL_ERROR = "internal_error", 500, "Something went wrong on our side"
    TOO_BUSY = "too_busy", 503, "Too many requests at once"
    NOT_READY = "not_ready", 503, "Not able to answer at the moment"

    status: int
    meaning: str

    def __new__(cls, value: str, status: int, meaning: str) -> ErrorCode:
        member = str.__new__(cls, value)
        member._value_ = value
        member.status = status
        member.meaning = meaning
        return member


def problem(
    code: ErrorCode,
    detail: str,
    *,
    errors: Sequence[FieldProblem] = (),
    headers: Mapping[str, str] | None = None,
    more: Mapping[str, Any] | None = None,
) -> Problem:
    """The problem to raise (or to answer with) for `code`.

    Args:
        detail: what was expected, what came and what to do.
        more: further members of the document, by name.
    """
    return Problem(code.value, code.status, code.meaning, detail, errors=errors, headers=headers, more=more)
