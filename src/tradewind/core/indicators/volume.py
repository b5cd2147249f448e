"""What volume adds to the price: running totals, flows, and averages weighted by it."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import numpy as np
import talib

from tradewind.core.indicators.building import (
    CV,
    HLC,
    HLCV,
    before,
    ema_settled,
    factor,
    kernel,
    period,
    single,
    talib_kernel,
)
from tradewind.core.indicators.model import Clock, Field, Indicator, Unit
from tradewind.core.indicators.windows import lagged, quotient, rolling_sum
from tradewind.core.series import Floats

#: TA-Lib's number for the exponential average, which its stubs take for an enumeration.
_EMA: Any = 1


def _days(day: Floats) -> Iterator[slice]:
    """The rows of each day."""
    edges = [0, *(np.flatnonzero(np.diff(day)) + 1).tolist(), len(day)]
    return (slice(start, stop) for start, stop in pairwise(edges) if start < stop)


def _session_vwap(high: Floats, low: Floats, close: Floats, volume: Floats, day: Floats) -> Floats:
    return _session_bands(high, low, close, volume, day, 0.0)


def _session_bands(high: Floats, low: Floats, close: Floats, volume: Floats, day: Floats, deviations: float) -> Floats:
    price = (high + low + close) / 3.0
    result = np.empty(len(price))
    for rows in _days(day):
        traded = np.cumsum(volume[rows])
        # Measured from the session's first price, squares stay small and lose nothing when subtracted.
        first = price[rows][0]
        offset = price[rows] - first
        # As long as nothing is traded, the price itself stands for it.
        mean = quotient(np.cumsum(offset * volume[rows]), traded, offset)
        result[rows] = first + mean
        if deviations:
            squares = quotient(np.cumsum(offset * offset * volume[rows]), traded, offset * offset)
            result[rows] += deviations * np.sqrt(np.maximum(squares - mean * mean, 0.0))
    return result


def _session_lower(high: Floats, low: Floats, close: Floats, volume: Floats, day: Floats, deviations: float) -> Floats:
    return _session_bands(high, low, close, volume, day, -deviations)


def _session_open(opened: Floats, day: Floats) -> Floats:
    result = np.empty(len(opened))
    for rows in _days(day):
        result[rows] = opened[rows][0]
    return result


def _session_high(high: Floats, day: Floats) -> Floats:
    result = np.empty(len(high))
    for rows in _days(day):
        np.maximum.accumulate(high[rows], out=result[rows])
    return result


def _session_low(low: Floats, day: Floats) -> Floats:
    result = np.empty(len(low))
    for rows in _days(day):
        np.minimum.accumulate(low[rows], out=result[rows])
    return result


def _rolling_vwap(high: Floats, low: Floats, close: Floats, volume: Floats, n: float) -> Floats:
    n = int(n)
    price = (high + low + close) / 3.0
    return quotient(rolling_sum(price * volume, n), rolling_sum(volume, n), rolling_sum(price, n) / n)


def _cmf(high: Floats, low: Floats, close: Floats, volume: Floats, n: float) -> Floats:
    # TA-Lib's running sums leave rounding behind, and divide it by itself where nothing is traded any more.
    flow = quotient((close - low) - (high - close), high - low, 0.0) * volume
    return quotient(rolling_sum(flow, int(n)), rolling_sum(volume, int(n)), 0.0)


def _pvo(volume: Floats, fast: float, slow: float) -> Floats:
    result: Floats = talib.PVO(volume, int(fast), int(slow), _EMA)
    return result


def _relative_volume(volume: Floats, n: float) -> Floats:
    n = int(n)
    # Nothing traded after nothing traded is as usual.
    return quotient(volume, lagged(rolling_sum(volume, n) / n, 1), 1.0)


ENTRIES: list[Indicator] = [
    single(
        "mfi",
        talib_kernel(talib.MFI),
        (period(14),),
        "Money flow index, 0 to 100: an RSI weighted by traded value.",
        warmup=lambda n: n,
        unit=Unit.INDEX,
        fields=HLCV,
    ),
    single(
        "obv",
        talib_kernel(talib.OBV),
        (),
        "On-balance volume; its level hangs on the first candle, so compare it only with itself.",
        warmup=lambda: 0,
        unit=Unit.VOLUME,
        fields=CV,
        anchored=True,
    ),
    single(
        "ad",
        talib_kernel(talib.AD),
        (),
        "Chaikin's accumulation/distribution line: running total of volume × (2 × close − high − low) ÷ (high − low); "
        "its level hangs on the first candle.",
        warmup=lambda: 0,
        unit=Unit.VOLUME,
        fields=HLCV,
        anchored=True,
    ),
    single(
        "adosc",
        talib_kernel(talib.ADOSC),
        (period(3, name="fast"), period(10, name="slow")),
        "Chaikin oscillator: EMA(fast) − EMA(slow) of the accumulation/distribution line, both started on its first "
        "value.",
        warmup=lambda fast, slow: max(fast, slow) - 1,
        settled=lambda fast, slow: ema_settled(max(fast, slow)),
        unit=Unit.VOLUME,
        fields=HLCV,
    ),
    single(
        "cmf",
        kernel(_cmf),
        (period(20),),
        "Chaikin money flow, −1 to 1: Σ volume × (2 × close − high − low) ÷ (high − low) over `period` candles ÷ Σ "
        "volume.",
        warmup=before,
        unit=Unit.PLAIN,
        fields=HLCV,
    ),
    single(
        "force_index",
        talib_kernel(talib.EFI),
        (period(13),),
        "Elder's force index: EMA(period) of volume × change of the close, in quote currency.",
        warmup=lambda n: n,
        settled=lambda n: 1 + ema_settled(n),
        unit=Unit.PLAIN,
        fields=CV,
    ),
    single(
        "market_facilitation",
        talib_kernel(talib.MARKETFI),
        (),
        "Williams' market facilitation index: (high − low) ÷ volume; 0 without volume.",
        warmup=lambda: 0,
        unit=Unit.PLAIN,
        fields=(Field.HIGH, Field.LOW, Field.VOLUME),
    ),
    single(
        "nvi",
        talib_kernel(talib.NVI),
        (),
        "Negative volume index: from 1000, moves with the close's returns on candles of less volume than the one "
        "before.",
        warmup=lambda: 0,
        unit=Unit.INDEX,
        fields=CV,
        anchored=True,
    ),
    single(
        "pvi",
        talib_kernel(talib.PVI),
        (),
        "Positive volume index: from 1000, moves with the close's returns on candles of more volume than the one "
        "before.",
        warmup=lambda: 0,
        unit=Unit.INDEX,
        fields=CV,
        anchored=True,
    ),
    single(
        "pvt",
        talib_kernel(talib.PVT),
        (),
        "Price volume trend: running total of volume × return of the close, from 0.",
        warmup=lambda: 0,
        unit=Unit.VOLUME,
        fields=CV,
        anchored=True,
    ),
    single(
        "wad",
        talib_kernel(talib.WAD),
        (),
        "Williams' accumulation/distribution: running total, from 0, of close − true low on rises and close − true "
        "high on falls.",
        warmup=lambda: 0,
        unit=Unit.PRICE,
        fields=HLC,
        anchored=True,
    ),
    single(
        "pvo",
        kernel(_pvo),
        (period(12, name="fast"), period(26, name="slow")),
        "Percentage volume oscillator: (EMA(fast) − EMA(slow)) of volume in percent of EMA(slow).",
        warmup=lambda fast, slow: max(fast, slow) - 1,
        settled=lambda fast, slow: ema_settled(max(fast, slow)),
        unit=Unit.PERCENT,
        fields=(Field.VOLUME,),
    ),
    single(
        "relative_volume",
        kernel(_relative_volume),
        (period(20),),
        "Volume ÷ the simple average of the `period` candles before; 1 where those traded nothing.",
        warmup=lambda n: n,
        unit=Unit.PLAIN,
        fields=(Field.VOLUME,),
    ),
    single(
        "vwap",
        kernel(_session_vwap),
        (),
        "Session VWAP: typical price weighted by volume since 00:00 UTC of the candle's day; on the first day on "
        "record, since the first candle.",
        warmup=lambda: 0,
        unit=Unit.PRICE,
        fields=(*HLCV, Clock.UTC_DAY),
        anchored=True,
    ),
    single(
        "vwap_upper",
        kernel(_session_bands),
        (factor("deviations", 2.0),),
        "Session VWAP plus `deviations` standard deviations of the typical price, weighted by volume, in the session.",
        warmup=lambda _: 0,
        unit=Unit.PRICE,
        fields=(*HLCV, Clock.UTC_DAY),
        anchored=True,
    ),
    single(
        "vwap_lower",
        kernel(_session_lower),
        (factor("deviations", 2.0),),
        "Session VWAP minus `deviations` standard deviations of the typical price, weighted by volume, in the session.",
        warmup=lambda _: 0,
        unit=Unit.PRICE,
        fields=(*HLCV, Clock.UTC_DAY),
        anchored=True,
    ),
    single(
        "rolling_vwap",
        kernel(_rolling_vwap),
        (period(20),),
        "Typical price of the last `period` candles weighted by volume; their simple average where nothing was traded.",
        warmup=before,
        unit=Unit.PRICE,
        fields=HLCV,
    ),
    single(
        "session_open",
        kernel(_session_open),
        (),
        "Open of the UTC day's first candle; on the first day on record, of the first candle.",
        warmup=lambda: 0,
        unit=Unit.PRICE,
        fields=(Field.OPEN, Clock.UTC_DAY),
        anchored=True,
    ),
    single(
        "session_high",
        kernel(_session_high),
        (),
        "Highest high of the UTC day so far, this candle included.",
        warmup=lambda: 0,
        unit=Unit.PRICE,
        fields=(Field.HIGH, Clock.UTC_DAY),
        anchored=True,
    ),
    single(
        "session_low",
        kernel(_session_low),
        (),
        "Lowest low of the UTC day so far, this candle included.",
        warmup=lambda: 0,
        unit=Unit.PRICE,
        fields=(Field.LOW, Clock.UTC_DAY),
        anchored=True,
    ),
]
