"""Candlestick patterns, by TA-Lib's rules.

A body or shadow is long, short or a doji by comparison with the average of a few candles before it, so each pattern has
a warm-up. Values: 100 where it appears as a bullish one, −100 as a bearish one, else 0.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import talib

from tradewind.core.indicators.building import OHLC, single
from tradewind.core.indicators.model import Indicator, Kernel, Unit
from tradewind.core.series import Floats

_Function = Callable[..., np.ndarray[tuple[int], np.dtype[np.int32]]]


def _pattern(name: str, function: _Function, warmup: int, description: str) -> Indicator:
    def compute(inputs: Sequence[Floats], _: Sequence[float]) -> tuple[Floats, ...]:
        found = function(*inputs).astype(np.float64)
        found[:warmup] = np.nan  # TA-Lib says "none" where it cannot know yet
        return (found,)

    return single(name, Kernel(1, compute), (), description, warmup=lambda: warmup, unit=Unit.INDEX, fields=OHLC)


ENTRIES: list[Indicator] = [
    _pattern("cdl_doji", talib.CDLDOJI, 10, "Doji: open and close nearly equal; 100 though it points nowhere."),
    _pattern(
        "cdl_dragonfly_doji", talib.CDLDRAGONFLYDOJI, 10, "Dragonfly doji: a doji at the top of a long lower shadow."
    ),
    _pattern(
        "cdl_gravestone_doji",
        talib.CDLGRAVESTONEDOJI,
        10,
        "Gravestone doji: a doji at the foot of a long upper shadow.",
    ),
    _pattern("cdl_spinning_top", talib.CDLSPINNINGTOP, 10, "Spinning top: a short body between longer shadows."),
    _pattern("cdl_marubozu", talib.CDLMARUBOZU, 10, "Marubozu: a long body with hardly any shadow."),
    _pattern(
        "cdl_hammer", talib.CDLHAMMER, 11, "Hammer: a short body over a long lower shadow, at or below the low before."
    ),
    _pattern(
        "cdl_inverted_hammer",
        talib.CDLINVERTEDHAMMER,
        11,
        "Inverted hammer: a short body under a long upper shadow, below the body before.",
    ),
    _pattern(
        "cdl_hanging_man",
        talib.CDLHANGINGMAN,
        11,
        "Hanging man: a hammer's shape at or above the high before; bearish.",
    ),
    _pattern(
        "cdl_shooting_star",
        talib.CDLSHOOTINGSTAR,
        11,
        "Shooting star: a short body under a long upper shadow, above the body before; bearish.",
    ),
    _pattern(
        "cdl_engulfing",
        talib.CDLENGULFING,
        2,
        "Engulfing: a body that covers the opposite body before; 80 instead of 100 where one end is equal.",
    ),
    _pattern(
        "cdl_harami",
        talib.CDLHARAMI,
        11,
        "Harami: a short body inside the long opposite body before; 80 instead of 100 where one end is equal.",
    ),
    _pattern(
        "cdl_piercing",
        talib.CDLPIERCING,
        11,
        "Piercing line: after a long fall, opens below its low and closes above its middle.",
    ),
    _pattern(
        "cdl_dark_cloud_cover",
        talib.CDLDARKCLOUDCOVER,
        11,
        "Dark cloud cover: after a long rise, opens above its high and closes deep in its body; bearish.",
    ),
    _pattern(
        "cdl_morning_star",
        talib.CDLMORNINGSTAR,
        12,
        "Morning star: long fall, short body below it, rise deep into the first body.",
    ),
    _pattern(
        "cdl_evening_star",
        talib.CDLEVENINGSTAR,
        12,
        "Evening star: long rise, short body above it, fall deep into the first body; bearish.",
    ),
    _pattern(
        "cdl_three_white_soldiers",
        talib.CDL3WHITESOLDIERS,
        12,
        "Three white soldiers: three rises in a row, each opening in the body before, with short upper shadows.",
    ),
    _pattern(
        "cdl_three_black_crows",
        talib.CDL3BLACKCROWS,
        13,
        "Three black crows: three falls in a row after a rise, each opening in the body before, with short lower "
        "shadows.",
    ),
    _pattern(
        "cdl_three_inside",
        talib.CDL3INSIDE,
        12,
        "Three inside up (100) or down (−100): a harami confirmed by the next close.",
    ),
    _pattern(
        "cdl_three_outside",
        talib.CDL3OUTSIDE,
        3,
        "Three outside up (100) or down (−100): an engulfing confirmed by the next close.",
    ),
]
