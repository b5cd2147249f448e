"""Tables of the money ledger and the decision ledger; both append-only, times of the market."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, Integer
from sqlalchemy.orm import Mapped, mapped_column

from tradewind.platform.database import Base, TenantRow


class LedgerEntryRow(TenantRow, Base):
    """One movement of money: `amount` from the `credit` to the `debit` book of an account, in its currency.

    Both legs are one row, so nothing is ever booked on one side alone. At commit the database sees that the account's
    balance moved by its new entries and nothing else.
    """

    __tablename__ = "ledger_entries"
    __table_args__ = (
        CheckConstraint("amount >= 0", name="amount"),
        CheckConstraint("debit <> credit", name="books"),
        CheckConstraint(
            "(debit = 'cash' or credit = 'cash') and case when debit = 'cash' then credit else debit end "
            "= case kind when 'deposit' then 'capital' when 'pnl' then 'trading' when 'fee' then 'fees' "
            "when 'funding' then 'funding' end",
            name="kind",
        ),
        Index("ix_ledger_entries_deposits", "account_id", "at", postgresql_where="kind = 'deposit'"),
    )

    account_id: Mapped[UUID] = mapped_column(primary_key=True)
    seq: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    kind: Mapped[str]
    debit: Mapped[str]
    credit: Mapped[str]
    amount: Mapped[Decimal]
    position_id: Mapped[UUID | None]
    fill_id: Mapped[UUID | None]


class DecisionRow(TenantRow, Base):
    """Why something was done or left with a user's money; the words are made from code and data."""

    __tablename__ = "decisions"

    intent_id: Mapped[UUID] = mapped_column(primary_key=True)
    seq: Mapped[int] = mapped_column(Integer, primary_key=True)
    account_id: Mapped[UUID]
    at: Mapped[datetime]
    code: Mapped[str]
    data: Mapped[dict[str, Any]]
