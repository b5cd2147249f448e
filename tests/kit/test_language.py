"""Which language a caller is answered in, and how it writes numbers."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tradewind.kit.language import Language, accepted, grouped, of_locale, plural


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("ru", Language.RU),
        ("ru-RU,ru;q=0.9,en;q=0.8", Language.RU),
        ("en-GB", Language.EN),
        ("de, en;q=0.5, ru;q=0.7", Language.RU),
        ("de", None),
        ("*", None),
        ("ru;q=0", None),
        ("", None),
        (None, None),
    ],
)
def test_the_best_liked_language_that_we_have(header: str | None, language: Language | None) -> None:
    assert accepted(header) is language


@given(st.text(max_size=100))
def test_no_header_is_too_strange(header: str) -> None:
    accepted(header)


def test_a_locale_without_words_is_answered_in_english() -> None:
    assert of_locale("ru_RU".replace("_", "-")) is Language.RU
    assert of_locale("fr") is Language.EN


@pytest.mark.parametrize(
    ("number", "english", "russian"),
    [
        ("61200", "61,200", "61\u00a0200"),
        ("1234567.890", "1,234,567.890", "1\u00a0234\u00a0567,890"),
        ("-120.5", "−120.5", "−120,5"),
        ("0.00001", "0.00001", "0,00001"),
        ("1E+3", "1,000", "1\u00a0000"),
        ("BTCUSDT", "BTCUSDT", "BTCUSDT"),
        ("NaN", "NaN", "NaN"),
    ],
)
def test_numbers_are_written_as_the_language_does(number: str, english: str, russian: str) -> None:
    assert grouped(number, Language.EN) == english
    assert grouped(number, Language.RU) == russian


@pytest.mark.parametrize(
    ("count", "english", "russian"),
    [
        (0, "candles", "свечей"),
        (1, "candle", "свеча"),
        (2, "candles", "свечи"),
        (4, "candles", "свечи"),
        (5, "candles", "свечей"),
        (11, "candles", "свечей"),
        (12, "candles", "свечей"),
        (14, "candles", "свечей"),
        (21, "candles", "свеча"),
        (22, "candles", "свечи"),
        (111, "candles", "свечей"),
        (112, "candles", "свечей"),
        (121, "candles", "свеча"),
    ],
)
def test_nouns_agree_with_their_number(count: int, english: str, russian: str) -> None:
    assert plural(count, Language.EN, "candle", "candles") == english
    assert plural(count, Language.RU, "свеча", "свечи", "свечей") == russian
