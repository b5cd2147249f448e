"""The indicators there are, by name.

One module per family. Where TA-Lib (BSD) has an indicator, its float64 values are taken; the others are written here on
NumPy. Periods count candles. `settled` is stated for the recursive ones: an EMA(n) forgets at 2 ÷ (n + 1) per candle,
Wilder's averages (RSI, ATR, ADX) at 1 ÷ n.
"""

from __future__ import annotations

from itertools import chain
from types import MappingProxyType

from tradewind.core.indicators import (
    averages,
    channels,
    momentum,
    patterns,
    prices,
    statistics,
    stochastics,
    trend,
    volatility,
    volume,
)
from tradewind.core.indicators.model import Indicator

#: The entries by family, in the order in which they are shown.
FAMILIES: MappingProxyType[str, tuple[Indicator, ...]] = MappingProxyType(
    {
        "prices": tuple(prices.ENTRIES),
        "averages": tuple(averages.ENTRIES),
        "channels": tuple(channels.ENTRIES),
        "trend": tuple(trend.ENTRIES),
        "momentum": tuple(momentum.ENTRIES),
        "stochastics": tuple(stochastics.ENTRIES),
        "volatility": tuple(volatility.ENTRIES),
        "volume": tuple(volume.ENTRIES),
        "statistics": tuple(statistics.ENTRIES),
        "patterns": tuple(patterns.ENTRIES),
    }
)

#: Every indicator by its name.
CATALOGUE = MappingProxyType({entry.name: entry for entry in chain.from_iterable(FAMILIES.values())})
