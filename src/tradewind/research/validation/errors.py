"""What validation refuses."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]


class ValidationError(ValueError):
    """Figures that nothing can be concluded from: what was expected and what came."""


def finite(name: str, values: ArrayLike | Sequence[float], *, dimensions: int = 1, least: int = 0) -> Floats:
    """`values` as a float64 array.

    Raises:
        ValidationError: another number of dimensions, fewer than `least` rows, or a value that is not finite.
    """
    array = np.asarray(values, dtype=np.float64)
    if array.ndim != dimensions:
        raise ValidationError(f"expected {dimensions} dimension(s) for {name}, got {array.ndim}")
    if len(array) < least:
        raise ValidationError(f"expected at least {least} rows for {name}, got {len(array)}")
    wrong = np.argwhere(~np.isfinite(array))
    if len(wrong):
        place = tuple(int(each) for each in wrong[0])
        raise ValidationError(f"expected finite numbers for {name}, got {array[place]} in row {place[0]}")
    return array
