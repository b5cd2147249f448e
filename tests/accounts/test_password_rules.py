"""Which passwords are refused, and why."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tradewind.accounts.password_rules import (
    LONGEST,
    SHORTEST,
    PasswordFault,
    normal_password,
    password_fault,
    words_of,
)
from tradewind.accounts.passwords import PasswordHasher
from tradewind.accounts.wordlists import common_passwords, is_disposable
from tradewind.kit.language import Language

EMAIL = "grace.hopper@navy.example"


@pytest.mark.parametrize(
    "password",
    [
        "correct horse battery",
        "a-password-for-browser-tests",
        "        spaces too        ",
        "ночь улица фонарь аптека",
        "🐎🔋📎🪵🐢🦊🐝🌊🍋🎈🧩🪁",
        "x9!kQ2$vB7#p",
        "alllowercaseandnothingelse",
    ],
)
def test_any_composition_will_do(password: str) -> None:
    assert password_fault(password, EMAIL) is None


@pytest.mark.parametrize(
    ("password", "fault"),
    [
        ("elevenchars", PasswordFault.TOO_SHORT),
        ("an" + "other" * 30, PasswordFault.TOO_LONG),
        ("password1234", PasswordFault.COMMON),
        ("PASSWORD!!!!!", PasswordFault.COMMON),
        ("passwordpassword", PasswordFault.COMMON),
        ("correct horse battery staple", PasswordFault.COMMON),
        ("123456789012", PasswordFault.COMMON),
        ("qwertyuiop12", PasswordFault.COMMON),
        ("йцукенгшщзхъ", PasswordFault.COMMON),
        ("zzzzzzzzzzzz", PasswordFault.REPETITIVE),
        ("wrxwrxwrxwrxwrx", PasswordFault.REPETITIVE),
        ("my Grace.Hopper account", PasswordFault.CONTAINS_ADDRESS),
        ("my TradeWind account", PasswordFault.CONTAINS_PRODUCT),
    ],
)
def test_what_is_easily_guessed_is_refused(password: str, fault: PasswordFault) -> None:
    assert password_fault(password, EMAIL) is fault


def test_everything_on_the_list_is_refused_whatever_its_case() -> None:
    assert len(common_passwords()) > 40_000
    for password in common_passwords():
        assert password_fault(password, EMAIL) is not None, password
        assert password_fault(password.upper(), EMAIL) is not None, password


def test_short_names_are_no_reason() -> None:
    assert password_fault("a marvellous sentence", "a@navy.example") is None


@given(st.text(max_size=200), st.sampled_from([EMAIL, "a@b.c", ""]))
def test_whatever_is_typed_is_answered(password: str, email: str) -> None:
    fault = password_fault(password, email)
    if fault is None:
        assert SHORTEST <= len(normal_password(password)) <= LONGEST
    else:
        assert all(words_of(fault, language) for language in Language)


async def test_one_password_typed_in_two_normal_forms_is_one() -> None:
    hasher = PasswordHasher(workers=1)
    composed = "crème brûlée, à la carte"
    hashed = await hasher.hash(composed)
    right, _ = await hasher.verify(unicodedata.normalize("NFD", composed), hashed)
    hasher.close()
    assert right


def test_throw_away_domains_are_known_with_what_is_below_them() -> None:
    assert is_disposable("someone@mailinator.com")
    assert is_disposable("someone@deep.below.mailinator.com")
    assert not is_disposable("someone@navy.example")
    assert not is_disposable("mailinator.com@navy.example")
