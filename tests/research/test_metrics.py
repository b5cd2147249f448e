"""Performance measures: the published vectors, plain definitions, and what must hold for any returns."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from tradewind.core.series import Columns
from tradewind.research.metrics import (
    Drawdown,
    annual_volatility,
    average_loss,
    average_win,
    cagr,
    calmar,
    excursions,
    expectancy,
    max_drawdown,
    payoff,
    profit_factor,
    sharpe,
    sortino,
    sqn,
    total_return,
    win_rate,
)

VECTORS = Path(__file__).resolve().parents[2].parent / "shared" / "conformance" / "metrics"
#: Series of the same suite that the file of vectors names without giving them.
KNOWN = {"simple_benchmark": [0.0, 0.01] * 4 + [0.0], "flat_line_1": [0.01] * 9}
DAILY = 252.0

RETURNS = st.lists(st.floats(-0.5, 0.5), min_size=3, max_size=40)
GAINS = st.lists(st.floats(-1e4, 1e4).filter(lambda gain: abs(gain) > 1e-6), min_size=2, max_size=40)
SCALES = st.floats(1e-3, 1e3)


def same(left: float, right: float) -> bool:
    return (math.isnan(left) and math.isnan(right)) or left == pytest.approx(right, rel=1e-7, abs=1e-12)


# -------------------------------------------------------------------------------------------------- published vectors


@pytest.fixture(scope="module")
def vectors() -> dict:
    path = VECTORS / "empyrical_vectors_small.json"
    if not path.exists():
        pytest.skip(f"no vectors at {path}")
    return json.loads(path.read_text())


def test_published_vectors(vectors: dict) -> None:
    """Every row of the file: its series are simple returns of days, of which a year has 252."""
    series = {
        name: np.array([math.nan if value is None else value for value in values])
        for name, values in vectors["series"].items()
    } | {name: np.array(values) for name, values in KNOWN.items()}

    def value(text: str) -> object:
        text = text.strip("'")
        return series[text] if text in series else float(text)

    compute = {
        "test_max_drawdown": lambda returns: -max_drawdown(returns).depth,
        "test_annual_volatility": lambda returns: annual_volatility(returns, DAILY),
        "test_calmar": lambda returns: calmar(returns, DAILY),
        "test_sharpe_ratio": lambda returns, risk_free: sharpe(returns, DAILY, value(risk_free)),
        "test_sortino": lambda returns, required: sortino(returns, DAILY, value(required)),
    }
    assert compute.keys() == vectors["expected"].keys()
    for name, table in vectors["expected"].items():
        for row in table["rows"]:
            returns, *rest = (text for text in row[:-1] if text != "empyrical.DAILY")
            expected = math.nan if row[-1] == "np.nan" else float(row[-1])
            assert same(compute[name](value(returns), *rest), expected), (name, row)


# --------------------------------------------------------------------------------------------------- plain definitions


@given(RETURNS)
def test_drawdown_by_its_definition(returns: list[float]) -> None:
    curve = [1.0]
    for each in returns:
        curve.append(curve[-1] * (1 + each))
    depth = max(1 - later / curve[at] for at in range(len(curve)) for later in curve[at:])
    longest = below = 0
    for at, level in enumerate(curve):
        below = below + 1 if level < max(curve[: at + 1]) else 0
        longest = max(longest, below)
    found = max_drawdown(returns)
    assert same(found.depth, depth)
    assert found.periods == longest


def test_drawdown_of_a_curve_that_never_fell() -> None:
    assert max_drawdown([0.1, 0.0, 0.2]) == Drawdown(0.0, 0)
    assert max_drawdown([]) == Drawdown(0.0, 0)
    assert math.isnan(calmar([0.1, 0.2]))


def test_growth() -> None:
    assert total_return([0.1, -0.1]) == pytest.approx(-0.01)
    assert cagr([0.1] * 2, periods=2) == pytest.approx(0.21)
    assert cagr([0.21], periods=0.5) == pytest.approx(0.1)
    assert cagr([-1.0, 0.0]) == -1.0
    assert annual_volatility([0.01, 0.03], periods=4) == pytest.approx(2 * math.sqrt(2) / 100)
    assert sortino([0.02, -0.01], periods=1) == pytest.approx(0.005 / math.sqrt(0.0001 / 2))


def test_trades() -> None:
    gains = [10.0, -5.0, 20.0, 0.0, -10.0]
    assert win_rate(gains) == 0.4
    assert (average_win(gains), average_loss(gains)) == (15.0, -7.5)
    assert payoff(gains) == 2.0
    assert profit_factor(gains) == 2.0
    assert expectancy(gains) == 3.0
    assert sqn([1.0, -1.0, 3.0]) == pytest.approx(math.sqrt(3) * 1.0 / 2.0)
    assert profit_factor([1.0, 2.0]) == math.inf


@pytest.mark.parametrize("measure", [cagr, annual_volatility, sharpe, sortino, calmar])
def test_nothing_is_said_of_no_returns(measure) -> None:
    assert math.isnan(measure([]))
    assert math.isnan(measure([math.nan]))


@pytest.mark.parametrize("measure", [win_rate, average_win, average_loss, payoff, profit_factor, expectancy, sqn])
def test_nothing_is_said_of_no_trades(measure) -> None:
    assert math.isnan(measure([]))


def test_undefined_rather_than_infinite() -> None:
    assert math.isnan(sharpe([0.1, 0.1, 0.1]))
    assert math.isnan(sharpe([0.0, 0.0]))
    assert math.isnan(sortino([0.1, 0.2]))
    assert math.isnan(sqn([0.3, 0.3, 0.3]))
    assert math.isnan(sqn([1.0]))
    assert math.isnan(payoff([1.0, 2.0]))
    assert math.isnan(cagr([-2.0, 0.0]))
    assert math.isnan(cagr([9.0] * 3, periods=1e6))


# ---------------------------------------------------------------------------------------------------------- properties


@given(RETURNS, SCALES)
def test_ratios_do_not_care_for_the_scale_of_returns(returns: list[float], scale: float) -> None:
    assume(np.std(returns) > 1e-6 and min(returns) < -1e-6)
    scaled = [each * scale for each in returns]
    assert same(sharpe(scaled), sharpe(returns))
    assert same(sortino(scaled), sortino(returns))
    assert same(annual_volatility(scaled), scale * annual_volatility(returns))


@given(RETURNS, st.floats(1.0, 1000.0))
def test_annualisation_is_a_factor(returns: list[float], periods: float) -> None:
    assume(np.std(returns) > 1e-6 and min(returns) < -1e-6)
    assert same(sharpe(returns, periods), sharpe(returns, 1.0) * math.sqrt(periods))
    assert same(sortino(returns, periods), sortino(returns, 1.0) * math.sqrt(periods))
    assert same(annual_volatility(returns, periods), annual_volatility(returns, 1.0) * math.sqrt(periods))
    assert same(1 + cagr(returns, periods), (1 + total_return(returns)) ** (periods / len(returns)))


@given(RETURNS, st.randoms(use_true_random=False))
def test_order_matters_to_the_drawdown_alone(returns: list[float], random) -> None:
    assume(np.std(returns) > 1e-6 and min(returns) < -1e-6)
    shuffled = random.sample(returns, len(returns))
    for measure in (total_return, cagr, annual_volatility, sharpe, sortino):
        assert same(measure(shuffled), measure(returns))
    assert 0.0 <= max_drawdown(returns).depth < 1.0
    assert max_drawdown(returns).periods <= len(returns)


@given(RETURNS, st.integers(0, 3))
def test_a_period_without_a_return_is_time_alone(returns: list[float], place: int) -> None:
    holed = [*returns[:place], math.nan, *returns[place:]]
    assert same(total_return(holed), total_return(returns))
    assert same(sharpe(holed), sharpe(returns))
    assert max_drawdown(holed).depth == max_drawdown(returns).depth
    assert same(1 + cagr(holed), (1 + total_return(returns)) ** (365 / (len(returns) + 1)))


@given(GAINS, SCALES)
def test_ratios_do_not_care_for_the_size_of_the_account(gains: list[float], scale: float) -> None:
    scaled = [gain * scale for gain in gains]
    for ratio in (win_rate, payoff, profit_factor, sqn):
        assert same(ratio(scaled), ratio(gains))
    for amount in (expectancy, average_win, average_loss):
        left, right = amount(scaled), scale * amount(gains)
        assert same(left, right) or abs(left - right) < 1e-9 * scale * max(map(abs, gains))


@given(GAINS)
def test_how_the_measures_of_trades_hang_together(gains: list[float]) -> None:
    assume(min(gains) < 0 < max(gains))
    won = win_rate(gains)
    lost = sum(gain < 0 for gain in gains) / len(gains)
    assert expectancy(gains) == pytest.approx(won * average_win(gains) + lost * average_loss(gains), abs=1e-6)
    assert profit_factor(gains) == pytest.approx(payoff(gains) * won / lost)
    assert profit_factor([-gain for gain in gains]) == pytest.approx(1 / profit_factor(gains))


# ---------------------------------------------------------------------------------------------------------- excursions


def candles(*rows: tuple[float, float, float, float]) -> Columns:
    opens, highs, lows, closes = (np.array(column) for column in zip(*rows, strict=True))
    return Columns(np.arange(len(rows), dtype=np.int64), opens, highs, lows, closes, np.ones(len(rows)))


ROWS = candles((100, 110, 95, 105), (105, 120, 101, 118), (118, 130, 80, 90))


def test_excursions_of_a_long() -> None:
    """Of the last candle only the exit counts; of the first one all that came after the entry for certain."""
    assert excursions(ROWS, (0, 2), 100.0, 112.0, 1, at_open=True) == pytest.approx((0.20, 0.05))
    assert excursions(ROWS, (0, 1), 100.0, 112.0, 1, at_open=False) == pytest.approx((0.12, 0.05))
    assert excursions(ROWS, (1, 1), 105.0, 101.0, 1, at_open=True) == pytest.approx((0.0, 4 / 105))


def test_excursions_of_a_short() -> None:
    assert excursions(ROWS, (0, 2), 100.0, 112.0, -1, at_open=True) == pytest.approx((0.05, 0.20))
    assert excursions(ROWS, (0, 1), 100.0, 98.0, -1, at_open=False) == pytest.approx((0.02, 0.10))
