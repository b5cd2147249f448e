"""The way into the kernel's arrays: everything enters here and is checked here; behind it no value is checked again."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from tradewind.core.costs import Costs
from tradewind.core.kernel.layout import (
    ASSUMPTIONS,
    CHANDELIER,
    DISTANCE,
    KINDS,
    MOST_TARGETS,
    MOVING_TARGET,
    NOT_TRAILING,
    PENDING,
    PERCENT,
    PLAN,
    STATE,
    Bars,
    Floats,
    KernelInputError,
    Records,
    refuse,
)
from tradewind.core.plan import PlanSpec
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


def plans(specs: Sequence[PlanSpec]) -> Records:
    """`specs` of the live implementation as plans, shape (n,).

    Raises:
        KernelInputError: a value that no plan can have; names field and row.
    """
    rows = np.zeros(len(specs), dtype=PLAN)
    for row, spec in zip(rows, specs, strict=True):
        if not 1 <= len(spec.targets) <= MOST_TARGETS:
            raise KernelInputError("plans.targets", -1, f"1 to {MOST_TARGETS} targets", len(spec.targets))
        row["side"], row["stop"], row["max_age_ms"] = spec.side, spec.stop, spec.max_age_ms
        row["targets"] = len(spec.targets)
        row["levels"][: len(spec.targets)] = [target.level for target in spec.targets]
        row["shares"][: len(spec.targets)] = [target.share for target in spec.targets]
        if spec.breakeven is not None:
            row["breakeven"], row["breakeven_after"] = 1, spec.breakeven.after_target
            row["breakeven_at_r"], row["breakeven_offset"] = spec.breakeven.at_r, spec.breakeven.offset
        if spec.trailing is not None:
            row["trailing"] = KINDS[spec.trailing.kind]
            row["trailing_distance"], row["trailing_step"] = spec.trailing.distance, spec.trailing.step
            row["trailing_after"], row["trailing_at_r"] = spec.trailing.after_target, spec.trailing.at_r
    return checked_plans(rows)


def template(
    stop: float,
    targets: Sequence[tuple[float, float]],
    *,
    breakeven: tuple[int, float, float] | None = None,
    trailing: tuple[int, float, int, float, float] | None = None,
    max_age_ms: int = 0,
) -> Records:
    """One plan in multiples of a unit, as a one-row array; see `PLAN`.

    Args:
        stop: units between anchor and stop.
        targets: (units between anchor and level, share), nearest first.
        breakeven: (after_target, at_r, units beyond the price that pays for all costs).
        trailing: (kind, distance, after_target, at_r, step in units); the distance is in units for DISTANCE, a
        fraction for
            PERCENT, a multiple of the present ATR for CHANDELIER, unused for MOVING_TARGET.

    Raises:
        KernelInputError: see `plans`.
    """
    row = np.zeros(1, dtype=PLAN)
    if not 1 <= len(targets) <= MOST_TARGETS:
        raise KernelInputError("plans.targets", -1, f"1 to {MOST_TARGETS} targets", len(targets))
    row["relative"], row["side"], row["stop"], row["targets"] = 1, 1, stop, len(targets)
    row["max_age_ms"] = max_age_ms
    row["levels"][0, : len(targets)] = [level for level, _ in targets]
    row["shares"][0, : len(targets)] = [share for _, share in targets]
    if breakeven is not None:
        row["breakeven"] = 1
        row["breakeven_after"], row["breakeven_at_r"], row["breakeven_offset"] = breakeven
    if trailing is not None:
        row["trailing"], row["trailing_distance"], row["trailing_after"] = trailing[:3]
        row["trailing_at_r"], row["trailing_step"] = trailing[3:]
    return checked_plans(row)


def checked_plans(rows: Records) -> Records:
    """`rows`, which may be put together by hand, if they are plans or templates.

    Raises:
        KernelInputError: see `plans`.
    """
    if rows.dtype != PLAN or rows.ndim != 1:
        raise KernelInputError("plans", -1, "a one-dimensional array of PLAN", f"{rows.dtype}, {rows.ndim} dimensions")
    rows = np.ascontiguousarray(rows)

    def check(name: str, bad: NDArray[np.bool_], expected: str) -> None:
        refuse(f"plans.{name}", bad, rows[name], expected)

    side, count, kind = rows["side"], rows["targets"], rows["trailing"]
    check("side", np.abs(side) != 1, "+1 for long or −1 for short")
    check("stop", ~(np.isfinite(rows["stop"]) & (rows["stop"] > 0.0)), "a value above zero")
    check("targets", (count < 1) | (count > MOST_TARGETS), f"1 to {MOST_TARGETS} targets")
    most = int(count.max(initial=1))
    used = np.arange(most) < count[:, None]
    levels, shares = rows["levels"][:, :most], rows["shares"][:, :most]
    check("levels", (used & ~(np.isfinite(levels) & (levels > 0.0))).any(axis=1), "levels above zero")
    # Nearest first; equal rungs are allowed, they fill together.
    behind = np.diff(np.where(used, levels, np.nan), axis=1) * side[:, None] < 0.0
    check("levels", behind.any(axis=1), "levels that lead away from the entry")
    check("shares", (used & ~(np.isfinite(shares) & (shares > 0.0))).any(axis=1), "shares above zero")
    total = np.where(used, shares, 0.0).sum(axis=1)
    check("shares", np.abs(total - 1.0) > 1e-9, "shares that sum to 1")
    for name in ("trailing_at_r", "trailing_step", "breakeven_at_r", "breakeven_offset", "trailing_distance"):
        check(name, ~(np.isfinite(rows[name]) & (rows[name] >= 0.0)), "zero or more")
    for name in ("max_age_ms", "breakeven_after", "trailing_after"):
        check(name, rows[name] < 0, "zero or more")
    check("trailing", (kind < NOT_TRAILING) | (kind > MOVING_TARGET), "a kind of trailing")
    follows = (kind >= DISTANCE) & (kind <= CHANDELIER)
    check("trailing_distance", follows & (rows["trailing_distance"] == 0.0), "a distance above zero")
    check("trailing_distance", (kind == PERCENT) & (rows["trailing_distance"] >= 1.0), "a fraction below 1")
    moving = kind == MOVING_TARGET
    check("trailing_after", moving & (rows["trailing_after"] < 1), "a lag of at least one target")
    check("trailing_at_r", moving & (rows["trailing_at_r"] != 0.0), "0 for a moving target")
    return rows


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
