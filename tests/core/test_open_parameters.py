"""Parameters that are left open: one program says of many sets what a program each would."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.core.strategy_maker import TIMEFRAME, random_columns, strategy_of
from tradewind.core.strategy import Scan, Strategy, UnevenSetsError, evaluate

COLUMNS = random_columns(3, 900)
PARAMETERS = {"k": (2.5, 0.0, 9.0), "j": (1.5, -9.0, 9.0), "n": (5.0, 2.0, 50.0)}
DOCUMENT = strategy_of(
    long="close > sma(close, n) and rsi(close, 14) < 40 + j",
    define={"swing": "atr(14)", "reach": "k * swing"},
    stop="close - max(reach, k / (1 + abs(j)) * swing)",
    ladder=(("at", "close + clip(k, 1, 3) * reach", "1"),),
    parameters=PARAMETERS,
)


def open_one(*names: str, **values: float) -> Strategy:
    return Strategy.of(DOCUMENT.blueprint, values, frozenset(names))


def test_only_what_no_row_hangs_by_is_left_open() -> None:
    assert open_one("k", "j", "n").left_open == {"k"}, "an average and a condition take the values of the others"
    assert open_one("j").left_open == frozenset()


@pytest.mark.parametrize(
    "changed",
    [
        {"ladder": (("r", "k", "1"),)},
        {"time_stop": "1 + k"},
        {"define": {"before": "previous(close, k)"}, "stop": "min(before, close) - 1"},
        {"long": "close > open * k"},
        {"define": {"there": "on(1h, close * k)"}, "stop": "there - close"},
    ],
    ids=str,
)
def test_what_takes_a_constant_takes_the_value(changed: dict) -> None:
    strategy = strategy_of(**{"stop": "close - k", "parameters": {"k": (2.0, 1.0, 9.0)}} | changed)
    assert Strategy.of(strategy.blueprint, {}, frozenset({"k"})).left_open == frozenset()


@given(values=st.lists(st.floats(0.0, 9.0), min_size=1, max_size=5))
def test_levels_are_those_of_each_set(values: list[float]) -> None:
    strategy = open_one("k")
    together = evaluate(strategy, COLUMNS, settings={"k": np.array(values)})
    assert together.sets == len(values)
    rows = together.long_rows
    assert len(rows) > 10
    for number, value in enumerate(values):
        alone = evaluate(DOCUMENT.with_parameters({"k": value}), COLUMNS)
        assert np.array_equal(alone.long_rows, rows)
        (setup,), (own,) = strategy.setups, alone.strategy.setups
        for place, other in ((setup.stop, own.stop), (setup.rungs[0].root, own.rungs[0].root)):
            assert place is not None
            assert other is not None
            levels = np.broadcast_to(together.values.at(place, rows), (len(values), len(rows)))
            assert np.array_equal(levels[number], alone.values.at(other, rows))


def test_sets_that_are_not_of_a_kind_are_refused_together() -> None:
    blueprint = strategy_of(stop="close - 1 / k", parameters=PARAMETERS).blueprint
    strategy = Strategy.of(blueprint, {}, frozenset({"k"}))
    with pytest.raises(UnevenSetsError, match="all finite"):
        evaluate(strategy, COLUMNS, settings={"k": np.array([1.0, 0.0])})


def test_one_candle_at_a_time_takes_all_values() -> None:
    with pytest.raises(ValueError, match="without open parameters"):
        Scan([open_one("k")], TIMEFRAME, ["BTCUSDT"])
