"""Which form belongs to which kernel of the catalogue."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from types import MappingProxyType

from tradewind.core.indicators.catalogue import CATALOGUE, FAMILIES
from tradewind.core.indicators.incremental import (
    averages,
    channels,
    hilbert,
    momentum,
    statistics,
    stochastics,
    trend,
    volatility,
    volume,
)
from tradewind.core.indicators.incremental.patterns import pattern
from tradewind.core.indicators.incremental.running import Running
from tradewind.core.indicators.incremental.state import Form
from tradewind.core.indicators.model import Indicator, Kernel

_BY_NAME: dict[str, Form] = {
    **averages.FORMS,
    **hilbert.FORMS,
    **channels.FORMS,
    **trend.FORMS,
    **momentum.FORMS,
    **stochastics.FORMS,
    **volatility.FORMS,
    **volume.FORMS,
    **statistics.FORMS,
    **{each.name: pattern(each) for each in FAMILIES["patterns"]},
}

#: Every kernel's form; sister outputs share one, filed under the first of them.
FORMS: MappingProxyType[Kernel, Form] = MappingProxyType(
    {CATALOGUE[name].kernel: form for name, form in _BY_NAME.items()}
)


class Memory(StrEnum):
    """How an incremental form remembers."""

    RECURSIVE = "recursive"
    """In running values: a constant number of operations per candle, and the past never quite gone."""
    WINDOW = "window"
    """As the last candles, looked at again: nothing older than the warm-up has any influence."""


def memory(indicator: Indicator) -> Memory:
    """How the indicator's form remembers."""
    state = running(indicator.kernel, indicator.checked(()), indicator.warmup(), 1).state
    return Memory.RECURSIVE if state.recursive else Memory.WINDOW


def running(kernel: Kernel, arguments: Sequence[float], warmup: int, symbols: int) -> Running:
    """The form of `kernel` with these arguments, for so many symbols, before its first candle."""
    return Running(FORMS[kernel], kernel.outputs, arguments, warmup, symbols)
