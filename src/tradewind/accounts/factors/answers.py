"""Between HTTP and proofs: what was given, and what is answered when it does not do."""

from __future__ import annotations

import math

from tradewind.accounts.factors.proving import Given, Refusal, Refused
from tradewind.accounts.passkeys.schemas import PasskeyProof
from tradewind.kit.problems import Problem
from tradewind.platform.web.errors import ErrorCode, problem

_CHALLENGE = {"WWW-Authenticate": "Bearer"}


def given_by(code: str | None, passkey: PasskeyProof | None) -> Given:
    """What a request gives as a second factor; an empty field of a form is nothing."""
    return Given(code or None, passkey.model_dump() if passkey else None)


def factor_problem(refused: Refused) -> Problem:
    """Why log-in did not succeed, although the password is right."""
    if refused.reason is Refusal.MISSING:
        accepted = list(refused.accepted)
        return problem(
            ErrorCode.SECOND_FACTOR_REQUIRED,
            f"the password is right; expected a second factor, too: one of {', '.join(accepted)}; repeat the request "
            "with totp_code (a one-time code or a recovery code) or passkey",
            headers=_CHALLENGE,
            more={"accepted": accepted, "passkey_options": refused.passkey_options},
        )
    return proof_problem(refused)


def proof_problem(refused: Refused) -> Problem:
    """Why a proof does not do."""
    match refused.reason:
        case Refusal.TOO_MANY:
            seconds = max(1, math.ceil(refused.retry_after.total_seconds()))
            return problem(
                ErrorCode.TOO_MANY_ATTEMPTS,
                f"too many wrong ones in a row; try again in {seconds} s, or use a passkey or a recovery code",
                headers={"Retry-After": str(seconds)},
            )
        case Refusal.MISSING:
            accepted = list(refused.accepted)
            return problem(
                ErrorCode.STEP_UP_REQUIRED,
                f"expected one of {', '.join(accepted)}",
                more={"accepted": accepted, "passkey_options": refused.passkey_options},
            )
        case Refusal.WRONG:
            return problem(
                ErrorCode.INVALID_SECOND_FACTOR,
                "it is wrong, out of date or used already; a one-time code works once, so wait for the next",
                headers=_CHALLENGE,
            )
