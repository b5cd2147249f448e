"""Rolling statistics of one series or of two."""

from __future__ import annotations

import math

import numpy as np
import talib

from tradewind.core.indicators.building import LONGEST_WINDOW, before, factor, kernel, period, single, talib_kernel
from tradewind.core.indicators.model import Indicator, Unit
from tradewind.core.indicators.windows import quotient, rolling_comoments, rolling_moments, rolling_sum
from tradewind.core.series import Floats


def _percentile(series: Floats, n: float, percent: float) -> Floats:
    result: Floats = talib.PERCENTILE(series, int(n), percent)
    return result


def _zscore(series: Floats, n: float) -> Floats:
    mean, squares = rolling_moments(series, int(n))
    return quotient(series - mean, np.sqrt(squares / n), 0.0)


def _correlation(x: Floats, y: Floats, n: float) -> Floats:
    xx, yy, xy = rolling_comoments(x, y, int(n))
    result: Floats = np.clip(quotient(xy, np.sqrt(xx) * np.sqrt(yy), 0.0), -1.0, 1.0)
    return result


def _beta(x: Floats, y: Floats, n: float) -> Floats:
    _, yy, xy = rolling_comoments(x, y, int(n))
    return quotient(xy, yy, 0.0)


def _r_squared(series: Floats, n: float) -> Floats:
    result: Floats = _correlation(series, np.arange(len(series), dtype=np.float64), n) ** 2
    return result


def _hurst(series: Floats, n: float) -> Floats:
    n = int(n)
    rows = len(series)
    lags = [2**power for power in range(n.bit_length()) if 2**power <= n // 4]
    places = [math.log(lag) for lag in lags]
    middle = math.fsum(places) / len(places)
    spread = math.fsum((place - middle) ** 2 for place in places)
    slope = np.zeros(max(rows - n + 1, 0))
    still = np.zeros(len(slope), dtype=np.bool_)
    for lag, place in zip(lags, places, strict=True):
        # The window's n values make n − lag differences.
        moves = rolling_sum((series[lag:] - series[:-lag]) ** 2, n - lag)[n - lag - 1 :] / (n - lag)
        still |= moves == 0.0
        slope += (place - middle) / spread * 0.5 * np.log(np.where(moves == 0.0, 1.0, moves))
    result = np.full(rows, np.nan)
    result[n - 1 :] = np.where(still, 0.5, slope)
    return result


ENTRIES: list[Indicator] = [
    single(
        "stddev",
        talib_kernel(talib.STDDEV),
        (period(20),),
        "Standard deviation of the population (divided by n).",
        warmup=before,
    ),
    single(
        "variance",
        talib_kernel(talib.VAR),
        (period(20),),
        "Variance of the population (divided by n), in squares of the series' unit.",
        warmup=before,
        unit=Unit.PLAIN,
    ),
    single(
        "avgdev",
        talib_kernel(talib.AVGDEV),
        (period(14, high=LONGEST_WINDOW),),
        "Mean absolute deviation from the simple average.",
        warmup=before,
    ),
    single(
        "rolling_sum",
        talib_kernel(talib.SUM),
        (period(20),),
        "Sum of the last `period` values.",
        warmup=before,
    ),
    single(
        "percentile",
        kernel(_percentile),
        (period(30, high=LONGEST_WINDOW), factor("percent", 50.0, 0.0, 100.0)),
        "The value that `percent` of the last `period` values do not exceed (nearest rank); 50 is the median.",
        warmup=lambda n, _: n - 1,
    ),
    single(
        "percent_rank",
        talib_kernel(talib.PERCENTRANK),
        (period(100, high=LONGEST_WINDOW),),
        "Share of the previous `period` values that lie below this one, 0 to 100.",
        warmup=lambda n: n,
        unit=Unit.INDEX,
    ),
    single(
        "zscore",
        kernel(_zscore),
        (period(20),),
        "Distance from the simple average in standard deviations (of the population); 0 where nothing deviates.",
        warmup=before,
        unit=Unit.PLAIN,
    ),
    single(
        "linreg",
        talib_kernel(talib.LINEARREG),
        (period(14, high=LONGEST_WINDOW),),
        "Least-squares line through the last `period` values: its value at this candle.",
        warmup=before,
    ),
    single(
        "linreg_slope",
        talib_kernel(talib.LINEARREG_SLOPE),
        (period(14, high=LONGEST_WINDOW),),
        "Least-squares line through the last `period` values: its rise per candle.",
        warmup=before,
    ),
    single(
        "linreg_intercept",
        talib_kernel(talib.LINEARREG_INTERCEPT),
        (period(14, high=LONGEST_WINDOW),),
        "Least-squares line through the last `period` values: its value at the first of them.",
        warmup=before,
    ),
    single(
        "tsf",
        talib_kernel(talib.TSF),
        (period(14, high=LONGEST_WINDOW),),
        "Time series forecast: least-squares line through the last `period` values, one candle further.",
        warmup=before,
    ),
    single(
        "r_squared",
        kernel(_r_squared),
        (period(14),),
        "Share of the last `period` values' variance that a straight line explains, 0 to 1; 0 where nothing varies.",
        warmup=before,
        unit=Unit.PLAIN,
    ),
    single(
        "correlation",
        kernel(_correlation),
        (period(30),),
        "Pearson's correlation of two series over `period` candles, −1 to 1; 0 where one of them does not vary.",
        warmup=before,
        unit=Unit.PLAIN,
        series=2,
    ),
    single(
        "beta",
        kernel(_beta),
        (period(30),),
        "Covariance of two series ÷ the second's variance over `period` candles; 0 where that is nothing. Of returns, "
        "such as roc(close, 1), it is the market's beta.",
        warmup=before,
        unit=Unit.PLAIN,
        series=2,
    ),
    single(
        "hurst",
        kernel(_hurst),
        (period(100, low=20),),
        "Hurst exponent: slope of ln of the root mean square change against ln of its lag (1, 2, 4 … period ÷ 4) "
        "within `period` values; ½ a random walk, above it trends persist, below it they turn; ½ where a lag shows no "
        "change.",
        warmup=before,
        unit=Unit.PLAIN,
    ),
]
