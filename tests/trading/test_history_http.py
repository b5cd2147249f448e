"""Balances, results, tax lots and CSV files over HTTP, against the ledger that the real engine wrote."""

from __future__ import annotations

import csv
import io
from decimal import Decimal
from typing import Any
from uuid import uuid4

import asyncpg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.http import Api, Person
from tests.support.market import NOON, TestMarket
from tradewind.core.ledger import EntryKind, entry
from tradewind.core.values import MONEY_STEP, Side
from tradewind.kit.clock import from_ms
from tradewind.platform.database import ReadPool
from tradewind.trading.history import queries
from tradewind.trading.history.queries import Grouping, Mine, Span

HALF_DAY = 12 * 60


@pytest.fixture
async def active(trader: Person, market: TestMarket) -> Person:
    """A trader who executes by hand, several at once, without an end of his plan."""
    await market.subscribe(trader.tenant_id, "PRO")
    await market.connection.execute("update trading_accounts set auto_trading = false")
    return trader


async def opened(trader: Person, market: TestMarket, **shape: Any) -> str:
    signal = await market.publish(**{"reach": 0.3, "stop": 0.15} | shape)
    intent = (await trader.post(f"/signals/{signal.id}/execute")).json
    await market.attend()
    await market.move(**{symbol: market.engine.desk.prices[symbol] for symbol in ("BTCUSDT", "ETHUSDT")})
    position: str = (await trader.ok("GET", f"/intents/{intent['id']}"))["position_id"]
    return position


async def close(trader: Person, market: TestMarket, position: str, **prices: float) -> None:
    await market.move(**prices)
    await trader.ok("POST", f"/positions/{position}/close")
    await market.attend()
    await market.move(**prices)


async def traded(trader: Person, market: TestMarket) -> None:
    """A long and a short in two symbols, one held over a charge of funding, all closed; the last in February."""
    first = await opened(trader, market)
    await market.move(minutes=HALF_DAY, BTCUSDT=60_300.0)
    await close(trader, market, first, BTCUSDT=60_500.0)
    second = await opened(trader, market, symbol="ETHUSDT", side=Side.SHORT)
    await close(trader, market, second, ETHUSDT=3_050.0)
    third = await opened(trader, market)
    await market.move(minutes=35 * 24 * 60, BTCUSDT=61_000.0)
    await close(trader, market, third, BTCUSDT=61_000.0)


async def positions_of(trader: Person) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = (await trader.ok("GET", "/positions?status=all"))["items"]
    return items


def total(rows: list[dict[str, Any]], name: str) -> Decimal:
    return sum((Decimal(row[name]) for row in rows), Decimal(0))


async def table(trader: Person, path: str) -> list[dict[str, str]]:
    answer = await trader.get(path)
    assert answer.status == 200, answer.raw
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8; header=present"
    text = answer.raw.decode()
    assert text.endswith("\r\n")
    assert text.count("\n") == text.count("\r\n"), "RFC 4180"
    return list(csv.DictReader(io.StringIO(text, newline="")))


# ---------------------------------------------------------------------------------------------- balances and results


async def test_books_balance_and_cash_is_the_balance(active: Person, market: TestMarket) -> None:
    (fresh,) = (await active.ok("GET", "/history/balances"))["items"]
    assert (fresh["cash"], fresh["capital"], fresh["trading"]) == ("10000", "-10000", "0")
    await traded(active, market)
    (books,) = (await active.ok("GET", "/history/balances"))["items"]
    assert sum(Decimal(books[book]) for book in ("cash", "capital", "trading", "fees", "funding")) == 0
    assert books["cash"] == (await active.ok("GET", "/trading-accounts"))["items"][0]["balance"]
    assert Decimal(books["fees"]) == total(await positions_of(active), "fees") > 0
    assert Decimal(books["funding"]) == total(await positions_of(active), "funding") != 0


async def test_results_are_those_of_the_positions(active: Person, market: TestMarket) -> None:
    await traded(active, market)
    positions = await positions_of(active)
    (whole,) = (await active.ok("GET", "/history/results"))["items"]
    assert Decimal(whole["net"]) == total(positions, "realised_pnl")
    assert Decimal(whole["fees"]) == total(positions, "fees")
    assert Decimal(whole["funding"]) == total(positions, "funding")
    balance = Decimal((await active.ok("GET", "/user/stats"))["balance"])
    assert balance == 10_000 + Decimal(whole["net"])
    for by in Grouping:
        parts = (await active.ok("GET", f"/history/results?by={by}"))["items"]
        for name in ("pnl", "fees", "funding", "net"):
            assert total(parts, name) == Decimal(whole[name]), f"{name} by {by}"
    symbols = {each["name"]: each for each in (await active.ok("GET", "/history/results?by=symbol"))["items"]}
    for symbol in ("BTCUSDT", "ETHUSDT"):
        of_symbol = [each for each in positions if each["symbol"] == symbol]
        assert Decimal(symbols[symbol]["net"]) == total(of_symbol, "realised_pnl")
    strategies = (await active.ok("GET", "/history/results?by=strategy"))["items"]
    assert len(strategies) == 3, "every signal of these tests has a strategy of its own"
    months = (await active.ok("GET", "/history/results?by=month"))["items"]
    assert [each["name"] for each in months] == ["2026-01", "2026-02"]


async def test_results_of_a_span(active: Person, market: TestMarket) -> None:
    await traded(active, market)
    (january,) = (await active.ok("GET", "/history/results?until=2026-02-01T00:00:00Z"))["items"]
    (february,) = (await active.ok("GET", "/history/results?since=2026-02-01T00:00:00Z"))["items"]
    (whole,) = (await active.ok("GET", "/history/results"))["items"]
    assert Decimal(january["net"]) + Decimal(february["net"]) == Decimal(whole["net"])
    nothing = await active.ok("GET", "/history/results?since=2031-01-01T00:00:00Z")
    assert nothing["items"] == []


# ----------------------------------------------------------------------------------------------------------- tax lots


@pytest.mark.parametrize("method", ["fifo", "lifo", "hifo"])
async def test_lots_and_funding_are_what_the_balance_gained(active: Person, market: TestMarket, method: str) -> None:
    await traded(active, market)
    page = await active.ok("GET", f"/history/tax-lots?method={method}")
    (sums,) = page["totals"]
    balance = Decimal((await active.ok("GET", "/user/stats"))["balance"])
    assert Decimal(sums["result"]) == balance - 10_000
    assert Decimal(sums["gain"]) == Decimal(sums["proceeds"]) - Decimal(sums["basis"])
    assert Decimal(sums["result"]) == Decimal(sums["net_gain"]) - Decimal(sums["funding"])
    for name in ("proceeds", "basis", "gain", "fees", "net_gain"):
        assert total(page["items"], name) == Decimal(sums[name]), name
    assert sums["disposals"] == len(page["items"]) == 3
    rows = await table(active, f"/history/tax-lots.csv?method={method}")
    assert total([row for row in rows if row["net_gain"]], "net_gain") == balance - 10_000
    assert {row["kind"] for row in rows} == {"disposal", "funding"}


async def test_a_short_sells_first(active: Person, market: TestMarket) -> None:
    """Worked by hand: what is sold at the entry and bought back at the exit."""
    position = await opened(active, market, side=Side.SHORT)
    await close(active, market, position, BTCUSDT=59_000.0)
    detail = await active.ok("GET", f"/positions/{position}")
    (lot,) = (await active.ok("GET", "/history/tax-lots"))["items"]
    sold, bought = detail["fills"]
    quantity = Decimal(sold["quantity"])
    assert (lot["side"], Decimal(lot["quantity"])) == ("short", quantity)
    assert Decimal(lot["proceeds"]) == quantity * Decimal(sold["price"])
    assert Decimal(lot["basis"]) == quantity * Decimal(bought["price"])
    assert Decimal(lot["gain"]) == quantity * (Decimal(sold["price"]) - Decimal(bought["price"])) > 0
    assert Decimal(lot["fees"]) == Decimal(sold["fee"]) + Decimal(bought["fee"])
    assert Decimal(lot["net_gain"]) == Decimal(detail["realised_pnl"])
    assert (lot["opened_by"], lot["closed_by"]) == (sold["id"], bought["id"])
    assert (lot["opened_at"], lot["closed_at"]) == (sold["at"], bought["at"])


async def test_a_year_has_what_was_closed_in_it(active: Person, market: TestMarket) -> None:
    await traded(active, market)
    assert (await active.ok("GET", "/history/tax-lots?year=2025"))["items"] == []
    page = await active.ok("GET", "/history/tax-lots?year=2026")
    assert page["items"] == (await active.ok("GET", "/history/tax-lots"))["items"]
    assert page["year"] == 2026
    answer = await active.get("/history/tax-lots?year=26")
    assert (answer.status, answer.json["errors"][0]["pointer"]) == (422, "#/query/year")
    assert (await active.get("/history/tax-lots?method=average")).code == "validation_failed"


async def test_lots_come_in_pages(active: Person, market: TestMarket) -> None:
    await traded(active, market)
    whole = await active.ok("GET", "/history/tax-lots")
    paged: list[dict[str, Any]] = []
    cursor = ""
    while True:
        page = await active.ok("GET", f"/history/tax-lots?limit=1{cursor}")
        assert page["totals"] == whole["totals"]
        paged += page["items"]
        if page["next_cursor"] is None:
            break
        cursor = f"&cursor={page['next_cursor']}"
    assert paged == whole["items"]
    closed = [lot["closed_at"] for lot in paged]
    assert closed == sorted(closed, reverse=True)
    assert (await active.get(f"/history/tax-lots?method=lifo{cursor}")).code == "invalid_cursor"


# ------------------------------------------------------------------------------------------------------------ exports


async def test_the_ledger_as_a_file(active: Person, market: TestMarket) -> None:
    await traded(active, market)
    rows = await table(active, "/history/ledger.csv")
    assert list(rows[0]) == [
        *("at", "account_id", "account", "currency", "seq", "kind", "debit", "credit", "amount", "change"),
        *("symbol", "side", "position_id", "fill_id"),
    ]
    assert rows[0] | {"account_id": "", "at": ""} == dict.fromkeys(rows[0], "") | {
        "account": "Paper",
        "currency": "USDT",
        "seq": "1",
        "kind": "deposit",
        "debit": "cash",
        "credit": "capital",
        "amount": "10000",
        "change": "10000",
    }
    assert [int(row["seq"]) for row in rows] == list(range(1, len(rows) + 1))
    assert str(total(rows, "change")) == (await active.ok("GET", "/user/stats"))["balance"]
    assert all(row["at"].endswith("Z") for row in rows)
    (january,) = {row["at"][:4] for row in await table(active, "/history/ledger.csv?year=2026") if row["symbol"]}
    assert january == "2026"


async def test_fills_as_a_file(active: Person, market: TestMarket) -> None:
    await traded(active, market)
    rows = await table(active, "/history/fills.csv")
    trades = (await active.ok("GET", "/trades"))["items"]
    assert [row["fill_id"] for row in rows] == [trade["id"] for trade in reversed(trades)]
    assert [row["deal"] for row in rows] == ["buy", "sell", "sell", "buy", "buy", "sell"]
    for row, trade in zip(rows, reversed(trades), strict=True):
        for name in ("price", "quantity", "fee"):
            assert Decimal(row[name]) == Decimal(trade[name])
        assert Decimal(row["value"]) == Decimal(trade["price"]) * Decimal(trade["quantity"])


@pytest.mark.parametrize("name", ["=1+1", "@SUM(A1)", 'a "quoted", name', "-2"])
async def test_a_name_is_never_a_formula(trader: Person, name: str) -> None:
    await trader.client.ok("PATCH", f"/api/v1/trading-accounts/{trader.account_id}", json={"name": name})
    (row,) = await table(trader, "/history/ledger.csv")
    assert row["account"] in (name, "'" + name)
    assert not row["account"].startswith(("=", "@", "-"))


async def test_anothers_account_looks_like_none(own_api: Api, trader: Person) -> None:
    other = await own_api.register()
    for path in ("balances", "results", "tax-lots", "tax-lots.csv", "fills.csv", "ledger.csv"):
        for account in (trader.account_id, uuid4()):
            answer = await other.get(f"/history/{path}?account_id={account}")
            assert (answer.status, answer.code) == (404, "not_found"), path
    rows = await table(other, "/history/ledger.csv")
    assert [row["account_id"] for row in rows] == [str(other.account_id)]


async def test_a_file_longer_than_a_page_is_whole(own_api: Api, trader: Person, market: TestMarket) -> None:
    count = 2 * queries.PAGE + 1
    await book(market.connection, trader, [(EntryKind.FUNDING, Decimal(-1) * MONEY_STEP)] * (count - 1))
    rows = await table(trader, "/history/ledger.csv")
    assert [int(row["seq"]) for row in rows] == list(range(1, count + 1))


# ------------------------------------------------------------------------------------- what the database itself holds


async def book(
    connection: asyncpg.Connection[asyncpg.Record],
    trader: Person,
    moved: list[tuple[EntryKind, Decimal]],
    *,
    amiss: Decimal = Decimal(0),
) -> None:
    """Book as the engine does: entries, and the balance they lead to, `amiss` apart."""
    async with connection.transaction():
        account = await connection.fetchrow(
            "select balance, ledger_seq from trading_accounts where id = $1", trader.account_id
        )
        assert account is not None
        rows = []
        for number, (kind, change) in enumerate(moved, account["ledger_seq"] + 1):
            made = entry(kind, change)
            books = (made.kind.value, made.debit.value, made.credit.value)
            rows.append((trader.account_id, number, trader.tenant_id, from_ms(NOON), *books, made.amount))
        await connection.executemany(
            "insert into ledger_entries (account_id, seq, tenant_id, at, kind, debit, credit, amount)"
            " values ($1, $2, $3, $4, $5, $6, $7, $8)",
            rows,
        )
        await connection.execute(
            "update trading_accounts set balance = $2, ledger_seq = $3 where id = $1",
            trader.account_id,
            account["balance"] + sum((change for _, change in moved), Decimal(0)) + amiss,
            account["ledger_seq"] + len(moved),
        )


async def test_transfers_in_and_out_are_deposits_and_no_result(trader: Person, market: TestMarket) -> None:
    await book(market.connection, trader, [(EntryKind.DEPOSIT, Decimal(500)), (EntryKind.DEPOSIT, Decimal("-1500.25"))])
    (books,) = (await trader.ok("GET", "/history/balances"))["items"]
    assert (books["cash"], books["capital"]) == ("8999.75", "-8999.75")
    assert (await trader.ok("GET", "/history/results"))["items"] == []
    assert Decimal((await trader.ok("GET", "/user/stats"))["total_pnl"]) == 0


async def test_a_balance_moves_with_its_entries_alone(trader: Person, market: TestMarket) -> None:
    connection = market.connection
    gained = [(EntryKind.PNL, Decimal(5)), (EntryKind.FEE, Decimal("-0.1"))]
    for amiss in (MONEY_STEP, -MONEY_STEP):
        with pytest.raises(asyncpg.IntegrityConstraintViolationError, match="to move by its 2 new ledger entries"):
            await book(connection, trader, gained, amiss=amiss)
    with pytest.raises(asyncpg.IntegrityConstraintViolationError, match="to move by its 0 new ledger entries"):
        await book(connection, trader, [], amiss=Decimal(1))
    with pytest.raises(asyncpg.IntegrityConstraintViolationError, match="to be counted in its balance"):
        await connection.execute(
            "insert into ledger_entries (account_id, seq, tenant_id, at, kind, debit, credit, amount)"
            " values ($1, 2, $2, now(), 'pnl', 'cash', 'trading', 5)",
            trader.account_id,
            trader.tenant_id,
        )
    with pytest.raises(asyncpg.CheckViolationError, match="ck_ledger_entries_kind"):
        await connection.execute(
            "insert into ledger_entries (account_id, seq, tenant_id, at, kind, debit, credit, amount)"
            " values ($1, 2, $2, now(), 'fee', 'cash', 'trading', 5)",
            trader.account_id,
            trader.tenant_id,
        )
    assert (await trader.ok("GET", "/user/stats"))["balance"] == "10000", "nothing of it was written"
    await book(connection, trader, gained)
    assert (await trader.ok("GET", "/user/stats"))["balance"] == "10004.9"


changes = st.integers(-(10**20), 10**20).map(lambda steps: steps * MONEY_STEP)


@given(st.lists(st.tuples(st.sampled_from(EntryKind), changes), max_size=12))
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_whatever_is_booked_the_queries_add_up(
    own_api: Api, trader: Person, market: TestMarket, moved: list[tuple[EntryKind, Decimal]]
) -> None:
    """The ledger keeps what earlier examples booked, so each is about what it adds."""
    before, result_before = await _sums(own_api, trader)
    await book(market.connection, trader, moved)
    after, result = await _sums(own_api, trader)
    assert sum(after.values()) == 0
    by_kind = {kind: sum((change for each, change in moved if each is kind), Decimal(0)) for kind in EntryKind}
    assert after["cash"] - before["cash"] == sum(by_kind.values())
    for kind, against in (("deposit", "capital"), ("pnl", "trading"), ("fee", "fees"), ("funding", "funding")):
        assert after.get(against, 0) - before.get(against, 0) == -by_kind[EntryKind(kind)]
    assert result - result_before == sum(by_kind.values()) - by_kind[EntryKind.DEPOSIT]


async def _sums(api: Api, trader: Person) -> tuple[dict[str, Decimal], Decimal]:
    """Balances by book, and the result of all time."""
    mine = Mine(trader.tenant_id, trader.id, None)
    async with api.parts[ReadPool].reading(trader.tenant_id) as reader:
        balances = {each.book: each.balance for each in await queries.book_balances(reader, mine)}
        rows = await queries.results(reader, mine, Span(), Grouping.TOTAL)
    return balances, sum((row.pnl - row.fees - row.funding for row in rows), Decimal(0))
