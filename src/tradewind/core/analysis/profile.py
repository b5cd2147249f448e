"""Volume by price: where the market traded, not when.

Nobody knows at which prices inside a candle its volume was traded; it is spread evenly over the candle's range.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from tradewind.core.series import Columns, Floats

#: Price bins of equal height between the lowest low and the highest high.
BINS = 48
#: Share of the volume that the value area holds at least.
VALUE_AREA = 0.7
#: A node is a bin that stands out from its neighbours with so many times the average bin's volume: at least, at most.
HIGH_NODE, LOW_NODE = 1.5, 0.5


class VolumeProfile(NamedTuple):
    """Volume traded by price.

    Attributes:
        low, high: the range of prices that the bins divide.
        volumes: of each bin in base currency, from the lowest price up; their sum is the candles' volume.
        poc: point of control: the middle of the bin that traded most; of equal ones the lowest.
        value_low, value_high: the value area: bins around the point of control, the busier neighbour first, until they
            hold `VALUE_AREA` of the volume.
        high_nodes, low_nodes: middles of the bins that traded much more or much less than those around them.
    """

    low: float
    high: float
    volumes: tuple[float, ...]
    poc: float
    value_low: float
    value_high: float
    high_nodes: tuple[float, ...]
    low_nodes: tuple[float, ...]


def profile_of(columns: Columns, bins: int = BINS) -> VolumeProfile | None:
    """The profile of the candles; None where nothing was traded or the price never moved."""
    if not len(columns):
        return None
    low, high = float(columns.low.min()), float(columns.high.max())
    if high <= low or not columns.volume.sum() > 0.0:
        return None
    edges = np.linspace(low, high, bins + 1)
    volumes = _spread(columns, edges)
    first, last = _value_area(volumes)
    middles = (edges[:-1] + edges[1:]) / 2.0
    above = np.append(volumes[1:], -np.inf)
    below = np.insert(volumes[:-1], 0, -np.inf)
    mean = volumes.mean()
    tops = (volumes > below) & (volumes >= above) & (volumes >= HIGH_NODE * mean)
    # The ends of the range are thin by nature; a gap needs two sides.
    gaps = (volumes < below) & (volumes <= above) & (volumes <= LOW_NODE * mean)
    return VolumeProfile(
        low=low,
        high=high,
        volumes=tuple(volumes.tolist()),
        poc=float(middles[volumes.argmax()]),
        value_low=float(edges[first]),
        value_high=float(edges[last + 1]),
        high_nodes=tuple(middles[tops].tolist()),
        low_nodes=tuple(middles[gaps].tolist()),
    )


def _spread(columns: Columns, edges: Floats) -> Floats:
    """The volume of each bin between two `edges`."""
    height = (columns.high - columns.low)[:, None]
    # The share of each candle's range below each edge. A candle without a range is a step: all of it in the bin that
    # holds its price.
    with np.errstate(divide="ignore", invalid="ignore"):
        below = np.clip((edges - columns.low[:, None]) / height, 0.0, 1.0)
    still = height[:, 0] == 0.0
    below[still] = edges > columns.low[still, None]
    below[:, -1] = 1.0
    result: Floats = columns.volume @ np.diff(below, axis=1)
    return result


def _value_area(volumes: Floats) -> tuple[int, int]:
    """First and last bin of the value area."""
    first = last = int(volumes.argmax())
    held, wanted = float(volumes[first]), VALUE_AREA * float(volumes.sum())
    while held < wanted and (first > 0 or last < len(volumes) - 1):
        up = float(volumes[last + 1]) if last < len(volumes) - 1 else -1.0
        down = float(volumes[first - 1]) if first > 0 else -1.0
        if up >= down:
            last += 1
            held += up
        else:
            first -= 1
            held += down
    return first, last
