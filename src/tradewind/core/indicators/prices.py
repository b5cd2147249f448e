"""One price for a candle, and the candles of Heikin-Ashi."""

from __future__ import annotations

import talib

from tradewind.core.indicators.building import HL, HLC, OHLC, family, single, talib_kernel
from tradewind.core.indicators.model import Indicator, Unit, decay_rows


def _now() -> int:
    return 0


def _half() -> int:
    # The open halves what it began with each candle.
    return decay_rows(0.5)


ENTRIES: list[Indicator] = [
    single(
        "avgprice",
        talib_kernel(talib.AVGPRICE),
        (),
        "Average price: (open + high + low + close) ÷ 4.",
        warmup=_now,
        unit=Unit.PRICE,
        fields=OHLC,
    ),
    single(
        "medprice",
        talib_kernel(talib.MEDPRICE),
        (),
        "Median price: (high + low) ÷ 2.",
        warmup=_now,
        unit=Unit.PRICE,
        fields=HL,
    ),
    single(
        "typprice",
        talib_kernel(talib.TYPPRICE),
        (),
        "Typical price: (high + low + close) ÷ 3.",
        warmup=_now,
        unit=Unit.PRICE,
        fields=HLC,
    ),
    single(
        "wclprice",
        talib_kernel(talib.WCLPRICE),
        (),
        "Weighted close: (high + low + 2 × close) ÷ 4.",
        warmup=_now,
        unit=Unit.PRICE,
        fields=HLC,
    ),
    *family(
        (
            ("ha_open", "Heikin-Ashi open: half-way between the previous Heikin-Ashi open and close.", _half),
            ("ha_high", "Heikin-Ashi high: the highest of high, Heikin-Ashi open and Heikin-Ashi close.", _half),
            ("ha_low", "Heikin-Ashi low: the lowest of low, Heikin-Ashi open and Heikin-Ashi close.", _half),
            ("ha_close", "Heikin-Ashi close: the average price of the candle.", None),
        ),
        talib_kernel(talib.HA, outputs=4),
        (),
        warmup=_now,
        unit=Unit.PRICE,
        fields=OHLC,
    ),
]
