"""Tax lots: which lot goes, what is conserved, and that every method ends at the ledger's PnL."""

from __future__ import annotations

import csv
import io
from decimal import Decimal, localcontext
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.simulation.trade_driver import make_scenario, run
from tradewind.core.ledger import EntryKind, balance, entry
from tradewind.core.lots import (
    CSV_HEADER,
    Deal,
    LotFill,
    LotMethod,
    LotReport,
    TransferIn,
    TransferOut,
    csv_row,
    safe_text,
    tax_lots,
)
from tradewind.core.orders import OrderPurpose
from tradewind.core.values import MONEY_STEP, IllegalValueError, Rounding, Side, round_to

DAY = 86_400_000
METHODS = pytest.mark.parametrize("method", list(LotMethod))
BUY, SELL = Deal.BUY, Deal.SELL


def fill(at: int, deal: Deal, price: str, quantity: str = "1", fee: str = "0", symbol: str = "BTCUSDT") -> LotFill:
    name = f"{deal.value}-{at}"
    return LotFill(at * DAY, symbol, deal, Decimal(price), Decimal(quantity), Decimal(fee), name)


def gains(report: LotReport) -> list[tuple[str, str]]:
    return [(lot.opened_by, str(lot.gain)) for lot in report.realised]


# ------------------------------------------------------------------------------------------------------- plain examples


LONGS = [fill(0, BUY, "100"), fill(1, BUY, "130"), fill(2, BUY, "110"), fill(3, SELL, "120")]
SHORTS = [fill(0, SELL, "100"), fill(1, SELL, "130"), fill(2, SELL, "90"), fill(3, BUY, "120")]


@pytest.mark.parametrize(
    ("method", "long", "short"),
    [
        (LotMethod.FIFO, ("buy-0", 20), ("sell-0", -20)),
        (LotMethod.LIFO, ("buy-2", 10), ("sell-2", -30)),
        (LotMethod.HIFO, ("buy-1", -10), ("sell-2", -30)),
    ],
)
def test_which_lot_goes_first(method: LotMethod, long: tuple[str, int], short: tuple[str, int]) -> None:
    for events, (opened_by, gain) in ((LONGS, long), (SHORTS, short)):
        (lot,) = tax_lots(events, method).realised
        assert (lot.opened_by, lot.gain) == (opened_by, gain)


def test_hifo_counts_fees_and_takes_the_older_of_equals() -> None:
    dear_by_fee = [fill(0, BUY, "100", fee="1"), fill(1, BUY, "100"), fill(2, SELL, "100")]
    assert tax_lots(dear_by_fee, LotMethod.HIFO).realised[0].opened_by == "buy-0"
    rebate = [fill(0, BUY, "100", fee="-1"), fill(1, BUY, "100"), fill(2, SELL, "100")]
    assert tax_lots(rebate, LotMethod.HIFO).realised[0].opened_by == "buy-1"
    equal = [fill(0, BUY, "100"), fill(1, BUY, "100"), fill(2, SELL, "100")]
    assert tax_lots(equal, LotMethod.HIFO).realised[0].opened_by == "buy-0"
    fee_of_a_short = [fill(0, SELL, "100"), fill(1, SELL, "100", fee="1"), fill(2, BUY, "100")]
    assert tax_lots(fee_of_a_short, LotMethod.HIFO).realised[0].opened_by == "sell-1"


def test_hifo_tells_prices_apart_beyond_the_usual_precision() -> None:
    many = "1" + "0" * 21  # a step of 10⁻⁸ in the value is 10⁻²⁹ in the price
    events = [fill(0, BUY, "1", many), fill(1, BUY, f"1.{'0' * 28}1", many), fill(2, SELL, "1")]
    assert tax_lots(events, LotMethod.HIFO).realised[0].opened_by == "buy-1"


def test_a_partial_close_leaves_the_rest_of_the_lot_with_its_cost_and_fee() -> None:
    report = tax_lots([fill(0, BUY, "100", "3", "0.3"), fill(5, SELL, "110", "1", "0.1")], LotMethod.FIFO)
    (lot,), (rest,) = report.realised, report.held
    assert (lot.quantity, lot.entry_value, lot.exit_value) == (1, 100, 110)
    assert (lot.gain, lot.entry_fee, lot.exit_fee, lot.net_gain) == (10, Decimal("0.1"), Decimal("0.1"), Decimal("9.8"))
    assert lot.held_ms == 5 * DAY
    assert (rest.quantity, rest.entry_value, rest.entry_fee) == (2, 200, Decimal("0.2"))
    assert rest.unrealised(Decimal(90)) == -20
    assert (report.gain, report.net_gain) == (10, Decimal("9.8"))


def test_one_fill_may_close_several_lots_and_turn_the_position() -> None:
    events = [fill(0, BUY, "100"), fill(1, BUY, "110"), fill(2, SELL, "120", "5", "0.5")]
    report = tax_lots(events, LotMethod.FIFO)
    assert gains(report) == [("buy-0", "20.00000000"), ("buy-1", "10.00000000")]
    assert [lot.exit_fee for lot in report.realised] == [Decimal("0.1")] * 2
    (short,) = report.held
    assert (short.side, short.quantity, short.entry_value) == (Side.SHORT, 3, 360)
    assert short.entry_fee == Decimal("0.3")
    assert short.unrealised(Decimal(100)) == 60


def test_what_cannot_be_divided_ends_up_with_the_last_piece() -> None:
    thirds = [fill(0, BUY, "1", "3", "0.00000001"), *(fill(at, SELL, "1", fee="0") for at in (1, 2, 3))]
    report = tax_lots(thirds, LotMethod.FIFO)
    assert sum(lot.entry_fee for lot in report.realised) == Decimal("0.00000001")
    assert not report.held


def test_symbols_do_not_touch_each_other() -> None:
    events = [fill(0, BUY, "100"), fill(1, SELL, "5", symbol="ETHUSDT")]
    report = tax_lots(events, LotMethod.FIFO)
    assert not report.realised
    assert [(lot.symbol, lot.side) for lot in report.held] == [("BTCUSDT", Side.LONG), ("ETHUSDT", Side.SHORT)]


@METHODS
def test_nothing_makes_nothing(method: LotMethod) -> None:
    assert tax_lots([], method) == LotReport(method, (), (), ())


def test_transfers_bring_their_history_and_realise_nothing() -> None:
    moved = TransferIn(10 * DAY, "BTCUSDT", Decimal(2), Decimal(100), acquired_at=DAY, reference="in")
    out = TransferOut(30 * DAY, "BTCUSDT", Decimal(1), "out")
    events = [fill(5, BUY, "70"), moved, fill(20, SELL, "80"), out]
    fifo = tax_lots(events, LotMethod.FIFO)
    (lot,), (left,) = fifo.realised, fifo.transferred
    assert (lot.opened_by, lot.gain, lot.held_ms) == ("in", 30, 19 * DAY), "it was bought first, though it came later"
    assert (left.lot.reference, left.lot.entry_value, left.transferred_by) == ("in", 50, "out")
    assert [lot.reference for lot in fifo.held] == ["buy-5"]
    lifo = tax_lots(events, LotMethod.LIFO)
    assert [lot.opened_by for lot in lifo.realised] == ["buy-5"]


@pytest.mark.parametrize(
    "build",
    [
        lambda: fill(0, BUY, "0"),
        lambda: fill(0, BUY, "NaN"),
        lambda: fill(0, BUY, "1", "0"),
        lambda: fill(0, BUY, "1", "-1"),
        lambda: fill(0, BUY, "1", "Infinity"),
        lambda: fill(0, BUY, "1", fee="NaN"),
        lambda: TransferIn(0, "X", Decimal(0), Decimal(1), 0),
        lambda: TransferIn(0, "X", Decimal(1), Decimal(-1), 0),
        lambda: TransferIn(0, "X", Decimal(1), Decimal("NaN"), 0),
        lambda: TransferIn(0, "X", Decimal(1), Decimal(1), 0, Decimal("NaN")),
        lambda: TransferIn(0, "X", Decimal(1), Decimal(1), 1),
        lambda: TransferOut(0, "X", Decimal(0)),
        lambda: tax_lots([fill(1, BUY, "1"), fill(0, BUY, "1")], LotMethod.FIFO),
        lambda: tax_lots([TransferOut(0, "X", Decimal(1))], LotMethod.FIFO),
        lambda: tax_lots([fill(0, SELL, "1", symbol="X"), TransferOut(DAY, "X", Decimal(1))], LotMethod.FIFO),
        lambda: tax_lots(
            [fill(0, SELL, "1", symbol="X"), TransferIn(DAY, "X", Decimal(1), Decimal(1), 0)], LotMethod.FIFO
        ),
        lambda: tax_lots([fill(0, BUY, "1")], LotMethod.FIFO).held[0].unrealised(Decimal(0)),
    ],
)
def test_the_impossible_is_refused(build) -> None:
    with pytest.raises(IllegalValueError, match="expected"):
        build()


# ----------------------------------------------------------------------------------------------------------- properties

#: Prices and quantities whose products need nine decimals, so that roundings and ties at the half do happen.
prices = st.integers(1, 10**6).map(lambda ticks: ticks * Decimal("0.0001"))
quantities = st.integers(1, 10**5).map(lambda lots: lots * Decimal("0.00001"))
fees = st.integers(-(10**6), 10**6).map(lambda steps: steps * MONEY_STEP)


@st.composite
def histories(draw: st.DrawFn, *, flat: bool = False) -> list[LotFill]:
    count = draw(st.integers(1, 25))
    fills = [
        LotFill(at, "X", draw(st.sampled_from(Deal)), draw(prices), draw(quantities), draw(fees), str(at))
        for at in range(count)
    ]
    held = sum(each.deal.opens.sign * each.quantity for each in fills)
    if flat and held:
        deal = SELL if held > 0 else BUY
        fills.append(LotFill(count, "X", deal, draw(prices), abs(held), draw(fees), str(count)))
    return fills


def booked_by_the_ledger(fills: list[LotFill]) -> Decimal:
    """Realised PnL as `core.trade.machine` books it: average cost, every fill's gain on the booking step."""
    sign, held, basis, entries = 1, Decimal(0), Decimal(0), []
    for each in fills:
        left, way = each.quantity, each.deal.opens.sign
        if held and way != sign:
            closed = min(left, held)
            value = each.price * closed
            released = basis
            if closed != held:
                released = round_to(basis * closed / held, MONEY_STEP, Rounding.NEAREST)
            entries.append(entry(EntryKind.PNL, round_to((value - released) * sign, MONEY_STEP, Rounding.NEAREST)))
            held, basis, left = held - closed, basis - released, left - closed
        if left:
            sign = way
            held, basis = held + left, basis + round_to(each.price * left, MONEY_STEP, Rounding.NEAREST)
    return balance(entries)


@METHODS
@given(fills=histories(flat=True))
@settings(max_examples=300, deadline=None)
def test_every_method_ends_at_the_ledgers_pnl(method: LotMethod, fills: list[LotFill]) -> None:
    report = tax_lots(fills, method)
    assert not report.held
    assert report.gain == booked_by_the_ledger(fills)
    assert report.net_gain == report.gain - sum(each.fee for each in fills)


@METHODS
@given(fills=histories())
@settings(max_examples=200, deadline=None)
def test_quantity_cost_and_fees_are_conserved(method: LotMethod, fills: list[LotFill]) -> None:
    report = tax_lots(fills, method)
    held = sum(each.deal.opens.sign * each.quantity for each in fills)
    assert sum(lot.side.sign * lot.quantity for lot in report.held) == held
    assert len({lot.side for lot in report.held}) <= 1
    closed = sum(lot.quantity for lot in report.realised)
    assert 2 * closed + abs(held) == sum(each.quantity for each in fills), "what is closed was opened and closed"
    shared = [(lot.entry_fee, lot.exit_fee) for lot in report.realised]
    paid = sum(sum(each) for each in shared) + sum(lot.entry_fee for lot in report.held)
    assert paid == sum(each.fee for each in fills)
    for each in fills:
        name = each.reference
        opened = [lot for lot in report.realised if lot.opened_by == name] + [
            lot for lot in report.held if lot.reference == name
        ]
        shut = [lot for lot in report.realised if lot.closed_by == name]
        assert sum(lot.quantity for lot in opened) + sum(lot.quantity for lot in shut) == each.quantity
        if opened and not shut:
            assert sum(lot.entry_value for lot in opened) == round_to(
                each.price * each.quantity, MONEY_STEP, Rounding.NEAREST
            )
    assert all(lot.held_ms >= 0 for lot in report.realised)


@given(fills=histories())
@settings(deadline=None)
def test_the_callers_precision_does_not_matter(fills: list[LotFill]) -> None:
    for method in LotMethod:
        exact = tax_lots(fills, method)
        with localcontext() as context:
            context.prec = 4
            assert tax_lots(fills, method) == exact
            assert [csv_row(lot) for lot in tax_lots(fills, method).realised] == [
                csv_row(lot) for lot in exact.realised
            ]


@given(st.lists(st.tuples(prices, quantities), min_size=1, max_size=12), prices, st.randoms(use_true_random=False))
@settings(deadline=None)
def test_hifo_does_not_care_in_which_order_lots_were_opened(bought, price, rng) -> None:
    def first_gain(pairs) -> Decimal:
        buys = [LotFill(at, "X", BUY, one, quantity) for at, (one, quantity) in enumerate(pairs)]
        smallest = min(quantity for _, quantity in pairs)
        report = tax_lots([*buys, LotFill(len(buys), "X", SELL, price, smallest)], LotMethod.HIFO)
        return report.gain

    shuffled = list(bought)
    rng.shuffle(shuffled)
    # Equal prices may come in lots of different size, whose shares round differently by one step each.
    assert abs(first_gain(bought) - first_gain(shuffled)) <= 2 * MONEY_STEP


@given(fills=histories())
@settings(deadline=None)
def test_hifo_never_realises_more_at_the_first_close(fills: list[LotFill]) -> None:
    """Greedy per close; what the methods realise later depends on what they gave up before."""
    opening = fills[0].deal
    before = [each for each in fills if each.deal is opening]
    last = LotFill(len(fills), "X", SELL if opening is BUY else BUY, Decimal(7), before[0].quantity)
    nets = {method: tax_lots([*before, last], method).net_gain for method in LotMethod}
    assert nets[LotMethod.HIFO] <= min(nets.values()) + 4 * len(fills) * MONEY_STEP


@pytest.mark.parametrize("seed", range(60))
def test_trades_of_the_real_state_machine(seed: int) -> None:
    """Fills and PnL of seeded trades as `core.trade` books them, not a copy of its arithmetic."""
    driver = run(make_scenario(Random(seed), nasty=True))
    trade = driver.trade
    purposes = {order.id: order.purpose for order in trade.orders}
    enters, leaves = (BUY, SELL) if trade.side is Side.LONG else (SELL, BUY)
    fills = [
        LotFill(
            each.at,
            trade.symbol,
            enters if purposes[each.order_id] is OrderPurpose.ENTRY else leaves,
            each.price.value,
            each.quantity.value,
            each.fee,
        )
        for each in driver.fills
    ]
    for method in LotMethod:
        report = tax_lots(fills, method)
        assert sum(lot.quantity for lot in report.held) == trade.held.value
        if not trade.held:
            assert report.gain == trade.realised
            assert report.net_gain == trade.realised - trade.fees


# ------------------------------------------------------------------------------------------------------------------ csv


def test_rows_are_plain_texts_that_read_back() -> None:
    report = tax_lots([fill(0, BUY, "100", "2", "0.2"), fill(1, SELL, "90", "1", "0.1")], LotMethod.FIFO)
    (lot,) = report.realised
    assert dict(zip(CSV_HEADER, csv_row(lot), strict=True)) == {
        "symbol": "BTCUSDT",
        "side": "long",
        "quantity": "1",
        "opened_at": "1970-01-01T00:00:00.000Z",
        "closed_at": "1970-01-02T00:00:00.000Z",
        "held_days": "1",
        "proceeds": "90",
        "basis": "100",
        "entry_fee": "0.1",
        "exit_fee": "0.1",
        "gain": "-10",
        "net_gain": "-10.2",
        "opened_by": "buy-0",
        "closed_by": "sell-1",
    }


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "  =1", "＝1", "\u3000=1"])
def test_no_text_is_a_formula(text: str) -> None:
    assert safe_text(text) == "'" + text
    events = [
        LotFill(0, text, BUY, Decimal(1), Decimal(1), reference=text),
        LotFill(1, text, SELL, Decimal(1), Decimal(1), reference=text),
    ]
    (lot,) = tax_lots(events, LotMethod.FIFO).realised
    buffer = io.StringIO()
    csv.writer(buffer).writerows([CSV_HEADER, csv_row(lot)])
    read = next(iter(csv.DictReader(io.StringIO(buffer.getvalue(), newline=""))))
    assert {read["symbol"], read["opened_by"], read["closed_by"]} == {"'" + text}


@given(st.text(max_size=10))
def test_harmless_texts_stay_as_they_are(text: str) -> None:
    safe = safe_text(text)
    assert safe in (text, "'" + text)
    assert not safe.lstrip().startswith(("=", "+", "-", "@"))
