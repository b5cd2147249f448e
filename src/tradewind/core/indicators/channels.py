"""Bands around the price: where it may go, where it breaks out, where a stop trails."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import talib

from tradewind.core.indicators.building import (
    HL,
    HLC,
    LONGEST_WINDOW,
    before,
    ema_settled,
    factor,
    family,
    kernel,
    period,
    single,
    talib_kernel,
    wilder_settled,
)
from tradewind.core.indicators.model import Argument, Indicator, Kernel, Unit
from tradewind.core.indicators.windows import lagged, quotient, rolling_moments, rolling_sum
from tradewind.core.series import Floats


def _bands(inputs: Sequence[Floats], arguments: Sequence[float]) -> tuple[Floats, ...]:
    n, deviations = arguments
    return talib.BBANDS(inputs[0], int(n), deviations, deviations)


def _donchian(inputs: Sequence[Floats], arguments: Sequence[float]) -> tuple[Floats, ...]:
    # TA-Lib's own DONCHIAN looks at the window again for each candle while prices fall; MAX and MIN do not.
    upper, lower = talib.MAX(inputs[0], int(arguments[0])), talib.MIN(inputs[1], int(arguments[0]))
    return upper, (upper + lower) / 2.0, lower


def _percent_b(series: Floats, n: float, deviations: float) -> Floats:
    mean, squares = rolling_moments(series, int(n))
    return 0.5 + quotient(series - mean, 2.0 * deviations * np.sqrt(squares / n), 0.0)


def _bandwidth(series: Floats, n: float, deviations: float) -> Floats:
    mean, squares = rolling_moments(series, int(n))
    return quotient(200.0 * deviations * np.sqrt(squares / n), mean, 0.0)


def _keltner(inputs: Sequence[Floats], arguments: Sequence[float]) -> tuple[Floats, ...]:
    n, span, multiplier = arguments
    high, low, close = inputs
    width = multiplier * talib.ATR(high, low, close, int(span))
    middle = talib.EMA(close, int(n))
    # The middle is held back to where the bands begin, as the MACD is to its signal.
    return middle + width, np.where(np.isnan(width), np.nan, middle), middle - width


def _chandelier_long(high: Floats, low: Floats, close: Floats, n: float, multiplier: float) -> Floats:
    result: Floats = talib.MAX(high, int(n)) - multiplier * talib.ATR(high, low, close, int(n))
    return result


def _chandelier_short(high: Floats, low: Floats, close: Floats, n: float, multiplier: float) -> Floats:
    result: Floats = talib.MIN(low, int(n)) + multiplier * talib.ATR(high, low, close, int(n))
    return result


def _span_a(high: Floats, low: Floats, conversion: float, base: float, displacement: float) -> Floats:
    middle = (_middle(high, low, conversion) + _middle(high, low, base)) / 2.0
    return lagged(middle, int(displacement))


def _span_b(high: Floats, low: Floats, n: float, displacement: float) -> Floats:
    return lagged(_middle(high, low, n), int(displacement))


def _middle(high: Floats, low: Floats, n: float) -> Floats:
    result: Floats = (talib.MAX(high, int(n)) + talib.MIN(low, int(n))) / 2.0
    return result


def _squeeze(high: Floats, low: Floats, close: Floats, n: float, deviations: float, multiplier: float) -> Floats:
    n = int(n)
    width = deviations * np.sqrt(rolling_moments(close, n)[1] / n)
    average = np.full(len(close), np.nan)
    average[1:] = rolling_sum(talib.TRANGE(high, low, close)[1:], n) / n
    # Both channels lie around the same simple average, so only their widths decide.
    return np.where(np.isnan(average), np.nan, np.where(width < multiplier * average, 1.0, 0.0))


def _squeeze_momentum(high: Floats, low: Floats, close: Floats, n: float) -> Floats:
    n = int(n)
    middle = (_middle(high, low, n) + talib.SMA(close, n)) / 2.0
    result: Floats = talib.LINEARREG(close - middle, n)
    return result


_DISPLACEMENT = Argument("displacement", 26, 0, LONGEST_WINDOW)

ENTRIES: list[Indicator] = [
    single(
        "highest",
        talib_kernel(talib.MAX),
        (period(20),),
        "Highest value of the last `period` candles, this one included; the Donchian channel's upper side.",
        warmup=before,
    ),
    single(
        "lowest",
        talib_kernel(talib.MIN),
        (period(20),),
        "Lowest value of the last `period` candles, this one included; the Donchian channel's lower side.",
        warmup=before,
    ),
    *family(
        (
            ("donchian_upper", "Donchian channel: highest high of the last `period` candles, this one included.", None),
            ("donchian_middle", "Donchian channel: half-way between its sides.", None),
            ("donchian_lower", "Donchian channel: lowest low of the last `period` candles, this one included.", None),
        ),
        Kernel(3, _donchian),
        (period(20),),
        warmup=before,
        unit=Unit.PRICE,
        fields=HL,
    ),
    *family(
        (
            ("bb_upper", "Upper Bollinger band: simple average plus `deviations` standard deviations.", None),
            ("bb_middle", "Middle Bollinger band: simple average.", None),
            ("bb_lower", "Lower Bollinger band: simple average minus `deviations` standard deviations.", None),
        ),
        Kernel(3, _bands),
        (period(20), factor("deviations", 2.0)),
        warmup=lambda n, _: n - 1,
        unit=None,
    ),
    single(
        "bb_percent_b",
        kernel(_percent_b),
        (period(20), factor("deviations", 2.0)),
        "Bollinger %b: place between the bands, 0 on the lower and 1 on the upper; 0.5 where they have no width.",
        warmup=lambda n, _: n - 1,
        unit=Unit.PLAIN,
    ),
    single(
        "bb_bandwidth",
        kernel(_bandwidth),
        (period(20), factor("deviations", 2.0)),
        "Bollinger bandwidth: upper minus lower band in percent of the middle.",
        warmup=lambda n, _: n - 1,
        unit=Unit.PERCENT,
    ),
    *family(
        (
            (
                "keltner_upper",
                "Keltner channel: EMA(period) of the close plus `multiplier` × ATR(atr_period).",
                lambda n, span, _: max(ema_settled(n), wilder_settled(span)),
            ),
            ("keltner_middle", "Keltner channel: EMA(period) of the close.", lambda n, *_: ema_settled(n)),
            (
                "keltner_lower",
                "Keltner channel: EMA(period) of the close minus `multiplier` × ATR(atr_period).",
                lambda n, span, _: max(ema_settled(n), wilder_settled(span)),
            ),
        ),
        Kernel(3, _keltner),
        (period(20), period(10, name="atr_period"), factor("multiplier", 2.0)),
        warmup=lambda n, span, _: max(n - 1, span),
        unit=Unit.PRICE,
        fields=HLC,
    ),
    *family(
        (
            (
                "accbands_upper",
                "Headley's acceleration bands: SMA of high × (1 + 4 (high − low) ÷ (high + low)).",
                None,
            ),
            ("accbands_middle", "Headley's acceleration bands: SMA of the close.", None),
            ("accbands_lower", "Headley's acceleration bands: SMA of low × (1 − 4 (high − low) ÷ (high + low)).", None),
        ),
        talib_kernel(talib.ACCBANDS, outputs=3),
        (period(20),),
        warmup=before,
        unit=Unit.PRICE,
        fields=HLC,
    ),
    single(
        "chandelier_long",
        kernel(_chandelier_long),
        (period(22), factor("multiplier", 3.0)),
        "Chandelier exit of a long: highest high of `period` candles minus `multiplier` × ATR(period).",
        warmup=lambda n, _: n,
        settled=lambda n, _: wilder_settled(n),
        unit=Unit.PRICE,
        fields=HLC,
    ),
    single(
        "chandelier_short",
        kernel(_chandelier_short),
        (period(22), factor("multiplier", 3.0)),
        "Chandelier exit of a short: lowest low of `period` candles plus `multiplier` × ATR(period).",
        warmup=lambda n, _: n,
        settled=lambda n, _: wilder_settled(n),
        unit=Unit.PRICE,
        fields=HLC,
    ),
    single(
        "ichimoku_conversion",
        kernel(_middle),
        (period(9),),
        "Ichimoku conversion line (tenkan-sen): half-way between highest high and lowest low of `period` candles.",
        warmup=before,
        unit=Unit.PRICE,
        fields=HL,
    ),
    single(
        "ichimoku_base",
        kernel(_middle),
        (period(26),),
        "Ichimoku base line (kijun-sen): half-way between highest high and lowest low of `period` candles.",
        warmup=before,
        unit=Unit.PRICE,
        fields=HL,
    ),
    single(
        "ichimoku_span_a",
        kernel(_span_a),
        (period(9, name="conversion"), period(26, name="base"), _DISPLACEMENT),
        "Ichimoku leading span A as drawn under this candle: half-way between conversion and base line `displacement` "
        "candles ago. With displacement 0 it is what charts draw that far ahead.",
        warmup=lambda conversion, base, displacement: max(conversion, base) - 1 + displacement,
        unit=Unit.PRICE,
        fields=HL,
    ),
    single(
        "ichimoku_span_b",
        kernel(_span_b),
        (period(52), _DISPLACEMENT),
        "Ichimoku leading span B as drawn under this candle: half-way between highest high and lowest low of `period` "
        "candles, `displacement` candles ago. The lagging span needs no name: compare close with previous(close, 26).",
        warmup=lambda n, displacement: n - 1 + displacement,
        unit=Unit.PRICE,
        fields=HL,
    ),
    single(
        "bb_squeeze",
        kernel(_squeeze),
        (period(20), factor("deviations", 2.0), factor("multiplier", 1.5)),
        "1 while the Bollinger bands lie inside the Keltner channel (simple average ± `multiplier` × simple average "
        "of the true range), else 0.",
        warmup=lambda n, *_: n,
        unit=Unit.PLAIN,
        fields=HLC,
    ),
    single(
        "squeeze_momentum",
        kernel(_squeeze_momentum),
        (period(20, high=LONGEST_WINDOW),),
        "End of the regression line, over `period` candles, of the close's distance from the mean of Donchian middle "
        "and simple average.",
        warmup=lambda n: 2 * (n - 1),
        unit=Unit.PRICE,
        fields=HLC,
    ),
]
