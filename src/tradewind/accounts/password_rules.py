"""What a new password must not be. No rules of composition: length counts, and that nobody would guess it.

NIST SP 800-63B-4 §3.1.1.2 and OWASP ASVS 5.0 §6.2: 12 to 128 characters, any of them, compared after NFKC, refused when
it is on the list of common ones or near to it, or speaks of the account or the service.
"""

from __future__ import annotations

import re
import unicodedata
from enum import StrEnum

from tradewind.accounts.wordlists import common_passwords
from tradewind.kit.language import Language

SHORTEST = 12
LONGEST = 128
_PRODUCT = "tradewind"
#: A shorter local part is in too many words by chance.
_SHORTEST_NAME = 4
#: What is left without digits and signs at the ends says nothing when it is shorter.
_SHORTEST_CORE = 4
#: What is made of fewer different characters is a pattern.
_LEAST_VARIETY = 5
#: Rows of keyboards, the alphabet and the digits; passwords that are walks along them are everybody's.
_WALKS = tuple(
    walk * 2
    for row in ("qwertyuiop", "asdfghjkl", "zxcvbnm", "abcdefghijklmnopqrstuvwxyz", "1234567890", "йцукенгшщзхъ")
    for walk in (row, row[::-1])
)
_EDGES = re.compile(r"^[\W\d_]+|[\W\d_]+$")


class PasswordFault(StrEnum):
    """Why a password is refused."""

    TOO_SHORT = "too_short"
    TOO_LONG = "too_long"
    COMMON = "common"
    REPETITIVE = "repetitive"
    CONTAINS_ADDRESS = "contains_address"
    CONTAINS_PRODUCT = "contains_product"


_WORDS: dict[PasswordFault, dict[Language, str]] = {
    PasswordFault.TOO_SHORT: {
        Language.EN: f"expected at least {SHORTEST} characters; a sentence works well",
        Language.RU: f"нужно не меньше {SHORTEST} символов; хорошо подходит целое предложение",
    },
    PasswordFault.TOO_LONG: {
        Language.EN: f"expected at most {LONGEST} characters",
        Language.RU: f"нужно не больше {LONGEST} символов",
    },
    PasswordFault.COMMON: {
        Language.EN: "this password, or one very close to it, is on lists of common and breached ones; choose another",
        Language.RU: "этот или очень похожий пароль есть в списках частых и утёкших; выберите другой",
    },
    PasswordFault.REPETITIVE: {
        Language.EN: "this password repeats itself, so it is easy to guess; choose another",
        Language.RU: "этот пароль состоит из повторов, его легко угадать; выберите другой",
    },
    PasswordFault.CONTAINS_ADDRESS: {
        Language.EN: "the password must not contain your e-mail address or its first part",
        Language.RU: "пароль не должен содержать ваш адрес почты или его первую часть",
    },
    PasswordFault.CONTAINS_PRODUCT: {
        Language.EN: "the password must not contain the name of this service",
        Language.RU: "пароль не должен содержать название этого сервиса",
    },
}


class PasswordRefusedError(Exception):
    """The password would be guessed."""

    def __init__(self, fault: PasswordFault) -> None:
        super().__init__(words_of(fault, Language.EN))
        self.fault = fault


def words_of(fault: PasswordFault, language: Language) -> str:
    """The fault for whoever typed the password."""
    return _WORDS[fault][language]


def normal_password(password: str) -> str:
    """The form in which passwords are hashed: the same whatever keyboard typed it."""
    return unicodedata.normalize("NFKC", password)


def password_fault(password: str, email: str) -> PasswordFault | None:
    """Why `password` must not be that of the account with the (normal) address `email`; None when it may."""
    password = normal_password(password)
    if len(password) < SHORTEST:
        return PasswordFault.TOO_SHORT
    if len(password) > LONGEST:
        return PasswordFault.TOO_LONG
    folded = password.casefold()
    if _is_common(folded):
        return PasswordFault.COMMON
    if len(set(folded)) < _LEAST_VARIETY or _period(folded) <= len(folded) // 3:
        return PasswordFault.REPETITIVE
    if _PRODUCT in folded:
        return PasswordFault.CONTAINS_PRODUCT
    local = email.partition("@")[0].casefold()
    if email in folded or (len(local) >= _SHORTEST_NAME and local in folded):
        return PasswordFault.CONTAINS_ADDRESS
    return None


def refuse_weak(password: str, email: str) -> None:
    """Let only good passwords pass.

    Raises:
        PasswordRefusedError: `password_fault` found one.
    """
    fault = password_fault(password, email)
    if fault is not None:
        raise PasswordRefusedError(fault)


def _is_common(folded: str) -> bool:
    """Whether it is a common one, such a one between digits and signs, twice the same, or a walk on the keyboard."""
    together = "".join(folded.split())
    forms = {folded, together, _EDGES.sub("", folded), _EDGES.sub("", together)}
    forms |= {form[: _period(form)] for form in tuple(forms)}
    common = common_passwords()
    return any(form in common or any(form in walk for walk in _WALKS) for form in forms if len(form) >= _SHORTEST_CORE)


def _period(text: str) -> int:
    """The length of the shortest part of which `text` is a whole number of repetitions."""
    return (text + text).find(text, 1) if text else 0
