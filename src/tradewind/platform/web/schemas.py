"""What the shapes of the HTTP API have in common."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    WithJsonSchema,
    model_validator,
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


def _utc(at: datetime) -> datetime:
    return at.astimezone(UTC)


_DECIMAL_SCHEMA = {"type": "string", "format": "decimal", "pattern": r"^-?\d+(\.\d+)?$", "examples": ["61250.5"]}

#: Money, prices, quantities and ratios: decimal strings both ways, exact.
DecimalText = Annotated[
    Decimal,
    BeforeValidator(_decimal_text),
    PlainSerializer(plain, return_type=str, when_used="json"),
    WithJsonSchema(_DECIMAL_SCHEMA),
]
#: A price on its instrument's grid, digit for digit as it is.
PriceText = Annotated[str, WithJsonSchema(_DECIMAL_SCHEMA)]
#: RFC 3339, UTC.
Moment = Annotated[datetime, AfterValidator(_utc)]


class Answer(BaseModel):
    """Base of what is sent. Fields have no defaults, so that generated clients see them as always there."""

    model_config = ConfigDict(frozen=True)


class Wish(BaseModel):
    """Base of what is received: unknown fields are errors, and so are NUL characters, which PostgreSQL cannot keep."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    @model_validator(mode="before")
    @classmethod
    def _refuse_nul(cls, data: Any) -> Any:
        if isinstance(data, dict):
            for name, value in data.items():
                if isinstance(value, str) and "\0" in value:
                    raise ValueError(f"expected text without NUL characters as {name}")
        return data


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
