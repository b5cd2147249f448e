"""The way into the kernel's arrays: here and in `plans` everything is checked; behind it nothing is checked again."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Final

import numpy as np

from tradewind.core.costs import Costs
from tradewind.core.kernel.layout import (
    ASSUMPTIONS,
    PENDING,
    STATE,
    Bars,
    Floats,
    KernelInputError,
    Records,
    refuse,
)
from tradewind.core.series import Columns

_NONE: Final = np.empty(0, dtype=np.float64)


def bars(columns: Columns, length_ms: int, atr: Floats | None = None, funding: Floats | None = None) -> Bars:
    """`columns` as the kernel reads them.

    Raises:
        KernelInputError: not finite, not positive, low > open or close, high < open or close, times not rising, other
            lengths, or an ATR that is NaN after it began (NaN is allowed as warm-up, but not while a chandelier runs).
    """
    count = len(columns)
    if length_ms <= 0:
        raise KernelInputError("length_ms", -1, "a length above zero", length_ms)
    ts = np.ascontiguousarray(columns.ts, dtype=np.int64)
    refuse("ts", np.append(False, ts[1:] <= ts[:-1])[:count], ts, "a time later than the one before")
    prices = {name: _floats(name, getattr(columns, name), count) for name in ("open", "high", "low", "close")}
    for name, values in prices.items():
        refuse(name, ~(np.isfinite(values) & (values > 0.0)), values, "a price above zero")
    opened, high, low, close = prices.values()
    refuse("high", (high < opened) | (high < close), high, "at least open and close")
    refuse("low", (low > opened) | (low > close), low, "at most open and close")
    ranges = _NONE if atr is None else _floats("atr", atr, count)
    if atr is not None:
        begun = np.logical_or.accumulate(~np.isnan(ranges))
        refuse("atr", begun & ~(np.isfinite(ranges) & (ranges >= 0.0)), ranges, "zero or more once it has begun")
    charged = _NONE if funding is None else _floats("funding", funding, count)
    refuse("funding", ~np.isfinite(charged), charged, "a finite charge")
    return Bars(ts, opened, high, low, close, length_ms, ranges, charged)


def assumptions(costs: Costs, tick: Decimal | None = None, *, worse: float = 0.0, textbook: bool = False) -> Records:
    """What fills cost and how they come about, as a one-row array.

    Args:
        costs: fees; half spread and slippage enter the breakeven price, as in `core.outcome`.
        tick: grid that moved stops are rounded to, breakeven towards the market and trailing away from it; None = none.
        worse: how much worse market and stop orders fill, as a fraction.
        textbook: the rules by which engines are compared. A bar that touches the stop in force leaves there, whatever
            else it touches; a target that is gapped over fills at the open instead of its level; an entry beyond its
            own stop is made (and stopped at once) instead of refused; what was asked to leave leaves at the open.

    Raises:
        KernelInputError: `worse` outside [0, 1), or a tick that is not a positive decimal of up to 15 digits.
    """
    if not 0.0 <= worse < 1.0:
        raise KernelInputError("worse", -1, "a fraction from 0 up to but without 1", worse)
    row = np.zeros(1, dtype=ASSUMPTIONS)
    row["maker"], row["taker"], row["slippage"] = costs.maker, costs.taker, costs.slippage + costs.half_spread
    row["worse"], row["textbook"] = worse, textbook
    if tick is not None:
        if not (tick.is_finite() and tick > 0):
            raise KernelInputError("tick", -1, "a finite step above zero", tick)
        # As units ÷ 10^places both are whole, and level = k × units ÷ 10^places is rounded once: the float nearest to
        # the decimal, which is what `float(quantise(…))` gives.
        exponent = tick.normalize().as_tuple().exponent
        places = max(0, -exponent) if isinstance(exponent, int) else 0
        units = int(tick.scaleb(places))
        if places > 15 or units >= 10**15:
            raise KernelInputError("tick", -1, "a decimal of up to 15 digits", tick)
        row["tick_units"], row["tick_scale"] = units, 10**places
    return row


def states(count: int) -> Records:
    """Positions that enter at the open of the next bar, shape (count,)."""
    rows = np.zeros(count, dtype=STATE)
    rows["phase"] = PENDING
    return rows


def _floats(name: str, values: Any, count: int) -> Floats:
    array: Floats = np.ascontiguousarray(values, dtype=np.float64)
    if array.shape != (count,):
        raise KernelInputError(name, -1, f"shape ({count},)", array.shape)
    return array
