"""The shape of a strategy document. `json_schema()` is what editors and forms get; expressions are checked later."""

from __future__ import annotations

import typing
from collections.abc import Iterator
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    WithJsonSchema,
    model_validator,
)
from pydantic_core import ErrorDetails, PydanticCustomError

from tradewind.core.expressions import suggestion
from tradewind.trading.strategies.errors import Problem

#: The format's own version; a change of meaning gets another one, so that a content hash never changes its meaning.
FORMAT = 1

_NAME = r"^[a-z][a-z0-9_]{0,39}$"
_LONGEST = 1000
#: What pydantic says, and what we say.
_WORDING = {
    "Input should be ": "expected ",
    "a valid string": "text",
    "a valid integer": "a whole number",
    "a valid number": "a number",
    "a valid list": "a list",
}


def _as_text(value: object) -> object:
    """A bare number is an expression too: `r: 1.5`."""
    return repr(value) if isinstance(value, int | float) and not isinstance(value, bool) else value


def _folded(text: str) -> str:
    """`text` with line breaks and runs of spaces as single spaces, so that its layout means nothing."""
    return " ".join(text.split())


def _printable(text: str) -> str:
    if not text.isprintable():
        raise PydanticCustomError("text", "expected printable text, got a control character")
    return text


class _Shape(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, allow_inf_nan=False)


Code = Annotated[
    str,
    BeforeValidator(_as_text),
    Field(min_length=1, max_length=_LONGEST),
    WithJsonSchema({"type": ["string", "number"], "maxLength": _LONGEST, "description": "An expression."}),
]
Name = Annotated[str, Field(pattern=_NAME)]
Words = Annotated[str, Field(min_length=1, max_length=600), AfterValidator(_folded), AfterValidator(_printable)]
Number = Annotated[float, Field(ge=-1e9, le=1e9)]
Rungs = Annotated[int, Field(ge=1, le=10)]


class Bilingual(_Shape):
    """A text in every language of the platform."""

    en: Words
    ru: Words


class Sentences(_Shape):
    """Sentences in every language; `{name}` stands for a definition, parameter, candle column, entry, stop or risk."""

    en: Annotated[list[Words], Field(min_length=1, max_length=6)]
    ru: Annotated[list[Words], Field(min_length=1, max_length=6)]


class ParameterShape(_Shape):
    """A number that may be set when the strategy is used."""

    type: Literal["integer", "number"]
    default: Number
    min: Number
    max: Number
    title: Bilingual | None = None

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if not self.min <= self.default <= self.max:
            raise PydanticCustomError(
                "range",
                "expected min ≤ default ≤ max, got {values}",
                {"values": f"{self.min:g}, {self.default:g}, {self.max:g}"},
            )
        if self.type == "integer" and not all(each.is_integer() for each in (self.min, self.default, self.max)):
            raise PydanticCustomError("range", "expected whole numbers for an integer")
        return self


class ChoiceShape(_Shape):
    """A word that may be set when the strategy is used."""

    default: Name
    options: Annotated[list[Name], Field(min_length=2, max_length=10)]
    title: Bilingual | None = None

    @model_validator(mode="after")
    def _among(self) -> Self:
        if self.default not in self.options:
            raise PydanticCustomError(
                "choice",
                "expected the default among the options, got {word}",
                {"word": self.default},
            )
        if len(set(self.options)) != len(self.options):
            raise PydanticCustomError("choice", "expected each option once")
        return self


class ZoneShape(_Shape):
    """The prices between which to enter."""

    low: Code
    high: Code


class RungShape(_Shape):
    """One target: `at` a price, at `r` times the initial risk beyond the entry limit, or at a `distance` (price) beyond
    the strategy's `anchor`."""

    at: Code | None = None
    r: Code | None = None
    distance: Code | None = None
    share: Annotated[float, Field(gt=0, le=1)]

    @model_validator(mode="after")
    def _one_of(self) -> Self:
        if sum(each is not None for each in (self.at, self.r, self.distance)) != 1:
            raise PydanticCustomError("choice", 'expected either "at" or "r" or "distance"')
        return self


class SetupShape(_Shape):
    """When to enter on one side, and where stop and targets lie: the `stop` at a price, or `stop_distance` (price) away
    from the strategy's `anchor`. Where the condition `exit` holds at a candle's close, the position is left at market.
    """

    when: Code
    zone: ZoneShape
    stop: Code | None = None
    stop_distance: Code | None = None
    targets: Annotated[list[RungShape], Field(min_length=1, max_length=10)]
    confidence: Code
    because: Sentences
    exit: Code | None = None

    @model_validator(mode="after")
    def _one_stop(self) -> Self:
        if (self.stop is None) == (self.stop_distance is None):
            raise PydanticCustomError("choice", 'expected either "stop" or "stop_distance"')
        return self


class BreakevenShape(_Shape):
    """Stop to the price that pays for the costs, or an `offset` (price) beyond it, after that many targets or at that
    many initial risks."""

    after_target: Rungs | None = None
    at_r: Code | None = None
    offset: Code | None = None

    @model_validator(mode="after")
    def _some(self) -> Self:
        if self.after_target is None and self.at_r is None:
            raise PydanticCustomError("choice", 'expected "after_target" or "at_r"')
        return self


class TrailingShape(_Shape):
    """Stop behind the best price by a `distance` (price), by `percent` or by a `chandelier` (that many times the ATR of
    the last `atr_period` candles, as it is at each close); from the start unless told when. Or a `moving_target`: with
    target k filled, the stop to target k minus that number."""

    distance: Code | None = None
    percent: Code | None = None
    chandelier: Code | None = None
    atr_period: Code | None = None
    moving_target: Rungs | None = None
    after_target: Rungs | None = None
    at_r: Code | None = None
    step: Code | None = None

    @model_validator(mode="after")
    def _one_of(self) -> Self:
        if sum(way is not None for way in (self.distance, self.percent, self.chandelier, self.moving_target)) != 1:
            raise PydanticCustomError(
                "choice", 'expected either "distance" or "percent" or "chandelier" or "moving_target"'
            )
        if (self.chandelier is None) != (self.atr_period is None):
            raise PydanticCustomError("choice", 'expected "chandelier" and "atr_period" together')
        if self.moving_target is not None and not (self.after_target is None and self.at_r is None):
            raise PydanticCustomError("choice", 'expected neither "after_target" nor "at_r" beside "moving_target"')
        return self


class ExitsShape(_Shape):
    """How a position is managed beside stop and targets; `time_stop` in candles."""

    breakeven: BreakevenShape | None = None
    trailing: TrailingShape | None = None
    time_stop: Code | None = None


class ScaleInShape(_Shape):
    """Enter in parts: so many further `orders` below a long entry (above a short one), the first a `deviation` (price)
    from the entry limit, each further step `step` times the one before, each order `size` times the one before. Targets
    count from the `average` entry or stay `fixed`. One stop is behind all of it."""

    orders: Code
    deviation: Code
    step: Code | None = None
    size: Code | None = None
    targets: Literal["average", "fixed"] = "average"


class GridShape(_Shape):
    """Trade a range: so many `levels` below a long entry (above a short one), evenly over the `range` (price), each
    order `size` times the one before. What is entered at a level is closed at the level before it and entered again, as
    often as the price comes back. The one target closes all; one stop is beyond the range."""

    levels: Code
    range: Code
    size: Code | None = None


class FilterShape(_Shape):
    """A condition without which no set-up counts, of one side or of both, and why in words."""

    name: Name
    when: Code
    reason: Bilingual
    side: Literal["long", "short"] | None = None


class SizingShape(_Shape):
    """How large: `scale` is the part, 0 to 1, of the risk per trade that the account's owner allows."""

    scale: Code


class DocumentShape(_Shape):
    """A Tradewind strategy.

    `anchor` is the price from which distances count, `fill` or `close`, or a choice between them by its name; `warmup`
    the candles before it may speak, where its averages do not ask for more; a `research_only` strategy never trades
    but in back-tests.
    """

    format: Literal[1]
    name: Name
    version: Annotated[int, Field(ge=1, le=1_000_000)]
    title: Bilingual
    description: Bilingual
    weakness: Bilingual
    parameters: Annotated[dict[Name, ParameterShape], Field(max_length=32)] = {}
    define: Annotated[dict[Name, Code], Field(max_length=64)] = {}
    long: SetupShape | None = None
    short: SetupShape | None = None
    exits: ExitsShape = ExitsShape()
    fresh_for: Annotated[int, Field(ge=1, le=1000)]
    expires_after: Annotated[int, Field(ge=1, le=1000)]
    leverage_cap: Annotated[int, Field(ge=1, le=125)]
    # What came later has no default of its own in the content hash: None is left out of it.
    choices: Annotated[dict[Name, ChoiceShape] | None, Field(max_length=8)] = None
    anchor: Name | None = None
    warmup: Annotated[int | None, Field(ge=1, le=10_000)] = None
    research_only: bool | None = None
    scale_in: ScaleInShape | None = None
    grid: GridShape | None = None
    filters: Annotated[list[FilterShape] | None, Field(min_length=1, max_length=16)] = None
    sizing: SizingShape | None = None

    @model_validator(mode="after")
    def _sides(self) -> Self:
        if self.long is None and self.short is None:
            raise PydanticCustomError("choice", 'expected "long", "short" or both')
        return self


def json_schema() -> dict[str, Any]:
    """The shape as JSON Schema (draft 2020-12). What a schema cannot say (names, kinds, ranges) is checked by
    `parse_document`."""
    schema = DocumentShape.model_json_schema()
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema, "title": "Tradewind strategy"}


def problems_of(error: ValidationError) -> Iterator[Problem]:
    """What pydantic found, in this platform's words."""
    for detail in error.errors(include_url=False):
        yield Problem(_path(detail["loc"]), _sentence(detail))


def _path(location: tuple[int | str, ...]) -> str:
    path = ""
    for part in location:
        if part == "[key]":
            continue
        name = part if isinstance(part, int) or part.isidentifier() else _short(part)
        path += f"[{name}]" if isinstance(part, int) else f".{name}" if path else str(name)
    return path


def _sentence(detail: ErrorDetails) -> str:
    kind, message = detail["type"], detail["msg"]
    if kind == "missing":
        return "expected this key, it is missing"
    if kind == "extra_forbidden":
        known = _keys_at(detail["loc"][:-1])
        return f"unknown key{suggestion(str(detail['loc'][-1]), known)}; expected {', '.join(sorted(known))}"
    if kind == "string_pattern_mismatch":
        return f"expected lower-case letters, digits and underscores, a letter first, got {_short(detail['input'])}"
    if kind in {"too_long", "string_too_long"}:
        unit = "characters" if isinstance(detail["input"], str) else "entries"
        return f"expected at most {detail['ctx']['max_length']} {unit}, got {len(detail['input'])}"
    if kind in {"model_type", "model_attributes_type", "dict_type"}:
        return f"expected a mapping, got {_short(detail['input'])}"
    if not message.startswith("Input should be "):
        return message[0].lower() + message[1:]
    for theirs, ours in _WORDING.items():
        message = message.replace(theirs, ours, 1)
    return f"{message}, got {_short(detail['input'])}"


def _short(value: object) -> str:
    """`value` in a few characters; of collections only what they are."""
    if isinstance(value, dict):
        return "a mapping"
    if isinstance(value, list):
        return "a list"
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) > 10**15:
        return "a gigantic number"
    text = repr(value)
    return text if len(text) <= 40 else f"{text[:37]}…"


def _keys_at(location: tuple[int | str, ...]) -> list[str]:
    """The keys that are known at `location`, which leads through mappings that fit."""
    shape: type[BaseModel] = DocumentShape
    places = iter(location)
    for part in places:
        annotation = shape.model_fields[str(part)].annotation
        shape = next(_models(annotation))
        if any(typing.get_origin(each) in {list, dict} for each in (annotation, *typing.get_args(annotation))):
            next(places)  # which of them does not matter
    return list(shape.model_fields)


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    """The models in `X | None`, `list[X]` or `dict[str, X]`."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for part in typing.get_args(annotation):
        yield from _models(part)
