"""How strong a trend is and where it points."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import talib

from tradewind.core.indicators.building import (
    HL,
    HLC,
    LONGEST_WINDOW,
    adx_settled,
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
from tradewind.core.indicators.model import Indicator, Kernel, Unit, decay_rows
from tradewind.core.indicators.windows import quotient, rolling_sum
from tradewind.core.series import Floats


def _sar(high: Floats, low: Floats, acceleration: float, maximum: float) -> Floats:
    result: Floats = talib.SAR(high, low, acceleration, maximum)
    return result


def _supertrend(inputs: Sequence[Floats], arguments: Sequence[float]) -> tuple[Floats, ...]:
    n, multiplier = arguments
    high, low, close = inputs
    line, side = talib.SUPERTREND(high, low, close, int(n), multiplier)
    return line, np.where(np.isnan(line), np.nan, side)


def _choppiness(high: Floats, low: Floats, close: Floats, n: float) -> Floats:
    n = int(n)
    travelled = rolling_sum(talib.TRANGE(high, low, close), n)
    ratio = quotient(travelled, talib.MAX(high, n) - talib.MIN(low, n), float(n))
    result: Floats = 100.0 * np.log10(np.maximum(ratio, 1.0)) / np.log10(float(n))
    return result


_SUPERTREND, _SIDE = family(
    (
        (
            "supertrend",
            "SuperTrend: median price ∓ `multiplier` × ATR(period), moving only towards the price until a close "
            "beyond it changes sides; begins below the price.",
            lambda n, _: wilder_settled(n),
        ),
        (
            "supertrend_side",
            "Side of SuperTrend: 1 when it lies below the price (up), −1 when above (down).",
            lambda n, _: wilder_settled(n),
        ),
    ),
    Kernel(2, _supertrend),
    (period(10), factor("multiplier", 3.0)),
    warmup=lambda n, _: n,
    unit=Unit.PRICE,
    fields=HLC,
    anchored=True,
)

ENTRIES: list[Indicator] = [
    single(
        "adx",
        talib_kernel(talib.ADX),
        (period(14),),
        "Wilder's average directional index, 0 to 100: how strong a trend is, not where it goes.",
        warmup=lambda n: 2 * n - 1,
        settled=adx_settled,
        unit=Unit.INDEX,
        fields=HLC,
    ),
    single(
        "adxr",
        talib_kernel(talib.ADXR),
        (period(14),),
        "Average directional index rating: mean of the ADX and that of period − 1 candles ago.",
        warmup=lambda n: 3 * n - 2,
        settled=lambda n: adx_settled(n) + n - 1,
        unit=Unit.INDEX,
        fields=HLC,
    ),
    single(
        "dx",
        talib_kernel(talib.DX),
        (period(14),),
        "Wilder's directional movement index, 0 to 100: |+DI − −DI| in percent of their sum.",
        warmup=lambda n: n,
        settled=wilder_settled,
        unit=Unit.INDEX,
        fields=HLC,
    ),
    single(
        "plus_di",
        talib_kernel(talib.PLUS_DI),
        (period(14),),
        "Wilder's positive directional indicator, 0 to 100.",
        warmup=lambda n: n,
        settled=wilder_settled,
        unit=Unit.INDEX,
        fields=HLC,
    ),
    single(
        "minus_di",
        talib_kernel(talib.MINUS_DI),
        (period(14),),
        "Wilder's negative directional indicator, 0 to 100.",
        warmup=lambda n: n,
        settled=wilder_settled,
        unit=Unit.INDEX,
        fields=HLC,
    ),
    single(
        "plus_dm",
        talib_kernel(talib.PLUS_DM),
        (period(14),),
        "Wilder's positive directional movement: his running sum of rises of the high that exceed falls of the low.",
        warmup=before,
        settled=lambda n: n - 1 + decay_rows(1 / n),
        unit=Unit.PRICE,
        fields=HL,
    ),
    single(
        "minus_dm",
        talib_kernel(talib.MINUS_DM),
        (period(14),),
        "Wilder's negative directional movement: his running sum of falls of the low that exceed rises of the high.",
        warmup=before,
        settled=lambda n: n - 1 + decay_rows(1 / n),
        unit=Unit.PRICE,
        fields=HL,
    ),
    *family(
        (
            ("aroon_down", "Aroon down, 0 to 100: 100 when the lowest low of `period` + 1 candles is this one.", None),
            ("aroon_up", "Aroon up, 0 to 100: 100 when the highest high of `period` + 1 candles is this one.", None),
        ),
        talib_kernel(talib.AROON, outputs=2),
        (period(14, high=LONGEST_WINDOW),),
        warmup=lambda n: n,
        unit=Unit.INDEX,
        fields=HL,
    ),
    single(
        "aroon_osc",
        talib_kernel(talib.AROONOSC),
        (period(14, high=LONGEST_WINDOW),),
        "Aroon oscillator, −100 to 100: Aroon up minus Aroon down.",
        warmup=lambda n: n,
        unit=Unit.INDEX,
        fields=HL,
    ),
    *family(
        (
            ("vortex_plus", "Positive vortex: Σ|high − previous low| ÷ Σ true range over `period` candles.", None),
            ("vortex_minus", "Negative vortex: Σ|low − previous high| ÷ Σ true range over `period` candles.", None),
        ),
        talib_kernel(talib.VORTEX, outputs=2),
        (period(14),),
        warmup=lambda n: n,
        unit=Unit.PLAIN,
        fields=HLC,
    ),
    *family(
        (
            ("bull_power", "Elder ray, bull power: high − EMA(period) of the close.", ema_settled),
            ("bear_power", "Elder ray, bear power: low − EMA(period) of the close.", ema_settled),
        ),
        talib_kernel(talib.ERI, outputs=2),
        (period(13),),
        warmup=before,
        unit=Unit.PRICE,
        fields=HLC,
    ),
    single(
        "vhf",
        talib_kernel(talib.VHF),
        (period(28),),
        "Vertical horizontal filter: range of the last `period` values ÷ the sum of the last `period` absolute "
        "changes.",
        warmup=lambda n: n,
        unit=Unit.PLAIN,
    ),
    single(
        "choppiness",
        kernel(_choppiness),
        (period(14),),
        "Choppiness index: 100 × log(Σ true range ÷ range of the last `period` candles) ÷ log(period); near 100 "
        "without direction, near 0 in a straight line, 100 without a range.",
        warmup=lambda n: n,
        unit=Unit.INDEX,
        fields=HLC,
    ),
    single(
        "sar",
        kernel(_sar),
        (factor("acceleration", 0.02, 0.001, 1.0), factor("maximum", 0.2, 0.001, 1.0)),
        "Wilder's parabolic stop-and-reverse: a stop that closes in by `acceleration` more with each new extreme, "
        "`maximum` at most, and changes sides when touched.",
        warmup=lambda _, __: 1,
        unit=Unit.PRICE,
        fields=HL,
        anchored=True,
    ),
    _SUPERTREND,
    # What it says is a side, not a price.
    replace(_SIDE, unit=Unit.PLAIN),
]
