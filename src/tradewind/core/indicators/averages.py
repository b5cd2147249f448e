"""Moving averages and other lines that follow a series."""

from __future__ import annotations

import math

import numpy as np
import talib

from tradewind.core.indicators.building import (
    HL,
    LONGEST_WINDOW,
    before,
    ema_settled,
    factor,
    kernel,
    period,
    single,
    talib_kernel,
)
from tradewind.core.indicators.model import Field, Indicator, Unit, decay_rows
from tradewind.core.indicators.windows import quotient, rolling_sum
from tradewind.core.series import Floats


def _t3(values: Floats, n: float, volume: float) -> Floats:
    result: Floats = talib.T3(values, int(n), volume)
    return result


def _vwma(values: Floats, volume: Floats, n: float) -> Floats:
    n = int(n)
    return quotient(rolling_sum(values * volume, n), rolling_sum(volume, n), rolling_sum(values, n) / n)


def _alma(values: Floats, n: float, offset: float, sigma: float) -> Floats:
    n = int(n)
    peak, width = offset * (n - 1), n / sigma
    weights = [math.exp(-((place - peak) ** 2) / (2.0 * width * width)) for place in range(n)]
    total = math.fsum(weights)
    rows = max(len(values) - n + 1, 0)
    result = np.full(len(values), np.nan)
    if rows:
        # Tap by tap: a convolution's order of adding depends on alignment, and the bits with it.
        sums = np.zeros(rows)
        for place, weight in enumerate(weights):
            sums += values[place : place + rows] * (weight / total)
        result[n - 1 :] = sums
    return result


#: KAMA's slowest weight, (2 ÷ 31)²: what it forgets by while the market goes nowhere.
_KAMA_SLOWEST = (2 / 31) ** 2
#: Rows by which TA-Lib's Hilbert transform has forgotten its start. It states no bound; of 20,000 random walks four
#: still differed by more than a thousandth at 250, none at 300.
_HILBERT_SETTLED = 400

ENTRIES: list[Indicator] = [
    single(
        "sma",
        talib_kernel(talib.SMA),
        (period(20),),
        "Simple moving average; of volume, the volume average.",
        warmup=before,
    ),
    single(
        "ema",
        talib_kernel(talib.EMA),
        (period(20),),
        "Exponential moving average, weight 2 ÷ (period + 1), started with the simple average.",
        warmup=before,
        settled=ema_settled,
    ),
    single(
        "wma",
        talib_kernel(talib.WMA),
        (period(20),),
        "Linearly weighted moving average.",
        warmup=before,
    ),
    single(
        "rma",
        talib_kernel(talib.RMA),
        (period(14),),
        "Wilder's moving average, weight 1 ÷ period, started with the simple average.",
        warmup=before,
        settled=lambda n: n - 1 + decay_rows(1 / n),
    ),
    single(
        "dema",
        talib_kernel(talib.DEMA),
        (period(20),),
        "Double exponential moving average: 2 × EMA − EMA of the EMA.",
        warmup=lambda n: 2 * (n - 1),
        settled=lambda n: 2 * ema_settled(n),
    ),
    single(
        "tema",
        talib_kernel(talib.TEMA),
        (period(20),),
        "Triple exponential moving average: 3 × EMA − 3 × EMA of the EMA + the EMA of that.",
        warmup=lambda n: 3 * (n - 1),
        settled=lambda n: 3 * ema_settled(n),
    ),
    single(
        "t3",
        kernel(_t3),
        (period(5), factor("volume_factor", 0.7, 0.0, 1.0)),
        "Tillson's T3: the double average with `volume_factor` instead of 1, taken three times.",
        warmup=lambda n, _: 6 * (n - 1),
        settled=lambda n, _: 6 * ema_settled(n),
    ),
    single(
        "trima",
        talib_kernel(talib.TRIMA),
        (period(20),),
        "Triangular moving average: the simple average of a simple average, together `period` candles wide.",
        warmup=before,
    ),
    single(
        "hma",
        talib_kernel(talib.HMA),
        (period(20),),
        "Hull moving average: WMA(√period) of 2 × WMA(period ÷ 2) − WMA(period), roots and halves rounded down.",
        warmup=lambda n: n - 1 + math.isqrt(n) - 1,
    ),
    single(
        "zlema",
        talib_kernel(talib.ZLEMA),
        (period(20),),
        "Zero-lag EMA: EMA(period) of 2 × the value − the value (period − 1) ÷ 2 candles ago.",
        warmup=lambda n: n - 1 + (n - 1) // 2,
        settled=lambda n: (n - 1) // 2 + ema_settled(n),
    ),
    single(
        "kama",
        talib_kernel(talib.KAMA),
        (period(10),),
        "Kaufman's adaptive moving average: its weight lies between those of EMA(2) and EMA(30), squared, by the "
        "efficiency ratio over `period`.",
        warmup=lambda n: n,
        settled=lambda n: n + decay_rows(_KAMA_SLOWEST),
    ),
    single(
        "alma",
        kernel(_alma),
        (period(9, high=LONGEST_WINDOW), factor("offset", 0.85, 0.0, 1.0), factor("sigma", 6.0, 0.5, 50.0)),
        "Arnaud Legoux moving average: weights on a bell curve, its top at `offset` of the window (1 = the newest "
        "candle), its deviation period ÷ sigma.",
        warmup=lambda n, _, __: n - 1,
    ),
    single(
        "vwma",
        kernel(_vwma),
        (period(20),),
        "Moving average of a series, weighted by volume; the simple average where nothing was traded.",
        warmup=before,
        fields=(Field.VOLUME,),
        series=1,
    ),
    single(
        "ht_trendline",
        talib_kernel(talib.HT_TRENDLINE),
        (),
        "Ehlers' instantaneous trendline: the average over one dominant cycle, as the Hilbert transform finds it.",
        warmup=lambda: 63,
        settled=lambda: _HILBERT_SETTLED,
    ),
    single(
        "ht_period",
        talib_kernel(talib.HT_DCPERIOD),
        (),
        "Ehlers' dominant cycle in candles, 6 to 50, by the Hilbert transform.",
        warmup=lambda: 32,
        settled=lambda: _HILBERT_SETTLED,
        unit=Unit.PLAIN,
    ),
    single(
        "midpoint",
        talib_kernel(talib.MIDPOINT),
        (period(14, high=LONGEST_WINDOW),),
        "Half-way between the highest and the lowest value of the last `period` candles.",
        warmup=before,
    ),
    single(
        "midprice",
        talib_kernel(talib.MIDPRICE),
        (period(14, high=LONGEST_WINDOW),),
        "Half-way between the highest high and the lowest low of the last `period` candles.",
        warmup=before,
        unit=Unit.PRICE,
        fields=HL,
    ),
]
