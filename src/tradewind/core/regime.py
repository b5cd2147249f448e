"""The market's regime, candle by candle: does it trend, go sideways, or jump about?

One fixed definition for everything that speaks of regimes (strategies, analysis, statistics), so that the word means
the same everywhere. In this order:

* volatile: NATR(14) is higher than 95 % of its previous 288 values (one day of 5-minute candles). Ranges widen
  suddenly; levels measured before mean little, whichever way the trend points.
* trend_up, trend_down: ADX(14) ≥ 25, Wilder's usual line for "there is a trend", in the direction of the greater of +DI
  and −DI.
* range: everything else.

Undefined until its recursive parts have settled (`WARMUP` rows).
"""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tradewind.core.indicators import CATALOGUE
from tradewind.core.series import Columns, Floats

PERIOD = 14
TREND_ADX = 25.0
RANK_PERIOD = 288
VOLATILE_RANK = 95.0

_ADX, _PLUS, _MINUS = CATALOGUE["adx"], CATALOGUE["plus_di"], CATALOGUE["minus_di"]
_NATR, _RANK = CATALOGUE["natr"], CATALOGUE["percent_rank"]

#: Rows before the first defined regime.
WARMUP = max(_ADX.settled(PERIOD), _NATR.settled(PERIOD) + _RANK.warmup(RANK_PERIOD))

Codes = NDArray[np.int8]
UNDEFINED = 0


class Regime(StrEnum):
    TREND_UP = "trend_up"
    TREND_DOWN = "trend_down"
    RANGE = "range"
    VOLATILE = "volatile"

    @property
    def code(self) -> int:
        """How it is written in arrays; 0 is undefined."""
        return _MEMBERS.index(self) + 1

    @classmethod
    def of(cls, code: int) -> Regime | None:
        """The regime with that code, or None where it is undefined."""
        return None if code == UNDEFINED else _MEMBERS[code - 1]


_MEMBERS = tuple(Regime)


class Regimes(NamedTuple):
    """Regime by row and the numbers that decided it.

    Attributes:
        codes: `Regime.code`, or 0 where undefined.
        adx, plus_di, minus_di: 0 to 100.
        natr_rank: share of the previous `RANK_PERIOD` NATR values below the present one, 0 to 100.
    """

    codes: Codes
    adx: Floats
    plus_di: Floats
    minus_di: Floats
    natr_rank: Floats


def regimes(columns: Columns) -> Regimes:
    """The regime of every row of `columns`; causal, like everything computed from indicators."""
    adx, plus, minus = (each.compute(columns, PERIOD) for each in (_ADX, _PLUS, _MINUS))
    rank = _RANK.compute(columns, RANK_PERIOD, series=(_NATR.compute(columns, PERIOD),))
    codes = np.full(len(columns), Regime.RANGE.code, dtype=np.int8)
    trending = adx >= TREND_ADX
    codes[trending & (plus > minus)] = Regime.TREND_UP.code
    codes[trending & (minus > plus)] = Regime.TREND_DOWN.code
    codes[rank >= VOLATILE_RANK] = Regime.VOLATILE.code
    codes[:WARMUP] = UNDEFINED
    return Regimes(codes, adx, plus, minus, rank)
