"""What an incremental form remembers, for many symbols at once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tradewind.core.series import Floats

#: Which symbols an update is of: all, or those of the batch at these places, rising and each once.
Rows = slice | NDArray[np.intp]
ALL = slice(None)

#: What stands where nothing has come yet.
Blank = float | np.generic

#: The inputs of the symbols in `State.rows`, one new value each → one output, or all outputs of a kernel.
Update = Callable[..., Floats | tuple[Floats, ...]]
#: An update with one output.
Single = Callable[..., Floats]
#: (state of the batch, arguments of the indicator …) → what takes the next values.
Form = Callable[..., Update]


class State:
    """The arrays of one form, first axis the symbols of the batch.

    Attributes:
        symbols: how many there are.
        rows: those of the present update; set by who runs the form.
        age: updates of each symbol since it began, or began anew behind a gap.
        recursive: whether a value older than the warm-up can still have an influence.
    """

    __slots__ = ("_blanks", "_places", "age", "recursive", "rows", "symbols")

    def __init__(self, symbols: int) -> None:
        self.symbols = symbols
        self.rows: Rows = ALL
        self.recursive = False
        self._blanks: list[tuple[NDArray[Any], Blank]] = []
        self._places: list[NDArray[np.intp]] = []
        self.age = np.zeros(symbols, dtype=np.int64)
        self._blanks.append((self.age, 0))

    def numbers(self, blank: float = np.nan) -> Floats:
        """One number per symbol that outlives any window."""
        self.recursive = True
        return self._array(blank, ())

    def window(self, width: int, blank: Blank = np.nan) -> tuple[NDArray[Any], NDArray[np.intp]]:
        """`width` values of the blank's type per symbol, and where in them each symbol writes next.

        That place survives `forget`, so that symbols which take their candles together stay together.
        """
        places = np.zeros(self.symbols, dtype=np.intp)
        self._places.append(places)
        return self._array(blank, (width,)), places

    def index(self) -> NDArray[np.intp]:
        """`rows` as places in the batch."""
        return np.arange(self.symbols)[self.rows]

    def forget(self, symbols: NDArray[np.intp]) -> None:
        """Let these symbols begin anew."""
        for array, blank in self._blanks:
            array[symbols] = blank

    @property
    def nbytes(self) -> int:
        """Memory of the arrays."""
        return sum(array.nbytes for array, _ in self._blanks) + sum(each.nbytes for each in self._places)

    def _array(self, blank: Blank, shape: tuple[int, ...]) -> NDArray[Any]:
        array = np.full((self.symbols, *shape), blank)
        self._blanks.append((array, blank))
        return array
