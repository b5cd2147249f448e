"""Delivering signals and accepting intents, with the plans' limits inside the writing statements.

A user's allowance row is locked by the statement that uses it, so any number of dispatchers and requests may run at
once and the limits hold exactly. A slot is taken by an accepted entry intent and given back when it is denied,
cancelled, expired or its position closed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any
from uuid import UUID

import asyncpg
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from tradewind.platform.database import Session


def _derived(kind: str, *parts: str) -> str:
    """SQL for `kit.ids.derive_id(kind, *parts)`, so that a statement names rows as the engine would."""
    joined = " || E'\\x1f' || ".join([f"'{kind}'", *(f"({part})::text" for part in parts)])
    digest = f"substring(sha256(convert_to({joined}, 'UTF8')) for 16)"
    version = f"set_byte({digest}, 6, (get_byte({digest}, 6) & 15) | 128)"
    return f"encode(set_byte({version}, 8, (get_byte({digest}, 8) & 63) | 128), 'hex')::uuid"


#: Wakes the engine when a person asked for something; a lost notification costs its sign-of-life interval.
INBOX_CHANNEL = "tradewind_inbox"


@dataclass(frozen=True, slots=True)
class AcceptedIntent:
    """An intent that holds a slot, with what the engine needs to know of its account."""

    id: UUID
    tenant_id: UUID
    user_id: UUID
    account_id: UUID
    signal_id: UUID
    actions: frozenset[str]
    balance: Decimal
    ledger_seq: int
    currency: str
    is_demo: bool
    risk_per_trade: Decimal
    max_leverage: Decimal
    by_hand: bool


_ACCOUNT_COLUMNS = "t.balance, t.ledger_seq, t.currency, t.is_demo, t.risk_per_trade, t.max_leverage"

_DISPATCH = f"""
with released as (
    select r.user_id, r.slots from unnest($5::uuid[], $6::int[]) as r(user_id, slots)
), used as materialized (
    select a.user_id, a.tenant_id,
           a.slots_used - coalesce(r.slots, 0) as slots,
           case when a.day = $2 then a.signals_used else 0 end as signals,
           e.may_open and (
               e.max_signals_per_day is null
               or case when a.day = $2 then a.signals_used else 0 end < e.max_signals_per_day
           ) as delivered,
           e.auto_trading, e.max_active_positions, e.auto_actions
    from allowances a
    join entitlements e on e.tenant_id = a.tenant_id
    left join released r on r.user_id = a.user_id
    for update of a
), candidates as (
    select u.user_id, u.tenant_id, u.auto_actions, t.id as account_id, {_ACCOUNT_COLUMNS},
           row_number() over (partition by u.user_id order by t.id) as place,
           u.max_active_positions - u.slots as free
    from used u join trading_accounts t on t.user_id = u.user_id
    where u.delivered and u.auto_trading and t.auto_trading and t.status = 'active' and (t.is_demo or $4)
), intended as (
    select *, {_derived("intent", "$1::uuid", "account_id")} as id from candidates where free is null or place <= free
), counted as (
    update allowances a
    set day = $2, signals_used = u.signals + u.delivered::int, slots_used = u.slots + coalesce(i.slots, 0)
    from used u left join (select user_id, count(*)::int as slots from intended group by user_id) i using (user_id)
    where a.user_id = u.user_id
), delivered as (
    insert into user_signals (user_id, tenant_id, signal_id, day, delivered_at)
    select user_id, tenant_id, $1, $2, $3 from used where delivered
), accepted as (
    insert into intents (id, tenant_id, user_id, account_id, signal_id, origin, status, holds_slot, actions, created_at)
    select id, tenant_id, user_id, account_id, $1, 'auto', 'accepted', true, auto_actions, $3 from intended
)
select *, 'auto' as origin from intended order by id
"""

_RELEASE = """
update allowances a set slots_used = a.slots_used - r.slots
from unnest($1::uuid[], $2::int[]) as r(user_id, slots) where a.user_id = r.user_id
"""


async def dispatch(
    connection: asyncpg.Connection[asyncpg.Record],
    signal_id: UUID,
    *,
    day: date,
    at: datetime,
    real_accounts: bool,
    released: Mapping[UUID, int],
) -> list[AcceptedIntent]:
    """Deliver a signal to everybody whose plan has room for it and accept intents for those who trade automatically.

    One set-based statement. The order of the answer differs from signal to signal, so that nobody is always first.

    Args:
        day: the market day that daily limits count.
        at: market time.
        real_accounts: whether accounts with real money may take part.
        released: slots given back since the last statement, by user.
    """
    users, slots = list(released), list(released.values())
    rows = await connection.fetch(_DISPATCH, signal_id, day, at, real_accounts, users, slots)
    return [_accepted(row, signal_id) for row in rows]


async def release_slots(connection: asyncpg.Connection[asyncpg.Record], released: Mapping[UUID, int]) -> None:
    """Give back position slots, by user."""
    if released:
        await connection.execute(_RELEASE, list(released), list(released.values()))


def _accepted(row: asyncpg.Record, signal_id: UUID) -> AcceptedIntent:
    return AcceptedIntent(
        id=row["id"],
        tenant_id=row["tenant_id"],
        user_id=row["user_id"],
        account_id=row["account_id"],
        signal_id=signal_id,
        actions=frozenset(row["auto_actions"]),
        balance=row["balance"],
        ledger_seq=row["ledger_seq"],
        currency=row["currency"],
        is_demo=row["is_demo"],
        risk_per_trade=row["risk_per_trade"],
        max_leverage=row["max_leverage"],
        by_hand=row["origin"] == "manual",
    )


class Refusal(StrEnum):
    """Why a person's wish to execute a signal was refused at once."""

    SIGNAL_NOT_FOUND = "signal_not_found"
    SIGNAL_NOT_ACTIVE = "signal_not_active"
    ACCOUNT_NOT_FOUND = "account_not_found"
    ACCOUNT_AMBIGUOUS = "account_ambiguous"
    ALREADY_EXECUTED = "already_executed"
    PLAN_LIMIT_REACHED = "plan_limit_reached"
    ACCOUNT_READ_ONLY = "account_read_only"


_EXECUTE = f"""
with taken as (
    update allowances a set slots_used = a.slots_used + 1
    from entitlements e
    where a.user_id = :user_id and e.tenant_id = a.tenant_id and e.may_open
      and (e.max_active_positions is null or a.slots_used < e.max_active_positions)
      and not exists (select from intents i where i.signal_id = :signal_id and i.account_id = :account_id)
    returning a.user_id, a.tenant_id, e.auto_actions
)
insert into intents (id, tenant_id, user_id, account_id, signal_id, origin, status, holds_slot, actions, created_at)
select {_derived("intent", ":signal_id", ":account_id")}, tenant_id, user_id, :account_id, :signal_id,
       'manual', 'accepted', true, auto_actions, :at
from taken
returning id
"""
_WHY_NOT = """
select exists (select from intents where signal_id = :signal_id and account_id = :account_id) as executed,
       (select e.may_open from allowances a join entitlements e on e.tenant_id = a.tenant_id
        where a.user_id = :user_id) as may_open
"""
_SIGNAL = """
select s.phase from signals s join user_signals u on u.signal_id = s.id
where s.id = :signal_id and u.user_id = :user_id
"""
_ACCOUNTS = """
select id from trading_accounts where user_id = :user_id and status = 'active'
  and (cast(:account_id as uuid) is null or id = :account_id) order by id limit 2
"""


async def execute_signal(
    session: Session, user_id: UUID, signal_id: UUID, account_id: UUID | None, at: datetime
) -> UUID | Refusal:
    """Accept a person's intent to execute a signal that was delivered to him, or say why not.

    Args:
        account_id: on which account; None = his only one.
        at: market time.

    Returns:
        The intent's id.
    """
    signal = (await session.execute(text(_SIGNAL), {"signal_id": signal_id, "user_id": user_id})).first()
    if signal is None:
        return Refusal.SIGNAL_NOT_FOUND
    accounts = (await session.execute(text(_ACCOUNTS), {"user_id": user_id, "account_id": account_id})).all()
    if not accounts:
        return Refusal.ACCOUNT_NOT_FOUND
    if len(accounts) > 1:
        return Refusal.ACCOUNT_AMBIGUOUS
    given: dict[str, Any] = {"user_id": user_id, "signal_id": signal_id, "account_id": accounts[0].id}
    if signal.phase not in ("waiting", "open"):
        return Refusal.SIGNAL_NOT_ACTIVE
    try:
        async with session.begin_nested():
            intent_id: UUID | None = await session.scalar(text(_EXECUTE), given | {"at": at})
    except IntegrityError:  # another request for the same signal and account was faster
        return Refusal.ALREADY_EXECUTED
    if intent_id is not None:
        return intent_id
    why = (await session.execute(text(_WHY_NOT), given)).one()
    if why.executed:
        return Refusal.ALREADY_EXECUTED
    return Refusal.PLAN_LIMIT_REACHED if why.may_open else Refusal.ACCOUNT_READ_ONLY


_DELIVER_ACTIVE = """
with room as (
    select a.user_id, a.tenant_id,
           coalesce(e.max_signals_per_day - case when a.day = :day then a.signals_used else 0 end, 2147483647) as free
    from allowances a join entitlements e on e.tenant_id = a.tenant_id
    where a.user_id = :user_id and e.may_open
    for update of a
), delivered as (
    insert into user_signals (user_id, tenant_id, signal_id, day, delivered_at)
    select r.user_id, r.tenant_id, s.id, :day, :at
    from room r cross join lateral (
        select id from signals where phase in ('waiting', 'open') order by created_at desc, id limit r.free
    ) s
    on conflict do nothing
    returning user_id
)
update allowances a
set day = :day, signals_used = case when a.day = :day then a.signals_used else 0 end
    + (select count(*)::int from delivered)
where a.user_id = :user_id
"""


async def deliver_active_signals(session: Session, user_id: UUID, day: date, at: datetime) -> None:
    """Give a new user the signals that are active now, newest first, up to his plan's daily limit."""
    await session.execute(text(_DELIVER_ACTIVE), {"user_id": user_id, "day": day, "at": at})


def accepted_intents(rows: Sequence[asyncpg.Record]) -> list[AcceptedIntent]:
    """Accepted intents read back from the database, for the engine's inbox."""
    return [_accepted(row, row["signal_id"]) for row in rows]
