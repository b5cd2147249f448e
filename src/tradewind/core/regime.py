"""The market's regime, candle by candle: does it trend, go sideways, or jump about?

One fixed definition for everything that speaks of regimes (strategies, analysis, statistics), so that the word means
the same everywhere. A candle is, in this order:

* volatile: NATR(14) rose above 95 % of its previous 288 values (one day of 5-minute candles), and has not fallen below
  85 % of them since. Ranges widen suddenly; levels measured before mean little, whichever way the trend points.
* trend_up, trend_down: ADX(14) rose to 25, Wilder's usual line for "there is a trend", and has not fallen below 20
  since; in the direction of the greater of +DI and −DI.
* range: everything else.

The regime changes when three candles in a row are of another kind, so it lasts three candles at least. Two thresholds
and the confirmation are its hysteresis: without them it would flicker wherever a number hovers at its line.

Undefined until its recursive parts have settled (`WARMUP` rows). What the thresholds remember of a series' beginning is
gone with the first candle on which ADX and rank both lie outside their bands, and three candles of one kind behind it.
"""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tradewind.core.indicators import CATALOGUE
from tradewind.core.indicators.incremental import ALL, Rows, running
from tradewind.core.series import Columns, Floats

PERIOD = 14
#: ADX from which a trend begins, and below which it ends.
TREND_BEGINS, TREND_ENDS = 25.0, 20.0
RANK_PERIOD = 288
#: Rank of NATR from which volatility begins, and below which it ends.
VOLATILE_BEGINS, VOLATILE_ENDS = 95.0, 85.0
#: Candles of another kind in a row that change the regime.
CONFIRMATION = 3

_ADX, _PLUS, _MINUS = CATALOGUE["adx"], CATALOGUE["plus_di"], CATALOGUE["minus_di"]
_NATR, _RANK = CATALOGUE["natr"], CATALOGUE["percent_rank"]

#: Rows before the first defined regime.
WARMUP = max(_ADX.settled(PERIOD), _NATR.settled(PERIOD) + _RANK.warmup(RANK_PERIOD))

Codes = NDArray[np.int8]
Flags = NDArray[np.bool_]
UNDEFINED = 0


class Regime(StrEnum):
    """How the market moves: with a direction, within a range, or wildly."""

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
    trending = _latched(adx >= TREND_BEGINS, adx < TREND_ENDS)
    volatile = _latched(rank >= VOLATILE_BEGINS, rank < VOLATILE_ENDS)
    codes = _confirmed(_kinds(trending, volatile, plus, minus))
    codes[:WARMUP] = UNDEFINED
    return Regimes(codes, adx, plus, minus, rank)


class RunningRegimes:
    """The regimes of a batch of symbols, one candle after the other: what `regimes` says of the last row.

    Attributes:
        nbytes: memory of the state.
    """

    __slots__ = ("_codes", "_kinds", "_parts", "_rank", "_run", "_seen", "_trending", "_volatile")

    def __init__(self, symbols: int) -> None:
        indicators = (_ADX, _PLUS, _MINUS, _NATR)
        self._parts = [(each, running(each.kernel, (PERIOD,), each.warmup(PERIOD), symbols)) for each in indicators]
        self._rank = running(_RANK.kernel, (RANK_PERIOD,), _RANK.warmup(RANK_PERIOD), symbols)
        self._trending, self._volatile = np.zeros(symbols, dtype=np.bool_), np.zeros(symbols, dtype=np.bool_)
        #: The last candle's kind, how many in a row were of it, and the kind that was confirmed last.
        self._kinds, self._run = np.full(symbols, UNDEFINED, dtype=np.int8), np.zeros(symbols, dtype=np.int64)
        self._codes = np.full(symbols, UNDEFINED, dtype=np.int8)
        self._seen = np.zeros(symbols, dtype=np.int64)

    @property
    def nbytes(self) -> int:
        own = (self._trending, self._volatile, self._kinds, self._run, self._codes, self._seen)
        parts = (self._rank, *(part for _, part in self._parts))
        return sum(each.nbytes for each in own) + sum(each.state.nbytes for each in parts)

    def update(self, candles: Columns, rows: Rows = ALL) -> Codes:
        """The codes at the next candle of each symbol in `rows`; row i of `candles` is that of the i-th of them."""
        adx, plus, minus, natr = (
            part.update([field.of(candles) for field in indicator.fields], rows)[indicator.output]
            for indicator, part in self._parts
        )
        rank = self._rank.update([natr], rows)[_RANK.output]
        trending = (adx >= TREND_BEGINS) | (self._trending[rows] & ~(adx < TREND_ENDS))
        volatile = (rank >= VOLATILE_BEGINS) | (self._volatile[rows] & ~(rank < VOLATILE_ENDS))
        self._trending[rows], self._volatile[rows] = trending, volatile
        kinds = _kinds(trending, volatile, plus, minus)
        run = np.where(kinds == self._kinds[rows], self._run[rows] + 1, 1)
        self._kinds[rows], self._run[rows] = kinds, run
        seen = self._seen[rows]
        codes = np.where((run >= CONFIRMATION) | (seen == 0), kinds, self._codes[rows])
        self._codes[rows] = codes
        told = np.where(seen < WARMUP, np.int8(UNDEFINED), codes)
        self._seen[rows] += 1
        return told


def _kinds(trending: Flags, volatile: Flags, plus: Floats, minus: Floats) -> Codes:
    """What each candle is by itself."""
    kinds = np.full(len(plus), Regime.RANGE.code, dtype=np.int8)
    kinds[trending & (plus > minus)] = Regime.TREND_UP.code
    kinds[trending & (minus > plus)] = Regime.TREND_DOWN.code
    kinds[volatile] = Regime.VOLATILE.code
    return kinds


def _latched(begins: Flags, ends: Flags) -> Flags:
    """On from each row that begins it until one that ends it; off at first."""
    return begins[_last_row(begins | ends)] if len(begins) else begins


def _confirmed(kinds: Codes) -> Codes:
    """The kind that last came `CONFIRMATION` times in a row; until one did, the first one."""
    if not len(kinds):
        return kinds
    steady = np.ones(len(kinds), dtype=np.bool_)
    for back in range(1, CONFIRMATION):
        steady[:back] = False
        steady[back:] &= kinds[back:] == kinds[:-back]
    return kinds[_last_row(steady)]


def _last_row(flags: Flags) -> NDArray[np.intp]:
    """For each row the last one up to it that is flagged; row 0 where there is none."""
    return np.maximum.accumulate(np.where(flags, np.arange(len(flags)), 0))
