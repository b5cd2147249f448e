"""Every decision, denial and exit has words in every language, with the numbers that it carries."""

from __future__ import annotations

from decimal import Decimal
from functools import partial
from typing import Any

import pytest

from tests.support.market import MINUTE, NOON, make_signal
from tradewind.core.costs import Costs
from tradewind.core.decisions import Decision, DecisionCode
from tradewind.core.ids import AccountId, IntentId
from tradewind.core.matching import Stretch
from tradewind.core.orders import OrderPurpose
from tradewind.core.plan import AutoAction, PlanAction, Trailing, TrailingKind
from tradewind.core.portfolio import (
    Holding,
    Suggestion,
    SuggestionCode,
    TailRisk,
    correlations,
    reductions,
    suggestions,
)
from tradewind.core.positions import ExitReason
from tradewind.core.risk import AccountView, Denial, DenyReason, RiskLimits, assess
from tradewind.core.trade import Amend, Cancel, ExitAsked, Observed, Place, Refused, begin, handle, mandate
from tradewind.core.values import Side
from tradewind.kit.ids import new_id
from tradewind.kit.language import Language
from tradewind.trading.wording import render, suggest
from tradewind.trading.wording.phrases import CAUSES, DECISIONS, DENIALS, EXITS, STOPS, SUGGESTIONS
from tradewind.trading.wording.rendering import MissingDataError
from tradewind.venues.paper import PaperBook

#: What each code carries; see core.trade and trading.desk.
EXAMPLES: dict[DecisionCode, list[dict[str, str]]] = {
    DecisionCode.ENTRY_PLACED: [{"quantity": "0.1", "price": "60060.00", "stop": "58800.00"}],
    DecisionCode.ENTRY_REJECTED: [{"reason": "post only"}],
    DecisionCode.ENTRY_FILLED: [{"price": "60000.00", "quantity": "0.04", "filled": "0.04", "of": "0.1"}],
    DecisionCode.ENTRY_EXPIRED: [{"filled": "0.04", "quantity": "0.1"}],
    DecisionCode.ENTRY_INVALIDATED: [{"filled": "0", "quantity": "0.1"}],
    DecisionCode.ENTRY_MISSED: [{"filled": "0", "quantity": "0.1"}],
    DecisionCode.ENTRY_CUT_SHORT: [{"filled": "0.04", "quantity": "0.1"}],
    DecisionCode.STOP_PLACED: [{"stop": "58800.00", "quantity": "0.1"}],
    DecisionCode.ENTRY_BEHIND_STOP: [{"price": "58900.00", "stop": "58950.00", "quantity": "0.06"}],
    DecisionCode.STOP_RESIZED: [{"stop": "58800.00", "from": "0.04", "to": "0.1"}],
    DecisionCode.STOP_MOVED: [
        {"action": action.value, "from": "61200", "to": "62040", "best": "63000"} | cause
        for action in PlanAction
        for cause in ({}, {"target": "1", "share": "40"})
    ],
    DecisionCode.STOP_MOVE_SKIPPED: [
        {"action": "breakeven", "stop": "58800", "to": "60100", "target": "1", "share": "40"}
    ],
    DecisionCode.STOP_FILLED: [
        {"price": "58794", "quantity": "0.1", "left": "0", "pnl": "-120.5", "stop": "58800", "kind": kind}
        for kind in ("initial", "breakeven", "trailing")
    ],
    DecisionCode.PROTECTION_FAILED: [{"reason": "too many orders", "quantity": "0.1"}],
    DecisionCode.TARGETS_PLACED: [{"ladder": "0.05 @ 61200 · 0.05 @ 62400"}],
    DecisionCode.ROUND_TRIP: [{"part": "2", "quantity": "0.5", "price": "99.5", "left": "1.5", "pnl": "0.25"}],
    DecisionCode.TARGETS_MERGED: [{"targets": "3", "orders": "1"}],
    DecisionCode.TARGET_FILLED: [
        {"price": "61200", "quantity": "0.04", "left": "0.06", "pnl": "48", "target": "1", "share": "40"}
    ],
    DecisionCode.EXIT_REQUESTED: [
        *({"reason": reason.value, "quantity": "0.1"} for reason in ExitReason),
        {"filled": "0.04", "quantity": "0.1"},
    ],
    DecisionCode.LIQUIDATED: [{"price": "50000", "quantity": "0.1", "liquidation": "54300", "fee": "62.5"}],
    DecisionCode.CLOSED: [
        {"reason": reason.value, "pnl": "48.25", "fees": "4.1"} | funding
        for reason in ExitReason
        for funding in ({}, {"funding": "-0.3"})
    ],
    DecisionCode.INTENT_DENIED: [
        {"reason": "signal_expired", "expired_ms_ago": "5"},
        {"reason": "stale_signal", "stale_for_ms": "5"},
        {"reason": "signal_closed", "signal": "…"},
        {"reason": "feed_not_live", "venue": "bybit"},
        {"reason": "account_read_only"},
        {"reason": "position_already_open", "symbol": "BTCUSDT", "side": "long"},
        {"reason": "opposite_side_open", "symbol": "BTCUSDT", "side": "short"},
        {"reason": "price_beyond_stop", "price": "58000", "stop": "58800"},
        {"reason": "stop_beyond_liquidation", "stop": "48000", "liquidation": "48300", "leverage": "5"},
        {"reason": "no_equity", "equity": "0"},
        {"reason": "exposure_limit", "exposure": "50000", "equity": "10000"},
        {"reason": "exposure_limit", "quantity": "0", "min_quantity": "0.1", "min_notional": "5"},
        {"reason": "below_minimum", "quantity": "0", "min_quantity": "0.1", "min_notional": "5"},
    ],
}
CASES = [(code, data) for code, examples in EXAMPLES.items() for data in examples]


def test_nothing_is_left_without_words() -> None:
    assert set(DECISIONS) == set(EXAMPLES) == set(DecisionCode)
    assert set(DENIALS) == set(DenyReason)
    assert set(EXITS) == set(ExitReason)
    assert set(CAUSES) == set(PlanAction)
    assert {data["reason"] for data in EXAMPLES[DecisionCode.INTENT_DENIED]} == set(DenyReason)
    for phrases in (*DECISIONS.values(), *DENIALS.values(), *EXITS.values(), *CAUSES.values(), *STOPS.values()):
        assert set(phrases) == set(Language)


@pytest.mark.parametrize("language", list(Language))
@pytest.mark.parametrize(("code", "data"), CASES, ids=lambda value: value if isinstance(value, str) else "")
def test_every_decision_is_a_whole_sentence(code: DecisionCode, data: dict[str, str], language: Language) -> None:
    words = render(code, data, language)
    assert words == words.strip()
    assert not set("{}[]") & set(words)
    assert not words.endswith((":", ",", ";"))
    cyrillic = any("а" <= letter.lower() <= "я" for letter in words)
    assert cyrillic is (language is Language.RU)


def test_the_sentence_of_the_design() -> None:
    data = {"action": "breakeven", "from": "61200", "to": "62040", "best": "63000", "target": "1", "share": "40"}
    assert render(DecisionCode.STOP_MOVED, data, Language.EN).startswith(
        "moved stop 61,200 → 62,040 because TP1 filled 40 %"
    )


def test_missing_data_is_an_error_that_says_what() -> None:
    with pytest.raises(MissingDataError, match='"stop"'):
        render(DecisionCode.STOP_PLACED, {"quantity": "1"}, Language.EN)


# ----------------------------------------------------------------------------------------- what the core really carries


class Life:
    """A trade on the paper venue, minute by minute; it keeps what was decided."""

    def __init__(self, leverage: int = 1, **shape: Any) -> None:
        signal = make_signal(NOON, **shape)
        actions = frozenset(AutoAction)
        quantity = signal.instrument.quantity(0.1)
        agreed = mandate(IntentId(new_id()), AccountId(new_id()), signal, actions, quantity, Costs())
        self.book = PaperBook(signal.instrument, signal.side, Costs(), Decimal(leverage))
        self.decisions: list[Decision] = []
        self.at = NOON
        self.trade, effects = begin(agreed, NOON)
        self._carry_out(effects)

    def through(self, *prices: float, volume: float = 1e9) -> Life:
        """Live through these prices, a minute each."""
        for price in prices:
            self.at += MINUTE
            stretch = Stretch(self.at, self.at, price, price, price, price, volume)
            for fill in self.book.walk(stretch):
                self._handle(fill)
            self._handle(Observed(self.at, price, price, price))
        return self

    def seeing(self, price: float) -> Life:
        """A price is seen before the entry has reached the venue."""
        self._handle(Observed(self.at, price, price, price))
        return self

    def asked_to_leave(self, reason: ExitReason) -> Life:
        self._handle(ExitAsked(self.at, reason))
        return self

    def after(self, hours: int) -> Life:
        self.at += hours * 60 * MINUTE
        return self

    def refused(self, purpose: OrderPurpose, reason: str) -> Life:
        """The venue takes back an order that it had accepted."""
        order = next(self.trade.live_orders(purpose))
        self._handle(Refused(order.id, self.at, reason))
        return self

    def _handle(self, event: Any) -> None:
        self.trade, effects = handle(self.trade, event)
        self._carry_out(effects)

    def _carry_out(self, effects: list[Any]) -> None:
        pending = list(effects)
        while pending:
            effect = pending.pop(0)
            if isinstance(effect, Decision):
                self.decisions.append(effect)
            elif isinstance(effect, Place | Amend | Cancel):
                self.trade, answers = handle(self.trade, self.book.execute(effect, self.at))
                pending += answers


def lives() -> list[Life]:
    """Trades that end in different ways."""
    trailing = Trailing(TrailingKind.PERCENT, 0.005, 1, 0.0, 0.0)
    return [
        Life().through(60_000, 61_300, 62_500),
        Life().through(60_000, 58_000),
        Life(leverage=10).through(60_000, 50_000),
        Life().through(60_000, 61_300, 60_000),
        Life(trailing=trailing).through(60_000, 61_300, 62_000, 61_500),
        Life(trailing=trailing._replace(after_target=0)).through(60_000, volume=0.4).through(60_900, volume=0.4),
        Life().through(60_000).asked_to_leave(ExitReason.MANUAL).through(60_100),
        Life(price=59_000).through(60_000).asked_to_leave(ExitReason.MANUAL),
        Life(price=59_000).after(48).through(60_000),
        Life(price=59_000).seeing(57_000),
        Life(price=59_000).through(61_000),
        Life().refused(OrderPurpose.ENTRY, "insufficient margin"),
        Life().through(60_000).refused(OrderPurpose.STOP, "too many orders").through(60_000),
        Life().through(60_000, volume=0.4).through(60_000, volume=0.4).through(61_300),
    ]


@pytest.mark.parametrize("language", list(Language))
def test_whatever_the_core_decides_can_be_said(language: Language) -> None:
    """From the data that the core really gives."""
    said: set[DecisionCode] = set()
    for life in lives():
        for decision in life.decisions:
            assert render(decision.code, decision.data, language)
            said.add(decision.code)
    made_elsewhere = {
        DecisionCode.INTENT_DENIED,
        DecisionCode.STOP_MOVE_SKIPPED,
        DecisionCode.TARGETS_MERGED,
        DecisionCode.ROUND_TRIP,
    }
    assert said >= set(DecisionCode) - made_elsewhere


@pytest.mark.parametrize("language", list(Language))
def test_whatever_risk_denies_can_be_said(language: Language) -> None:
    signal = make_signal(NOON)
    limits = RiskLimits(Decimal("0.01"), Decimal(5))
    rich, sides = Decimal(10_000), {"BTCUSDT": Side.LONG}
    instrument = signal.instrument
    at_entry = instrument.price(Decimal(60_000))

    def view(**more: Any) -> AccountView:
        return AccountView(**({"equity": rich, "exposure": Decimal(0), "sides": {}, "limits": limits} | more))

    judged = partial(assess, costs=Costs())
    denials = [
        judged(signal, view(real=True), at_entry, NOON, feed_live=False),
        judged(signal, view(), at_entry, NOON + 48 * 60 * MINUTE, feed_live=True),
        judged(signal, view(sides=sides), at_entry, NOON, feed_live=True),
        judged(signal, view(sides={"BTCUSDT": Side.SHORT}), at_entry, NOON, feed_live=True),
        judged(signal, view(), instrument.price(Decimal(50_000)), NOON, feed_live=True),
        judged(signal, view(equity=Decimal(0)), at_entry, NOON, feed_live=True),
        judged(signal, view(exposure=Decimal(10**6)), at_entry, NOON, feed_live=True),
        judged(signal, view(equity=Decimal("0.01")), at_entry, NOON, feed_live=True),
        judged(make_signal(NOON, stop=0.3, reach=0.5), view(), at_entry, NOON, feed_live=True),
    ]
    for denial in denials:
        assert isinstance(denial, Denial)
        data = {"reason": denial.reason.value, **denial.detail}
        assert render(DecisionCode.INTENT_DENIED, data, language)


def everything_wrong() -> list[Suggestion]:
    """One suggestion of every code, as the core makes them."""

    def held(symbol: str, quantity: str, side: Side = Side.LONG, leverage: str = "20") -> Holding:
        price = Decimal(100)
        return Holding(symbol, symbol[:3], side, Decimal(quantity), price, price, Decimal(leverage))

    holdings = [held("BTCUSDT", "600"), held("BTCUSDC", "10", Side.SHORT), held("ETHUSDT", "300")]
    moving = [0.01, -0.01] * 20
    equity = Decimal(10_000)
    tail = TailRisk(0.95, 100, 0.2, 0.25)
    known = correlations({"BTC": moving, "ETH": moving})
    return [*reductions(holdings, equity), *suggestions(holdings, equity, tail=tail, correlated=known)]


@pytest.mark.parametrize("language", list(Language))
def test_every_suggestion_is_a_whole_sentence(language: Language) -> None:
    made = everything_wrong()
    assert {each.code for each in made} == set(SuggestionCode) == set(SUGGESTIONS)
    for each in made:
        words = suggest(each, "USDT", language)
        assert "{" not in words
        assert "[" not in words
        assert all(subject in words for subject in each.subjects)
    assert all(set(words) == set(Language) for words in SUGGESTIONS.values())


def test_a_suggestion_says_how_much_to_the_last_digit() -> None:
    made = next(each for each in everything_wrong() if each.code is SuggestionCode.REDUCE_POSITION)
    assert made.facts["quantity"] == 600
    english, russian = (suggest(made, "USDT", language) for language in (Language.EN, Language.RU))
    assert english == "reduce BTCUSDT by 600 (≈ 60,000 USDT): risk level 1 → 1"
    assert russian == "сократить BTCUSDT на 600 (≈ 60\u00a0000 USDT): уровень риска 1 → 1"
