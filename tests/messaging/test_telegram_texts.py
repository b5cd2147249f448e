"""What is published in words."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from cards import CHANGES, plain, read_cornix, short_payload, signal_payload, update_payload
from hypothesis import given
from hypothesis import strategies as st

from emulators.telegram.markup import formatted, units
from tradewind.kit.language import Language
from tradewind.messaging.telegram.card import card_of
from tradewind.messaging.telegram.texts import (
    LONGEST_CAPTION,
    LONGEST_TEXT,
    Voice,
    signal_text,
    updates_text,
    visible_length,
)
from tradewind.platform.settings import MarketSource

EN, RU = (Voice(language, MarketSource.SIMULATED) for language in Language)
LIVE = Voice(Language.EN, MarketSource.LIVE)
HOSTILE = "<b>&amp;</i> <script>alert(1)</script> \"'`{}%s\\"


# ------------------------------------------------------------------------------------------------------------- signals


def test_a_signal_in_english() -> None:
    text = plain(signal_text(card_of(signal_payload()), EN))
    assert text == (
        "#BTCUSDT LONG · 15m\n"
        "SIMULATED MARKET – not real prices\n\n"
        "Signal Type: Regular (Long)\n"
        "Leverage: Isolated (5X)\n\n"
        "Entry Zone:\n61146.75 - 61300.00\n\n"
        "Take-Profit Targets:\n1) 62035.60 - 40%\n2) 62771.20 - 30%\n3) 63874.60 - 30%\n\n"
        "Stop Targets:\n1) 60564.40 - 100%\n\n"
        "Risk 1.20% · Reward 1.00R / 2.00R / 3.50R\n"
        "Confidence 0.72 · Strategy ema_trend v1\n"
        "Valid until 2026-01-05 15:30 UTC (90 min)\n\n"
        "• EMA(20) at 61020.10 crossed above EMA(50) at 60944.85.\n"
        "• ADX(14) is 27.3: a trend."
    )


def test_a_signal_in_russian_says_the_same_and_stays_readable_for_programs() -> None:
    text = plain(signal_text(card_of(short_payload()), RU))
    assert "СИМУЛЯЦИЯ РЫНКА – цены не настоящие" in text
    assert "Риск 0.90% · Цели 1.00R / 2.00R" in text
    assert "Уверенность 0.72 · Стратегия ema_trend v1" in text
    assert "Действует до 2026-01-05 15:30 UTC (90 мин)" in text
    assert "• EMA(20) 61020.10 пересекла EMA(50) 60944.85 вверх." in text
    assert read_cornix(text) == read_cornix(plain(signal_text(card_of(short_payload()), EN)))


@pytest.mark.parametrize("voice", [EN, RU, LIVE])
def test_other_programs_read_the_signal(voice: Voice) -> None:
    read = read_cornix(plain(signal_text(card_of(short_payload(simulated=False)), voice)))
    assert read is not None
    assert (read.symbol, read.side, read.leverage) == ("ETHUSDT", "Short", 5)
    assert read.entries == (Decimal("3120.40"), Decimal("3128.20"))
    assert read.targets == ((Decimal("3092.32"), Decimal("33.3")), (Decimal("3064.24"), Decimal("66.7")))
    assert read.stop == Decimal("3148.48")


def test_a_zone_of_one_price_is_an_entry_target() -> None:
    zone = {"low": "61300.00", "high": "61300.00"}
    read = read_cornix(plain(signal_text(card_of(signal_payload(entry_zone=zone)), EN)))
    assert read is not None
    assert read.entries == (Decimal("61300.00"),)


@pytest.mark.parametrize(
    ("simulated", "market", "label"),
    [
        (True, MarketSource.SIMULATED, "SIMULATED MARKET – not real prices"),
        (False, MarketSource.REPLAY, "RECORDED MARKET – not today's prices"),
        (False, MarketSource.LIVE, None),
    ],
)
def test_prices_that_are_not_real_are_labelled(simulated: bool, market: MarketSource, label: str | None) -> None:
    card, voice = card_of(signal_payload(simulated=simulated)), Voice(Language.EN, market)
    second_line = plain(signal_text(card, voice)).split("\n")[1]
    assert second_line == (label or "")
    update = plain(updates_text([update_payload(CHANGES["filled"], simulated=simulated)], voice))
    assert ("market" in update.split("\n")[0]) is (label is not None)


def test_an_exchange_is_named_when_it_is_one() -> None:
    assert "Exchanges: Bybit\n" in plain(signal_text(card_of(signal_payload(venue="bybit")), LIVE))
    assert "Exchanges" not in plain(signal_text(card_of(signal_payload()), EN))


@pytest.mark.parametrize(
    ("until", "span"),
    [
        ("2026-01-05T15:59:00+00:00", "119 min"),
        ("2026-01-05T16:00:00+00:00", "2 h"),
        ("2026-01-08T14:00:00+00:00", "3 d"),
    ],
)
def test_validity_is_told_in_fitting_units(until: str, span: str) -> None:
    assert f"({span})" in plain(signal_text(card_of(signal_payload(expires_at=until)), EN))


@given(
    sentences=st.lists(st.text(min_size=1, max_size=700), max_size=5),
    language=st.sampled_from(Language),
    rungs=st.integers(1, 12),
)
def test_a_caption_always_fits_and_parses(sentences: list[str], language: Language, rungs: int) -> None:
    ladder = [{"price": f"{62000 + rung * 10}.00", "share": "0.1"} for rung in range(rungs)]
    payload = signal_payload(take_profit=ladder, rationale={language.value: sentences})
    html = signal_text(card_of(payload), Voice(language, MarketSource.SIMULATED))
    assert visible_length(html) <= LONGEST_CAPTION
    message = formatted(html, "HTML")
    assert units(message.text) <= LONGEST_CAPTION


def test_the_last_reasons_go_first_when_there_is_no_room() -> None:
    reasons = ["first " + "x" * 300, "second " + "y" * 300, "third " + "z" * 300]
    card = card_of(signal_payload(rationale={"en": reasons}))
    short, long = signal_text(card, EN), signal_text(card, EN, LONGEST_TEXT)
    assert "first" in short
    assert "third" not in short
    assert "third" in long


# ------------------------------------------------------------------------------------------------------------- updates

EXPECTED: dict[str, tuple[str, str]] = {
    "filled": ("▶️ Filled at 61300.00", "▶️ Исполнен по 61300.00"),
    "tp1": (
        "🎯 TP1 hit at 62035.60 · 40% closed · +1.00R",
        "🎯 TP1 взят по 62035.60 · закрыто 40% · +1.00R",
    ),
    "breakeven": (
        "🛡 Stop moved 60564.40 → 61373.50: break-even, costs included",
        "🛡 Стоп перенесён 60564.40 → 61373.50: безубыток с учётом издержек",
    ),
    "trailing": (
        "🛡 Stop moved 61373.50 → 61800.25: trailing the best price",
        "🛡 Стоп перенесён 61373.50 → 61800.25: следует за лучшей ценой",
    ),
    "stop": (
        "✅ Closed at 61373.50: stop hit\nResult +0.41R · +0.52% after fees",
        "✅ Закрыт по 61373.50: сработал стоп\nИтог +0.41R · +0.52% после комиссий",
    ),
    "target": (
        "✅ Closed at 61373.50: last target reached\nResult +0.41R · +0.52% after fees",
        "✅ Закрыт по 61373.50: достигнута последняя цель\nИтог +0.41R · +0.52% после комиссий",
    ),
    "time_stop": (
        "✅ Closed at 61373.50: time limit reached\nResult +0.41R · +0.52% after fees",
        "✅ Закрыт по 61373.50: вышло время\nИтог +0.41R · +0.52% после комиссий",
    ),
    "stopped_at_breakeven": (
        "❌ Closed at 61373.50: stopped at break-even\nResult -0.02R · -0.03% after fees",
        "❌ Закрыт по 61373.50: стоп в безубытке\nИтог -0.02R · -0.03% после комиссий",
    ),
    "stopped_trailing": (
        "✅ Closed at 61800.25: trailing stop hit\nResult +0.50R · +0.60% after fees",
        "✅ Закрыт по 61800.25: сработал трейлинг-стоп\nИтог +0.50R · +0.60% после комиссий",
    ),
    "expired": ("⚪️ Not filled: the zone was not touched in time", "⚪️ Не исполнен: цена не коснулась зоны вовремя"),
    "invalidated": (
        "⚪️ Not filled: the price reached the stop before the zone",
        "⚪️ Не исполнен: цена дошла до стопа раньше, чем до зоны",
    ),
    "added": (
        "➕ Addition 1 filled at 60900.00 · 25% of the whole",
        "➕ Добор 1 исполнен по 60900.00 · 25% от всего объёма",
    ),
    "missed": (
        "⚪️ Not filled: the price reached the first target before the zone",
        "⚪️ Не исполнен: цена дошла до первой цели раньше, чем до зоны",
    ),
}


@pytest.mark.parametrize("name", sorted(CHANGES))
@pytest.mark.parametrize("voice", [EN, RU], ids=["en", "ru"])
def test_every_change_has_its_words(name: str, voice: Voice) -> None:
    html = updates_text([update_payload(CHANGES[name])], voice)
    head = "#BTCUSDT long · 15m · simulated market" if voice is EN else "#BTCUSDT лонг · 15m · симуляция рынка"
    assert plain(html) == f"{head}\n{EXPECTED[name][voice is RU]}"
    assert formatted(html, "HTML").text == plain(html)


def test_every_reason_of_the_tracker_has_words_in_both_languages() -> None:
    from tradewind.core.outcome import SignalEnd
    from tradewind.core.plan import PlanAction
    from tradewind.messaging.telegram.words import WORDS

    for words in WORDS.values():
        assert set(words.ended_because) == set(SignalEnd)
        assert set(words.moved_because) >= {PlanAction.BREAKEVEN, PlanAction.TRAILING}


@pytest.mark.parametrize("voice", [EN, RU], ids=["en", "ru"])
@pytest.mark.parametrize("name", sorted(CHANGES))
def test_no_update_is_taken_for_a_signal(name: str, voice: Voice) -> None:
    assert read_cornix(plain(updates_text([update_payload(CHANGES[name])], voice))) is None


def test_r_of_a_target_is_measured_from_the_fill() -> None:
    change = CHANGES["tp1"] | {"price": "62200.0"}
    better = update_payload(change, entry_price="61200.00")
    assert "+1.57R" in plain(updates_text([better], EN))
    short = short_payload(status="open", entry_price="3120.40", change=change | {"price": "3092.32"})
    assert "+1.00R" in plain(updates_text([short], EN))


def test_updates_are_merged_in_order_under_one_head() -> None:
    payloads = [update_payload(CHANGES[name]) for name in ("filled", "tp1", "breakeven", "stopped_at_breakeven")]
    lines = plain(updates_text(payloads, EN)).split("\n")
    assert [line.split(" ")[0] for line in lines] == ["#BTCUSDT", "▶️", "🎯", "🛡", "❌", "Result"]


def test_what_would_be_too_long_is_cut() -> None:
    payloads = [update_payload(CHANGES["breakeven"])] * 200
    html = updates_text(payloads, EN)
    assert LONGEST_TEXT - 100 < units(formatted(html, "HTML").text) <= LONGEST_TEXT


def test_a_change_of_a_newer_kind_is_told_in_plain() -> None:
    assert plain(updates_text([update_payload({"kind": "entry_added", "price": "61000.0"})], EN)).endswith(
        "entry added 61000.00"
    )


# ------------------------------------------------------------------------------------------------------------- hostile


@pytest.mark.parametrize("field", ["symbol", "strategy", "venue"])
def test_hostile_names_stay_text(field: str) -> None:
    hostile: dict[str, Any] = {field: HOSTILE, "rationale": {"en": [HOSTILE]}}
    shown = formatted(signal_text(card_of(signal_payload(**hostile)), LIVE), "HTML")
    assert f"• {HOSTILE}" in shown.text
    assert HOSTILE.lower() in shown.text.lower()
    change = CHANGES["stop"] | {"why": HOSTILE}
    shown = formatted(updates_text([update_payload(change, **hostile)], LIVE), "HTML")
    assert HOSTILE in shown.text


@given(st.text(max_size=200))
def test_any_sentence_survives(sentence: str) -> None:
    message = formatted(signal_text(card_of(signal_payload(rationale={"en": [sentence]})), EN), "HTML")
    assert message.text.rstrip().endswith(f"• {sentence}".rstrip())
