"""Routes of trading accounts."""

from __future__ import annotations

from uuid import UUID

from starlette.requests import Request

from tradewind.kit.problems import FieldProblem
from tradewind.platform.web.errors import ErrorCode, problem
from tradewind.platform.web.routing import api_router
from tradewind.platform.web.schemas import PageOf
from tradewind.platform.web.subjects import TradingReader, TradingWriter, demand_freshness
from tradewind.platform.web.units import Reading, Writing
from tradewind.trading.accounts.queries import accounts_of, change_account
from tradewind.trading.accounts.schemas import TradingAccountChange, TradingAccountItem

router = api_router("/trading-accounts", "Trading accounts")


@router.get("")
async def list_trading_accounts(caller: TradingReader, session: Reading) -> PageOf[TradingAccountItem]:
    """The caller's trading accounts, the oldest first."""
    rows = await accounts_of(session, caller.user_id)
    items = [TradingAccountItem.model_validate(row, from_attributes=True) for row in rows]
    return PageOf(items=items, next_cursor=None)


@router.patch("/{account_id}")
async def change_trading_account(
    account_id: UUID, wish: TradingAccountChange, caller: TradingWriter, request: Request, session: Writing
) -> TradingAccountItem:
    """Rename, pause, set risk limits, switch automatic trading. New limits hold from the next intent on.

    Switching it on where real money is needs a fresh proof of who is asking.
    """
    changes = wish.model_dump(exclude_unset=True)
    for name, value in changes.items():
        if value is None:
            detail = "expected a value; leave the field out to keep what is set"
            raise problem(ErrorCode.VALIDATION_FAILED, detail, errors=[FieldProblem(f"#/{name}", detail)])
    row = await change_account(session, caller.user_id, account_id, changes)
    if row is None:
        raise problem(ErrorCode.NOT_FOUND, "no trading account of yours has this id")
    if changes.get("auto_trading") and not row.is_demo:
        await demand_freshness(request, caller)  # a refusal takes the change back
    return TradingAccountItem.model_validate(row, from_attributes=True)
