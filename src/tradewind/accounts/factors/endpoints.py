"""Routes of authenticator apps, recovery codes and step-up."""

from __future__ import annotations

from typing import Annotated

from starlette.requests import Request

from tradewind.accounts.factors import enrolment, service, totp
from tradewind.accounts.factors.answers import given_by, proof_problem
from tradewind.accounts.factors.enrolment import NotDone
from tradewind.accounts.factors.proving import Refused, SecondFactors
from tradewind.accounts.factors.schemas import (
    FactorOverview,
    RecoveryCodes,
    SteppedUp,
    StepUp,
    StepUpChallenge,
    TotpConfirmation,
    TotpEnrolment,
    TotpItem,
)
from tradewind.accounts.passkeys.schemas import PasskeyItem
from tradewind.accounts.passkeys.service import passkeys_of
from tradewind.accounts.passwords import TooBusyError
from tradewind.accounts.sessions.service import person_by_id
from tradewind.accounts.sessions.stepping_up import Doorkeeper
from tradewind.kit.problems import Problem
from tradewind.platform.database import enter_person
from tradewind.platform.web.errors import ErrorCode, problem
from tradewind.platform.web.origins import origin_of
from tradewind.platform.web.parts import part
from tradewind.platform.web.routing import api_router
from tradewind.platform.web.subjects import FRESH_FOR, AccountReader, AccountWriter, FreshAccountWriter
from tradewind.platform.web.units import Reading

router = api_router("/auth", "Second factors")

Factors = Annotated[SecondFactors, part(SecondFactors)]
Keeper = Annotated[Doorkeeper, part(Doorkeeper)]


@router.get("/factors")
async def get_factors(caller: AccountReader, session: Reading, factors: Factors) -> FactorOverview:
    """The caller's second factors."""
    await enter_person(session, caller.user_id)
    state = await service.totp_state(session, caller.user_id)
    return FactorOverview(
        totp=TotpItem.of(state) if state else None,
        passkeys=[PasskeyItem.of(row) for row in await passkeys_of(session, caller.user_id)],
        passkeys_available=factors.ceremonies is not None,
        recovery_codes_left=await service.codes_left(session, caller.user_id),
    )


@router.post("/enable-2fa")
async def enable_2fa(caller: FreshAccountWriter, session: Reading, factors: Factors) -> TotpEnrolment:
    """Begin to set an authenticator app up. Nothing changes before a code of it is confirmed."""
    person = await person_by_id(session, caller.user_id)
    assert person is not None  # or he would not have been authenticated
    begun = await enrolment.begin_totp(factors, caller, person.email)
    return TotpEnrolment(
        secret=totp.seed_text(begun.seed),
        qr_code_url=begun.uri,
        qr_svg=totp.qr_svg(begun.uri),
        expires_at=begun.expires_at,
    )


@router.post("/confirm-2fa")
async def confirm_2fa(
    wish: TotpConfirmation, caller: FreshAccountWriter, request: Request, factors: Factors
) -> RecoveryCodes:
    """Put the authenticator app in force with a code of it. The answer is the recovery codes, told once."""
    outcome = await enrolment.confirm_totp(factors, caller, wish.code, origin_of(request))
    if outcome is NotDone.NOTHING_THERE:
        raise _none(
            "no authenticator app is being set up, or it took too long; begin with POST /api/v1/auth/enable-2fa"
        )
    if isinstance(outcome, NotDone):
        raise problem(
            ErrorCode.INVALID_SECOND_FACTOR,
            "expected the six digits that the app shows now; check the clock of its device",
        )
    return RecoveryCodes(recovery_codes=outcome)


@router.post("/disable-2fa", status_code=204)
async def disable_2fa(caller: FreshAccountWriter, request: Request, factors: Factors) -> None:
    """Take the authenticator app away; with the last second factor the recovery codes go, too."""
    if not await enrolment.disable_totp(factors, caller, origin_of(request)):
        raise _none("no authenticator app is set up")


@router.post("/recovery-codes")
async def renew_recovery_codes(caller: FreshAccountWriter, request: Request, factors: Factors) -> RecoveryCodes:
    """New recovery codes, told once; all earlier ones are void."""
    outcome = await enrolment.renew_codes(factors, caller, origin_of(request))
    if isinstance(outcome, NotDone):
        raise _none("recovery codes come with a second factor; set one up first")
    return RecoveryCodes(recovery_codes=outcome)


@router.post("/step-up/challenge")
async def begin_step_up(caller: AccountWriter, keeper: Keeper) -> StepUpChallenge:
    """Which proofs are accepted of the caller, and the challenge for a passkey."""
    asked = await keeper.accepted(caller)
    return StepUpChallenge(accepted=list(asked.accepted), passkey_options=asked.passkey_options)


@router.post("/step-up")
async def step_up(wish: StepUp, caller: AccountWriter, request: Request, keeper: Keeper) -> SteppedUp:
    """Prove to be yourself; the session may then do what is dangerous for ten minutes."""
    origin = origin_of(request)
    try:
        if wish.password is not None:
            outcome = await keeper.by_password(caller, wish.password.get_secret_value(), origin)
        else:
            outcome = await keeper.by_factor(caller, given_by(wish.totp_code, wish.passkey), origin)
    except TooBusyError as error:
        raise problem(
            ErrorCode.TOO_BUSY, "too many passwords at once; try again shortly", headers={"Retry-After": "2"}
        ) from error
    if isinstance(outcome, Refused):
        raise proof_problem(outcome)
    return SteppedUp(proof=outcome, fresh_until=keeper.factors.clock.now() + FRESH_FOR)


def _none(detail: str) -> Problem:
    return problem(ErrorCode.NO_SECOND_FACTOR, detail)
