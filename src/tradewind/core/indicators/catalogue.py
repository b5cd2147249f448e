"""The indicators there are. Values come from TA-Lib (BSD), on float64; definitions are those of its documentation.

Periods count candles. `settled` is stated for the recursive ones: an EMA(n) forgets at 2 ÷ (n + 1) per candle, Wilder's
averages (RSI, ATR, ADX) at 1 ÷ n.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from types import MappingProxyType
from typing import Any

import talib

from tradewind.core.indicators.model import Argument, Field, Indicator, Kernel, Rows, Unit, decay_rows
from tradewind.core.series import Floats

#: Longest period of any indicator; bounds both warm-up and cost.
LONGEST = 1000
#: The same for those that look at the whole window again for each candle.
_LONGEST_WINDOW = 400

_HLC = (Field.HIGH, Field.LOW, Field.CLOSE)
_HLCV = (*_HLC, Field.VOLUME)


def _period(default: int, low: int = 2, name: str = "period", high: int = LONGEST) -> Argument:
    return Argument(name, default, low, high)


def _kernel(function: Callable[..., Any], outputs: int = 1) -> Kernel:
    """A kernel over a TA-Lib function that takes its inputs, then whole numbers, by position."""

    def compute(inputs: Sequence[Floats], arguments: Sequence[float]) -> tuple[Floats, ...]:
        result = function(*inputs, *map(int, arguments))
        return result if isinstance(result, tuple) else (result,)

    return Kernel(outputs, compute)


def _bands(inputs: Sequence[Floats], arguments: Sequence[float]) -> tuple[Floats, ...]:
    period, deviations = arguments
    return talib.BBANDS(inputs[0], int(period), deviations, deviations)


def _stochastic(inputs: Sequence[Floats], arguments: Sequence[float]) -> tuple[Floats, ...]:
    period, smooth, signal = map(int, arguments)
    high, low, close = inputs
    # TA-Lib smooths both with the simple average unless told otherwise.
    return talib.STOCH(high, low, close, fastk_period=period, slowk_period=smooth, slowd_period=signal)


def _family(
    names: Iterable[tuple[str, str, Rows | None]],
    kernel: Kernel,
    arguments: tuple[Argument, ...],
    *,
    warmup: Rows,
    unit: Unit | None,
    fields: tuple[Field, ...] = (),
) -> list[Indicator]:
    """The outputs of one kernel as (name, description, settled, None when not recursive).

    Without `fields` it takes one series, and without a `unit` it has that of the series.
    """
    series = 0 if fields else 1
    return [
        Indicator(name, kernel, output, arguments, series, fields, unit, description, warmup, settled or warmup)
        for output, (name, description, settled) in enumerate(names)
    ]


def _single(
    name: str,
    kernel: Kernel,
    arguments: tuple[Argument, ...],
    description: str,
    *,
    warmup: Rows,
    settled: Rows | None = None,
    unit: Unit | None = None,
    fields: tuple[Field, ...] = (),
) -> Indicator:
    """An indicator with a kernel of its own."""
    return _family([(name, description, settled)], kernel, arguments, warmup=warmup, unit=unit, fields=fields)[0]


def _ema_settled(n: int) -> int:
    return n - 1 + decay_rows(2 / (n + 1))


def _wilder_settled(n: int) -> int:
    return n + decay_rows(1 / n)


_ENTRIES: list[Indicator] = [
    _single(
        "sma",
        _kernel(talib.SMA),
        (_period(20),),
        "Simple moving average; of volume, the volume average.",
        warmup=lambda n: n - 1,
    ),
    _single(
        "ema",
        _kernel(talib.EMA),
        (_period(20),),
        "Exponential moving average, weight 2 ÷ (period + 1), started with the simple average.",
        warmup=lambda n: n - 1,
        settled=_ema_settled,
    ),
    _single(
        "wma",
        _kernel(talib.WMA),
        (_period(20),),
        "Linearly weighted moving average.",
        warmup=lambda n: n - 1,
    ),
    _single(
        "stddev",
        _kernel(talib.STDDEV),
        (_period(20),),
        "Standard deviation of the population (divided by n).",
        warmup=lambda n: n - 1,
    ),
    _single(
        "highest",
        _kernel(talib.MAX),
        (_period(20),),
        "Highest value of the last `period` candles, this one included; the Donchian channel's upper side.",
        warmup=lambda n: n - 1,
    ),
    _single(
        "lowest",
        _kernel(talib.MIN),
        (_period(20),),
        "Lowest value of the last `period` candles, this one included; the Donchian channel's lower side.",
        warmup=lambda n: n - 1,
    ),
    _single(
        "percent_rank",
        _kernel(talib.PERCENTRANK),
        (_period(100, high=_LONGEST_WINDOW),),
        "Share of the previous `period` values that lie below this one, 0 to 100.",
        warmup=lambda n: n,
        unit=Unit.INDEX,
    ),
    _single(
        "rsi",
        _kernel(talib.RSI),
        (_period(14),),
        "Wilder's relative strength index, 0 to 100; 0 when the price did not move at all.",
        warmup=lambda n: n,
        settled=_wilder_settled,
        unit=Unit.INDEX,
    ),
    _single(
        "roc",
        _kernel(talib.ROC),
        (_period(10, low=1),),
        "Rate of change over `period` candles, in percent.",
        warmup=lambda n: n,
        unit=Unit.PERCENT,
    ),
    _single(
        "trange",
        _kernel(talib.TRANGE),
        (),
        "True range: from the lower of low and previous close to the higher of high and previous close.",
        warmup=lambda: 1,
        unit=Unit.PRICE,
        fields=_HLC,
    ),
    _single(
        "atr",
        _kernel(talib.ATR),
        (_period(14),),
        "Wilder's average true range.",
        warmup=lambda n: n,
        settled=_wilder_settled,
        unit=Unit.PRICE,
        fields=_HLC,
    ),
    _single(
        "natr",
        _kernel(talib.NATR),
        (_period(14),),
        "Average true range in percent of the close.",
        warmup=lambda n: n,
        settled=_wilder_settled,
        unit=Unit.PERCENT,
        fields=_HLC,
    ),
    _single(
        "adx",
        _kernel(talib.ADX),
        (_period(14),),
        "Wilder's average directional index, 0 to 100: how strong a trend is, not where it goes.",
        warmup=lambda n: 2 * n - 1,
        # The average of DX starts on a DX that is itself still settling, so the two add up.
        settled=lambda n: _wilder_settled(n) + n - 1 + decay_rows(1 / n),
        unit=Unit.INDEX,
        fields=_HLC,
    ),
    _single(
        "plus_di",
        _kernel(talib.PLUS_DI),
        (_period(14),),
        "Wilder's positive directional indicator, 0 to 100.",
        warmup=lambda n: n,
        settled=_wilder_settled,
        unit=Unit.INDEX,
        fields=_HLC,
    ),
    _single(
        "minus_di",
        _kernel(talib.MINUS_DI),
        (_period(14),),
        "Wilder's negative directional indicator, 0 to 100.",
        warmup=lambda n: n,
        settled=_wilder_settled,
        unit=Unit.INDEX,
        fields=_HLC,
    ),
    _single(
        "cci",
        _kernel(talib.CCI),
        (_period(20, high=_LONGEST_WINDOW),),
        "Commodity channel index: distance of the typical price from its average in 0.015 mean deviations.",
        warmup=lambda n: n - 1,
        unit=Unit.INDEX,
        fields=_HLC,
    ),
    _single(
        "mfi",
        _kernel(talib.MFI),
        (_period(14),),
        "Money flow index, 0 to 100: an RSI weighted by traded value.",
        warmup=lambda n: n,
        unit=Unit.INDEX,
        fields=_HLCV,
    ),
    _single(
        "obv",
        _kernel(talib.OBV),
        (),
        "On-balance volume; its level hangs on the first candle, so compare it only with itself.",
        warmup=lambda: 0,
        unit=Unit.VOLUME,
        fields=(Field.CLOSE, Field.VOLUME),
    ),
    *_family(
        (
            ("bb_upper", "Upper Bollinger band: simple average plus `deviations` standard deviations.", None),
            ("bb_middle", "Middle Bollinger band: simple average.", None),
            ("bb_lower", "Lower Bollinger band: simple average minus `deviations` standard deviations.", None),
        ),
        Kernel(3, _bands),
        (_period(20), Argument("deviations", 2.0, 0.1, 10.0, whole=False)),
        warmup=lambda n, _: n - 1,
        unit=None,
    ),
    *_family(
        (
            (
                "macd",
                "MACD line: EMA(fast) − EMA(slow), both started at the same candle.",
                lambda fast, slow, _: _ema_settled(max(fast, slow)),
            ),
            (
                "macd_signal",
                "EMA(signal) of the MACD line.",
                lambda fast, slow, signal: _ema_settled(max(fast, slow)) + _ema_settled(signal),
            ),
            (
                "macd_hist",
                "MACD line minus its signal.",
                lambda fast, slow, signal: _ema_settled(max(fast, slow)) + _ema_settled(signal),
            ),
        ),
        _kernel(talib.MACD, outputs=3),
        (_period(12, name="fast"), _period(26, name="slow"), _period(9, name="signal")),
        # TA-Lib starts all three outputs together, at the signal's first value.
        warmup=lambda fast, slow, signal: max(fast, slow) - 1 + signal - 1,
        unit=None,
    ),
    *_family(
        (
            ("stoch_k", "Slow stochastic %K, 0 to 100: place of the close in the recent range, smoothed.", None),
            ("stoch_d", "Slow stochastic %D: simple average of %K.", None),
        ),
        Kernel(2, _stochastic),
        (_period(14, low=1), _period(3, low=1, name="smooth"), _period(3, low=1, name="signal")),
        warmup=lambda n, smooth, signal: n - 1 + smooth - 1 + signal - 1,
        unit=Unit.INDEX,
        fields=_HLC,
    ),
]

#: Every indicator by its name.
CATALOGUE = MappingProxyType({entry.name: entry for entry in _ENTRIES})
