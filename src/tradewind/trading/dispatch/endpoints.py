"""The route that executes a signal by hand."""

from __future__ import annotations

from uuid import UUID

from fastapi import Response
from starlette.requests import Request

from tradewind.kit.problems import FieldProblem, Problem
from tradewind.platform.database import Session
from tradewind.platform.metrics import SIGNAL_EXECUTIONS
from tradewind.platform.spine import Event, EventType, record
from tradewind.platform.web.errors import ErrorCode, problem
from tradewind.platform.web.language import Spoken
from tradewind.platform.web.once import OnlyOnce
from tradewind.platform.web.origins import origin_of
from tradewind.platform.web.routing import api_router
from tradewind.platform.web.subjects import AuthSubject, TradingWriter
from tradewind.platform.web.units import Writing
from tradewind.trading.accounts.service import market_time
from tradewind.trading.dispatch.schemas import Execution
from tradewind.trading.dispatch.service import Refusal, execute_signal
from tradewind.trading.inbox import wake_engine
from tradewind.trading.intents.queries import intent_of
from tradewind.trading.intents.schemas import IntentItem
from tradewind.trading.intents.view import intent_item
from tradewind.trading.signals.queries import signal_exists

router = api_router("/signals", "Signals")

_PROBLEMS = {
    Refusal.SIGNAL_NOT_FOUND: (ErrorCode.NOT_FOUND, "no signal has this id"),
    Refusal.SIGNAL_NOT_ACTIVE: (
        ErrorCode.SIGNAL_NOT_ACTIVE,
        "the signal is over, so there is nothing to enter any more",
    ),
    Refusal.ACCOUNT_NOT_FOUND: (ErrorCode.NOT_FOUND, "no active trading account of yours has this id"),
    Refusal.ACCOUNT_AMBIGUOUS: (
        ErrorCode.ACCOUNT_AMBIGUOUS,
        "you have several trading accounts: say in account_id which one",
    ),
    Refusal.ALREADY_EXECUTED: (ErrorCode.ALREADY_EXECUTED, "this account has an intent for this signal already"),
    Refusal.PLAN_LIMIT_REACHED: (
        ErrorCode.PLAN_LIMIT_REACHED,
        "all position slots of your plan are taken; close a position or choose a larger plan",
    ),
    Refusal.ACCOUNT_READ_ONLY: (
        ErrorCode.ACCOUNT_READ_ONLY,
        "your subscription has ended, so nothing new is opened; subscribe to go on",
    ),
}


@router.post("/{signal_id}/execute", name="execute_signal", status_code=201, response_model=IntentItem)
async def execute(
    signal_id: UUID,
    caller: TradingWriter,
    session: Writing,
    once: OnlyOnce,
    language: Spoken,
    request: Request,
    wish: Execution | None = None,
) -> Response:
    """Execute a signal on a trading account (the only one, when none is named). The intent takes a position slot of
    the plan and goes to the engine, which sizes it and sends the entry, or denies it with a reason and frees the slot:
    follow it at `intents/{id}` or on the WebSocket."""

    async def work() -> IntentItem:
        account_id = wish.account_id if wish else None
        outcome = await _execute(session, caller, signal_id, account_id, request)
        SIGNAL_EXECUTIONS.labels("accepted").inc()
        row = await intent_of(session, caller.user_id, outcome)
        assert row is not None
        return intent_item(row, language)

    return await once.answer(session, 201, work)


async def _execute(
    session: Session, caller: AuthSubject, signal_id: UUID, account_id: UUID | None, request: Request
) -> UUID:
    at = await market_time(session)
    outcome = await execute_signal(session, caller.user_id, signal_id, account_id, at)
    if isinstance(outcome, Refusal):
        SIGNAL_EXECUTIONS.labels(outcome.value).inc()
        raise await _refusal(session, outcome, signal_id)
    payload = {"id": str(outcome), "signal_id": str(signal_id), "status": "accepted", "origin": "manual"}
    event = Event(EventType.INTENT_ACCEPTED, caller.tenant_id, outcome, at, payload)
    await record(session, event, origin_of(request))
    await wake_engine(session)
    return outcome


async def _refusal(session: Session, refusal: Refusal, signal_id: UUID) -> Problem:
    if refusal is Refusal.SIGNAL_NOT_FOUND and await signal_exists(session, signal_id):
        return problem(ErrorCode.PLAN_LIMIT_REACHED, "this signal is beyond your plan's signals per day")
    code, detail = _PROBLEMS[refusal]
    errors = [FieldProblem("#/account_id", detail)] if refusal is Refusal.ACCOUNT_AMBIGUOUS else ()
    return problem(code, detail, errors=errors)
