"""What an indicator is: a named, causal function of candle columns with an explicit warm-up.

Every value at row i depends on rows 0…i only, and is bitwise the same whether computed on those rows or on more. So a
whole recorded series may be evaluated at once, and a live one again after each candle, with equal results.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from tradewind.core.series import Columns, Floats

#: A recursive average counts as settled when what it was started with weighs less than this.
SEED_WEIGHT = 0.001


class Field(StrEnum):
    """One column of candles."""

    OPEN = "open"
    HIGH = "high"
    LOW = "low"
    CLOSE = "close"
    VOLUME = "volume"

    def of(self, columns: Columns) -> Floats:
        """That column of `columns`, as it is (not a copy)."""
        column: Floats = getattr(columns, self.value)
        return column


class Clock(StrEnum):
    """What an indicator may know of time; expressions cannot name it."""

    UTC_DAY = "utc_day"

    def of(self, columns: Columns) -> Floats:
        """Days since 1970-01-01 UTC, of each candle's open time."""
        return (columns.ts // _DAY_MS).astype(np.float64)


#: What an indicator may read beside the series it is given.
Source = Field | Clock

#: Milliseconds.
_DAY_MS = 86_400_000


class Unit(StrEnum):
    """What a number counts; decides how it is shown."""

    PRICE = "price"
    """Quote currency per unit of base, or a distance between two such prices."""
    VOLUME = "volume"
    """Base currency."""
    PERCENT = "percent"
    INDEX = "index"
    """A bounded or normalised scale of its own, such as 0 to 100."""
    PLAIN = "plain"
    """A ratio or a bare number."""


class ArgumentError(ValueError):
    """An argument outside its range: what was expected and what came."""


@dataclass(frozen=True, slots=True)
class Argument:
    """A constant that an indicator takes.

    Attributes:
        low, high: the range, both ends included.
        whole: only whole numbers.
    """

    name: str
    default: float
    low: float
    high: float
    whole: bool = True

    def checked(self, value: float) -> float:
        """`value`, when it is in range.

        Raises:
            ArgumentError: it is not, or it is not finite or not whole.
        """
        fits = self.low <= value <= self.high and (not self.whole or float(value).is_integer())
        if not fits:
            kind = "a whole number" if self.whole else "a number"
            raise ArgumentError(f"expected {kind} from {self.low:g} to {self.high:g} for {self.name}, got {value:g}")
        return value


#: Arguments → rows.
Rows = Callable[..., int]


@dataclass(frozen=True, slots=True, eq=False)
class Kernel:
    """What computes one or several indicators in one pass.

    Attributes:
        outputs: how many arrays it answers with.
        function: (inputs without gaps, arguments) → outputs of the inputs' length, NaN during the warm-up.
    """

    outputs: int
    function: Callable[[Sequence[Floats], Sequence[float]], tuple[Floats, ...]]

    def run(
        self, inputs: Sequence[Floats], arguments: Sequence[float], warmup: int, *, unbroken: bool = False
    ) -> tuple[Floats, ...]:
        """The outputs, computed over each unbroken run of finite input rows and NaN elsewhere.

        A gap in a derived input (a division by zero, say) interrupts: behind it the indicator warms up anew. TA-Lib's
        running sums would stay NaN for ever, and its extremes would silently skip the gap.

        Args:
            unbroken: all inputs are known to be finite.
        """
        if unbroken:
            return self.function(inputs, arguments)
        rows = len(inputs[0])
        runs = _finite_runs(inputs)
        if runs == [(0, rows)]:
            return self.function(inputs, arguments)
        outputs = tuple(np.full(rows, np.nan) for _ in range(self.outputs))
        for start, stop in runs:
            if stop - start <= warmup:
                continue  # too short for a value; also bounds the number of runs that cost anything
            part = self.function([np.ascontiguousarray(values[start:stop]) for values in inputs], arguments)
            for whole, piece in zip(outputs, part, strict=True):
                whole[start:stop] = piece
        return outputs


@dataclass(frozen=True, slots=True)
class Indicator:
    """One entry of the catalogue.

    Attributes:
        kernel: computes this and its sister outputs (`bb_upper`, `bb_middle`, `bb_lower` share one).
        output: which of the kernel's outputs this is.
        arguments: constants, in the order in which they are written and passed.
        series: how many freely chosen series it takes, written before the arguments.
        fields: candle columns it takes besides, or what the `Clock` says; not written.
        unit: of its values; None = that of its first series.
        description: one line: the definition.
        anchored: what the series began with may matter for ever: a running total, or a stop that flips only when
            the price says so. `settled` then speaks of the averages inside alone.
    """

    name: str
    kernel: Kernel
    output: int
    arguments: tuple[Argument, ...]
    series: int
    fields: tuple[Source, ...]
    unit: Unit | None
    description: str
    _warmup: Rows
    _settled: Rows
    anchored: bool = False

    @property
    def signature(self) -> str:
        """How it is written, with defaults: `bb_upper(series, period=20, deviations=2)`."""
        parts = ["series"] * self.series + [f"{each.name}={each.default:g}" for each in self.arguments]
        return f"{self.name}({', '.join(parts)})"

    def warmup(self, *arguments: float) -> int:
        """Rows before the first defined value, counted from the first defined row of its inputs."""
        return self._warmup(*self._numbers(arguments))

    def settled(self, *arguments: float) -> int:
        """Rows before its start weighs less than `SEED_WEIGHT`; equal to the warm-up when it is not recursive."""
        return max(self.warmup(*arguments), self._settled(*self._numbers(arguments)))

    def checked(self, arguments: Sequence[float]) -> tuple[float, ...]:
        """All arguments, defaults filled in.

        Raises:
            ArgumentError: too many, or one out of range.
        """
        if len(arguments) > len(self.arguments):
            raise ArgumentError(f"expected {self.signature}, got {len(arguments)} arguments")
        given = tuple(arguments) + tuple(each.default for each in self.arguments[len(arguments) :])
        return tuple(each.checked(value) for each, value in zip(self.arguments, given, strict=True))

    def compute(self, columns: Columns, *arguments: float, series: Sequence[Floats] = ()) -> Floats:
        """Its values on `columns`, one per row; `series` are the freely chosen inputs.

        Raises:
            ArgumentError: an argument out of range, or the wrong number of series.
        """
        if len(series) != self.series:
            raise ArgumentError(f"expected {self.series} series for {self.name}, got {len(series)}")
        inputs = (*series, *(field.of(columns) for field in self.fields))
        return self.kernel.run(inputs, self.checked(arguments), self.warmup(*arguments))[self.output]

    def _numbers(self, arguments: Sequence[float]) -> Iterator[int | float]:
        for each, value in zip(self.arguments, self.checked(arguments), strict=True):
            yield int(value) if each.whole else value


def _finite_runs(inputs: Sequence[Floats]) -> list[tuple[int, int]]:
    """Half-open row ranges in which every input is finite, in order."""
    if all(math.isfinite(values.sum()) for values in inputs):
        return [(0, len(inputs[0]))]  # a sum keeps what is not finite, and is quicker than to ask every row
    finite: NDArray[np.bool_] = np.isfinite(inputs[0])
    for values in inputs[1:]:
        finite &= np.isfinite(values)
    if not len(finite) or finite.all():
        return [(0, len(finite))]
    edges = np.flatnonzero(np.diff(finite, prepend=False, append=False))
    return [(int(start), int(stop)) for start, stop in edges.reshape(-1, 2)]


def decay_rows(alpha: float) -> int:
    """Steps of an exponential average with weight `alpha` until its start weighs less than `SEED_WEIGHT`."""
    return 0 if alpha >= 1.0 else math.ceil(math.log(SEED_WEIGHT) / math.log1p(-alpha))
