"""Many accounts measured at once: each to the bit as it is measured alone."""

from __future__ import annotations

import math

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tradewind.research.metrics import ClosedTrades, Metrics, measure, measure_sets


def same(one: Metrics, other: Metrics) -> bool:
    pairs = [(getattr(one, name), getattr(other, name)) for name in Metrics.__slots__]
    return all(left == right or (math.isnan(left) and math.isnan(right)) for left, right in pairs)


@given(
    seed=st.integers(0, 2**32 - 1),
    counts=st.lists(st.sampled_from([0, 1, 2, 7, 8, 40, 300]), min_size=1, max_size=6),
    days=st.sampled_from([0, 1, 2, 9, 200]),
    gaps=st.sampled_from([0.0, 0.3, 1.0]),
    risks=st.sampled_from([0.0, 0.5, 1.0]),
    drift=st.sampled_from([-1.0, 0.0, 1.0]),
)
def test_each_as_alone(seed: int, counts: list[int], days: int, gaps: float, risks: float, drift: float) -> None:
    draw, total = np.random.default_rng(seed), sum(counts)
    closed = ClosedTrades(*(draw.normal(0.3 * drift, 1.0, total) * (draw.random(total) < 0.9) for _ in range(6)))
    closed = closed._replace(fees=np.abs(closed.fees), risk=np.abs(closed.risk) * (draw.random(total) < risks))
    returns = draw.normal(0.0, 0.02, (len(counts), days)) * draw.integers(0, 2, (len(counts), 1))
    returns[draw.random(returns.shape) < gaps * draw.integers(0, 2, (len(counts), 1))] = np.nan
    exposure = draw.random(len(counts)).tolist()
    found = measure_sets(closed, np.array(counts), returns, start_equity=1e4, exposure=exposure, periods=365.0)
    stops = np.cumsum(counts)
    for number, metrics in enumerate(found):
        own = ClosedTrades(*(column[stops[number] - counts[number] : stops[number]] for column in closed))
        alone = measure(own, returns[number], start_equity=1e4, exposure=exposure[number], periods=365.0)
        assert same(metrics, alone), (metrics, alone)
