"""What a sweep tries: the grid of values that its axes span, every point by its number."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple

from tradewind.core.expressions import suggestion
from tradewind.core.indicators import Argument, ArgumentError
from tradewind.core.strategy import Blueprint, Strategy
from tradewind.core.values import decimal_of
from tradewind.research.sweeps.errors import SweepError

#: Values of one axis; more would be a range that nobody looks through.
MOST_VALUES = 10_000
#: Steps into which the document's whole range is cut when a parameter is varied without a range of its own.
_STEPS = 20

#: A parameter's number or a choice's word.
Setting = float | str
#: Values of parameters and choices by name.
Settings = Mapping[str, Setting]


class Range(NamedTuple):
    """Numbers from `low` up to `high`, which is tried too where the steps meet it. Without a step: 1 for whole numbers,
    a twentieth of the range for others."""

    low: float
    high: float
    step: float | None = None


#: How a parameter varies: over a range, over these values, or over all that the document allows.
Vary = Range | Sequence[Setting] | None


@dataclass(frozen=True, slots=True)
class Axis:
    """One parameter or choice with the values to try, in their order.

    Attributes:
        ordered: neighbours on the axis are alike; words of a choice are not.
    """

    name: str
    values: tuple[Setting, ...]
    ordered: bool = True


@dataclass(frozen=True, slots=True)
class Space:
    """All combinations of the axes' values. Point 0 has the first value of each; the last axis turns fastest."""

    axes: tuple[Axis, ...]

    @classmethod
    def of(cls, strategy: Strategy, vary: Mapping[str, Vary]) -> Space:
        """The axes that `vary` names, within the ranges of the strategy's document.

        Raises:
            SweepError: nothing varies, an unknown name, or values that the document does not allow.
        """
        if not vary:
            raise SweepError("vary", f"expected at least one of {_names(strategy.blueprint)}, got none")
        return cls(tuple(_axis(strategy.blueprint, name, wanted) for name, wanted in vary.items()))

    @property
    def size(self) -> int:
        """How many points there are."""
        return math.prod(len(axis.values) for axis in self.axes)

    def places(self, number: int) -> tuple[int, ...]:
        """Where point `number` lies on each axis."""
        found: list[int] = []
        for axis in reversed(self.axes):
            number, place = divmod(number, len(axis.values))
            found.append(place)
        return tuple(reversed(found))

    def number(self, places: Iterable[int]) -> int:
        """The point at these places; the inverse of `places`."""
        number = 0
        for axis, place in zip(self.axes, places, strict=True):
            number = number * len(axis.values) + place
        return number

    def settings(self, number: int) -> dict[str, Setting]:
        """The values of point `number`."""
        return {axis.name: axis.values[place] for axis, place in zip(self.axes, self.places(number), strict=True)}

    def axis(self, name: str) -> Axis:
        """The axis of that name.

        Raises:
            SweepError: there is none.
        """
        for axis in self.axes:
            if axis.name == name:
                return axis
        known = ", ".join(axis.name for axis in self.axes)
        raise SweepError(f"axes.{name}", f"expected a parameter that varies ({known}), got {name}")


def parse_vary(texts: Iterable[str]) -> dict[str, Vary]:
    """What `--vary` says: `fast=8:20:2` (from, to, step), `fast=8,12,16`, `anchor=fill,close`, or `fast` alone.

    Raises:
        SweepError: none of these, or a name twice.
    """
    vary: dict[str, Vary] = {}
    for text in texts:
        name, equals, values = (part.strip() for part in text.partition("="))
        if not name or (equals and not values):
            raise SweepError("vary", f"expected name=from:to:step, name=value,value or name, got {text}")
        if name in vary:
            raise SweepError(f"vary.{name}", "expected each parameter once, got it again")
        vary[name] = _parsed(name, values) if equals else None
    return vary


def _parsed(name: str, text: str) -> Vary:
    if ":" not in text:
        return [_number_or_word(part.strip()) for part in text.split(",")]
    numbers = [_number_or_word(part.strip()) for part in text.split(":")]
    if len(numbers) not in (2, 3) or any(isinstance(each, str) for each in numbers):
        raise SweepError(f"vary.{name}", f"expected from:to or from:to:step as numbers, got {text}")
    return Range(*(float(each) for each in numbers))


def _number_or_word(text: str) -> Setting:
    try:
        return float(text)
    except ValueError:
        return text


def _axis(blueprint: Blueprint, name: str, wanted: Vary) -> Axis:
    for choice in blueprint.choices:
        if choice.name == name:
            return _of_words(name, choice.options, wanted)
    for parameter in blueprint.parameters:
        if parameter.name == name:
            return _of_numbers(parameter.range, wanted)
    known = _known(blueprint)
    raise SweepError(
        f"vary.{name}", f"unknown parameter{suggestion(name, known)}; {blueprint.name} has {_names(blueprint)}"
    )


def _of_words(name: str, options: Sequence[str], wanted: Vary) -> Axis:
    words = options if wanted is None else wanted
    if isinstance(words, Range):
        raise SweepError(f"vary.{name}", f"expected words among {', '.join(options)}, got a range")
    for word in words:
        if word not in options:
            raise SweepError(f"vary.{name}", f"expected words among {', '.join(options)}, got {word}")
    return Axis(name, _distinct(name, words), ordered=False)


def _of_numbers(allowed: Argument, wanted: Vary) -> Axis:
    path = f"vary.{allowed.name}"
    if wanted is None:
        wanted = _whole_range(allowed)
    values = _stepped(path, wanted, allowed.whole) if isinstance(wanted, Range) else wanted
    numbers: list[float] = []
    for value in values:
        if isinstance(value, str):
            raise SweepError(path, f"expected a number, got {value}")
        try:
            numbers.append(float(allowed.checked(value)))
        except ArgumentError as error:
            raise SweepError(path, str(error)) from None
    return Axis(allowed.name, tuple(sorted(_distinct(allowed.name, numbers))))


def _whole_range(allowed: Argument) -> Range:
    width = allowed.high - allowed.low
    step = max(1, math.ceil(width / _STEPS)) if allowed.whole else width / _STEPS
    return Range(allowed.low, allowed.high, step or 1.0)


def _stepped(path: str, wanted: Range, whole: bool) -> list[float]:
    low, high, step = wanted
    if step is None:
        step = 1.0 if whole else (high - low) / _STEPS or 1.0
    if not all(map(math.isfinite, (low, high, step))):
        raise SweepError(path, f"expected finite numbers, got {low:g}:{high:g}:{step:g}")
    if low > high:
        raise SweepError(path, f"expected from:to with from at most to, got {low:g}:{high:g}")
    if step <= 0.0:
        raise SweepError(path, f"expected a step above 0, got {step:g}")
    # In decimals, so that steps of 0.1 reach 0.3 and the end is met.
    first, by = decimal_of(low), decimal_of(step)
    count = int((decimal_of(high) - first) / by) + 1
    if count > MOST_VALUES:
        raise SweepError(path, f"expected at most {MOST_VALUES:,} values, got {count:,}; take a larger step")
    return [float(first + by * Decimal(number)) for number in range(count)]


def _distinct[T: Setting](name: str, values: Sequence[T]) -> tuple[T, ...]:
    if not values:
        raise SweepError(f"vary.{name}", "expected at least one value, got none")
    if len(values) > MOST_VALUES:
        raise SweepError(f"vary.{name}", f"expected at most {MOST_VALUES:,} values, got {len(values):,}")
    if len(set(values)) < len(values):
        raise SweepError(f"vary.{name}", "expected each value once, got one again")
    return tuple(values)


def _known(blueprint: Blueprint) -> list[str]:
    return [parameter.name for parameter in blueprint.parameters] + [choice.name for choice in blueprint.choices]


def _names(blueprint: Blueprint) -> str:
    return ", ".join(_known(blueprint)) or "no parameters"
