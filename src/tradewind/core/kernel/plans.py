"""The way in for plans: made of the live implementation's, or as templates, and checked against the rules of both."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, NoReturn

import numpy as np

from tradewind.core.kernel.jit import PAIR, compiled, part, rows_of
from tradewind.core.kernel.layout import (
    CHANDELIER,
    DISTANCE,
    KINDS,
    MOST_TARGETS,
    MOVING_TARGET,
    NOT_TRAILING,
    PERCENT,
    PLAN,
    KernelInputError,
    Records,
)
from tradewind.core.plan import PlanSpec

_RULES: Final = (
    ("side", "+1 for long or −1 for short"),
    ("targets", f"1 to {MOST_TARGETS} targets"),
    ("shares", "shares above zero"),
    ("shares", "shares that sum to 1"),
    ("trailing_at_r", "zero or more"),
    ("breakeven_at_r", "zero or more"),
    ("max_age_ms", "zero or more"),
    ("breakeven_after", "zero or more"),
    ("trailing_after", "zero or more"),
    ("trailing", "a kind of trailing"),
    ("trailing_after", "a lag of at least one target"),
    ("trailing_at_r", "0 for a moving target"),
    ("stop", "a value above zero"),
    ("levels", "levels above zero"),
    ("levels", "levels that lead away from the entry"),
    ("trailing_step", "zero or more"),
    ("breakeven_offset", "zero or more"),
    ("trailing_distance", "zero or more"),
    ("trailing_distance", "a distance above zero"),
    ("trailing_distance", "a fraction below 1"),
)
"""What every plan keeps, by field; first what does not hang by prices. A rule's number is its place here."""

#: More than there are rules: none is broken.
SOUND: Final = len(_RULES)


@part
def misshapen(plan: Any) -> int:  # noqa: PLR0912 - one rule after the other
    """The number of the first rule that does not hang by prices and that `plan` breaks, or `SOUND`."""
    if plan.side not in (1, -1):
        return 0
    if not 1 <= plan.targets <= MOST_TARGETS:
        return 1
    total = 0.0
    for rung in range(plan.targets):
        if not 0.0 < plan.shares[rung] < np.inf:
            return 2
        total += plan.shares[rung]
    if abs(total - 1.0) > 1e-9:
        return 3
    if not 0.0 <= plan.trailing_at_r < np.inf:
        return 4
    if not 0.0 <= plan.breakeven_at_r < np.inf:
        return 5
    if plan.max_age_ms < 0:
        return 6
    if plan.breakeven_after < 0:
        return 7
    if plan.trailing_after < 0:
        return 8
    if not NOT_TRAILING <= plan.trailing <= MOVING_TARGET:
        return 9
    if plan.trailing == MOVING_TARGET and plan.trailing_after < 1:
        return 10
    if plan.trailing == MOVING_TARGET and plan.trailing_at_r != 0.0:
        return 11
    return SOUND


@part
def mispriced(plan: Any) -> int:
    """The number of the first rule that hangs by prices and that `plan` breaks, or `SOUND`; it is not `misshapen`."""
    if not 0.0 < plan.stop < np.inf:
        return 12
    side, last = float(plan.side), plan.levels[0]
    for rung in range(plan.targets):
        level = plan.levels[rung]
        if not 0.0 < level < np.inf:
            return 13
        # Nearest first; equal rungs are allowed, they fill together.
        if (level - last) * side < 0.0:
            return 14
        last = level
    if not 0.0 <= plan.trailing_step < np.inf:
        return 15
    if not 0.0 <= plan.breakeven_offset < np.inf:
        return 16
    if not 0.0 <= plan.trailing_distance < np.inf:
        return 17
    if DISTANCE <= plan.trailing <= CHANDELIER and plan.trailing_distance == 0.0:
        return 18
    if plan.trailing == PERCENT and plan.trailing_distance >= 1.0:
        return 19
    return SOUND


@compiled(PAIR(rows_of(PLAN)))
def _first_broken(plans: Any) -> tuple[int, int]:
    """The first rule that any of `plans` breaks and the first row that breaks it."""
    first, at = SOUND, -1
    for row in range(plans.size):
        rule = misshapen(plans[row])
        if rule == SOUND:
            rule = mispriced(plans[row])
        if rule < first:
            first, at = rule, row
    return first, at


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
    rule, row = _first_broken(rows)
    if rule != SOUND:
        refuse_plan(rows[row], rule, row)
    return rows


def refuse_plan(plan: np.void, rule: int, row: int) -> NoReturn:
    """Raise for `plan`, that of `row`, which breaks `rule`."""
    name, expected = _RULES[rule]
    raise KernelInputError(f"plans.{name}", row, expected, plan[name])
