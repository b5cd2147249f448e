"""The figures that people look at first, at the last candle."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from tradewind.core.indicators import CATALOGUE
from tradewind.core.series import Columns, Floats

PERIOD = 14
AVERAGES = (20, 50, 200)
#: Candles that "usual volume" and the price's place in its range look back on.
RECENT = 100
_RANK_PERIOD = 288
_VOLATILITY_PERIOD = 20

_VOLATILITY, _RANK = CATALOGUE["realised_volatility"], CATALOGUE["percent_rank"]
#: Rows before every reading but the longest averages is there and settled.
WARMUP = max(
    *(CATALOGUE[name].settled(PERIOD) for name in ("rsi", "atr", "natr", "adx")),
    _VOLATILITY.warmup(_VOLATILITY_PERIOD) + _RANK.warmup(_RANK_PERIOD),
    RECENT,
)


class AverageDistance(NamedTuple):
    """How far the price is from an exponential average.

    Attributes:
        percent: of the average; above it positive. None while the average has not settled.
        needs: candles until it has.
    """

    period: int
    percent: float | None
    needs: int


class Readings(NamedTuple):
    """Figures at the close of a candle.

    Attributes:
        rsi, adx, plus_di, minus_di: of 14 candles, 0 to 100.
        atr: average true range of 14 candles, in price; `atr_percent` the same in percent of the close.
        volatility_rank: share of the 288 candles before with a lower realised volatility (20 candles), 0 to 100.
        volume_ratio: volume ÷ median of the 100 candles up to this one; None where that is 0.
        range_low, range_high: lowest low and highest high of 100 candles.
        range_position: where the close lies between them, 0 to 1; ½ where they are one price.
    """

    rsi: float
    adx: float
    plus_di: float
    minus_di: float
    atr: float
    atr_percent: float
    volatility_rank: float
    averages: tuple[AverageDistance, ...]
    volume_ratio: float | None
    range_low: float
    range_high: float
    range_position: float


def readings_of(columns: Columns) -> Readings:
    """The readings at the last row.

    Raises:
        ValueError: there are not more than `WARMUP` rows.
    """
    if len(columns) <= WARMUP:
        raise ValueError(f"expected more than {WARMUP} candles, got {len(columns)}")
    close = float(columns.close[-1])
    volatility = _VOLATILITY.compute(columns, _VOLATILITY_PERIOD)
    recent = columns.rows(len(columns) - RECENT, len(columns))
    low, high = float(recent.low.min()), float(recent.high.max())
    median = float(np.median(recent.volume))
    return Readings(
        rsi=_last(CATALOGUE["rsi"].compute(columns, PERIOD, series=(columns.close,))),
        adx=_last(CATALOGUE["adx"].compute(columns, PERIOD)),
        plus_di=_last(CATALOGUE["plus_di"].compute(columns, PERIOD)),
        minus_di=_last(CATALOGUE["minus_di"].compute(columns, PERIOD)),
        atr=_last(CATALOGUE["atr"].compute(columns, PERIOD)),
        atr_percent=_last(CATALOGUE["natr"].compute(columns, PERIOD)),
        volatility_rank=_last(_RANK.compute(columns, _RANK_PERIOD, series=(volatility,))),
        averages=tuple(_distance(columns, period) for period in AVERAGES),
        volume_ratio=float(columns.volume[-1]) / median if median > 0.0 else None,
        range_low=low,
        range_high=high,
        range_position=(close - low) / (high - low) if high > low else 0.5,
    )


def _distance(columns: Columns, period: int) -> AverageDistance:
    ema = CATALOGUE["ema"]
    needs = ema.settled(period) + 1
    if len(columns) < needs:
        return AverageDistance(period, None, needs)
    average = _last(ema.compute(columns, period, series=(columns.close,)))
    return AverageDistance(period, (float(columns.close[-1]) / average - 1.0) * 100.0, needs)


def _last(values: Floats) -> float:
    return float(values[-1])
