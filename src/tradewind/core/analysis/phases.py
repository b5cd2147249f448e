"""The regime as a history: what it is now, since when, and what it was before."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from tradewind.core.regime import UNDEFINED, Codes, Regime
from tradewind.core.series import Stamps


class Phase(NamedTuple):
    """An unbroken run of one regime.

    Attributes:
        since: open time of its first candle, UTC ms.
        candles: how many it has; at least that many where the candles begin in the middle of it.
    """

    regime: Regime
    since: int
    candles: int


class Phases(NamedTuple):
    """The regimes of a run of candles.

    Attributes:
        runs: oldest first; the last one is the present. The first one may have begun before.
        shares: of each regime in the candles whose regime is defined; they add up to 1.
    """

    runs: tuple[Phase, ...]
    shares: Mapping[Regime, float]

    @property
    def now(self) -> Phase:
        return self.runs[-1]

    @property
    def now_began(self) -> bool:
        """Whether the beginning of the present phase is among the candles."""
        return len(self.runs) > 1


def phases_of(codes: Codes, ts: Stamps) -> Phases:
    """The phases of candles with these regimes and open times; rows without a regime are left out.

    Raises:
        ValueError: no row has a regime.
    """
    defined = codes != UNDEFINED
    if not defined.any():
        raise ValueError("expected a candle with a defined regime, got none")
    codes, ts = codes[defined], ts[defined]
    edges = [0, *(np.flatnonzero(np.diff(codes)) + 1).tolist(), len(codes)]
    runs = tuple(Phase(_regime(codes[start]), int(ts[start]), stop - start) for start, stop in pairwise(edges))
    return Phases(runs, {regime: float(np.mean(codes == regime.code)) for regime in Regime})


def _regime(code: np.int8) -> Regime:
    regime = Regime.of(int(code))
    assert regime is not None  # undefined rows are gone
    return regime
