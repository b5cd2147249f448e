"""The languages that every text exists in."""

from __future__ import annotations

from enum import StrEnum


class Language(StrEnum):
    """A language, by its ISO 639 code."""

    EN = "en"
    RU = "ru"


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
