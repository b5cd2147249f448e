"""The parity meter: the parts of a gap add up to it, and each has the name that it deserves."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tradewind.core.values import Side
from tradewind.kit.language import Language
from tradewind.research.parity import ParityTrade, Part, ReportError, compare, explanation, read_run, title

PRICES = st.decimals(Decimal("0.00001"), Decimal(100_000), places=5)
AMOUNTS = st.decimals(Decimal(-1000), Decimal(1000), places=8)
TRADES = st.builds(
    ParityTrade,
    symbol=st.sampled_from(["BTCUSDT", "ETHUSDT"]),
    side=st.sampled_from(list(Side)),
    signal_at=st.integers(0, 5),
    entry_at=st.integers(0, 3),
    entry_price=PRICES,
    exit_at=st.integers(3, 6),
    exit_price=PRICES,
    exit_reason=st.sampled_from(["stop", "target"]),
    quantity=st.decimals(Decimal("0.001"), Decimal(1000), places=3),
    fees=AMOUNTS,
    funding=AMOUNTS,
    pnl=AMOUNTS,
)
TRADE = ParityTrade(
    symbol="BTCUSDT",
    side=Side.SHORT,
    signal_at=300_000,
    entry_at=300_000,
    entry_price=Decimal(100),
    exit_at=900_000,
    exit_price=Decimal(90),
    exit_reason="target",
    quantity=Decimal(2),
    fees=Decimal("0.3"),
    funding=Decimal("-0.1"),
    pnl=Decimal("19.8"),
)


def gap(**changes: Any) -> dict[Part, Decimal]:
    """The parts between the trade and one with `changes`, whose PnL follows from them."""
    other = TRADE._replace(**changes)
    gained = other.quantity * other.side.sign * (other.exit_price - other.entry_price)
    parity = compare([TRADE], [other._replace(pnl=gained - other.fees - other.funding)])
    assert sum(parity.parts.values()) == parity.gap
    return {part: amount for part, amount in parity.parts.items() if amount}


@given(st.lists(TRADES, max_size=8), st.lists(TRADES, max_size=8))
def test_the_parts_are_the_gap_to_the_last_digit(expected: list[ParityTrade], actual: list[ParityTrade]) -> None:
    parity = compare(expected, actual)
    assert parity.gap == sum(trade.pnl for trade in actual) - sum(trade.pnl for trade in expected)
    assert sum(parity.parts.values()) == parity.gap
    for pair in parity.pairs:
        assert sum(pair.parts.values()) == pair.gap
    assert sorted(pair.expected for pair in parity.pairs if pair.expected) == sorted(expected)
    assert sorted(pair.actual for pair in parity.pairs if pair.actual) == sorted(actual)


@given(st.lists(TRADES, max_size=8), st.randoms(use_true_random=False))
def test_a_run_is_the_same_as_itself_in_any_order(trades: list[ParityTrade], random: Any) -> None:
    parity = compare(trades, random.sample(trades, len(trades)))
    assert parity.same
    assert not any(parity.parts.values())
    assert parity.document()["differences"] == []


@given(st.lists(TRADES, max_size=6), st.lists(TRADES, max_size=6))
def test_the_other_way_round_the_gap_turns_its_sign(one: list[ParityTrade], other: list[ParityTrade]) -> None:
    assert compare(one, other).gap == -compare(other, one).gap


def test_each_cause_has_its_name() -> None:
    assert gap(entry_price=Decimal(99)) == {Part.ENTRY_SLIPPAGE: Decimal(-2)}
    assert gap(entry_price=Decimal(101), entry_at=600_000) == {Part.LATENCY: Decimal(2)}
    assert gap(exit_price=Decimal(91)) == {Part.EXIT_SLIPPAGE: Decimal(-2)}
    assert gap(exit_price=Decimal(105), exit_reason="stop") == {Part.EXIT_REASON: Decimal(-30)}
    assert gap(fees=Decimal("0.5")) == {Part.FEES: Decimal("-0.2")}
    assert gap(funding=Decimal("0.4")) == {Part.FUNDING: Decimal("-0.5")}
    assert gap(quantity=Decimal("1.5")) == {Part.QUANTITY: Decimal(-5)}


def test_several_causes_are_told_apart() -> None:
    assert gap(entry_price=Decimal(99), exit_price=Decimal(91), quantity=Decimal(3), fees=Decimal(1)) == {
        Part.ENTRY_SLIPPAGE: Decimal(-3),
        Part.EXIT_SLIPPAGE: Decimal(-3),
        Part.QUANTITY: Decimal(10),
        Part.FEES: Decimal("-0.7"),
    }


def test_what_only_one_run_traded() -> None:
    other = TRADE._replace(signal_at=600_000, pnl=Decimal(-5))
    parity = compare([TRADE], [other])
    assert {part: amount for part, amount in parity.parts.items() if amount} == {
        Part.MISSED: Decimal("-19.8"),
        Part.EXTRA: Decimal(-5),
    }
    document = parity.document()
    assert document["trades"] == {"expected": 1, "actual": 1, "same": 0}
    assert [each["gap"] for each in document["differences"]] == ["-19.8", "-5"]
    assert document["differences"][0]["signal_at"] == "1970-01-01T00:05:00Z"


def test_a_trade_of_the_same_money_in_another_candle_is_not_the_same() -> None:
    parity = compare([TRADE], [TRADE._replace(exit_at=1_200_000)])
    assert parity.gap == 0
    assert not parity.same


def test_every_part_has_words() -> None:
    for part in Part:
        for words in (title, explanation):
            assert words(part, Language.EN) != words(part, Language.RU)


@pytest.mark.parametrize(
    ("document", "said"),
    [
        ([], 'expected the JSON of "tradewind backtest --json" or'),
        ({"trades": [], "strategy": "x"}, "expected a whole report, got one with something missing or wrong"),
        ({"trades": [{}], "strategy": "x", "timeframe": "5m", "symbols": []}, "something missing or wrong"),
        (
            {
                "positions": [],
                "signals": [],
                "inputs": {"strategies": [{"name": "a"}, {"name": "b"}], "followers": 1, "timeframe": "5m"},
            },
            "expected a replay of one strategy, got one of a, b",
        ),
        (
            {
                "positions": [],
                "signals": [],
                "inputs": {"strategies": [{"name": "a"}], "followers": 3, "timeframe": "5m"},
            },
            "expected a replay with one follower, got 3; replay with --followers 1",
        ),
    ],
)
def test_what_is_no_report_is_refused(document: Any, said: str) -> None:
    with pytest.raises(ReportError) as caught:
        read_run(document)
    assert said in str(caught.value)


@pytest.mark.parametrize("amount", ["nan", "inf", 1e300, 1e-300])
def test_amounts_that_no_market_has_are_refused(amount: Any) -> None:
    row = {
        "symbol": "BTCUSDT",
        "side": "long",
        "exit_reason": "stop",
        **dict.fromkeys(("signal_at", "entry_at", "exit_at"), "2024-01-01T00:00:00Z"),
        **dict.fromkeys(("entry_price", "exit_price", "quantity", "fees", "funding", "pnl"), amount),
    }
    with pytest.raises(ReportError, match="expected an amount or a price"):
        read_run({"strategy": "x", "timeframe": "5m", "symbols": ["BTCUSDT"], "trades": [row]})
