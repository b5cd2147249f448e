"""How far prices went for and against positions while they were open (J. Sweeney's MFE and MAE)."""

from __future__ import annotations

from typing import NamedTuple

from tradewind.core.series import Columns


class Excursions(NamedTuple):
    """Largest favourable and adverse excursion of a position, as fractions of its entry price; zero or more."""

    favourable: float
    adverse: float


def excursions(
    columns: Columns, rows: tuple[int, int], entry: float, leave: float, sign: int, *, at_open: bool
) -> Excursions:
    """The excursions of a position that was entered at `entry` and left at `leave`.

    Of the candle in which it ends only its exit price counts: what else that candle showed may have come after. The
    candle of the entry counts whole where it was entered at its open (`at_open`), else only for what was against it:
    its favourable extreme may have come before.

    Args:
        rows: of the candles in which it was entered and left.
        entry, leave: average prices.
        sign: +1 long, −1 short.
    """
    first, last = rows
    forward = first if at_open else first + 1
    best = max(sign * (leave - entry), 0.0)
    worst = max(sign * (entry - leave), 0.0)
    upwards, downwards = (columns.high, columns.low) if sign > 0 else (columns.low, columns.high)
    if forward < last:
        reached = upwards[forward:last].max() if sign > 0 else upwards[forward:last].min()
        best = max(best, sign * (float(reached) - entry))
    if first < last:
        reached = downwards[first:last].min() if sign > 0 else downwards[first:last].max()
        worst = max(worst, sign * (entry - float(reached)))
    return Excursions(best / entry, worst / entry)
