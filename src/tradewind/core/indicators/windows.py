"""Rolling sums and moments in NumPy, to the bit the same whatever lies before the window or behind it.

A window's result is put together from halves, quarters and so on of the window, never by adding the newest value to a
running total and taking away the oldest. That costs log2(n) passes instead of one, and buys what running totals lose:
no drift, no rounding left over of values long gone (a sum of zeros is zero, a constant series has no variance), and no
dependence on where the series began. Means and moments merge by the formulas of Chan, Golub and LeVeque (1979).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from tradewind.core.series import Floats

#: Arrays that describe windows of one length, one entry per first row of a window.
_Parts = tuple[Floats, ...]
#: (left neighbours of m rows, right neighbours of k rows, m, k) → the windows of m + k rows.
_Merge = Callable[[_Parts, _Parts, int, int], _Parts]
_BLOCK = 8192


def rolling_sum(values: Floats, n: int) -> Floats:
    """The sum of the last `n` values; NaN for the first n − 1 rows, as everywhere in this module."""
    return _windows((values,), n, lambda left, right, _, __: (left[0] + right[0],))[0]


def rolling_moments(values: Floats, n: int) -> tuple[Floats, Floats]:
    """The mean of the last `n` values, and the sum of their squared deviations from it."""

    def merge(left: _Parts, right: _Parts, m: int, k: int) -> _Parts:
        step = right[0] - left[0]
        return left[0] + step * (k / (m + k)), left[1] + right[1] + step * step * (m * k / (m + k))

    mean, squares = _windows((values, np.zeros(len(values))), n, merge)
    return mean, squares


def rolling_comoments(x: Floats, y: Floats, n: int) -> tuple[Floats, Floats, Floats]:
    """Over the last `n` rows: Σ(x−x̄)², Σ(y−ȳ)² and Σ(x−x̄)(y−ȳ)."""

    def merge(left: _Parts, right: _Parts, m: int, k: int) -> _Parts:
        dx, dy = right[0] - left[0], right[1] - left[1]
        share, weight = k / (m + k), m * k / (m + k)
        return (
            left[0] + dx * share,
            left[1] + dy * share,
            left[2] + right[2] + dx * dx * weight,
            left[3] + right[3] + dy * dy * weight,
            left[4] + right[4] + dx * dy * weight,
        )

    zeros = np.zeros(len(x))
    _, _, xx, yy, xy = _windows((x, y, zeros, zeros, zeros), n, merge)
    return xx, yy, xy


def lagged(values: Floats, rows: int) -> Floats:
    """The value `rows` rows ago; NaN where there is none."""
    moved = np.full(len(values), np.nan)
    moved[rows:] = values[: max(len(values) - rows, 0)]
    return moved


def quotient(left: Floats, right: Floats, otherwise: Floats | float) -> Floats:
    """left ÷ right, and `otherwise` where right is zero; NaN where either is undefined."""
    result = np.where(np.isnan(left), np.nan, otherwise)
    return np.divide(left, right, out=result, where=right != 0.0)


def log_ratio(left: Floats, right: Floats) -> Floats:
    """ln(left ÷ right) of prices; 0 where one of them is not positive, NaN where one is undefined."""
    undefined = np.isnan(left) | np.isnan(right)
    sound = (left > 0.0) & (right > 0.0)
    ratio = np.divide(left, right, out=np.ones(len(left)), where=sound)
    result: Floats = np.log(ratio)
    result[undefined] = np.nan
    return result


def _windows(rows: _Parts, n: int, merge: _Merge) -> _Parts:
    """`rows` merged over each window of `n`, at the window's last row; NaN where there is none."""
    count = len(rows[0])
    results = tuple(np.full(count, np.nan) for _ in rows)
    # Block by block, so that what is merged is still in the cache; a window's bits do not know of it.
    for first in range(0, count - n + 1, _BLOCK):
        block = slice(first, first + _BLOCK + n - 1)
        for result, each in zip(results, _merged(tuple(values[block] for values in rows), n, merge), strict=True):
            result[block][n - 1 :] = each
    return results


def _merged(rows: _Parts, n: int, merge: _Merge) -> _Parts:
    """The windows of `n` by their first row; there is at least one."""
    count = len(rows[0])
    power, size = rows, 1
    whole: _Parts = ()
    done = 0
    while True:
        if n & size:
            fit = count - done - size + 1
            right = tuple(each[done : done + fit] for each in power)
            whole = merge(tuple(each[:fit] for each in whole), right, done, size) if done else right
            done += size
        if done == n:
            return whole
        power = merge(tuple(each[:-size] for each in power), tuple(each[size:] for each in power), size, size)
        size *= 2
