"""What the shapes of the HTTP API have in common."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    WithJsonSchema,
    field_validator,
)


def plain(value: Decimal) -> str:
    """A decimal as people write it: no exponent, no trailing zeros, no negative zero."""
    text = format(value.normalize(), "f")
    return "0" if text == "-0" else text


def _decimal_text(value: Any) -> Any:
    """Only text: a JSON number has been a float on its way."""
    if isinstance(value, Decimal | str):
        return value
    raise ValueError('expected a decimal as a string, such as "0.01"')


def _given_decimal(value: Any) -> Any:
    """As the document's pattern says; what people set has no exponents and not hundreds of digits."""
    if isinstance(value, str) and not _GIVEN_DECIMAL.fullmatch(value):
        raise ValueError('expected a decimal as a string, such as "0.01", with at most 12 digits on either side')
    return value


def _utc(at: datetime) -> datetime:
    return at.astimezone(UTC)


def _given_moment(value: Any) -> Any:
    """Not a number, which would be taken for seconds since 1970: `2020` is no year then."""
    if isinstance(value, str) and not _GIVEN_MOMENT.match(value):
        raise ValueError("expected a time such as 2026-01-31T12:00:00Z")
    return value


def _given_utc(at: datetime) -> datetime:
    try:
        return _utc(at)
    except OverflowError:
        raise ValueError("expected a time between the years 1 and 9999 in UTC") from None


_DECIMAL_SCHEMA = {"type": "string", "format": "decimal", "pattern": r"^-?\d+(\.\d+)?$", "examples": ["61250.5"]}

_UNKEPT = re.compile("[\0\ud800-\udfff]")
_GIVEN_DECIMAL = re.compile(r"-?[0-9]{1,12}(\.[0-9]{1,12})?")
_GIVEN_MOMENT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ]")

#: Money, prices, quantities and ratios: decimal strings both ways, exact.
DecimalText = Annotated[
    Decimal,
    BeforeValidator(_decimal_text),
    PlainSerializer(plain, return_type=str, when_used="json"),
    WithJsonSchema(_DECIMAL_SCHEMA),
]
#: The same as a caller sets it.
GivenDecimal = Annotated[DecimalText, BeforeValidator(_given_decimal)]
#: A price on its instrument's grid, digit for digit as it is.
PriceText = Annotated[str, WithJsonSchema(_DECIMAL_SCHEMA)]
#: RFC 3339, UTC.
Moment = Annotated[datetime, AfterValidator(_utc)]
#: The same as a caller gives it; it says its offset from UTC.
GivenMoment = Annotated[AwareDatetime, BeforeValidator(_given_moment), AfterValidator(_given_utc)]


class Answer(BaseModel):
    """Base of what is sent. Fields have no defaults, so that generated clients see them as always there."""

    model_config = ConfigDict(frozen=True)


class Wish(BaseModel):
    """Base of what is received: unknown fields are errors, and so is text that PostgreSQL cannot keep."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    @field_validator("*", mode="before")
    @classmethod
    def _can_be_kept(cls, value: Any) -> Any:
        if isinstance(value, str) and _UNKEPT.search(value):
            raise ValueError("expected text without NUL characters and halves of surrogate pairs")
        return value


class PageOf[T](Answer):
    """Some rows of a list; give `next_cursor` as `cursor` for the following ones, null = these are the last."""

    items: list[T]
    next_cursor: str | None

    @classmethod
    def model_parametrized_name(cls, params: tuple[Any, ...]) -> str:
        """What the document and generated clients call it: PositionItemPage."""
        return f"{params[0].__name__}Page"


#: How many rows a page may have.
PageSize = Annotated[int, Field(ge=1, le=200)]
