"""What each operation means, on whole columns: one NumPy function per `Op`.

Operands are arrays of one length, or scalars where an expression is constant. Numbers are float64 with NaN for
undefined, conditions bool, regimes int8 with 0 for undefined. Under `np.errstate(all="ignore")` nothing here raises or
warns, whatever the numbers.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tradewind.core.expressions.tree import Op
from tradewind.core.regime import UNDEFINED

#: An array with one value per row, or a scalar that stands for the same value in every row.
Value = NDArray[Any] | np.generic | float

#: What stands where there is no earlier row, by the kind of array.
BLANK = MappingProxyType({"f": np.float64(np.nan), "b": np.False_, "i": np.int8(UNDEFINED)})


def shifted(value: Value, rows: int) -> Value:
    """The value `rows` rows ago; undefined (or false) where there is none."""
    if not isinstance(value, np.ndarray):
        return value
    moved = np.empty_like(value)
    moved[:rows] = BLANK[value.dtype.kind]
    moved[rows:] = value[: max(len(value) - rows, 0)]
    return moved


def picked(value: Value, rows: NDArray[np.int64]) -> Value:
    """The value of another series in each of `rows`; undefined (or false) where that is −1."""
    if not isinstance(value, np.ndarray):
        return value
    blank = BLANK[value.dtype.kind]
    if not len(value):
        return np.full(len(rows), blank, dtype=value.dtype)
    return np.where(rows >= 0, value[rows], np.asarray(blank, dtype=value.dtype))


def clock(op: Op, closes: NDArray[np.int64]) -> Value:
    """Hour (0–23), minute (0–59) or weekday (1 Monday – 7 Sunday), UTC, of each moment (ms)."""
    match op:
        case Op.HOUR:
            return (closes // 3_600_000 % 24).astype(np.float64)
        case Op.MINUTE:
            return (closes // 60_000 % 60).astype(np.float64)
        case _:
            # The epoch began on a Thursday.
            return ((closes // 86_400_000 + 3) % 7 + 1).astype(np.float64)


def within(closes: NDArray[np.int64], start: float, stop: float) -> Value:
    """Whether each moment (ms) lies from `start` to before `stop`, hours of the UTC day; over midnight if they do."""
    hours = closes % 86_400_000 / 3_600_000
    if start < stop:
        return np.greater_equal(hours, start) & np.less(hours, stop)
    return np.greater_equal(hours, start) | np.less(hours, stop)


def _divide(left: Any, right: Any) -> Any:
    # A quotient without meaning is undefined rather than infinite: an infinity would pass comparisons.
    return np.where(np.equal(right, 0.0), np.nan, np.divide(left, right))


def _not_equal(left: Any, right: Any) -> Any:
    # NaN != NaN holds in IEEE 754; here a comparison with the undefined is false, whichever it is.
    return np.less(left, right) | np.greater(left, right)


def _clip(value: Any, low: Any, high: Any) -> Any:
    return np.minimum(np.maximum(value, low), high)


def _crosses_above(left: Any, right: Any) -> Any:
    return _turned(np.greater(left, right), np.less_equal(left, right))


def _crosses_below(left: Any, right: Any) -> Any:
    return _turned(np.less(left, right), np.greater_equal(left, right))


def _turned(now: Any, otherwise: Any) -> Any:
    """Whether `now` holds and `otherwise` did a row before."""
    if not isinstance(now, np.ndarray):
        return now & otherwise
    now[1:] &= otherwise[:-1]
    now[:1] = False
    return now


def crossed_above(left: Any, right: Any, left_before: Any, right_before: Any) -> Any:
    """Whether left is above right now and was not a row before."""
    return np.greater(left, right) & np.less_equal(left_before, right_before)


def crossed_below(left: Any, right: Any, left_before: Any, right_before: Any) -> Any:
    """Whether left is below right now and was not a row before."""
    return np.less(left, right) & np.greater_equal(left_before, right_before)


def _same_regime(left: Any, right: Any) -> Any:
    return np.equal(left, right) & np.not_equal(left, UNDEFINED)


def _other_regime(left: Any, right: Any) -> Any:
    return np.not_equal(left, right) & np.not_equal(left, UNDEFINED) & np.not_equal(right, UNDEFINED)


def _over(function: Callable[[Any, Any], Any]) -> Callable[..., Any]:
    return lambda *operands: reduce(function, operands)


#: By operation; PREVIOUS, REGIME and those that ask for the time take more than operands: the program carries them out.
OPERATIONS: MappingProxyType[Op, Callable[..., Any]] = MappingProxyType(
    {
        Op.ADD: np.add,
        Op.SUBTRACT: np.subtract,
        Op.MULTIPLY: np.multiply,
        Op.DIVIDE: _divide,
        Op.NEGATE: np.negative,
        Op.ABS: np.absolute,
        Op.MIN: _over(np.minimum),
        Op.MAX: _over(np.maximum),
        Op.CLIP: _clip,
        Op.LESS: np.less,
        Op.LESS_EQUAL: np.less_equal,
        Op.GREATER: np.greater,
        Op.GREATER_EQUAL: np.greater_equal,
        Op.EQUAL: np.equal,
        Op.NOT_EQUAL: _not_equal,
        Op.SAME_REGIME: _same_regime,
        Op.OTHER_REGIME: _other_regime,
        Op.AND: _over(np.logical_and),
        Op.OR: _over(np.logical_or),
        Op.NOT: np.logical_not,
        Op.CROSSES_ABOVE: _crosses_above,
        Op.CROSSES_BELOW: _crosses_below,
    }
)
