"""How far and how fast a series has moved."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import talib

from tradewind.core.indicators.building import (
    HL,
    HLC,
    LONGEST_WINDOW,
    OC,
    OHLC,
    before,
    ema_settled,
    family,
    kernel,
    period,
    single,
    talib_kernel,
    wilder_settled,
)
from tradewind.core.indicators.model import Indicator, Kernel, Unit
from tradewind.core.indicators.windows import quotient
from tradewind.core.series import Floats

#: TA-Lib's number for the exponential average, which its stubs take for an enumeration.
_EMA: Any = 1


def _apo(series: Floats, fast: float, slow: float) -> Floats:
    result: Floats = talib.APO(series, int(fast), int(slow), _EMA)
    return result


def _ppo(series: Floats, fast: float, slow: float) -> Floats:
    result: Floats = talib.PPO(series, int(fast), int(slow), _EMA)
    return result


def _wavetrend(inputs: Sequence[Floats], arguments: Sequence[float]) -> tuple[Floats, ...]:
    channel, average, signal = map(int, arguments)
    price = talib.TYPPRICE(*inputs)
    distance = price - talib.EMA(price, channel)
    wave = talib.EMA(quotient(distance, 0.015 * talib.EMA(np.abs(distance), channel), 0.0), average)
    # The line is held back to where its signal begins, as the MACD's is.
    line = talib.SMA(wave, signal)
    return np.where(np.isnan(line), np.nan, wave), line


def _kst(inputs: Sequence[Floats], arguments: Sequence[float]) -> tuple[Floats, ...]:
    line = np.zeros(len(inputs[0]))
    for weight, ago, n in ((1.0, 10, 10), (2.0, 15, 10), (3.0, 20, 10), (4.0, 30, 15)):
        line += weight * talib.SMA(talib.ROC(inputs[0], ago), n)
    signal = talib.SMA(line, int(arguments[0]))
    return np.where(np.isnan(signal), np.nan, line), signal


def _connors(series: Floats, n: float, streak: float, rank: float) -> Floats:
    change = np.diff(series, prepend=series[:1])
    sign = np.sign(change)
    rows = np.arange(len(series), dtype=np.float64)
    # A streak counts from the last row whose sign differs from its predecessor's.
    turns = np.diff(sign, prepend=0.0) != 0.0
    begun = np.maximum.accumulate(np.where(turns, rows, 0.0))
    length = sign * (rows - begun + 1.0)
    length[:1] = np.nan
    ranked = talib.PERCENTRANK(talib.ROC(series, 1), int(rank))
    result: Floats = (talib.RSI(series, int(n)) + talib.RSI(length, int(streak)) + ranked) / 3.0
    return result


def _wavetrend_settled(channel: int, average: int) -> int:
    return 2 * ema_settled(channel) + ema_settled(average)


ENTRIES: list[Indicator] = [
    single(
        "rsi",
        talib_kernel(talib.RSI),
        (period(14),),
        "Wilder's relative strength index, 0 to 100; 0 when the price did not move at all.",
        warmup=lambda n: n,
        settled=wilder_settled,
        unit=Unit.INDEX,
    ),
    single(
        "roc",
        talib_kernel(talib.ROC),
        (period(10, low=1),),
        "Rate of change over `period` candles, in percent.",
        warmup=lambda n: n,
        unit=Unit.PERCENT,
    ),
    single(
        "mom",
        talib_kernel(talib.MOM),
        (period(10, low=1),),
        "Momentum: the value minus that `period` candles ago.",
        warmup=lambda n: n,
    ),
    single(
        "cmo",
        talib_kernel(talib.CMO),
        (period(14),),
        "Chande momentum oscillator, −100 to 100: (gains − losses) ÷ (gains + losses), in Wilder's averages.",
        warmup=lambda n: n,
        settled=wilder_settled,
        unit=Unit.INDEX,
    ),
    single(
        "apo",
        kernel(_apo),
        (period(12, name="fast"), period(26, name="slow")),
        "Absolute price oscillator: EMA(fast) − EMA(slow), each started at its own first value.",
        warmup=lambda fast, slow: max(fast, slow) - 1,
        settled=lambda fast, slow: ema_settled(max(fast, slow)),
    ),
    single(
        "ppo",
        kernel(_ppo),
        (period(12, name="fast"), period(26, name="slow")),
        "Percentage price oscillator: (EMA(fast) − EMA(slow)) in percent of EMA(slow).",
        warmup=lambda fast, slow: max(fast, slow) - 1,
        settled=lambda fast, slow: ema_settled(max(fast, slow)),
        unit=Unit.PERCENT,
    ),
    single(
        "trix",
        talib_kernel(talib.TRIX),
        (period(15),),
        "Change from candle to candle of a triple-smoothed EMA (the EMA of its EMA's EMA), in percent.",
        warmup=lambda n: 3 * (n - 1) + 1,
        settled=lambda n: 3 * ema_settled(n) + 1,
        unit=Unit.PERCENT,
    ),
    single(
        "tsi",
        talib_kernel(talib.TSI),
        (period(25, name="first"), period(13, name="second")),
        "True strength index, −100 to 100: the doubly smoothed change in percent of the doubly smoothed absolute "
        "change.",
        warmup=lambda first, second: 1 + first - 1 + second - 1,
        settled=lambda first, second: 1 + ema_settled(first) + ema_settled(second),
        unit=Unit.INDEX,
    ),
    single(
        "cci",
        talib_kernel(talib.CCI),
        (period(20, high=LONGEST_WINDOW),),
        "Commodity channel index: distance of the typical price from its average in 0.015 mean deviations.",
        warmup=before,
        unit=Unit.INDEX,
        fields=HLC,
    ),
    single(
        "ultosc",
        talib_kernel(talib.ULTOSC),
        (period(7, name="short"), period(14, name="middle"), period(28, name="long")),
        "Williams' ultimate oscillator, 0 to 100: buying pressure ÷ true range over three spans, weighted 4 : 2 : 1.",
        warmup=lambda *spans: max(spans),
        unit=Unit.INDEX,
        fields=HLC,
    ),
    single(
        "bop",
        talib_kernel(talib.BOP),
        (),
        "Balance of power, −1 to 1: (close − open) ÷ (high − low); 0 without a range.",
        warmup=lambda: 0,
        unit=Unit.PLAIN,
        fields=OHLC,
    ),
    single(
        "imi",
        talib_kernel(talib.IMI),
        (period(14, high=LONGEST_WINDOW),),
        "Intraday momentum index, 0 to 100: bodies of rising candles in percent of all bodies; 50 without any.",
        warmup=before,
        unit=Unit.INDEX,
        fields=OC,
    ),
    single(
        "qstick",
        talib_kernel(talib.QSTICK),
        (period(10),),
        "Chande's Qstick: simple average of close − open.",
        warmup=before,
        unit=Unit.PRICE,
        fields=OC,
    ),
    single(
        "ao",
        talib_kernel(talib.AO),
        (period(5, name="fast"), period(34, name="slow")),
        "Williams' awesome oscillator: SMA(fast) − SMA(slow) of the median price.",
        warmup=lambda fast, slow: max(fast, slow) - 1,
        unit=Unit.PRICE,
        fields=HL,
    ),
    single(
        "ac",
        talib_kernel(talib.AC),
        (period(5, name="fast"), period(34, name="slow"), period(5, name="signal")),
        "Williams' accelerator oscillator: the awesome oscillator minus its SMA(signal).",
        warmup=lambda fast, slow, signal: max(fast, slow) - 1 + signal - 1,
        unit=Unit.PRICE,
        fields=HL,
    ),
    single(
        "coppock",
        talib_kernel(talib.COPPOCK),
        (period(10, name="average"), period(11, name="short"), period(14, name="long")),
        "Coppock curve: WMA(average) of the rates of change over `short` and `long` candles, added, in percent.",
        warmup=lambda average, short, long: max(short, long) + average - 1,
        unit=Unit.PERCENT,
    ),
    single(
        "dpo",
        talib_kernel(talib.DPO),
        (period(20),),
        "Detrended price oscillator: the value period ÷ 2 + 1 candles ago minus today's simple average; looks back "
        "only.",
        warmup=lambda n: max(n - 1, n // 2 + 1),
    ),
    single(
        "efficiency_ratio",
        talib_kernel(talib.ER),
        (period(10),),
        "Kaufman's efficiency ratio, 0 to 1: net move over `period` candles ÷ the way travelled.",
        warmup=lambda n: n,
        unit=Unit.PLAIN,
    ),
    single(
        "fosc",
        talib_kernel(talib.FOSC),
        (period(14, high=LONGEST_WINDOW),),
        "Chande's forecast oscillator: distance from the forecast of the candle before (`tsf`), in percent of the "
        "value.",
        warmup=lambda n: n,
        unit=Unit.PERCENT,
    ),
    *family(
        (
            (
                "macd",
                "MACD line: EMA(fast) − EMA(slow), both started at the same candle.",
                lambda fast, slow, _: ema_settled(max(fast, slow)),
            ),
            (
                "macd_signal",
                "EMA(signal) of the MACD line.",
                lambda fast, slow, signal: ema_settled(max(fast, slow)) + ema_settled(signal),
            ),
            (
                "macd_hist",
                "MACD line minus its signal.",
                lambda fast, slow, signal: ema_settled(max(fast, slow)) + ema_settled(signal),
            ),
        ),
        talib_kernel(talib.MACD, outputs=3),
        (period(12, name="fast"), period(26, name="slow"), period(9, name="signal")),
        # TA-Lib starts all three outputs together, at the signal's first value.
        warmup=lambda fast, slow, signal: max(fast, slow) - 1 + signal - 1,
        unit=None,
    ),
    *family(
        (
            (
                "wavetrend",
                "WaveTrend: EMA(average) of the typical price's distance from its EMA(channel) in 0.015 EMA(channel)s "
                "of that distance's size.",
                lambda channel, average, _: _wavetrend_settled(channel, average),
            ),
            (
                "wavetrend_signal",
                "Simple average of WaveTrend over `signal` candles.",
                lambda channel, average, signal: _wavetrend_settled(channel, average) + signal - 1,
            ),
        ),
        Kernel(2, _wavetrend),
        (period(10, name="channel"), period(21, name="average"), period(4, name="signal")),
        warmup=lambda channel, average, signal: 2 * (channel - 1) + average - 1 + signal - 1,
        unit=Unit.INDEX,
        fields=HLC,
    ),
    *family(
        (
            (
                "kst",
                "Pring's Know Sure Thing: rates of change over 10, 15, 20 and 30 candles, averaged over 10, 10, 10 "
                "and 15, weighted 1 : 2 : 3 : 4.",
                None,
            ),
            ("kst_signal", "Simple average of the Know Sure Thing over `signal` candles.", None),
        ),
        Kernel(2, _kst),
        (period(9, name="signal"),),
        warmup=lambda signal: 44 + signal - 1,
        unit=Unit.PERCENT,
    ),
    single(
        "connors_rsi",
        kernel(_connors),
        (period(3), period(2, name="streak"), period(100, name="rank", high=LONGEST_WINDOW)),
        "Connors RSI, 0 to 100: mean of RSI(period), RSI(streak) of the run of rises (+) or falls (−) in a row, and "
        "the percent rank of the last change among `rank` before it.",
        warmup=lambda n, streak, rank: max(n, streak + 1, rank + 1),
        settled=lambda n, streak, _: max(wilder_settled(n), 1 + wilder_settled(streak)),
        unit=Unit.INDEX,
    ),
]
