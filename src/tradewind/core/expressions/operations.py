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

_BLANK = {"f": np.nan, "b": False, "i": UNDEFINED}


def shifted(value: Value, rows: int) -> Value:
    """The value `rows` rows ago; undefined (or false) where there is none."""
    if not isinstance(value, np.ndarray):
        return value
    moved = np.empty_like(value)
    moved[:rows] = _BLANK[value.dtype.kind]
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


def _crosses_above(left: Any, right: Any) -> Any:
    return np.greater(left, right) & shifted(np.less_equal(left, right), 1)


def _crosses_below(left: Any, right: Any) -> Any:
    return np.less(left, right) & shifted(np.greater_equal(left, right), 1)


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
        Op.CROSSES_ABOVE: _crosses_above,
        Op.CROSSES_BELOW: _crosses_below,
    }
)
