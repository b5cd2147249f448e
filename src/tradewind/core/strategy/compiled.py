"""A document's rules once its parameters have values: constants, and the places of all else among a program's roots."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from tradewind.core.indicators import Unit
from tradewind.core.plan import Breakeven, TrailingKind
from tradewind.core.values import Side


@dataclass(frozen=True, slots=True)
class Fact:
    """A number behind the words.

    Attributes:
        root: its place among the program's roots.
        constant: a parameter or made of parameters, shown with all its digits.
    """

    root: int
    unit: Unit
    constant: bool


@dataclass(frozen=True, slots=True)
class CompiledRung:
    """`root` is the place of price or distance among the program's roots; None = `r` risks beyond the entry limit."""

    share: Decimal
    root: int | None
    r: float
    is_distance: bool = False


@dataclass(frozen=True, slots=True)
class CompiledSetup:
    """A set-up by the places of its values among the program's roots.

    Attributes:
        needed: every number that must be finite for the set-up to stand.
        exit: the condition that ends the position; None = there is none.
    """

    side: Side
    when: int
    zone_low: int
    zone_high: int
    stop: int
    confidence: int
    rungs: tuple[CompiledRung, ...]
    facts: Mapping[str, Fact]
    because: Mapping[str, tuple[str, ...]]
    needed: tuple[int, ...]
    stop_is_distance: bool
    exit: int | None = None


@dataclass(frozen=True, slots=True)
class CompiledFilter:
    """A filter; `when` is the place of its condition among the program's roots."""

    name: str
    when: int
    side: Side | None


@dataclass(frozen=True, slots=True)
class CompiledTrailing:
    """`distance` and `step` are places among the roots; where there is no `distance`, `factor` is constant: a part of
    the best price, or a multiple of the ATR over `period` candles."""

    kind: TrailingKind
    distance: int | None
    factor: float
    step: int | None
    after_target: int
    at_r: float
    period: int


@dataclass(frozen=True, slots=True)
class CompiledExits:
    """The exits with their constants; `time_stop` in candles, 0 = never; `breakeven_offset` a place among the roots."""

    breakeven: Breakeven | None
    breakeven_offset: int | None
    trailing: CompiledTrailing | None
    time_stop: int

    @property
    def needed(self) -> set[int]:
        """The numbers that must be finite."""
        places = [self.breakeven_offset]
        if self.trailing is not None:
            places += [self.trailing.distance, self.trailing.step]
        return {place for place in places if place is not None}


@dataclass(frozen=True, slots=True)
class CompiledScaleIn:
    """Further entries: `deviation` is the place among the roots of the first one's distance from the entry limit.

    Attributes:
        reach: how many deviations away each of them is, nearest first.
        first: share of the whole size that is entered at the zone.
        shares: those of the further entries; all sum to 1.
        is_grid: each of them leaves one level on and is entered again.
    """

    deviation: int
    reach: tuple[float, ...]
    first: Decimal
    shares: tuple[Decimal, ...]
    from_average: bool
    is_grid: bool = False
