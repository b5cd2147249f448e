"""Routes of what happened to a user's money: balances, results, tax lots, and all of it as CSV."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import Annotated
from uuid import UUID

from fastapi import Query
from fastapi.responses import StreamingResponse

from tradewind.core.ledger import Book
from tradewind.core.lots import LotMethod
from tradewind.platform.database import Reader, ReadPool
from tradewind.platform.web.csv_files import CSV, Row, csv_answer, one_by_one
from tradewind.platform.web.errors import ErrorCode, problem
from tradewind.platform.web.paging import Paged
from tradewind.platform.web.parts import part
from tradewind.platform.web.routing import api_router
from tradewind.platform.web.schemas import GivenMoment, PageOf
from tradewind.platform.web.subjects import AuthSubject, TradingReader
from tradewind.platform.web.units import QuickReading
from tradewind.trading.history import queries, tables
from tradewind.trading.history.lots import tax_report
from tradewind.trading.history.queries import AccountRecord, Grouping, Mine, Span
from tradewind.trading.history.schemas import AccountBooks, ResultItem, Results, TaxLotItem, TaxLotPage, TaxTotals

router = api_router("/history", "History")

Pool = Annotated[ReadPool, part(ReadPool)]
OfAccount = Annotated[UUID | None, Query(description="Only of this trading account.")]
OfYear = Annotated[
    int | None, Query(ge=2000, le=2100, description="Only of this calendar year (UTC, market time); all when left out.")
]
Method = Annotated[LotMethod, Query(description="Which lot a closing fill gives up first.")]


@router.get("/balances")
async def list_balances(
    caller: TradingReader, reader: QuickReading, account_id: OfAccount = None
) -> PageOf[AccountBooks]:
    """The books of each account, summed over its ledger."""
    mine = _mine(caller, account_id)
    accounts = await _accounts(reader, mine)
    found = {(each.account_id, each.book): each.balance for each in await queries.book_balances(reader, mine)}
    items = [
        AccountBooks.model_validate(
            {"account_id": account.id, "name": account.name, "currency": account.currency}
            | {book.value: found.get((account.id, book.value), "0") for book in Book}
        )
        for account in accounts
    ]
    return PageOf(items=items, next_cursor=None)


@router.get("/results")
async def get_results(
    caller: TradingReader,
    reader: QuickReading,
    by: Annotated[Grouping, Query(description="What the results are told apart by.")] = Grouping.TOTAL,
    since: Annotated[GivenMoment | None, Query(description="Booked from this market time on.")] = None,
    until: Annotated[GivenMoment | None, Query(description="Booked before this market time.")] = None,
    account_id: OfAccount = None,
) -> Results:
    """Realised PnL, fees and funding: sums over ledger entries, so they agree with the balance to the last digit."""
    mine = _mine(caller, account_id)
    await _accounts(reader, mine)
    rows = await queries.results(reader, mine, Span(since, until), by)
    items = [
        ResultItem(
            name=row.name,
            currency=row.currency,
            pnl=row.pnl,
            fees=row.fees,
            funding=row.funding,
            net=row.pnl - row.fees - row.funding,
        )
        for row in rows
    ]
    return Results(by=by, since=since, until=until, items=items)


@router.get("/tax-lots")
async def list_tax_lots(
    caller: TradingReader,
    pool: Pool,
    paging: Paged,
    method: Method = LotMethod.FIFO,
    year: OfYear = None,
    account_id: OfAccount = None,
) -> TaxLotPage:
    """Disposals, the last first. Funding is no part of a lot's gain but a line of its own: see the totals."""
    listing = f"tax lots {method} {year} {account_id}"
    after = paging.after(listing)
    accounts = await _accounts_apart(pool, _mine(caller, account_id))
    report = await tax_report(pool, caller.tenant_id, accounts, method, Span.of_year(year))
    rows = [each for each in reversed(report.disposals) if after is None or each.place < after]
    page = paging.page(listing, rows[: paging.read], lambda row: row.place)
    return TaxLotPage(
        method=method,
        year=year,
        totals=[TaxTotals.of(totals) for totals in report.totals()],
        items=[TaxLotItem.of(each) for each in page.items],
        next_cursor=page.next_cursor,
    )


@router.get("/tax-lots.csv", response_class=StreamingResponse, responses=CSV)
async def export_tax_lots(
    caller: TradingReader,
    pool: Pool,
    method: Method = LotMethod.FIFO,
    year: OfYear = None,
    account_id: OfAccount = None,
) -> StreamingResponse:
    """Disposals and funding, the first first: the sum of `net_gain` over all rows is the result."""
    accounts = await _accounts_apart(pool, _mine(caller, account_id))
    report = await tax_report(pool, caller.tenant_id, accounts, method, Span.of_year(year))
    name = _name(f"tax-lots-{method}", year)
    return csv_answer(name, tables.TAX_LOTS_HEADER, one_by_one(tables.tax_rows(report)))


@router.get("/fills.csv", response_class=StreamingResponse, responses=CSV)
async def export_fills(
    caller: TradingReader, pool: Pool, year: OfYear = None, account_id: OfAccount = None
) -> StreamingResponse:
    """Every fill, account by account in the order of booking."""
    accounts = await _accounts_apart(pool, _mine(caller, account_id))

    async def rows() -> AsyncIterator[Row]:
        for account in accounts:
            async for fill in queries.fills(pool, caller.tenant_id, account.id, Span.of_year(year)):
                yield tables.fill_row(account, fill)

    return csv_answer(_name("fills", year), tables.FILLS_HEADER, rows())


@router.get("/ledger.csv", response_class=StreamingResponse, responses=CSV)
async def export_ledger(
    caller: TradingReader, pool: Pool, year: OfYear = None, account_id: OfAccount = None
) -> StreamingResponse:
    """Every ledger entry, account by account in the order of booking; `change` is that of the balance."""
    accounts = await _accounts_apart(pool, _mine(caller, account_id))

    async def rows() -> AsyncIterator[Row]:
        for account in accounts:
            async for entry in queries.entries(pool, caller.tenant_id, account.id, Span.of_year(year)):
                yield tables.ledger_row(account, entry)

    return csv_answer(_name("ledger", year), tables.LEDGER_HEADER, rows())


def _mine(caller: AuthSubject, account_id: UUID | None) -> Mine:
    return Mine(caller.tenant_id, caller.user_id, account_id)


async def _accounts_apart(pool: ReadPool, mine: Mine) -> Sequence[AccountRecord]:
    """`_accounts` in a transaction of its own: what is long in the sending must not hold one."""
    async with pool.reading(mine.tenant_id) as reader:
        return await _accounts(reader, mine)


async def _accounts(reader: Reader, mine: Mine) -> Sequence[AccountRecord]:
    accounts = await queries.accounts_named(reader, mine)
    if mine.account_id is not None and not accounts:
        raise problem(ErrorCode.NOT_FOUND, "no trading account of yours has this id")
    return accounts


def _name(of: str, year: int | None) -> str:
    return f"tradewind-{of}" if year is None else f"tradewind-{of}-{year}"
