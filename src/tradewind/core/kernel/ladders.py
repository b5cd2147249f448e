"""How plans are entered in parts, as records beside PLAN and STATE."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np

from tradewind.core.kernel.layout import MOST_TARGETS, NOT_TRAILING, KernelInputError, Records, refuse
from tradewind.core.kernel.plans import plans
from tradewind.core.plan import PlanSpec

#: Longest ladder of further entries.
MOST_ADDITIONS: Final = 10

LADDER: Final = np.dtype(
    [
        ("first", "f8"),
        ("targets_from", "f8"),
        ("levels", "f8", (MOST_ADDITIONS,)),
        ("shares", "f8", (MOST_ADDITIONS,)),
        ("targets", "f8", (MOST_ADDITIONS,)),
        ("additions", "i8"),
    ],
    align=True,
)
"""How a plan is entered: `core.plan.ScaleIn` as a record of 264 bytes; `targets` are those of a grid's
parts, or 0."""

SCALE: Final = np.dtype(
    [
        ("entered", "f8"),
        ("fee_in", "f8"),
        ("added", "i8"),
        ("round_trips", "i8"),
        ("levels", "f8", (MOST_TARGETS,)),
        ("prices", "f8", (MOST_ADDITIONS + 1,)),
        ("rates", "f8", (MOST_ADDITIONS + 1,)),
    ],
    align=True,
)
"""How far it has been entered: share of the whole size, average rate of the fees paid, further entries filled, round
trips made, where the targets are now, and price and rate of every part that is held."""


def ladders(specs: Sequence[PlanSpec]) -> tuple[Records, Records]:
    """PLAN and LADDER of `specs`, shape (n,); a plan that is entered whole has no additions.

    Raises:
        KernelInputError: a value that no plan can have; names field and row.
    """
    rows = np.zeros(len(specs), dtype=LADDER)
    for row, spec in zip(rows, specs, strict=True):
        ladder = spec.scale_in
        row["first"] = 1.0
        if ladder is not None:
            if len(ladder.additions) > MOST_ADDITIONS:
                raise KernelInputError(
                    "ladders.additions", -1, f"up to {MOST_ADDITIONS} additions", len(ladder.additions)
                )
            row["first"], row["targets_from"] = ladder.first, ladder.targets_from
            row["additions"] = len(ladder.additions)
            row["levels"][: len(ladder.additions)] = [each.level for each in ladder.additions]
            row["shares"][: len(ladder.additions)] = [each.share for each in ladder.additions]
            row["targets"][: len(ladder.additions)] = [each.target for each in ladder.additions]
    whole = plans([spec._replace(scale_in=None) for spec in specs])
    return whole, checked_ladders(whole, rows)


def checked_ladders(whole: Records, rows: Records) -> Records:
    """`rows`, if they are ladders of the plans `whole`, row by row.

    Raises:
        KernelInputError: see `ladders`.
    """
    if rows.dtype != LADDER or rows.shape != whole.shape:
        raise KernelInputError("ladders", -1, f"LADDER of shape {whole.shape}", f"{rows.dtype}, {rows.shape}")
    rows = np.ascontiguousarray(rows)
    refuse("plans.relative", whole["relative"] != 0, whole["relative"], "a plan of prices (inputs.plans)")
    count = rows["additions"]
    bad = (count < 0) | (count > MOST_ADDITIONS)
    refuse("ladders.additions", bad, count, f"0 to {MOST_ADDITIONS} additions")
    used = np.arange(MOST_ADDITIONS) < count[:, None]
    side, stop = whole["side"][:, None], whole["stop"][:, None]
    levels, shares = np.where(used, rows["levels"], np.nan), np.where(used, rows["shares"], 0.0)
    outside = used & ~(np.isfinite(levels) & ((levels - stop) * side > 0.0))
    refuse("ladders.levels", outside.any(axis=1), rows["levels"], "levels before the stop")
    turned = (np.diff(levels, axis=1) * side > 0.0).any(axis=1)
    refuse("ladders.levels", turned, rows["levels"], "levels that lead towards the stop")
    total = rows["first"] + shares.sum(axis=1)
    unfit = (used & ~(shares > 0.0)).any(axis=1) | ~(rows["first"] > 0.0) | ~(np.abs(total - 1.0) <= 1e-9)
    refuse("ladders.shares", unfit, rows["shares"], "shares above zero that sum to 1 with the first")
    origin = rows["targets_from"]
    refuse("ladders.targets_from", ~(np.isfinite(origin) & (origin >= 0.0)), origin, "a price, or 0 for fixed targets")
    _check_grids(whole, rows, used)
    return rows


def _check_grids(whole: Records, rows: Records, used: Any) -> None:
    side, targets = whole["side"][:, None], rows["targets"]
    grids = (used & (targets != 0.0)).any(axis=1)
    off = used & ~(np.isfinite(targets) & ((targets - rows["levels"]) * side > 0.0))
    # The part entered last leaves first.
    turned = (used[:, 1:] & (np.diff(targets, axis=1) * side >= 0.0)).any(axis=1)
    beyond = ((whole["levels"][:, :1] - targets) * side <= 0.0)[:, 0]
    refuse("ladders.targets", grids & (off.any(axis=1) | turned | beyond), targets, "targets beyond their levels")
    moves = (whole["breakeven"] != 0) | (whole["trailing"] != NOT_TRAILING) | (rows["targets_from"] != 0.0)
    refuse("plans.targets", grids & (moves | (whole["targets"] != 1)), whole["targets"], "of a grid one fixed target")
