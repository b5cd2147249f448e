"""Incremental forms: every kernel of the catalogue, one candle at a time for a batch of symbols.

`running(kernel, …)` makes one. Its values are those of the whole columns; its cost per candle does not grow with the
candles that lie behind.
"""

from tradewind.core.indicators.incremental.forms import FORMS, Memory, memory, running
from tradewind.core.indicators.incremental.running import Running
from tradewind.core.indicators.incremental.state import ALL, Form, Rows

__all__ = ["ALL", "FORMS", "Form", "Memory", "Rows", "Running", "memory", "running"]
