"""Whether prices reached a level."""

from __future__ import annotations

from enum import StrEnum

from tradewind.core.matching import Stretch


class Move(StrEnum):
    """From which side a level is reached."""

    TOUCH = "touch"
    ABOVE = "above"
    BELOW = "below"


def level_reached(level: float, move: Move, before: float, stretch: Stretch) -> float | None:
    """The price at which `stretch` reached `level`: the level itself, or beyond it the price behind a gap.

    Only what is certain counts. Nobody knows whether a candle's high or its low came first: where the level was left
    and reached again inside it, the close has to say so.

    Args:
        before: the price before the stretch; who stands at the level already has to leave it first.

    Returns:
        None = it was not reached from that side.
    """
    if move is not Move.BELOW:
        if before < level <= stretch.high:
            return max(level, stretch.open)
        if stretch.low < level <= stretch.close:
            return level
    if move is not Move.ABOVE:
        if before > level >= stretch.low:
            return min(level, stretch.open)
        if stretch.high > level >= stretch.close:
            return level
    return None
