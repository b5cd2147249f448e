"""Trading accounts: opening them, and what their owners set."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from sqlalchemy import text

from tradewind.core.ledger import EntryKind, entry
from tradewind.core.risk import RiskLimits
from tradewind.kit.ids import derive_id
from tradewind.platform.database import Session
from tradewind.platform.hooks import RegisteredUser
from tradewind.trading.accounts.models import AllowanceRow, EquityPointRow, TradingAccountRow
from tradewind.trading.ledger.models import LedgerEntryRow

PAPER_DEPOSIT = Decimal(10_000)
_CURRENCY = "USDT"


async def market_time(session: Session) -> datetime:
    """The present time of the market clock; the wall clock's before any market was seen."""
    at: datetime = await session.scalar(text("select coalesce((select max(at) from engine_states), now())"))
    return at


async def open_paper_account(session: Session, user: RegisteredUser, at: datetime | None = None) -> None:
    """A paper account with its deposit booked, and the allowance that plan limits count on; a registration hook.

    Args:
        at: market time of the deposit; the present one when not given.
    """
    at = at or await market_time(session)
    limits = RiskLimits()
    account_id = derive_id("paper account", user.user_id)
    session.add(
        AllowanceRow(user_id=user.user_id, tenant_id=user.tenant_id, day=at.date(), signals_used=0, slots_used=0)
    )
    session.add(
        TradingAccountRow(
            id=account_id,
            tenant_id=user.tenant_id,
            user_id=user.user_id,
            name="Paper",
            venue="paper",
            account_type="futures",
            is_demo=True,
            currency=_CURRENCY,
            balance=PAPER_DEPOSIT,
            ledger_seq=1,
            risk_per_trade=limits.risk_per_trade,
            max_leverage=limits.max_leverage,
            auto_trading=True,
        )
    )
    deposit = entry(EntryKind.DEPOSIT, PAPER_DEPOSIT)
    session.add(
        LedgerEntryRow(
            account_id=account_id,
            seq=1,
            tenant_id=user.tenant_id,
            at=at,
            kind=deposit.kind.value,
            debit=deposit.debit.value,
            credit=deposit.credit.value,
            amount=deposit.amount,
        )
    )
    session.add(
        EquityPointRow(
            account_id=account_id, at=at, tenant_id=user.tenant_id, balance=PAPER_DEPOSIT, equity=PAPER_DEPOSIT
        )
    )
    await session.flush()
