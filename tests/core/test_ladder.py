"""Spreading a quantity over a take-profit ladder when the venue has minimums."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tradewind.core.ladder import Rung, allocate
from tradewind.core.signals import SignalTarget
from tradewind.core.values import Instrument, Quantity

INSTRUMENT = Instrument(
    venue="paper",
    symbol="BTCUSDT",
    base="BTC",
    quote="USDT",
    tick=Decimal("0.5"),
    lot=Decimal("0.001"),
    min_quantity=Decimal("0.001"),
    min_notional=Decimal(5),
)


@st.composite
def instruments(draw: st.DrawFn) -> Instrument:
    return replace(
        INSTRUMENT,
        min_quantity=draw(st.integers(1, 20)) * INSTRUMENT.lot,
        min_notional=Decimal(draw(st.integers(0, 50))),
    )


@st.composite
def ladders(draw: st.DrawFn) -> list[SignalTarget]:
    """Up to six rungs, rising as for a long or falling as for a short, with any shares that sum to 1."""
    cuts = sorted(draw(st.sets(st.integers(1, 99), max_size=5)))
    shares = [Decimal(after - before) / 100 for before, after in pairwise([0, *cuts, 100])]
    first, sign = draw(st.integers(1000, 5000)), draw(st.sampled_from([1, -1]))
    gaps = draw(st.lists(st.integers(1, 100), min_size=len(shares), max_size=len(shares)))
    targets: list[SignalTarget] = []
    for share, gap in zip(shares, gaps, strict=True):
        first += sign * gap
        targets.append(SignalTarget(INSTRUMENT.price(first * INSTRUMENT.tick), share))
    return targets


def lots(count: int) -> Quantity:
    return Quantity(count * INSTRUMENT.lot, INSTRUMENT.lot)


@given(count=st.integers(0, 500), targets=ladders(), instrument=instruments())
@settings(max_examples=500)
def test_nothing_is_lost_and_every_rung_can_be_traded(
    count: int, targets: list[SignalTarget], instrument: Instrument
) -> None:
    quantity = lots(count)
    rungs = allocate(quantity, targets, instrument)
    assert sum((rung.quantity for rung in rungs), quantity.zero()) == quantity
    assert bool(rungs) == bool(quantity)
    numbers = [rung.number for rung in rungs]
    assert numbers == sorted(set(numbers))
    for rung in rungs:
        assert rung.quantity
        assert rung.price == targets[rung.number - 1].price
    for rung in rungs if len(rungs) > 1 else []:
        assert instrument.tradable(rung.price, rung.quantity)
    if len(rungs) == 1 and not instrument.tradable(rungs[0].price, rungs[0].quantity):
        assert rungs[0].number == len(targets), "what is too small for every rung goes to the last target"


@given(count=st.integers(1, 500), targets=ladders(), instrument=instruments())
@settings(max_examples=300)
def test_no_rung_takes_more_than_what_was_planned_up_to_it(
    count: int, targets: list[SignalTarget], instrument: Instrument
) -> None:
    """Whatever is merged, is merged into a later exit, but for the tail, which has none."""
    quantity = lots(count)
    rungs = allocate(quantity, targets, instrument)
    taken = quantity.zero()
    for rung in rungs[:-1]:
        taken = taken + rung.quantity
        planned = sum(target.share for target in targets[: rung.number])
        assert taken.value <= quantity.value * planned


@given(count=st.integers(1, 500), more=st.integers(0, 500), targets=ladders(), instrument=instruments())
@settings(max_examples=500)
def test_a_larger_quantity_has_no_fewer_rungs(
    count: int, more: int, targets: list[SignalTarget], instrument: Instrument
) -> None:
    """As far as whole lots allow: rounding may move one lot per rung from the last one to those before."""
    few = allocate(lots(count), targets, instrument)
    many = allocate(lots(count + more), targets, instrument)
    if more >= len(targets) or more == 0 or (_divides(count, targets) and _divides(count + more, targets)):
        assert len(many) >= len(few)
    else:
        assert len(many) >= len(few) - 1


def _divides(count: int, targets: list[SignalTarget]) -> bool:
    return all((count * target.share) % 1 == 0 for target in targets)


@pytest.mark.parametrize("count", [100, 1000, 12_345])
def test_an_ample_quantity_has_every_rung_at_its_share(count: int) -> None:
    shares = [Decimal(share) for share in ("0.4", "0.3", "0.3")]
    targets = [SignalTarget(INSTRUMENT.price(Decimal(1000 + n)), share) for n, share in enumerate(shares)]
    rungs = allocate(lots(count), targets, INSTRUMENT)
    first, second = (lots(count).portion(share) for share in shares[:2])
    rest = lots(count) - first - second
    assert rungs == [
        Rung(1, targets[0].price, first),
        Rung(2, targets[1].price, second),
        Rung(3, targets[2].price, rest),
    ]


@pytest.mark.parametrize(
    ("count", "expected"),
    [
        (4, [(3, 4)]),  # 4 × 1 = not worth 5 anywhere
        (6, [(3, 6)]),  # 2.4, 1.8 and 1.8 are too small, and so are two of them
        (9, [(2, 9)]),  # 3 + 2 make a rung, the 4 left do not
        (11, [(2, 11)]),  # 4 + 3 make a rung, 4 are left
        (13, [(1, 5), (3, 8)]),  # 5 can be traded, 3 go on to the last
        (20, [(1, 8), (2, 6), (3, 6)]),
    ],
)
def test_small_quantities_are_merged(count: int, expected: list[tuple[int, int]]) -> None:
    instrument = replace(INSTRUMENT, min_notional=Decimal(5))
    targets = [SignalTarget(instrument.price(Decimal(1000)), Decimal(share)) for share in ("0.4", "0.3", "0.3")]
    rungs = allocate(lots(count), targets, instrument)
    assert [(rung.number, int(rung.quantity.value / instrument.lot)) for rung in rungs] == expected


@pytest.mark.parametrize(
    ("targets", "count", "expected"),
    [
        ([(1000, "0.6"), (2000, "0.4")], 10, [(1, 6), (2, 4)]),  # 4 are worth 8 at the last, and were worth 4 before
        ([(2000, "0.6"), (1000, "0.4")], 10, [(1, 10)]),  # and the other way round
        ([(1000, "0.4"), (1000, "0.35"), (2000, "0.25")], 15, [(1, 6), (2, 5), (3, 4)]),
        ([(1000, "0.4"), (1000, "0.4"), (1000, "0.2")], 13, [(1, 5), (2, 8)]),
    ],
)
def test_a_rung_is_worth_what_it_is_at_its_own_price(
    targets: list[tuple[int, str]], count: int, expected: list[tuple[int, int]]
) -> None:
    ladder = [SignalTarget(INSTRUMENT.price(Decimal(price)), Decimal(share)) for price, share in targets]
    rungs = allocate(lots(count), ladder, INSTRUMENT)
    assert [(rung.number, int(rung.quantity.value / INSTRUMENT.lot)) for rung in rungs] == expected
