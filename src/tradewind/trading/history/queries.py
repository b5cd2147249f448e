"""Reading what happened to a user's money: balances and results are sums over ledger entries, and nothing else."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, NamedTuple
from uuid import UUID

from tradewind.platform.database import Reader, ReadPool


class Mine(NamedTuple):
    """Whose history; `account_id` None = of all his accounts."""

    tenant_id: UUID
    user_id: UUID
    account_id: UUID | None


class Span(NamedTuple):
    """Market time from `since` up to but without `until`; None = open at that end."""

    since: datetime | None = None
    until: datetime | None = None

    @classmethod
    def of_year(cls, year: int | None) -> Span:
        """The calendar year in UTC; all time for None."""
        if year is None:
            return cls()
        return cls(datetime(year, 1, 1, tzinfo=UTC), datetime(year + 1, 1, 1, tzinfo=UTC))

    def holds(self, at: datetime) -> bool:
        return (self.since is None or at >= self.since) and (self.until is None or at < self.until)


class AccountRecord(NamedTuple):
    """A trading account, as far as its history goes."""

    id: UUID
    name: str
    currency: str


_ACCOUNTS = """
select id, name, currency from trading_accounts
where user_id = $1 and ($2::uuid is null or id = $2) order by created_at, id
"""


async def accounts_named(reader: Reader, mine: Mine) -> Sequence[AccountRecord]:
    """The accounts in question, the oldest first; none when a named one is not the user's."""
    return [AccountRecord(*row) for row in await reader.rows(_ACCOUNTS, mine.user_id, mine.account_id)]


class BookBalance(NamedTuple):
    """Σ debits − Σ credits of one book of one account."""

    account_id: UUID
    book: str
    balance: Decimal


_BALANCES = """
select l.account_id, leg.book, sum(leg.change) as balance
from trading_accounts t join ledger_entries l on l.account_id = t.id
cross join lateral (values (l.debit, l.amount), (l.credit, -l.amount)) as leg (book, change)
where t.user_id = $1 and ($2::uuid is null or t.id = $2)
group by 1, 2 order by 1, 2
"""


async def book_balances(reader: Reader, mine: Mine) -> Sequence[BookBalance]:
    """The balance of every book that was ever touched."""
    return [BookBalance(*row) for row in await reader.rows(_BALANCES, mine.user_id, mine.account_id)]


class Grouping(StrEnum):
    """By what results are told apart."""

    TOTAL = "total"
    ACCOUNT = "account"
    SYMBOL = "symbol"
    STRATEGY = "strategy"
    DAY = "day"
    MONTH = "month"


class Result(NamedTuple):
    """What trading brought, in one currency. Costs are positive: the balance gained pnl − fees − funding."""

    name: str
    currency: str
    pnl: Decimal
    fees: Decimal
    funding: Decimal


_NAMES = {
    Grouping.TOTAL: "''",
    Grouping.ACCOUNT: "l.account_id::text",
    Grouping.SYMBOL: "p.symbol",
    Grouping.STRATEGY: "s.strategy",
    Grouping.DAY: "to_char(l.at at time zone 'UTC', 'YYYY-MM-DD')",
    Grouping.MONTH: "to_char(l.at at time zone 'UTC', 'YYYY-MM')",
}
# Tables that a grouping does not need are not joined.
_JOINS = {
    Grouping.SYMBOL: "join positions p on p.id = l.position_id",
    Grouping.STRATEGY: "join positions p on p.id = l.position_id join signals s on s.id = p.signal_id",
}
_RESULTS = """
select {name} as name, t.currency,
       coalesce(sum(m.change) filter (where l.kind = 'pnl'), 0) as pnl,
       coalesce(-sum(m.change) filter (where l.kind = 'fee'), 0) as fees,
       coalesce(-sum(m.change) filter (where l.kind = 'funding'), 0) as funding
from trading_accounts t join ledger_entries l on l.account_id = t.id {joins}
cross join lateral (select case when l.debit = 'cash' then l.amount else -l.amount end as change) as m
where t.user_id = $1 and ($2::uuid is null or t.id = $2) and l.kind <> 'deposit'
  and ($3::timestamptz is null or l.at >= $3) and ($4::timestamptz is null or l.at < $4)
group by 1, 2 order by 1, 2
"""
_RESULTS_BY = {by: _RESULTS.format(name=_NAMES[by], joins=_JOINS.get(by, "")) for by in Grouping}


async def results(reader: Reader, mine: Mine, span: Span, by: Grouping) -> Sequence[Result]:
    """What trading brought within the span, by name; groups in which nothing was booked are left out."""
    rows = await reader.rows(_RESULTS_BY[by], mine.user_id, mine.account_id, *span)
    return [Result(*row) for row in rows]


class EntryRecord(NamedTuple):
    """A ledger entry."""

    seq: int
    at: datetime
    kind: str
    debit: str
    credit: str
    amount: Decimal
    symbol: str | None
    side: str | None
    position_id: UUID | None
    fill_id: UUID | None


class FillRecord(NamedTuple):
    """A fill at the place where the ledger booked it."""

    seq: int
    at: datetime
    symbol: str
    side: str
    purpose: str
    price: Decimal
    quantity: Decimal
    fee: Decimal
    maker: bool
    order_id: UUID
    position_id: UUID
    id: UUID


# Entries are numbered without gaps and never change: a page begins where the one before ended, whatever comes.
_ENTRIES = """
select l.seq, l.at, l.kind, l.debit, l.credit, l.amount, p.symbol, p.side, l.position_id, l.fill_id
from ledger_entries l left join positions p on p.id = l.position_id
where l.account_id = $1 and l.seq > $2
  and ($3::timestamptz is null or l.at >= $3) and ($4::timestamptz is null or l.at < $4)
order by l.seq limit $5
"""
# Every fill has exactly one entry for its fee, be it zero; its number says which of two fills of one moment was first.
_FILLS = """
select l.seq, f.at, f.symbol, f.side, f.purpose, f.price, f.quantity, f.fee, f.maker, f.order_id, f.position_id, f.id
from ledger_entries l join fills f on f.id = l.fill_id
where l.account_id = $1 and l.seq > $2 and l.kind = 'fee'
  and ($3::timestamptz is null or l.at >= $3) and ($4::timestamptz is null or l.at < $4)
order by l.seq limit $5
"""
_FUNDING = """
select l.seq, l.at, l.kind, l.debit, l.credit, l.amount, p.symbol, p.side, l.position_id, l.fill_id
from ledger_entries l join positions p on p.id = l.position_id
where l.account_id = $1 and l.kind = 'funding'
  and ($2::timestamptz is null or l.at >= $2) and ($3::timestamptz is null or l.at < $3)
order by l.seq
"""

#: Rows of one page of a long read: few enough that other requests wait no more than milliseconds for it.
PAGE = 1000


async def entries(pool: ReadPool, tenant_id: UUID, account_id: UUID, span: Span) -> AsyncIterator[EntryRecord]:
    """Every entry of an account within the span, in the order of booking."""
    async for row in _paged(pool, tenant_id, _ENTRIES, account_id, span):
        yield EntryRecord(*row)


async def fills(pool: ReadPool, tenant_id: UUID, account_id: UUID, span: Span) -> AsyncIterator[FillRecord]:
    """Every fill of an account within the span, in the order of booking."""
    async for row in _paged(pool, tenant_id, _FILLS, account_id, span):
        yield FillRecord(*row)


async def funding_of(reader: Reader, account_id: UUID, span: Span) -> Sequence[EntryRecord]:
    """The entries for funding of an account within the span, in the order of booking."""
    return [EntryRecord(*row) for row in await reader.rows(_FUNDING, account_id, *span)]


async def _paged(pool: ReadPool, tenant_id: UUID, statement: str, account_id: UUID, span: Span) -> AsyncIterator[Any]:
    """All rows, page by page; between pages no connection is held, however slowly they are taken."""
    last = 0
    while True:
        async with pool.reading(tenant_id) as reader:
            rows = await reader.rows(statement, account_id, last, *span, PAGE)
        for row in rows:
            yield row
        if len(rows) < PAGE:
            return
        last = rows[-1]["seq"]
