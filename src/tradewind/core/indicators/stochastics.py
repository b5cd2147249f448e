"""Where a value lies in its recent range."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import talib

from tradewind.core.indicators.building import (
    HL,
    HLC,
    LONGEST_WINDOW,
    before,
    ema_settled,
    family,
    kernel,
    period,
    single,
    talib_kernel,
    wilder_settled,
)
from tradewind.core.indicators.model import Indicator, Kernel, Unit, decay_rows
from tradewind.core.indicators.windows import quotient
from tradewind.core.series import Floats

#: TA-Lib's number for Wilder's average, which its stubs take for an enumeration.
_RMA: Any = 13
#: An RSI whose range is smaller has stood still: what differs is rounding, and has no place in it.
STILL = 1e-9


def _stochastic(inputs: Sequence[Floats], arguments: Sequence[float]) -> tuple[Floats, ...]:
    n, smooth, signal = map(int, arguments)
    high, low, close = inputs
    # TA-Lib smooths both with the simple average unless told otherwise.
    return talib.STOCH(high, low, close, fastk_period=n, slowk_period=smooth, slowd_period=signal)


def _kdj(inputs: Sequence[Floats], arguments: Sequence[float]) -> tuple[Floats, ...]:
    n, smooth, signal = map(int, arguments)
    high, low, close = inputs
    return talib.KDJ(high, low, close, n, smooth, _RMA, signal, _RMA)


def _stochastic_rsi(inputs: Sequence[Floats], arguments: Sequence[float]) -> tuple[Floats, ...]:
    n, window, signal = map(int, arguments)
    strength = talib.RSI(inputs[0], n)
    bottom = talib.MIN(strength, window)
    span = talib.MAX(strength, window) - bottom
    place = 100.0 * quotient(strength - bottom, np.where(span < STILL, 0.0, span), 0.0)
    line = talib.SMA(place, signal) if signal > 1 else place
    # %K is held back to where its average begins.
    return np.where(np.isnan(line), np.nan, place), line


def _fisher(high: Floats, low: Floats, n: float) -> Floats:
    middle = (high + low) / 2.0
    bottom = talib.MIN(middle, int(n))
    place = 2.0 * quotient(middle - bottom, talib.MAX(middle, int(n)) - bottom, 0.5) - 1.0
    # EMA(5) weighs by a third, and twice EMA(3) is y = x + y′ ÷ 2: Ehlers' two recursions.
    smooth = np.clip(talib.EMA(place, 5), -0.999, 0.999)
    result: Floats = 2.0 * talib.EMA(np.arctanh(smooth), 3)
    return result


def _kdj_settled(n: int, smooth: int, signal: int) -> int:
    return n - 1 + sum(each - 1 + decay_rows(1 / each) for each in (smooth, signal))


ENTRIES: list[Indicator] = [
    single(
        "willr",
        talib_kernel(talib.WILLR),
        (period(14),),
        "Williams' %R, −100 to 0: place of the close in the range of the last `period` candles.",
        warmup=before,
        unit=Unit.INDEX,
        fields=HLC,
    ),
    *family(
        (
            ("stoch_k", "Slow stochastic %K, 0 to 100: place of the close in the recent range, smoothed.", None),
            ("stoch_d", "Slow stochastic %D: simple average of %K.", None),
        ),
        Kernel(2, _stochastic),
        (period(14, low=1), period(3, low=1, name="smooth"), period(3, low=1, name="signal")),
        warmup=lambda n, smooth, signal: n - 1 + smooth - 1 + signal - 1,
        unit=Unit.INDEX,
        fields=HLC,
    ),
    *family(
        (
            (
                "stochrsi_k",
                "Stochastic RSI, 0 to 100: place of RSI(period) in its range over `window` candles, unsmoothed.",
                lambda n, *_: wilder_settled(n) + decay_rows(1 / n),
            ),
            (
                "stochrsi_d",
                "Simple average of the stochastic RSI over `signal` candles.",
                lambda n, *_: wilder_settled(n) + decay_rows(1 / n),
            ),
        ),
        Kernel(2, _stochastic_rsi),
        (period(14), period(14, name="window", high=LONGEST_WINDOW), period(3, low=1, name="signal")),
        warmup=lambda n, window, signal: n + window - 1 + signal - 1,
        unit=Unit.INDEX,
    ),
    *family(
        tuple(
            (
                name,
                text,
                _kdj_settled,
            )
            for name, text in (
                ("kdj_k", "KDJ's K, 0 to 100: place of the close in the recent range, in Wilder's average."),
                ("kdj_d", "KDJ's D: Wilder's average of K."),
                ("kdj_j", "KDJ's J: 3 × K − 2 × D; leaves 0 to 100 at extremes."),
            )
        ),
        Kernel(3, _kdj),
        (period(9), period(3, name="smooth"), period(3, name="signal")),
        warmup=lambda n, smooth, signal: n - 1 + smooth - 1 + signal - 1,
        unit=Unit.INDEX,
        fields=HLC,
    ),
    *family(
        (
            (
                "smi",
                "Stochastic momentum index (Blau), −100 to 100: distance from the middle of the recent range in "
                "percent of half that range, both smoothed by EMA(slow), then EMA(fast).",
                lambda n, fast, slow, _: n - 1 + ema_settled(fast) + ema_settled(slow),
            ),
            (
                "smi_signal",
                "EMA(signal) of the stochastic momentum index.",
                lambda n, fast, slow, signal: n - 1 + sum(map(ema_settled, (fast, slow, signal))),
            ),
        ),
        talib_kernel(talib.SMI, outputs=2),
        (period(13), period(2, name="fast"), period(25, name="slow"), period(9, name="signal")),
        warmup=lambda n, fast, slow, signal: n - 1 + fast - 1 + slow - 1 + signal - 1,
        unit=Unit.INDEX,
        fields=HLC,
    ),
    single(
        "fisher",
        kernel(_fisher),
        (period(10),),
        "Ehlers' Fisher transform: artanh of the median price's place in its range (−1 to 1, smoothed by a third, held "
        "within ±0.999), plus half of the value before.",
        warmup=lambda n: n - 1 + 4 + 2,
        # Near ±1 the transform magnifies what is left of a start five-hundredfold: twice as long for the first average.
        settled=lambda n: n - 1 + 4 + 2 + 2 * decay_rows(1 / 3) + decay_rows(1 / 2),
        unit=Unit.PLAIN,
        fields=HL,
    ),
]
