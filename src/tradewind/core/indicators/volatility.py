"""How far prices range. Annualised figures count candles per year: 365 for 1d, 8,760 for 1h, 105,120 for 5m."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import talib

from tradewind.core.indicators.building import (
    HL,
    HLC,
    OHLC,
    before,
    ema_settled,
    kernel,
    period,
    single,
    talib_kernel,
    wilder_settled,
)
from tradewind.core.indicators.model import Argument, Field, Indicator, Kernel, Unit, decay_rows
from tradewind.core.indicators.windows import lagged, log_ratio, quotient, rolling_moments, rolling_sum
from tradewind.core.series import Columns, Floats


def _mass(high: Floats, low: Floats, average: float, n: float) -> Floats:
    result: Floats = talib.MASSI(high, low, int(average), int(n))
    return result


def _ulcer(series: Floats, n: float) -> Floats:
    n = int(n)
    top = talib.MAX(series, n)
    drawdown = 100.0 * quotient(series - top, top, 0.0)
    # The sum begins where the first drawdown is defined, so that the gap before it does not reach the halves.
    result = np.full(len(series), np.nan)
    result[n - 1 :] = np.sqrt(rolling_sum(drawdown[n - 1 :] ** 2, n) / n)
    return result


def _realised(close: Floats, n: int) -> Floats:
    return _mean_behind_first(log_ratio(close, lagged(close, 1)) ** 2, n)


def _historical(close: Floats, n: int) -> Floats:
    return _variance_behind_first(log_ratio(close, lagged(close, 1)), n)


def _parkinson(high: Floats, low: Floats, n: int) -> Floats:
    return rolling_sum(log_ratio(high, low) ** 2, n) / (4.0 * math.log(2.0) * n)


def _garman_klass(opened: Floats, high: Floats, low: Floats, close: Floats, n: int) -> Floats:
    body = log_ratio(close, opened) ** 2
    return rolling_sum(0.5 * log_ratio(high, low) ** 2 - (2.0 * math.log(2.0) - 1.0) * body, n) / n


def _rogers_satchell(opened: Floats, high: Floats, low: Floats, close: Floats, n: int) -> Floats:
    above = log_ratio(high, close) * log_ratio(high, opened)
    return rolling_sum(above + log_ratio(low, close) * log_ratio(low, opened), n) / n


def _yang_zhang(opened: Floats, high: Floats, low: Floats, close: Floats, n: int) -> Floats:
    between = _variance_behind_first(log_ratio(opened, lagged(close, 1)), n)
    _, squares = rolling_moments(log_ratio(close, opened), n)
    share = 0.34 / (1.34 + (n + 1) / (n - 1))
    within = share * squares / (n - 1) + (1.0 - share) * _rogers_satchell(opened, high, low, close, n)
    return between + within


def _mean_behind_first(values: Floats, n: int) -> Floats:
    result = np.full(len(values), np.nan)
    result[1:] = rolling_sum(values[1:], n) / n
    return result


def _variance_behind_first(values: Floats, n: int) -> Floats:
    """Of the sample, divided by n − 1; `values` has no first value, since it compares with the row before."""
    result = np.full(len(values), np.nan)
    result[1:] = rolling_moments(values[1:], n)[1] / (n - 1)
    return result


def _annualised(variance: Callable[..., Floats]) -> Kernel:
    """A kernel that gives the root of a variance per candle as percent of price a year."""

    def compute(*inputs: Floats | float) -> Floats:
        *columns, n, per_year = inputs
        result: Floats = 100.0 * np.sqrt(np.maximum(variance(*columns, int(n)), 0.0) * per_year)
        return result

    return kernel(compute)


#: Up to candles of one second.
_PER_YEAR = Argument("per_year", 365, 1, 31_557_600)


def _estimator(
    name: str, variance: Callable[..., Floats], fields: tuple[Field, ...], description: str, *, behind: int
) -> Indicator:
    """A volatility per year from a variance per candle that looks `behind` candles further back than its window."""
    return single(
        name,
        _annualised(variance),
        (period(20), _PER_YEAR),
        f"{description}, times √per_year, in percent.",
        warmup=lambda n, _: n - 1 + behind,
        unit=Unit.PERCENT,
        fields=fields,
    )


ENTRIES: list[Indicator] = [
    single(
        "trange",
        talib_kernel(talib.TRANGE),
        (),
        "True range: from the lower of low and previous close to the higher of high and previous close.",
        warmup=lambda: 1,
        unit=Unit.PRICE,
        fields=HLC,
    ),
    single(
        "atr",
        talib_kernel(talib.ATR),
        (period(14),),
        "Wilder's average true range.",
        warmup=lambda n: n,
        settled=wilder_settled,
        unit=Unit.PRICE,
        fields=HLC,
    ),
    single(
        "natr",
        talib_kernel(talib.NATR),
        (period(14),),
        "Average true range in percent of the close.",
        warmup=lambda n: n,
        settled=wilder_settled,
        unit=Unit.PERCENT,
        fields=HLC,
    ),
    single(
        "adr",
        talib_kernel(talib.ADR),
        (period(14),),
        "Average range: simple average of high − low.",
        warmup=before,
        unit=Unit.PRICE,
        fields=HL,
    ),
    single(
        "chaikin_volatility",
        talib_kernel(talib.CVI),
        (period(10), period(10, low=1, name="ago")),
        "Chaikin's volatility: change of EMA(period) of high − low over `ago` candles, in percent.",
        warmup=lambda n, ago: n - 1 + ago,
        settled=lambda n, ago: ema_settled(n) + ago,
        unit=Unit.PERCENT,
        fields=HL,
    ),
    single(
        "mass_index",
        kernel(_mass),
        (period(9, name="average"), period(25)),
        "Mass index: sum over `period` candles of EMA(average) of high − low ÷ the EMA of that EMA; above 27, then "
        "below 26.5 warns of a reversal.",
        warmup=lambda average, n: 2 * (average - 1) + n - 1,
        settled=lambda average, n: 2 * ema_settled(average) + n - 1,
        unit=Unit.PLAIN,
        fields=HL,
    ),
    single(
        "rvi",
        talib_kernel(talib.RVI),
        (period(14), period(10, name="deviation")),
        "Relative volatility index (Dorsey), 0 to 100: an RSI of standard deviations over `deviation` candles, "
        "counted up or down with the change of the value.",
        warmup=lambda n, deviation: n - 1 + deviation - 1,
        settled=lambda n, deviation: n - 1 + deviation - 1 + decay_rows(1 / n),
        unit=Unit.INDEX,
    ),
    single(
        "ulcer_index",
        kernel(_ulcer),
        (period(14),),
        "Ulcer index: root mean square over `period` candles of the drawdown from the highest of `period` values, in "
        "percent.",
        warmup=lambda n: 2 * (n - 1),
        unit=Unit.PERCENT,
    ),
    _estimator(
        "realised_volatility",
        _realised,
        (Field.CLOSE,),
        "Realised volatility: root mean square of the last `period` logarithmic returns (their mean taken as 0)",
        behind=1,
    ),
    _estimator(
        "historical_volatility",
        _historical,
        (Field.CLOSE,),
        "Historical volatility: sample standard deviation (n − 1) of the last `period` logarithmic returns",
        behind=1,
    ),
    _estimator(
        "parkinson_volatility",
        _parkinson,
        HL,
        "Parkinson's estimator: root of the mean of ln(high ÷ low)² ÷ (4 ln 2)",
        behind=0,
    ),
    _estimator(
        "garman_klass_volatility",
        _garman_klass,
        OHLC,
        "Garman and Klass's estimator: root of the mean of ½ ln(high ÷ low)² − (2 ln 2 − 1) ln(close ÷ open)²",
        behind=0,
    ),
    _estimator(
        "rogers_satchell_volatility",
        _rogers_satchell,
        OHLC,
        "Rogers and Satchell's estimator, which a trend does not bias: root of the mean of ln(high ÷ close) ln(high ÷ "
        "open) + ln(low ÷ close) ln(low ÷ open)",
        behind=0,
    ),
    _estimator(
        "yang_zhang_volatility",
        _yang_zhang,
        OHLC,
        "Yang and Zhang's estimator: root of the variance between candles + k × that of ln(close ÷ open) + (1 − k) × "
        "Rogers and Satchell's, k = 0.34 ÷ (1.34 + (n + 1) ÷ (n − 1))",
        behind=1,
    ),
]


def average_true_range(columns: Columns, period: int) -> Floats:
    """The entry "atr" over whole columns, for those who follow a price by it; NaN for the first `period` rows."""
    values: Floats = talib.ATR(columns.high, columns.low, columns.close, period)
    return values
