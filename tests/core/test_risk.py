"""Pre-trade risk: every reason to refuse, and how large a position may be."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.simulation.trade_driver import CANDLE, START, signal_of
from tradewind.core.costs import Costs
from tradewind.core.risk import AccountView, Denial, DenyReason, RiskLimits, Sized, assess, stopped_out
from tradewind.core.signals import Signal, SignalAddition, SignalScaleIn
from tradewind.core.values import IllegalValueError, Instrument, Price, Side

INSTRUMENT = Instrument(
    "paper", "BTCUSDT", "BTC", "USDT", Decimal("0.5"), Decimal("0.001"), Decimal("0.002"), Decimal(5)
)
FREE = Costs(maker=0, taker=0, half_spread=0, slippage=0, impact=0)
LIMITS = RiskLimits(Decimal("0.01"), Decimal(5))
SIDES = pytest.mark.parametrize("side", list(Side))


def signal(side: Side = Side.LONG, *, entry: int = 2000, risk: int = 20, instrument: Instrument = INSTRUMENT) -> Signal:
    """Levels in ticks of 0.5: an entry limit of 1000 and one R of 10 unless told otherwise."""
    target = max(1, entry + side.sign * 2 * risk)
    return signal_of(instrument, side, (entry, entry), entry - side.sign * risk, [(target, "1")])


def account(equity: str = "10000", exposure: str = "0", **changes: object) -> AccountView:
    return replace(AccountView(Decimal(equity), Decimal(exposure), {}, LIMITS), **changes)


def price(value: str) -> Price:
    return INSTRUMENT.price(Decimal(value))


def asked(
    made: Signal,
    view: AccountView,
    at_price: str = "1000",
    at: int = START,
    *,
    live: bool = False,
    by_hand: bool = False,
    costs: Costs = FREE,
) -> Sized | Denial:
    return assess(made, view, price(at_price), at, costs=costs, feed_live=live, by_hand=by_hand)


# --------------------------------------------------------------------------------------------------------- deny reasons


@SIDES
@pytest.mark.parametrize(
    "reason", [each for each in DenyReason if each not in (DenyReason.SIGNAL_CLOSED, DenyReason.ACCOUNT_READ_ONLY)]
)
def test_every_reason_can_be_reached(side: Side, reason: DenyReason) -> None:
    made, view, at_price, at = signal(side), account(), "1000", START
    match reason:
        case DenyReason.FEED_NOT_LIVE:
            view = account(real=True)
        case DenyReason.SIGNAL_EXPIRED:
            at = made.expires_at
        case DenyReason.STALE_SIGNAL:
            at = made.fresh_until + 1
        case DenyReason.POSITION_ALREADY_OPEN:
            view = account(sides={made.symbol: side})
        case DenyReason.OPPOSITE_SIDE_OPEN:
            view = account(sides={made.symbol: side.opposite})
        case DenyReason.PRICE_BEYOND_STOP:
            at_price = str(made.stop)
        case DenyReason.STOP_BEYOND_LIQUIDATION:
            made = signal(side, risk=400)
        case DenyReason.NO_EQUITY:
            view = account("0")
        case DenyReason.EXPOSURE_LIMIT:
            view = account(exposure="50000")
        case DenyReason.BELOW_MINIMUM:
            view = account("1")
    answer = asked(made, view, at_price, at)
    assert isinstance(answer, Denial)
    assert answer.reason is reason
    assert answer.detail, "the numbers behind it"
    assert all(isinstance(value, str) for value in answer.detail.values())


def test_real_money_trades_on_its_venues_own_live_feed_alone() -> None:
    assert isinstance(asked(signal(), account(real=True), live=True), Sized)
    assert isinstance(asked(signal(), account(real=False), live=False), Sized)


def test_moments_at_the_edge() -> None:
    made = signal()
    assert isinstance(asked(made, account(), at=made.fresh_until), Sized), "fresh up to and including"
    assert asked(made, account(), at=made.fresh_until + 1) == Denial(DenyReason.STALE_SIGNAL, {"stale_for_ms": "1"})
    assert isinstance(asked(made, account(), at=made.expires_at - 1, by_hand=True), Sized), "a person may be late"
    answer = asked(made, account(), at=made.expires_at, by_hand=True)
    assert isinstance(answer, Denial)
    assert answer.reason is DenyReason.SIGNAL_EXPIRED, "but not too late"


@SIDES
def test_prices_at_the_edge(side: Side) -> None:
    made = signal(side)
    assert isinstance(asked(made, account(), str(made.stop.shifted(side.sign))), Sized)
    answer = asked(made, account(), str(made.stop.shifted(-side.sign)))
    assert isinstance(answer, Denial)
    assert answer.reason is DenyReason.PRICE_BEYOND_STOP


@pytest.mark.parametrize("equity", ["0", "-0.00000001", "-12345"])
def test_nothing_is_opened_on_debts(equity: str) -> None:
    answer = asked(signal(), account(equity))
    assert isinstance(answer, Denial)
    assert answer.reason is DenyReason.NO_EQUITY


@SIDES
def test_the_stop_must_come_before_liquidation(side: Side) -> None:
    """At 5 × and a maintenance margin of 0.5 % a position is liquidated 19.5 % away: at 195 from 1000."""
    assert isinstance(asked(signal(side, risk=389), account()), Sized)
    answer = asked(signal(side, risk=390), account())
    assert isinstance(answer, Denial)
    assert answer.reason is DenyReason.STOP_BEYOND_LIQUIDATION
    unlevered = account(limits=RiskLimits(Decimal("0.01"), Decimal(1)))
    assert isinstance(asked(signal(side, risk=1000), unlevered), Sized)


@pytest.mark.parametrize("leverage", ["0.5", "1"])
def test_without_leverage_a_short_ends_where_the_price_has_doubled_and_a_long_at_nothing(leverage: str) -> None:
    unlevered = account(limits=RiskLimits(Decimal("0.01"), Decimal(leverage)))
    assert isinstance(asked(signal(Side.LONG, risk=1999), unlevered), Sized)
    assert isinstance(asked(signal(Side.SHORT, risk=1989), unlevered), Sized)
    answer = asked(signal(Side.SHORT, risk=1990), unlevered)
    assert isinstance(answer, Denial)
    assert answer.reason is DenyReason.STOP_BEYOND_LIQUIDATION
    assert answer.detail == {"stop": "1995.0", "liquidation": "1995.0", "leverage": "1"}


@pytest.mark.parametrize("risk", ["0", "-0.01", "0.1001", "NaN"])
def test_no_impossible_risk(risk: str) -> None:
    with pytest.raises((IllegalValueError, ArithmeticError)):
        RiskLimits(risk_per_trade=Decimal(risk))


@pytest.mark.parametrize("leverage", ["0", "-1", "125.1", "NaN"])
def test_no_impossible_leverage(leverage: str) -> None:
    with pytest.raises((IllegalValueError, ArithmeticError)):
        RiskLimits(max_leverage=Decimal(leverage))


@pytest.mark.parametrize(("risk", "leverage"), [("0", "5"), ("0.2", "5"), ("NaN", "5"), ("0.01", "0"), ("0.01", "NaN")])
def test_limits_on_record_that_are_none_are_read_as_none(risk: str, leverage: str) -> None:
    assert RiskLimits.read(Decimal(risk), Decimal(leverage)) is None
    assert RiskLimits.read(Decimal("0.01"), Decimal(5)) == LIMITS


# ------------------------------------------------------------------------------------------------------------- the size


@pytest.mark.parametrize(
    ("equity", "exposure", "risk", "expected", "capped"),
    [
        ("10000", "0", 20, "10", False),  # 1 % of 10,000 over 10 a unit
        ("10000", "49000", 20, "1", True),  # 1,000 of notional left
        ("10000", "0", 1, "50", True),  # 200 by risk, but 5 × equity is 50,000
        ("9999.99", "0", 20, "9.999", False),  # down to the lot
        ("-0", "0", 20, None, False),
    ],
)
@SIDES
def test_examples(side: Side, equity: str, exposure: str, risk: int, expected: str | None, capped: bool) -> None:
    answer = asked(signal(side, risk=risk), account(equity, exposure))
    if expected is None:
        assert isinstance(answer, Denial)
        return
    assert isinstance(answer, Sized)
    assert (str(answer.quantity), answer.capped) == (expected, capped)


@pytest.mark.parametrize(
    ("side", "expected"),
    [
        # Out at 990 × (1 − 0.001) and a tick = 988.51; fees 1 ‰ of 1000 + 988.51: 11.49 + 1.98851 a unit
        (Side.LONG, "7.419"),
        # Out at 1010 × (1 + 0.001) and a tick = 1011.51; fees 1 ‰ of 1000 + 1011.51: 11.51 + 2.01151 a unit
        (Side.SHORT, "7.395"),
    ],
)
def test_the_risk_of_a_trade_is_what_it_loses_with_fees_and_slippage(side: Side, expected: str) -> None:
    costs = Costs(maker=0, taker=0.001, half_spread=0.0004, slippage=0.0005, impact=0.001, participation=0.1)
    answer = asked(signal(side), account(), costs=costs)
    assert isinstance(answer, Sized)
    assert str(answer.quantity) == expected
    assert Decimal("99.98") < answer.risk <= 100


@st.composite
def cases(draw: st.DrawFn) -> tuple[Signal, AccountView]:
    instrument = replace(
        INSTRUMENT,
        lot=draw(st.sampled_from([Decimal("0.001"), Decimal("0.5"), Decimal(1)])),
        min_quantity=draw(st.sampled_from([Decimal(1), Decimal(10)])),
        min_notional=Decimal(draw(st.sampled_from([0, 5, 5, 100]))),
        max_leverage=draw(st.integers(1, 20)),
    )
    side = draw(st.sampled_from(list(Side)))
    entry = draw(st.integers(200, 100_000))
    widest = entry // draw(st.sampled_from([100, 25, 4]))
    made = signal(side, entry=entry, risk=draw(st.integers(1, widest)), instrument=instrument)
    made = replace(made, leverage_cap=draw(st.integers(1, 20)))
    limits = RiskLimits(draw(st.integers(1, 1000)) / Decimal(10_000), draw(st.integers(1, 1250)) / Decimal(10))
    equity = draw(st.integers(1, 10**6)) * Decimal(10) ** draw(st.integers(-6, 4))
    exposure = equity * draw(st.sampled_from([0, 0, 0, 0, 1, 3, 100])) + draw(
        st.sampled_from([0, 0, Decimal("0.000001")])
    )
    return made, AccountView(equity, exposure, {}, limits)


def sized(case: tuple[Signal, AccountView]) -> Sized | Denial:
    made, view = case
    return assess(made, view, made.entry_limit, START, costs=FREE, feed_live=False)


@given(cases())
@settings(max_examples=500)
def test_no_position_is_larger_than_any_limit_and_none_smaller_than_it_could_be(
    case: tuple[Signal, AccountView],
) -> None:
    made, view = case
    answer = sized(case)
    instrument, limits = made.instrument, view.limits
    entry, stop = Fraction(made.entry_limit.value), Fraction(made.stop.value)
    equity = Fraction(view.equity)
    leverage = min(Fraction(limits.max_leverage), made.leverage_cap, instrument.max_leverage)
    # What each limit allows, in base currency.
    by_risk = equity * Fraction(limits.risk_per_trade) / abs(entry - stop)
    by_notional = equity * leverage / entry
    by_exposure = (equity * Fraction(limits.max_leverage) - Fraction(view.exposure)) / entry
    most = min(by_risk, by_notional, by_exposure)
    lot = Fraction(instrument.lot)
    whole = most // lot * lot
    if isinstance(answer, Sized):
        assert Fraction(answer.quantity.value) == whole
        assert Fraction(answer.risk) == whole * abs(entry - stop)
        assert Fraction(answer.risk) <= equity * Fraction(limits.risk_per_trade)
        assert answer.capped == (min(by_notional, by_exposure) < by_risk)
        assert instrument.tradable(made.entry_limit, answer.quantity)
    elif answer.reason in (DenyReason.BELOW_MINIMUM, DenyReason.EXPOSURE_LIMIT):
        too_small = whole < Fraction(instrument.min_quantity) or whole * entry < Fraction(instrument.min_notional)
        assert whole <= 0 or too_small, "never up to the minimum, and never denied without need"
        capped = min(by_notional, by_exposure) < by_risk
        assert answer.reason is (DenyReason.EXPOSURE_LIMIT if capped else DenyReason.BELOW_MINIMUM)
    else:
        assert answer.reason is DenyReason.STOP_BEYOND_LIQUIDATION
        sign = made.side.sign
        liquidation = entry * (1 - sign * (1 / Fraction(leverage) - Fraction(instrument.maintenance_margin)))
        assert leverage > 1
        assert (stop - liquidation) * sign <= 0


@given(cases(), st.integers(0, 10**12), st.integers(0, 500), st.integers(0, 10**12))
@settings(max_examples=300)
def test_more_money_or_appetite_never_makes_a_smaller_position_and_more_exposure_never_a_larger(
    case: tuple[Signal, AccountView], more: int, keener: int, busier: int
) -> None:
    made, view = case

    def size(changed: AccountView) -> Decimal:
        answer = sized((made, changed))
        return answer.quantity.value if isinstance(answer, Sized) else Decimal(0)

    base = size(view)
    assert size(replace(view, equity=view.equity + more / Decimal(10**6))) >= base
    risk = min(view.limits.risk_per_trade + keener / Decimal(10_000), Decimal("0.1"))
    assert size(replace(view, limits=replace(view.limits, risk_per_trade=risk))) >= base
    assert size(replace(view, exposure=view.exposure + busier / Decimal(10**6))) <= base


@given(cases())
def test_the_market_price_decides_whether_but_not_how_much(case: tuple[Signal, AccountView]) -> None:
    made, view = case
    answer = sized(case)
    beside = made.entry_limit.shifted(made.side.sign * 3)
    assert assess(made, view, beside, START, costs=FREE, feed_live=False) == answer


def test_a_signal_lives_for_its_candles() -> None:
    made = signal()
    assert made.fresh_until == START + 2 * CANDLE
    assert made.expires_at == START + 10 * CANDLE


@pytest.mark.parametrize("side", list(Side))
def test_a_ladder_is_sized_as_filled_to_the_last_and_stopped_out(side: Side) -> None:
    whole = signal(side, risk=20)
    parts = tuple(
        SignalAddition(whole.entry_limit.shifted(-side.sign * away), Decimal(share))
        for away, share in ((5, "0.25"), (15, "0.5"))
    )
    ladder = replace(whole, scale_in=SignalScaleIn(Decimal("0.25"), parts))
    costs = Costs()
    each = (replace(whole, zone_low=part.price, zone_high=part.price) for part in parts)
    # Three parts leave in one candle, each of which was entered with a tenth of another's volume.
    leaving = replace(costs, participation=3 * costs.participation)
    expected = Decimal("0.25") * stopped_out(whole, leaving) + sum(
        (part.share * stopped_out(one, leaving) for part, one in zip(parts, each, strict=True)), Decimal(0)
    )
    assert stopped_out(ladder, costs) == expected
    assert expected < stopped_out(whole, costs)


@SIDES
def test_no_part_of_a_ladder_takes_it_beyond_the_leverage_that_is_allowed(side: Side) -> None:
    plain = signal(side, risk=700)
    parts = (SignalAddition(plain.entry_limit.shifted(-side.sign * 600), Decimal("0.8")),)
    ladder = SignalScaleIn(Decimal("0.2"), parts)
    limits = RiskLimits(Decimal("0.1"), Decimal("0.2"))
    sized = asked(replace(plain, scale_in=ladder), account(limits=limits))
    assert isinstance(sized, Sized)
    assert sized.capped
    limit = plain.entry_limit.value
    assert sized.quantity.value * max(limit, ladder.average(limit)) <= 2000
    assert sized.quantity.value * limit <= 2000


@SIDES
def test_a_signal_may_ask_for_a_part_of_the_risk(side: Side) -> None:
    whole = signal(side)
    part = replace(whole, management=replace(whole.management, risk_scale=Decimal("0.25")))
    sized, smaller = asked(whole, account()), asked(part, account())
    assert isinstance(sized, Sized)
    assert isinstance(smaller, Sized)
    assert smaller.quantity.value * 4 == sized.quantity.value
