"""Every step of a signal's life, told in full: kind, time, price, rung, reason; and what it came to."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from signal_follower import FEE, IDEAL, INSTRUMENT, Followed

from tests.simulation.trade_driver import CANDLE, START
from tradewind.core.costs import Costs
from tradewind.core.outcome import WAITING, SignalEnd, SignalEvent, SignalEventKind, SignalPhase, candle_closed, leave
from tradewind.core.plan import Breakeven, Trailing, TrailingKind
from tradewind.core.signals import Management, SignalAddition, SignalScaleIn
from tradewind.core.values import Side

K = SignalEventKind
SIDES = pytest.mark.parametrize("side", list(Side))
MAKER, TAKER = 0.0002, 0.001
TWO_FEES = replace(IDEAL, maker=MAKER, taker=TAKER)


def after(candles: int) -> int:
    return START + candles * CANDLE


def parts(side: Side, *, grid: bool = False, from_average: bool = False) -> SignalScaleIn:
    """0.4 at 1000, 0.3 at 995 and 0.3 at 990; in a grid each part leaves where the one before was entered."""
    levels = [INSTRUMENT.price(Decimal(1000 - side.sign * away)) for away in (0, 5, 10)]
    placed = (SignalAddition(levels[number], Decimal("0.3"), levels[number - 1] if grid else None) for number in (1, 2))
    return SignalScaleIn(Decimal("0.4"), tuple(placed), from_average)


def net(followed: Followed, entry: float, out: float, fee_in: float, fee_out: float) -> float:
    """Gain per unit; prices as a long sees them."""
    return (out - entry) - followed.level(entry) * fee_in - followed.level(out) * fee_out


# ---------------------------------------------------------------------------------------------------------------- whole


@SIDES
def test_a_life_to_the_last_target(side: Side) -> None:
    followed = Followed(side, management=Management(Breakeven(1)), costs=TWO_FEES)
    followed.candle(1000, 1000, 1000, 1000)
    followed.candle(1000, 1025, 999, 1022)
    level = followed.level
    # In at the taker's fee, out at it: 1000 × (1 ± 0.001) ÷ (1 ∓ 0.001), to the tick beyond.
    paid_at = 1002.5 if side is Side.LONG else 998.0
    assert followed.events == [
        SignalEvent(K.FILLED, START, level(1000)),
        SignalEvent(K.TARGET_HIT, after(2), level(1020), rung=1),
        SignalEvent(K.STOP_MOVED, after(2), paid_at, before=level(980), why="breakeven"),
    ]
    assert (followed.outcome.left, followed.outcome.fee_in, followed.outcome.round_trips) == (0.5, TAKER, 0)
    followed.candle(1022, 1045, 1010, 1044)
    assert followed.events[3:] == [
        SignalEvent(K.TARGET_HIT, after(3), level(1040), rung=2),
        SignalEvent(K.CLOSED, after(3), level(1040), why="target"),
    ]
    outcome = followed.outcome
    assert (outcome.phase, outcome.end, outcome.left) == (SignalPhase.CLOSED, SignalEnd.TARGET, 0.0)
    assert (outcome.filled_at, outcome.closed_at) == (START, after(3))
    assert outcome.plan is not None
    assert outcome.plan.targets_filled == 2
    gained = sum(0.5 * net(followed, 1000, out, TAKER, MAKER) for out in (1020, 1040))
    assert outcome.gained == pytest.approx(gained, rel=1e-12)
    measures = followed.result
    assert measures.r == pytest.approx(gained / 20, rel=1e-12)
    assert measures.pnl == pytest.approx(gained / 1000, rel=1e-12)
    assert (measures.mfe_r, measures.mae_r) == (pytest.approx(45 / 20), pytest.approx(1 / 20))
    assert measures.duration_ms == 3 * CANDLE
    assert measures.win


@SIDES
def test_a_signal_that_waited_pays_the_makers_fee_and_is_filled_when_its_candle_has_ended(side: Side) -> None:
    followed = Followed(side, costs=TWO_FEES)
    followed.candle(1010, 1019, 995, 1005)
    assert followed.events == [SignalEvent(K.FILLED, after(1), followed.level(1000))]
    assert (followed.outcome.filled_at, followed.outcome.fee_in) == (after(1), MAKER)
    followed.candle(1005, 1006, 970, 975)
    assert followed.events[1:] == [SignalEvent(K.CLOSED, after(2), followed.level(980), why="stop")]
    assert followed.outcome.gained == pytest.approx(net(followed, 1000, 980, MAKER, TAKER), rel=1e-12)
    assert followed.result.duration_ms == CANDLE


@SIDES
def test_an_entry_that_waits_is_reached_at_its_limit_and_not_before(side: Side) -> None:
    followed = Followed(side)
    assert followed.candle(1000.5, 1005, 1000.5, 1003) == []
    waiting = followed.outcome
    assert waiting.resting
    assert followed.candle(1003, 1005, 1000.5, 1003) == []
    assert followed.outcome is waiting
    assert followed.candle(1003, 1005, 1000, 1003) == ["filled"]


@SIDES
def test_a_signal_whose_stop_is_half_a_unit_away_is_not_void(side: Side) -> None:
    followed = Followed(side)
    assert followed.candle(980.5, 985, 980.5, 984) == ["filled"]
    assert followed.events == [SignalEvent(K.FILLED, START, followed.level(980.5))]


@SIDES
def test_a_signal_expires_at_the_first_look_after_it(side: Side) -> None:
    followed = Followed(side)
    followed.candle(1000, 1000, 1000, 1000, gap=5 * CANDLE + 7)
    assert followed.events == [SignalEvent(K.NOT_FILLED, START + 5 * CANDLE + 7, 0.0, why="expired")]


@SIDES
def test_what_is_told_of_a_signal_that_nobody_got_into(side: Side) -> None:
    followed = Followed(side)
    followed.candle(1010, 1021, 1005, 1015)
    assert followed.events == [SignalEvent(K.NOT_FILLED, after(1), 0.0, why="missed")]
    outcome, events = leave(WAITING, SignalEnd.EXIT_CONDITION, START + 7)
    assert events == [SignalEvent(K.NOT_FILLED, START + 7, 0.0, why="exit_condition")]
    assert (outcome.closed_at, outcome.end) == (START + 7, SignalEnd.EXIT_CONDITION)


@SIDES
@pytest.mark.parametrize(("out", "win"), [(999.5, False), (1000.0, False), (1000.5, True)])
def test_a_win_is_more_than_nothing(side: Side, out: float, win: bool) -> None:
    free = Costs(maker=0, taker=0, half_spread=0, slippage=0, impact=0, latency_ms=0, funding_rate=0)
    followed = Followed(side, management=Management(max_age_ms=CANDLE), costs=free)
    followed.candle(1000, 1000, 1000, 1000)
    followed.candle(out, out, out, out)
    assert followed.end == (SignalPhase.CLOSED, SignalEnd.TIME_STOP)
    assert followed.outcome.gained == out - 1000
    assert followed.result.win is win
    assert followed.result.mfe_r == max(0.0, (out - 1000) / 20)
    assert followed.result.mae_r == max(0.0, (1000 - out) / 20)


# ----------------------------------------------------------------------------------------------------------- its stop


@SIDES
def test_a_stop_follows_by_the_tick(side: Side) -> None:
    followed = Followed(side, management=Management(trailing=Trailing(TrailingKind.DISTANCE, 10.0)))
    assert followed.candle(1000, 1000, 1000, 1000) == ["filled", "stop_moved"]
    assert followed.candle(1000, 1000.25, 1000, 1000) == [], "990.25 is 990 on the tick"
    assert followed.candle(1000, 1000.5, 1000, 1000) == ["stop_moved"]
    assert followed.events[-1] == SignalEvent(
        K.STOP_MOVED, after(3), followed.level(990.5), before=followed.level(990), why="trailing"
    )


@SIDES
@pytest.mark.parametrize(("close", "moved"), [(1001.25, False), (1001.5, False), (1002.0, True)])
def test_breakeven_is_not_set_where_the_market_is(side: Side, close: float, moved: bool) -> None:
    """1001.2 pays for the fees, and is 1001.5 on the tick."""
    followed = Followed(side, management=Management(Breakeven(0, at_r=0.5)))
    followed.candle(1000, 1000, 1000, 1000)
    assert followed.candle(1000, 1010, 1000, close) == (["stop_moved"] if moved else [])
    assert followed.outcome.plan is not None
    assert followed.level(followed.outcome.plan.stop) == (1001.5 if moved else 980)


@SIDES
def test_a_move_that_cannot_be_made_bars_no_other(side: Side) -> None:
    """Breakeven at 1001.2 would be on the far side of 1001.4 on the tick; what follows at 1001.3 is at 1001."""
    trailing = Trailing(TrailingKind.DISTANCE, 10.7, at_r=0.5)
    followed = Followed(side, management=Management(Breakeven(0, at_r=0.5), trailing))
    followed.candle(1000, 1000, 1000, 1000)
    assert followed.candle(1000, 1012, 1000, 1001.4) == ["stop_moved"]
    assert followed.events[-1] == SignalEvent(
        K.STOP_MOVED, after(2), followed.level(1001), before=followed.level(980), why="trailing"
    )


@SIDES
def test_a_quiet_candle_may_bring_a_chandelier_nearer(side: Side) -> None:
    followed = Followed(side, management=Management(trailing=Trailing(TrailingKind.CHANDELIER, 2.0, period=14)))
    followed.candle(1000, 1010, 990, 1000)
    assert followed.candle(1000, 1001, 999, 1000, atr=20.0) == []
    assert followed.candle(1000, 1001, 999, 1000, atr=7.0) == ["stop_moved"]
    assert followed.events[-1].price == followed.level(996)


@SIDES
def test_a_quiet_candle_may_be_the_last_by_age(side: Side) -> None:
    followed = Followed(side, management=Management(max_age_ms=2 * CANDLE))
    followed.candle(1000, 1010, 990, 1000)
    assert followed.candle(1000, 1001, 999, 1000) == []
    assert followed.outcome.leaving is SignalEnd.TIME_STOP
    assert followed.candle(1000, 1001, 999, 1000) == ["closed"], "and so may the next"


@SIDES
def test_what_is_being_left_is_left_in_a_quiet_candle_too(side: Side) -> None:
    followed = Followed(side)
    followed.candle(1000, 1010, 990, 1000)
    followed.outcome, _ = leave(followed.outcome, SignalEnd.EXIT_CONDITION, followed.at)
    assert followed.candle(1001, 1002, 999, 1000) == ["closed"]
    assert followed.events[-1] == SignalEvent(K.CLOSED, after(1), followed.level(1001), why="exit_condition")


@SIDES
def test_the_stop_is_reached_at_its_level_and_not_before(side: Side) -> None:
    followed = Followed(side)
    followed.candle(1000, 1000, 1000, 1000)
    assert followed.candle(1000, 1000, 980.5, 980.5) == []
    assert followed.candle(980.5, 981, 980, 981) == ["closed"]
    assert followed.events[-1].price == followed.level(980)


@SIDES
def test_what_opens_above_the_stop_leaves_at_the_stop(side: Side) -> None:
    followed = Followed(side)
    followed.candle(1000, 1000, 1000, 1000)
    assert followed.candle(980.5, 981, 970, 975) == ["closed"]
    assert followed.events[-1].price == followed.level(980)


@SIDES
def test_the_worst_price_stays_the_worst(side: Side) -> None:
    followed = Followed(side)
    followed.candle(1000, 1005, 990, 1000)
    before = followed.outcome
    assert followed.level(before.worst) == 990
    assert followed.candle(1000, 1005, 990, 1000) == []
    assert followed.outcome is before, "neither is new"
    followed.candle(1000, 1006, 990.5, 1000)
    assert followed.level(followed.outcome.worst) == 990


@SIDES
def test_breakeven_pays_for_the_spread_too(side: Side) -> None:
    costs = replace(IDEAL, slippage=0.001, half_spread=0.002)
    followed = Followed(side, costs=costs)
    followed.candle(1000, 1000, 1000, 1000)
    assert followed.outcome.plan is not None
    paid_at = 1000 * (1 + side.sign * FEE) / (1 - side.sign * (FEE + 0.003))
    assert followed.outcome.plan.paid_at == pytest.approx(paid_at, rel=1e-12)


# ------------------------------------------------------------------------------------------------------ when one closes


@SIDES
def test_a_candle_that_closes_may_be_the_last_by_age(side: Side) -> None:
    trailing = Trailing(TrailingKind.CHANDELIER, 2.0, period=14)
    followed = Followed(side, management=Management(trailing=trailing, max_age_ms=2 * CANDLE))
    followed.candle(1000, 1000, 1000, 1000)

    def closed(at: int) -> SignalEnd | None:
        followed.outcome, events = candle_closed(followed.spec, followed.outcome, at, followed.level(1000), 50.0)
        assert events == []
        return followed.outcome.leaving

    assert closed(START + 2 * CANDLE - 1) is None
    assert closed(START + 2 * CANDLE) is SignalEnd.TIME_STOP


@SIDES
def test_a_close_that_no_tick_has_shown_is_a_best_price_too(side: Side) -> None:
    followed = Followed(side, management=Management(trailing=Trailing(TrailingKind.CHANDELIER, 2.0, period=14)))
    followed.candle(1000, 1000, 1000, 1000)
    outcome, events = candle_closed(followed.spec, followed.outcome, followed.at, followed.level(1010), 50.0)
    assert events == []
    assert outcome.plan is not None
    assert outcome.plan.best == followed.level(1010)


# ------------------------------------------------------------------------------------------------------------- in parts


@SIDES
def test_further_entries_wait_at_their_levels(side: Side) -> None:
    followed = Followed(side, scale_in=parts(side), costs=TWO_FEES)
    level = followed.level
    followed.candle(1000, 1001, 999, 1000)
    assert (followed.outcome.left, followed.outcome.entered, followed.outcome.paid) == (0.4, 0.4, ())
    assert followed.candle(1000, 1010, 994, 996) == ["added"]
    assert followed.events[-1] == SignalEvent(K.ADDED, after(2), level(995), rung=1)
    entry = (0.4 * 1000 + 0.3 * 995) / 0.7
    outcome = followed.outcome
    assert level(outcome.entry) == pytest.approx(entry, rel=1e-12)
    fees = 0.4 * level(1000) * TAKER + 0.3 * level(995) * MAKER
    assert outcome.fee_in == pytest.approx(fees / (0.7 * outcome.entry), rel=1e-9)
    assert (outcome.left, outcome.entered, outcome.added) == (pytest.approx(0.7), pytest.approx(0.7), 1)
    assert outcome.plan is not None
    assert outcome.plan.entry == outcome.entry
    paid_at = outcome.entry * (1 + side.sign * outcome.fee_in) / (1 - side.sign * TAKER)
    assert outcome.plan.paid_at == pytest.approx(paid_at, rel=1e-12)
    assert level(outcome.best) == 1001, "what was better in this candle may have been before"
    assert level(outcome.worst) == 994
    assert followed.candle(989, 992, 988, 991) == ["added"]
    assert followed.events[-1] == SignalEvent(K.ADDED, after(3), level(990), rung=2), "an order that rests is no worse"
    assert followed.candle(991, 1022, 990, 1021) == ["target_hit"]
    assert followed.outcome.left == pytest.approx(0.5)
    assert followed.candle(1021, 1022, 979, 985) == ["closed"]
    entry = 0.4 * 1000 + 0.3 * 995 + 0.3 * 990
    fees = 0.4 * level(1000) * TAKER + 0.3 * level(995) * MAKER + 0.3 * level(990) * MAKER
    gained = 0.5 * (1020 + 980) - entry - fees - 0.5 * level(1020) * MAKER - 0.5 * level(980) * TAKER
    assert followed.outcome.gained == pytest.approx(gained, rel=1e-9)
    assert followed.result.r == pytest.approx(gained / (entry - 980), rel=1e-9), "by the risk that was agreed"


@SIDES
def test_a_gap_in_the_first_candle_is_taken_as_it_comes(side: Side) -> None:
    """Further entries are sent once the first has filled: the market has run through one of them already."""
    followed = Followed(side, scale_in=parts(side), costs=TWO_FEES)
    assert followed.candle(993, 996, 992, 994) == ["filled", "added"]
    assert followed.events == [
        SignalEvent(K.FILLED, START, followed.level(993)),
        SignalEvent(K.ADDED, after(1), followed.level(993), rung=1),
    ]
    assert followed.outcome.entry == followed.level(993), "of equal prices the average is that price"
    assert followed.outcome.fee_in == TAKER


@SIDES
def test_a_further_entry_is_reached_at_its_level_and_not_before(side: Side) -> None:
    followed = Followed(side, scale_in=parts(side))
    followed.candle(1000, 1000, 1000, 1000)
    assert followed.candle(1000, 1000, 995.5, 998) == []
    assert followed.candle(998, 999, 995, 998) == ["added"]


@SIDES
def test_in_the_first_candle_the_market_is_there_or_comes_there(side: Side) -> None:
    """At its level when the order is sent, it takes; half a unit away, it waits and makes."""
    for opened, rates in ((995.0, {TAKER}), (995.5, {TAKER, MAKER})):
        followed = Followed(side, scale_in=parts(side, grid=True), shares=["1"], costs=TWO_FEES)
        assert followed.candle(opened, opened, 994, 994.5) == ["filled", "added"]
        assert followed.events[-1].price == followed.level(995)
        assert {rate for _, rate in followed.outcome.paid} == rates


@SIDES
def test_entries_near_the_stop_are_entries(side: Side) -> None:
    deep = SignalAddition(INSTRUMENT.price(Decimal(1000 - side.sign * Decimal("19.5"))), Decimal("0.6"))
    followed = Followed(side, scale_in=SignalScaleIn(Decimal("0.4"), (deep,)))
    followed.candle(1000, 1000, 1000, 1000)
    assert followed.candle(1000, 1000, 980.5, 985) == ["added"]
    followed = Followed(side, scale_in=parts(side))
    followed.candle(1000, 1000, 1000, 1000)
    assert followed.candle(980.5, 980.5, 980.5, 980.5) == ["added", "added"], "after a gap to where the stop is near"


@SIDES
def test_what_has_begun_to_leave_enters_no_more(side: Side) -> None:
    followed = Followed(side, scale_in=parts(side))
    followed.candle(1000, 1000, 1000, 1000)
    assert followed.candle(1000, 1025, 999, 1020) == ["target_hit"]
    assert followed.outcome.left == pytest.approx(0.2)
    assert followed.candle(1020, 1021, 985, 990) == []
    assert followed.candle(990, 991, 979, 985) == ["closed"]
    followed = Followed(side, scale_in=parts(side))
    followed.candle(1000, 1000, 1000, 1000)
    followed.outcome, _ = leave(followed.outcome, SignalEnd.EXIT_CONDITION, followed.at)
    assert followed.candle(993, 1000, 990, 995) == ["closed"]
    assert followed.events[-1] == SignalEvent(K.CLOSED, after(1), followed.level(993), why="exit_condition")


@SIDES
def test_all_entries_and_the_stop_in_one_candle(side: Side) -> None:
    followed = Followed(side, scale_in=parts(side))
    followed.candle(1000, 1000, 1000, 1000)
    assert followed.candle(1000, 1030, 979, 985) == ["added", "added", "closed"]
    assert followed.events[-1].price == followed.level(980)
    entry = 0.4 * 1000 + 0.3 * 995 + 0.3 * 990
    gained = 980 - entry - FEE * (0.4 * followed.level(1000) + 0.3 * followed.level(995) + 0.3 * followed.level(990))
    assert followed.outcome.gained == pytest.approx(gained - FEE * followed.level(980), rel=1e-9)


@SIDES
@pytest.mark.parametrize("opened", [975, 980])
def test_a_gap_to_the_stop_enters_no_more(side: Side, opened: float) -> None:
    followed = Followed(side, scale_in=parts(side))
    followed.candle(1000, 1000, 1000, 1000)
    assert followed.candle(opened, 1030, 970, 985) == ["closed"]
    assert followed.events[-1].price == followed.level(opened)


@SIDES
def test_an_entry_where_the_stop_has_moved_to_is_none(side: Side) -> None:
    """The stop follows to 990, where the second of the further entries waits."""
    management = Management(trailing=Trailing(TrailingKind.DISTANCE, 10.0))
    followed = Followed(side, scale_in=parts(side), management=management)
    assert followed.candle(1000, 1000, 1000, 1000) == ["filled", "stop_moved"]
    assert followed.candle(1000, 1000, 985, 988) == ["added", "closed"]
    assert followed.events[-1].price == followed.level(990)


@SIDES
def test_targets_that_count_from_the_average_come_nearer(side: Side) -> None:
    followed = Followed(side, scale_in=parts(side, from_average=True))
    followed.candle(1000, 1000, 1000, 1000)
    assert followed.candle(1000, 1001, 994, 996) == ["added"]
    # The average is 15/7 of a unit better: targets at 1017.857… and 1037.857…, on the tick before.
    assert followed.candle(996, 1017, 996, 1017) == []
    assert followed.candle(1017, 1018, 1016, 1017) == ["target_hit"]
    assert followed.events[-1].price == followed.level(1017.5)
    assert followed.candle(1017, 1037.5, 1016, 1036) == ["target_hit", "closed"]
    assert followed.events[-1].price == followed.level(1037.5)


# ------------------------------------------------------------------------------------------------------------ in a grid


@SIDES
def test_every_part_of_a_grid_makes_its_round_trip(side: Side) -> None:
    followed = Followed(side, scale_in=parts(side, grid=True), shares=["1"], costs=TWO_FEES)
    level = followed.level
    followed.candle(1000, 1001, 999, 1000)
    before = followed.outcome
    assert before.paid == ((level(1000), TAKER),)
    followed.candle(1000, 1000, 989, 991)
    assert [(each.kind, each.rung) for each in followed.events[1:]] == [(K.ADDED, 1), (K.ADDED, 2)]
    assert followed.outcome.paid == ((level(1000), TAKER), (level(995), MAKER), (level(990), MAKER))
    assert followed.candle(991, 994, 991, 993) == []
    assert followed.candle(993, 996, 993, 995.5) == ["round_trip"]
    assert followed.events[-1] == SignalEvent(K.ROUND_TRIP, after(4), level(995), rung=2)
    inner = 0.3 * net(followed, 990, 995, MAKER, MAKER)
    assert followed.outcome.gained == pytest.approx(inner, rel=1e-9)
    assert (followed.outcome.added, followed.outcome.round_trips) == (1, 1)
    assert followed.outcome.left == followed.outcome.entered == pytest.approx(0.7)
    assert level(followed.outcome.entry) == pytest.approx((0.4 * 1000 + 0.3 * 995) / 0.7, rel=1e-12)
    assert followed.candle(995.5, 995.5, 990, 991) == ["added"], "its entry waits again"
    assert followed.candle(991, 1001, 991, 1000.5) == ["round_trip", "round_trip"]
    assert [(each.price, each.rung) for each in followed.events[-2:]] == [(level(995), 2), (level(1000), 1)]
    outer = 0.3 * net(followed, 995, 1000, MAKER, MAKER)
    outcome = followed.outcome
    assert outcome.gained == pytest.approx(2 * inner + outer, rel=1e-9)
    assert (outcome.added, outcome.round_trips, outcome.paid) == (0, 3, before.paid)
    assert (outcome.entry, outcome.fee_in, outcome.left, outcome.entered) == (level(1000), TAKER, 0.4, 0.4), (
        "to the bit"
    )
    assert outcome.plan is not None
    assert before.plan is not None
    assert (outcome.plan.entry, outcome.plan.paid_at) == (before.plan.entry, before.plan.paid_at)
    assert followed.candle(1000.5, 1021, 1000, 1020) == ["target_hit", "closed"]
    last = 0.4 * net(followed, 1000, 1020, TAKER, MAKER)
    assert followed.outcome.gained == pytest.approx(2 * inner + outer + last, rel=1e-9)
    risk = 0.4 * 1000 + 0.3 * 995 + 0.3 * 990 - 980
    assert followed.result.r == pytest.approx((2 * inner + outer + last) / risk, rel=1e-9)


@SIDES
def test_an_entry_and_the_target_of_its_part_in_one_candle_are_no_round_trip(side: Side) -> None:
    followed = Followed(side, scale_in=parts(side, grid=True), shares=["1"])
    followed.candle(1000, 1001, 999, 1000)
    assert followed.candle(1000, 1002, 994, 999) == ["added"]
    assert followed.candle(999, 1000, 998, 999) == ["round_trip"], "but at its level in the next"
