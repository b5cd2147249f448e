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


def _divide(left: Any, right: Any) -> Any:
    # A quotient without meaning is undefined rather than infinite: an infinity would pass comparisons.
    return np.where(np.equal(right, 0.0), np.nan, np.divide(left, right))


def _not_equal(left: Any, right: Any) -> Any:
    # NaN != NaN holds in IEEE 754; here a comparison with the undefined is false, whichever it is.
    return np.less(left, right) | np.greater(left, right)


def _clip(value: Any, low: Any, high: Any) -> Any:
    return np.minimum(np.maximum(value, low), high)


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


#: By operation; PREVIOUS and REGIME take more than operands and are carried out by the program.
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
        Op.CROSSES_ABOVE: lambda left, right: crossed_above(left, right, shifted(left, 1), shifted(right, 1)),
        Op.CROSSES_BELOW: lambda left, right: crossed_below(left, right, shifted(left, 1), shifted(right, 1)),
    }
)
