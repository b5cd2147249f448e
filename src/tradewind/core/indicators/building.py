"""What the families of the catalogue are written with: arguments, kernels, entries and the usual row counts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from tradewind.core.indicators.model import Argument, Field, Indicator, Kernel, Rows, Source, Unit, decay_rows
from tradewind.core.series import Floats

#: Longest period of any indicator; bounds both warm-up and cost.
LONGEST = 1000
#: The same for those that look at the whole window again for each candle.
LONGEST_WINDOW = 400

HL = (Field.HIGH, Field.LOW)
HLC = (*HL, Field.CLOSE)
OHLC = (Field.OPEN, *HLC)
HLCV = (*HLC, Field.VOLUME)
CV = (Field.CLOSE, Field.VOLUME)
OC = (Field.OPEN, Field.CLOSE)

#: Output name, description, settled rows; None when it is not recursive.
Output = tuple[str, str, Rows | None]


def period(default: int, low: int = 2, name: str = "period", high: int = LONGEST) -> Argument:
    """A whole number of candles."""
    return Argument(name, default, low, high)


def factor(name: str, default: float, low: float = 0.1, high: float = 10.0) -> Argument:
    """A number that need not be whole, such as a count of deviations."""
    return Argument(name, default, low, high, whole=False)


def talib_kernel(function: Callable[..., Any], outputs: int = 1) -> Kernel:
    """A kernel over a TA-Lib function that takes its inputs, then whole numbers, by position."""

    def compute(inputs: Sequence[Floats], arguments: Sequence[float]) -> tuple[Floats, ...]:
        result = function(*inputs, *map(int, arguments))
        return result if isinstance(result, tuple) else (result,)

    return Kernel(outputs, compute)


def kernel(function: Callable[..., Floats]) -> Kernel:
    """A kernel with one output over (input, …, argument, …), arguments as floats."""
    return Kernel(1, lambda inputs, arguments: (function(*inputs, *arguments),))


def family(
    names: Iterable[Output],
    kernel: Kernel,
    arguments: tuple[Argument, ...],
    *,
    warmup: Rows,
    unit: Unit | None,
    fields: tuple[Source, ...] = (),
    series: int | None = None,
    anchored: bool = False,
) -> list[Indicator]:
    """The outputs of one kernel.

    Without `fields` it takes one series unless told otherwise, and without a `unit` it has that of the first series.
    """
    taken = (0 if fields else 1) if series is None else series
    return [
        Indicator(
            name, kernel, output, arguments, taken, fields, unit, description, warmup, settled or warmup, anchored
        )
        for output, (name, description, settled) in enumerate(names)
    ]


def single(
    name: str,
    kernel: Kernel,
    arguments: tuple[Argument, ...],
    description: str,
    *,
    warmup: Rows,
    settled: Rows | None = None,
    unit: Unit | None = None,
    fields: tuple[Source, ...] = (),
    series: int | None = None,
    anchored: bool = False,
) -> Indicator:
    """An indicator with a kernel of its own."""
    outputs = [(name, description, settled)]
    (entry,) = family(
        outputs, kernel, arguments, warmup=warmup, unit=unit, fields=fields, series=series, anchored=anchored
    )
    return entry


def before(n: int) -> int:
    """Rows before a window of `n` rows is full."""
    return n - 1


def ema_settled(n: int) -> int:
    """Settled rows of an exponential average, weight 2 ÷ (n + 1), started with the simple average."""
    return n - 1 + decay_rows(2 / (n + 1))


def wilder_settled(n: int) -> int:
    """Settled rows of Wilder's average, weight 1 ÷ n, of something that needs the previous candle."""
    return n + decay_rows(1 / n)


def adx_settled(n: int) -> int:
    """Settled rows of the ADX: its average starts on a DX that is itself still settling, so the two add up."""
    return wilder_settled(n) + n - 1 + decay_rows(1 / n)
