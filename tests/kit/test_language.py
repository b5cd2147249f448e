"""Which language a caller is answered in."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tradewind.kit.language import Language, accepted, of_locale


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
