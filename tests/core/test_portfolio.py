"""Portfolio analysis: plain definitions, invariances, and figures that are refused."""

from __future__ import annotations

import math
from decimal import Decimal, localcontext
from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tradewind.core.lots import Deal
from tradewind.core.portfolio import (
    Component,
    Holding,
    PortfolioError,
    RiskAspect,
    RiskScale,
    SuggestionCode,
    TailRisk,
    amount_at_risk,
    cornish_fisher,
    correlations,
    diversification,
    equal_weights,
    exposure,
    historical,
    liquidation,
    portfolio_returns,
    rebalance,
    reductions,
    risk_level,
    suggestions,
)
from tradewind.core.values import EXACT, IllegalValueError, Instrument, Side

EQUITY = Decimal(10_000)


def held(
    underlying: str = "BTC",
    notional: str = "1000",
    side: Side = Side.LONG,
    *,
    entry: str = "100",
    mark: str = "100",
    leverage: str = "1",
    quote: str = "USDT",
) -> Holding:
    quantity = Decimal(notional) / Decimal(mark)
    return Holding(underlying + quote, underlying, side, quantity, Decimal(entry), Decimal(mark), Decimal(leverage))


SHORT = Side.SHORT


# ------------------------------------------------------------------------------------------------------------- exposure


def test_exposure_by_side_and_underlying() -> None:
    found = exposure(
        [held("BTC", "6000"), held("BTC", "2000", SHORT, quote="USDC"), held("ETH", "1000", SHORT)], EQUITY
    )
    assert (found.long, found.short, found.gross, found.net) == (6000, 3000, 9000, 3000)
    assert dict(found.by_underlying) == {"BTC": 4000, "ETH": -1000}
    assert (found.leverage, found.net_leverage) == (Decimal("0.9"), Decimal("0.3"))


def test_no_exposure_and_no_equity() -> None:
    nothing = exposure([], EQUITY)
    assert (nothing.gross, nothing.net, dict(nothing.by_underlying), nothing.leverage) == (0, 0, {}, 0)
    assert exposure([held()], Decimal(0)).leverage is None
    assert exposure([held()], Decimal(-1)).net_leverage is None


@pytest.mark.parametrize("name", ["quantity", "entry_price", "mark_price", "leverage"])
@pytest.mark.parametrize("value", ["0", "-1", "NaN", "Infinity"])
def test_no_impossible_holding(name: str, value: str) -> None:
    good = {"quantity": Decimal(1), "entry_price": Decimal(1), "mark_price": Decimal(1), "leverage": Decimal(1)}
    with pytest.raises(PortfolioError, match=name):
        Holding("X", "X", Side.LONG, **{**good, name: Decimal(value)})


@pytest.mark.parametrize("value", ["1", "-0.1", "NaN"])
def test_no_impossible_margin(value: str) -> None:
    with pytest.raises(PortfolioError, match="maintenance_margin"):
        Holding("X", "X", Side.LONG, *[Decimal(1)] * 4, maintenance_margin=Decimal(value))


@pytest.mark.parametrize("equity", ["NaN", "Infinity"])
def test_no_impossible_equity(equity: str) -> None:
    for analyse in (exposure, risk_level, suggestions):
        with pytest.raises(PortfolioError, match="equity"):
            analyse([held()], Decimal(equity))


holdings = st.lists(
    st.builds(
        Holding,
        st.sampled_from(["AUSDT", "BUSDT"]),
        st.sampled_from(["A", "B", "C", "D"]),
        st.sampled_from(Side),
        st.integers(1, 10**6).map(lambda lots: lots * Decimal("0.001")),
        st.integers(1, 10**6).map(lambda ticks: ticks * Decimal("0.01")),
        st.integers(1, 10**6).map(lambda ticks: ticks * Decimal("0.01")),
        st.integers(1, 50).map(Decimal),
    ),
    max_size=8,
)


@given(holdings, st.randoms(use_true_random=False))
@settings(deadline=None)
def test_order_and_precision_do_not_matter(positions: list[Holding], rng) -> None:
    shuffled = list(positions)
    rng.shuffle(shuffled)
    assert exposure(positions, EQUITY) == exposure(shuffled, EQUITY)
    assert diversification(positions) == diversification(shuffled)
    assert risk_level(positions, EQUITY).level == risk_level(shuffled, EQUITY).level
    with localcontext() as context:
        context.prec = 3
        assert exposure(positions, EQUITY) == exposure(shuffled, EQUITY)
        assert diversification(positions) == diversification(shuffled)
        assert risk_level(positions, EQUITY).components == risk_level(positions, EQUITY).components
        level = risk_level(positions, EQUITY).level
    assert level == risk_level(positions, EQUITY).level


@given(holdings)
def test_net_is_the_sum_over_underlyings_and_never_beyond_gross(positions: list[Holding]) -> None:
    found = exposure(positions, EQUITY)
    assert sum(found.by_underlying.values()) == found.net
    assert abs(found.net) <= sum(abs(net) for net in found.by_underlying.values()) <= found.gross


# ------------------------------------------------------------------------------------------------------ diversification


def test_no_position_is_no_diversification_at_all() -> None:
    assert diversification([]) is None
    assert diversification([held("BTC", "500"), held("BTC", "500", SHORT)]) is None, "all of it nets to nothing"


def test_one_position_is_not_diversified() -> None:
    for positions in ([held()], [held("BTC", "1"), held("BTC", "2", quote="USDC")], [held("BTC", side=SHORT)]):
        found = diversification(positions)
        assert found is not None
        assert (found.herfindahl, found.effective, found.score) == (1, 1, 0)


def test_equal_positions_are_fully_diversified_whatever_their_side() -> None:
    found = diversification([held("A"), held("B", side=SHORT), held("C"), held("D", side=SHORT)])
    assert found is not None
    assert (found.herfindahl, found.effective, found.score) == (Decimal("0.25"), 4, 1)


def test_the_normalised_index_by_hand() -> None:
    found = diversification([held("A", "750"), held("B", "250"), held("C", "10"), held("C", "10", SHORT)])
    assert found is not None
    # H = 9/16 + 1/16 = 5/8; (1 − 5/8) ÷ (1 − 1/2) = 3/4; C is hedged away and does not count.
    assert dict(found.weights) == {"A": Decimal("0.75"), "B": Decimal("0.25")}
    assert (found.herfindahl, found.effective, found.score) == (Decimal("0.625"), Decimal("1.6"), Decimal("0.75"))


@given(holdings, st.integers(2, 1000))
@settings(deadline=None)
def test_diversification_is_bounded_and_free_of_scale(positions: list[Holding], factor: int) -> None:
    found = diversification(positions)
    nets = [Fraction(net) for net in exposure(positions, EQUITY).by_underlying.values() if net]
    if found is None:
        assert not nets
        return
    whole = sum(abs(net) for net in nets)
    exact = sum((net / whole) ** 2 for net in nets)
    assert float(found.herfindahl) == pytest.approx(float(exact), rel=1e-12)
    assert found.effective * (1 + Decimal("1e-20")) >= 1
    assert found.effective <= len(nets) * (1 + Decimal("1e-20"))
    assert 0 <= found.score <= 1
    assert sum(found.weights.values()) == pytest.approx(1)
    larger = [
        Holding(h.symbol, h.underlying, h.side, h.quantity * factor, h.entry_price, h.mark_price) for h in positions
    ]
    scaled = diversification(larger)
    assert scaled is not None
    assert float(scaled.score) == pytest.approx(float(found.score), abs=1e-20)


# --------------------------------------------------------------------------------------------------------- correlations


def test_correlations_by_definition() -> None:
    rng = np.random.default_rng(1)
    one, noise = rng.normal(size=(2, 200))
    other = one + noise
    found = correlations({"A": one, "B": other, "C": -one})
    assert found.of("A", "B") == pytest.approx(np.corrcoef(one, other)[0, 1])
    assert found.of("A", "C") == pytest.approx(-1)
    assert found.of("A", "A") == 1
    assert np.array_equal(found.matrix, found.matrix.T)
    assert (found.overlap == 200).all()


def test_gaps_are_left_out_pair_by_pair() -> None:
    rng = np.random.default_rng(2)
    one, other = rng.normal(size=(2, 100))
    gappy = other.copy()
    gappy[::4] = np.nan
    found = correlations({"A": one, "B": gappy})
    kept = np.isfinite(gappy)
    assert found.of("A", "B") == pytest.approx(np.corrcoef(one[kept], other[kept])[0, 1])
    assert found.overlap.tolist() == [[100, 75], [75, 75]]


def test_what_cannot_be_known_is_undefined() -> None:
    rng = np.random.default_rng(3)
    moving = rng.normal(size=40)
    early, late = moving.copy(), moving.copy()
    early[21:], late[:19] = np.nan, np.nan
    found = correlations({"A": moving, "still": np.full(40, 0.1), "early": early, "late": late})
    assert found.of("A", "still") is None
    assert found.of("still", "still") is None
    assert found.of("early", "late") is None, "two common periods"
    assert found.of("A", "early") is not None
    with pytest.raises(KeyError):
        found.of("A", "nobody")


def test_no_series_and_one() -> None:
    assert correlations({}).matrix.shape == (0, 0)
    assert correlations({"A": []}).of("A", "A") is None


@pytest.mark.parametrize(
    ("returns", "least"),
    [({"A": [1.0, math.inf]}, 2), ({"A": [0.0], "B": [0.0, 1.0]}, 2), ({"A": [[0.0]]}, 2), ({"A": [0.0]}, 1)],
)
def test_correlations_of_nonsense_are_refused(returns, least: int) -> None:
    with pytest.raises(PortfolioError, match="expected"):
        correlations(returns, least)


@given(st.integers(0, 2**32), st.floats(0.001, 1000), st.floats(-1, 1))
@settings(max_examples=50, deadline=None)
def test_correlations_are_free_of_scale_and_shift(seed: int, scale: float, shift: float) -> None:
    one, other = np.random.default_rng(seed).normal(size=(2, 50))
    base = correlations({"A": one, "B": other}).of("A", "B")
    moved = correlations({"B": other, "A": one * scale + shift}).of("A", "B")
    assert base is not None
    assert -1 <= base <= 1
    assert moved == pytest.approx(base, abs=1e-7)


# ---------------------------------------------------------------------------------------------------------- tail risk


def test_historical_tail_by_hand() -> None:
    returns = np.arange(-10, 90) / 1000  # −1.0 % … 8.9 %, a hundred of them
    found = historical(returns, 0.95)
    assert found is not None
    assert found.observations == 100
    assert found.var == pytest.approx(0.006)  # the fifth worst
    assert found.cvar == pytest.approx((0.010 + 0.009 + 0.008 + 0.007 + 0.006) / 5)


def test_the_last_observation_of_the_tail_counts_with_its_fraction() -> None:
    found = historical(np.arange(-10, 20) / 1000, 0.95)  # 30 × 5 % = 1.5 observations
    assert found is not None
    assert found.var == pytest.approx(0.009)
    assert found.cvar == pytest.approx((0.010 + 0.5 * 0.009) / 1.5)


def test_too_few_observations_have_no_tail() -> None:
    assert historical([], 0.95) is None
    assert historical(np.full(19, -0.01), 0.95) is None
    constant = historical(np.full(20, -0.01), 0.95)
    assert constant is not None
    assert (constant.var, constant.cvar) == (0.01, 0.01)


@pytest.mark.parametrize("level", [0.49, 1.0, math.nan])
def test_no_impossible_level(level: float) -> None:
    for measure in (historical, cornish_fisher):
        with pytest.raises(PortfolioError, match="level"):
            measure([0.0] * 30, level)


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_tails_of_nonsense_are_refused(value: float) -> None:
    for measure in (historical, cornish_fisher):
        with pytest.raises(PortfolioError, match="row 1"):
            measure([0.0, value])


@given(st.lists(st.floats(-1, 1), min_size=25, max_size=200), st.sampled_from([0.9, 0.95]), st.floats(0, 0.5))
def test_historical_tail_is_coherent(returns: list[float], level: float, shift: float) -> None:
    base = historical(returns, level)
    assert base is not None
    assert base.cvar >= base.var
    assert -base.cvar >= min(returns) - 1e-12
    moved = historical(np.array(returns) + shift, level)  # a sure gain lowers the risk by itself
    assert moved is not None
    assert moved.cvar == pytest.approx(base.cvar - shift, abs=1e-9)
    doubled = historical(np.array(returns) * 2, level)
    assert doubled is not None
    assert doubled.cvar == pytest.approx(2 * base.cvar, abs=1e-9)


def test_cornish_fisher_of_a_normal_sample_is_the_normal_tail() -> None:
    found = cornish_fisher(np.random.default_rng(5).normal(0.001, 0.02, 200_000), 0.95)
    assert found is not None
    assert found.tail is not None
    assert found.tail.var == pytest.approx(0.02 * 1.6449 - 0.001, rel=0.02)
    assert found.tail.cvar == pytest.approx(0.02 * 2.0627 - 0.001, rel=0.02)
    assert abs(found.skewness) < 0.05
    assert abs(found.excess_kurtosis) < 0.1


def test_cornish_fisher_sees_a_skewed_tail_better_than_the_normal_formula() -> None:
    returns = -np.random.default_rng(6).gamma(9.0, 0.01, 200_000)  # skewness −2/3, excess kurtosis 2/3
    found, exact = cornish_fisher(returns, 0.95), historical(returns, 0.95)
    assert found is not None
    assert exact is not None
    assert found.tail is not None
    assert found.tail.var == pytest.approx(exact.var, rel=0.01)
    assert found.tail.cvar == pytest.approx(exact.cvar, rel=0.01)
    normal = -returns.mean() + returns.std() * 1.6449
    assert abs(found.tail.var - exact.var) < 0.3 * abs(normal - exact.var)


def test_cornish_fisher_sees_fat_tails() -> None:
    returns = np.random.default_rng(12).logistic(0.0, 0.01, 200_000)  # excess kurtosis 1.2
    found = cornish_fisher(returns, 0.99)
    assert found is not None
    assert found.tail is not None
    exact = 0.01 * math.log(99)
    assert found.tail.var == pytest.approx(exact, rel=0.05)
    assert abs(found.tail.var - exact) < abs(returns.std() * 2.3263 - exact)


def test_the_expected_shortfall_is_the_mean_of_the_quantiles() -> None:
    returns = -np.random.default_rng(7).gamma(9.0, 0.01, 5000)
    levels = 1 - (np.arange(4000) + 0.5) / 4000 * 0.05
    tails = [found.tail for level in levels if (found := cornish_fisher(returns, float(level))) is not None]
    quantiles = [tail.var for tail in tails if tail is not None]
    assert len(quantiles) == 4000
    found = cornish_fisher(returns, 0.95)
    assert found is not None
    assert found.tail is not None
    assert found.tail.cvar == pytest.approx(np.mean(quantiles), rel=1e-3)


def test_beyond_its_range_the_expansion_is_not_used() -> None:
    spiky = np.random.default_rng(8).standard_t(3, 5000)
    spiky[0] = -200.0
    found = cornish_fisher(spiky)
    assert found is not None
    assert found.excess_kurtosis > 8
    assert found.tail is None
    flat = cornish_fisher(np.linspace(-1, 1, 1000))
    assert flat is not None
    assert flat.tail is None, "an excess kurtosis of −1.2 turns the far tail round"
    assert cornish_fisher([0.01] * 50) is None
    assert cornish_fisher([0.01, 0.02, 0.03]) is None


def test_what_todays_portfolio_would_have_returned() -> None:
    positions = [held("A", "5000"), held("B", "2500", SHORT), held("C"), held("C", side=SHORT)]
    returns = {"A": [0.01, np.nan, 0.02], "B": [0.04, 0.0, -0.02]}
    assert portfolio_returns(positions, EQUITY, returns).tolist() == pytest.approx([-0.005, 0.015])
    assert portfolio_returns([], EQUITY, {}).size == 0


@pytest.mark.parametrize(
    ("returns", "equity"),
    [
        ({"A": [0.0]}, "1"),
        ({"A": [0.0], "B": [0.0, 0.0]}, "1"),
        ({"A": [0.0], "B": [math.inf]}, "1"),
        ({"A": [0.0], "B": [0.0]}, "0"),
        ({"A": [0.0], "B": [0.0]}, "NaN"),
    ],
)
def test_portfolio_returns_of_nonsense_are_refused(returns, equity: str) -> None:
    with pytest.raises(PortfolioError, match="expected"):
        portfolio_returns([held("A"), held("B")], Decimal(equity), returns)


def test_money_at_risk_is_rounded_up() -> None:
    assert amount_at_risk(EQUITY, 0.03) == 300
    assert amount_at_risk(Decimal(1), 1 / 3) == Decimal("0.33333334")
    assert amount_at_risk(EQUITY, -0.5) == 0
    with pytest.raises(IllegalValueError):
        amount_at_risk(EQUITY, math.inf)


# ----------------------------------------------------------------------------------------------------------- risk level


def test_where_a_position_is_liquidated() -> None:
    long = liquidation(held(mark="90", leverage="10"))
    short = liquidation(held(side=SHORT, mark="100", leverage="10"))
    assert long is not None
    assert short is not None
    assert long.price == Decimal("90.500")
    assert long.distance < 0, "the mark has passed it"
    assert (short.price, short.distance) == (Decimal("109.500"), Decimal("0.095"))
    assert liquidation(held()) is None
    unlevered = liquidation(held(side=SHORT))
    assert unlevered is not None
    assert unlevered.price == Decimal("199.500"), "a short is liquidated before it has lost twice its price"


def test_nothing_held_is_no_risk() -> None:
    found = risk_level([], EQUITY)
    assert (found.level, found.warning, found.components) == (0, False, ())
    assert suggestions([], EQUITY) == ()


def test_the_level_is_that_of_the_worst_aspect() -> None:
    positions = [held("BTC", "12000", leverage="10"), held("ETH", "8000")]
    found = risk_level(positions, EQUITY, TailRisk(0.95, 100, 0.03, 0.04))
    assert {each.aspect: each.level for each in found.components} == {
        RiskAspect.LEVERAGE: Decimal("0.4"),
        RiskAspect.CONCENTRATION: Decimal("0.6"),
        RiskAspect.TAIL: Decimal("0.4"),
        RiskAspect.LIQUIDATION: pytest.approx(Decimal("0.5263157894736842")),
    }
    assert (found.level, found.warning) == (Decimal("0.6"), False)
    assert found.components[0].arithmetic == "12000 ÷ 20000 = 0.6"
    assert found.components[0].subject == "BTC"


def test_the_warning_is_strictly_above() -> None:
    assert not risk_level([held("BTC", "16000")], EQUITY).warning
    assert risk_level([held("BTC", "16001")], EQUITY).warning
    found = risk_level([held("BTC", "60000")], EQUITY).components[0]
    assert found.level == 1
    assert found.arithmetic == "60000 ÷ 50000 = 1.2 → 1"


@pytest.mark.parametrize("equity", ["0", "-5"])
def test_without_equity_everything_held_is_too_much(equity: str) -> None:
    found = risk_level([held()], Decimal(equity))
    assert (found.level, found.warning) == (1, True)
    assert found.components[0].arithmetic.endswith("→ 1")
    codes = {each.code for each in suggestions([held()], Decimal(equity))}
    assert codes == {SuggestionCode.REDUCE_LEVERAGE, SuggestionCode.REDUCE_CONCENTRATION}


def test_small_numbers_are_shown_with_four_digits() -> None:
    assert Component(RiskAspect.TAIL, Decimal("0.012345"), Decimal("0.1"), Decimal("0.12345")).arithmetic == (
        "0.01234 ÷ 0.1 = 0.1234"
    )
    assert Component(RiskAspect.TAIL, Decimal(0), Decimal("0.1"), Decimal(0)).arithmetic == "0 ÷ 0.1 = 0"


@given(holdings, st.integers(1, 10**6), st.integers(1, 10**6))
@settings(deadline=None)
def test_more_equity_never_makes_it_riskier(positions: list[Holding], equity: int, more: int) -> None:
    poorer, richer = risk_level(positions, Decimal(equity)), risk_level(positions, Decimal(equity + more))
    assert 0 <= richer.level <= poorer.level <= 1
    assert poorer.level == max((each.level for each in poorer.components), default=0)


@pytest.mark.parametrize("value", ["0", "-1", "NaN"])
def test_no_impossible_scale(value: str) -> None:
    with pytest.raises(PortfolioError, match="tail"):
        RiskScale(tail=Decimal(value))


# ---------------------------------------------------------------------------------------------------------- suggestions


def test_each_suggestion_shows_its_sum() -> None:
    rng = np.random.default_rng(9)
    base = rng.normal(size=300)
    known = correlations(
        {"BTC": base, "ETH": base + 0.2 * rng.normal(size=300), "SOL": -base, "XRP": rng.normal(size=300)}
    )
    positions = [
        held("BTC", "30000", leverage="20"),
        held("ETH", "12000"),
        held("ETH", "2000", SHORT, quote="USDC"),
        held("SOL", "10000", SHORT),
        held("XRP", "1000"),
    ]
    made = suggestions(positions, EQUITY, tail=TailRisk(0.95, 300, 0.1, 0.15), correlated=known)
    shown = [(each.code, each.subjects) for each in made]
    code = SuggestionCode
    assert shown == [
        (code.REDUCE_LEVERAGE, ()),
        (code.REDUCE_CONCENTRATION, ("BTC",)),
        (code.LIQUIDATION_NEAR, ("BTCUSDT",)),
        (code.CLOSE_OFFSETTING, ("ETH",)),
        (code.CORRELATED, ("BTC", "ETH")),
        (code.CORRELATED, ("BTC", "SOL")),
        (code.CORRELATED, ("ETH", "SOL")),
        (code.TAIL_RISK, ()),
    ]
    sums = {each.code: each.arithmetic for each in made}
    assert sums[code.REDUCE_LEVERAGE] == "55000 − 5 × 10000 = 5000"
    assert sums[code.REDUCE_CONCENTRATION] == "30000 − 2 × 10000 = 10000"
    assert sums[code.LIQUIDATION_NEAR] == "(100 − 95.5) ÷ 100 = 0.045 < 0.0625"
    assert sums[code.CLOSE_OFFSETTING] == "14000 − 10000 = 4000"
    assert sums[code.TAIL_RISK] == "0.15 − 0.1 = 0.05; 0.15 × 10000 = 1500"
    facts = {(each.code, each.subjects): each.facts for each in made}
    assert facts[code.CORRELATED, ("BTC", "SOL")]["together"] == 40_000
    assert facts[code.REDUCE_LEVERAGE, ()]["excess"] == 5000
    assert all(isinstance(value, Decimal) for each in made for value in each.facts.values())


def test_a_hedge_is_no_second_bet() -> None:
    base = np.random.default_rng(10).normal(size=100)
    known = correlations({"A": base, "B": base, "C": -base})
    assert suggestions([held("A"), held("B", side=SHORT)], EQUITY, correlated=known) == ()
    assert suggestions([held("A"), held("C")], EQUITY, correlated=known) == ()
    assert suggestions([held("A"), held("D")], EQUITY, correlated=known) == (), "unknown is not correlated"
    still = correlations({"A": base, "B": np.zeros(100)})
    assert suggestions([held("A"), held("B")], EQUITY, correlated=still) == ()


def test_a_short_near_its_liquidation() -> None:
    (made,) = suggestions([held(side=SHORT, mark="104", notional="1040", leverage="10")], EQUITY)
    assert made.code is SuggestionCode.LIQUIDATION_NEAR
    assert made.arithmetic == "(109.5 − 104) ÷ 104 = 0.05288 < 0.0625"


@given(holdings)
@settings(deadline=None)
def test_following_the_leverage_suggestion_removes_it(positions: list[Holding]) -> None:
    for each in suggestions(positions, EQUITY):
        if each.code is SuggestionCode.REDUCE_LEVERAGE:
            assert each.facts["gross"] - each.facts["excess"] == each.facts["limit"] * EQUITY


# ----------------------------------------------------------------------------------------------------------- reductions

LOT = Decimal("0.001")
#: Nothing but the leverage counts.
BY_LEVERAGE = RiskScale(concentration=Decimal(1000))


def lots(symbol: str, count: int, mark: str, side: Side = Side.LONG, leverage: str = "1") -> Holding:
    """A position of so many lots."""
    return Holding(symbol + "USDT", symbol, side, LOT * count, Decimal(mark), Decimal(mark), Decimal(leverage), lot=LOT)


def test_a_reduction_by_hand() -> None:
    """0.7 BTC at 60,000 are 42,000 on 10,000, 4.2 of the 5 allowed: 0.84. For 0.8 it must be 40,000: 0.034 less."""
    (made,) = reductions([lots("BTC", 700, "60000")], EQUITY, scale=BY_LEVERAGE)
    assert (made.code, made.subjects) == (SuggestionCode.REDUCE_POSITION, ("BTCUSDT",))
    assert made.facts["quantity"] == Decimal("0.034")
    assert made.facts["notional"] == 2040
    assert made.facts["left"] == Decimal("0.666")
    assert (made.facts["before"], made.facts["after"]) == (Decimal("0.84"), Decimal("0.7992"))
    assert made.arithmetic == "0.034 × 60000 = 2040; 0.84 → 0.7992"


def test_the_cheaper_of_two_ways_is_taken() -> None:
    """What is too much is the concentration in BTC; less ETH would not help."""
    scale = RiskScale(leverage=Decimal(1000))
    made = reductions([lots("BTC", 300, "60000"), lots("ETH", 1000, "3000")], EQUITY, scale=scale)
    assert [each.subjects for each in made] == [("BTCUSDT",)]
    assert made[0].facts["quantity"] == Decimal("0.034")  # 18,000 → 16,000 = 0.8 × 2 × 10,000


def test_far_beyond_the_scale_several_are_closed_one_by_one() -> None:
    held = [lots("BTC", 2000, "60000"), lots("ETH", 20_000, "3000")]
    made = reductions(held, EQUITY, scale=BY_LEVERAGE)
    assert [each.subjects for each in made] == [("BTCUSDT",), ("ETHUSDT",)]
    assert made[0].facts["left"] == 0
    assert made[-1].facts["after"] <= Decimal("0.8")


holdings_of_lots = st.lists(
    st.builds(
        lots,
        st.sampled_from(["BTC", "ETH", "SOL"]),
        st.integers(1, 2000),
        st.sampled_from(["100", "3000", "60000"]),
        st.sampled_from(Side),
        st.sampled_from(["1", "3", "10"]),
    ),
    max_size=4,
)


@given(holdings_of_lots, st.booleans())
@settings(deadline=None)
def test_reductions_end_below_the_warning_or_where_nothing_helps(held: list[Holding], with_returns: bool) -> None:
    rng = np.random.default_rng(7)
    returns = {name: rng.normal(0, 0.02, 100) for name in ("BTC", "ETH", "SOL")} if with_returns else None
    made = reductions(held, EQUITY, returns=returns)

    def level(of: list[Holding]) -> Decimal:
        tail = None if returns is None else historical(portfolio_returns(of, EQUITY, returns))
        return risk_level(of, EQUITY, tail).level

    if level(held) <= Decimal("0.8"):
        assert made == ()
    closed: dict[str, Decimal] = {}
    for step in made:
        assert step.facts["quantity"] > 0
        assert step.facts["quantity"] % LOT == 0
        closed[step.subjects[0]] = closed.get(step.subjects[0], Decimal(0)) + step.facts["quantity"]
    for symbol, quantity in closed.items():
        assert quantity <= sum(each.quantity for each in held if each.symbol == symbol)
    for before, after in pairwise(made):
        assert before.facts["after"] == after.facts["before"] > Decimal("0.8")
    if made:
        assert made[0].facts["before"] == level(held)


# --------------------------------------------------------------------------------------------------------- rebalancing


def market(symbol: str) -> Instrument:
    return Instrument("paper", symbol, symbol[:3], "USDT", Decimal("0.01"), LOT, LOT, Decimal(5))


def rebalanced(held: list[Holding], targets: dict[str, str], prices: dict[str, str]):
    wanted = {symbol: Decimal(weight) for symbol, weight in targets.items()}
    known = {symbol: Decimal(price) for symbol, price in prices.items()}
    return rebalance(held, EQUITY, wanted, {symbol: market(symbol) for symbol in targets}, known)


def test_a_rebalancing_by_hand() -> None:
    """0.1 BTC of 6,000 to a weight of 0.3 (3,000): half is sold. From nothing to −0.2 ETH at 3,000: 0.666 are sold."""
    btc, eth = rebalanced(
        [lots("BTC", 100, "60000")],
        {"BTCUSDT": "0.3", "ETHUSDT": "-0.2"},
        {"BTCUSDT": "60000", "ETHUSDT": "3000"},
    )
    (sold,) = btc.orders
    assert (sold.deal, sold.quantity, sold.notional, sold.reduce_only) == (Deal.SELL, Decimal("0.05"), 3000, True)
    assert (btc.before, btc.target, btc.reached) == (Decimal("0.6"), Decimal("0.3"), Decimal("0.3"))
    (short,) = eth.orders
    assert (short.deal, short.quantity, short.reduce_only) == (Deal.SELL, Decimal("0.666"), False)
    assert eth.reached == Decimal("-0.1998")


def test_a_change_of_side_closes_first() -> None:
    (btc,) = rebalanced([lots("BTC", 100, "60000", SHORT)], {"BTCUSDT": "0.6"}, {"BTCUSDT": "60000"})
    assert [(each.deal, each.quantity, each.reduce_only) for each in btc.orders] == [
        (Deal.BUY, Decimal("0.1"), True),
        (Deal.BUY, Decimal("0.1"), False),
    ]


def test_below_the_minimum_nothing_is_ordered_but_all_may_be_closed() -> None:
    (kept,) = rebalanced([], {"BTCUSDT": "0.0004"}, {"BTCUSDT": "100"})
    assert kept.orders == ()
    (gone,) = rebalanced([lots("BTC", 1, "100")], {"BTCUSDT": "0"}, {"BTCUSDT": "100"})
    assert [(each.quantity, each.reduce_only) for each in gone.orders] == [(LOT, True)]


@given(holdings_of_lots, st.integers(-300, 300).map(lambda part: Decimal(part) / 100))
def test_orders_lead_to_the_target_within_a_lot_or_the_minimum(held: list[Holding], weight: Decimal) -> None:
    one = [each for each in held if each.symbol == "BTCUSDT"][:1]
    price = one[0].mark_price if one else Decimal(100)
    (done,) = rebalance(one, EQUITY, {"BTCUSDT": weight}, {"BTCUSDT": market("BTCUSDT")}, {"BTCUSDT": price})
    allowed = max(LOT * price, Decimal(5)) / EQUITY
    assert abs(done.reached - weight) <= allowed + Decimal("1e-20")
    assert sum(order.reduce_only for order in done.orders) <= 1
    for order in done.orders:
        assert order.notional == EXACT.multiply(order.quantity, price)


def test_equal_weights_keep_gross_and_sides() -> None:
    weights = equal_weights([lots("BTC", 100, "60000"), lots("ETH", 1000, "3000", SHORT)], EQUITY)
    assert weights == {"BTCUSDT": Decimal("0.45"), "ETHUSDT": Decimal("-0.45")}
    assert equal_weights([], EQUITY) == {}


@pytest.mark.parametrize("equity", ["0", "-1", "NaN"])
def test_without_equity_there_are_no_weights(equity: str) -> None:
    with pytest.raises(PortfolioError, match="expected a positive equity"):
        equal_weights([lots("BTC", 1, "100")], Decimal(equity))
    with pytest.raises(PortfolioError, match="expected a positive equity"):
        rebalance([], Decimal(equity), {}, {}, {})


def test_a_symbol_twice_cannot_be_rebalanced() -> None:
    with pytest.raises(PortfolioError, match="at most one holding of a symbol"):
        rebalanced([lots("BTC", 1, "100")] * 2, {}, {})
