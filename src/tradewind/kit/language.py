"""The languages that every text exists in, and how they write numbers."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from enum import StrEnum


class Language(StrEnum):
    """A language, by its ISO 639 code."""

    EN = "en"
    RU = "ru"


#: Thousands and decimal separators. Russian groups by a no-break space.
_SEPARATORS = {Language.EN: (",", "."), Language.RU: ("\u00a0", ",")}


def accepted(header: str | None) -> Language | None:
    """The language that an Accept-Language header (RFC 9110) likes best of ours; None when it names none."""
    best, weight = None, 0.0
    for entry in (header or "").split(","):
        tag, _, parameters = entry.partition(";")
        language = tag.strip().lower().partition("-")[0]
        if language not in Language:
            continue
        liking = _weight(parameters)
        if liking > weight:
            best, weight = Language(language), liking
    return best


def _weight(parameters: str) -> float:
    name, _, value = parameters.strip().partition("=")
    if name.strip() != "q":
        return 1.0
    try:
        return float(value)
    except ValueError:
        return 0.0


def of_locale(locale: str) -> Language:
    """The language of a person's locale; English for those we have not."""
    code = locale.lower().partition("-")[0]
    return Language(code) if code in Language else Language.EN


def grouped(number: str, language: Language) -> str:
    """A decimal as the language writes it: 61200.5 → 61,200.5; what is no number stays as it is."""
    try:
        value = Decimal(number)
    except InvalidOperation:
        return number
    if not value.is_finite():
        return number
    thousands, point = _SEPARATORS[language]
    whole, _, fraction = f"{value:,f}".partition(".")
    sign = "−" if whole.startswith("-") else ""
    whole = whole.removeprefix("-").replace(",", thousands)
    return f"{sign}{whole}{point}{fraction}" if fraction else f"{sign}{whole}"


def plural(count: int, language: Language, *forms: str) -> str:
    """The form of a noun that goes with `count`: of "candle, candles", or of "свеча, свечи, свечей"."""
    if language is Language.EN:
        return forms[0] if count == 1 else forms[1]
    if count % 10 == 1 and count % 100 != 11:
        return forms[0]
    return forms[1] if count % 10 in (2, 3, 4) and count % 100 not in (12, 13, 14) else forms[2]
