"""What becomes of a signal: the same as of an ideal paper trade, and never better than it could have been."""

from __future__ import annotations

import os
from dataclasses import replace
from decimal import Decimal
from random import Random

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from signal_follower import IDEAL, Followed

from tests.simulation.trade_driver import (
    CANDLE,
    START,
    Candle,
    Driver,
    Scenario,
    agreed_on,
    in_a_grid,
    make_scenario,
    scaled_in,
)
from tradewind.core.decisions import DecisionCode
from tradewind.core.matching import Stretch
from tradewind.core.outcome import (
    WAITING,
    Outcome,
    SignalEnd,
    SignalEvent,
    SignalEventKind,
    SignalPhase,
    Tracking,
    calm,
    candle_closed,
    leave,
    result,
    simulate,
    since,
    track,
    tracking,
)
from tradewind.core.plan import Breakeven, Trailing, TrailingKind
from tradewind.core.positions import PositionStatus
from tradewind.core.signals import Management, Signal
from tradewind.core.values import Rounding, Side

#: The same with what it makes out for fees who waited and who took.
TWO_FEES = replace(IDEAL, maker=0.0002, taker=0.001)
#: Half as many trades as tests/simulation lives through.
SEEDS = int(os.environ.get("TRADEWIND_SIMULATION_SEEDS", "3000")) // 2
SIDES = pytest.mark.parametrize("side", list(Side))


# --------------------------------------------------------------------------------------------------------------- parity


#: Backed a thousand times over: margin belongs to accounts, and the outcome of a signal knows none.
UNMARGINED = Decimal("0.001")


def ideal(scenario: Scenario) -> Scenario:
    """`scenario` in a market without friction, where prices are on the tick and quantities as fine as one likes."""
    signal = scenario.agreed.signal
    instrument = replace(
        signal.instrument, lot=Decimal("1e-12"), min_quantity=Decimal("1e-12"), min_notional=Decimal(0)
    )

    def tidy(stretch: Stretch) -> Stretch:
        prices = (instrument.quantise(max(price, float(instrument.tick)), Rounding.NEAREST) for price in stretch[2:6])
        return Stretch(stretch.start, stretch.end, *map(float, prices), volume=1e12)

    lived = tuple(Candle(tidy(each.stretch)) for each in scenario.happenings if isinstance(each, Candle))
    return Scenario(agreed_on(replace(signal, instrument=instrument), "1000000", TWO_FEES), scenario.at, lived)


@given(st.integers(0, 2**32))
@example(331715)  # breakeven rounds onto the market and is skipped; the trailing stop waits for the next look
@settings(max_examples=600, deadline=None)
def test_an_outcome_is_what_an_ideal_paper_trade_makes_of_the_signal(seed: int) -> None:
    """Entry, stops, exits, reasons and R after every stretch of prices, gaps and ticks included."""
    _lives_alike(ideal(make_scenario(Random(seed), nasty=True)))


def test_what_is_calm_stays_as_it_is() -> None:
    """Looking away from what is calm changes neither outcome nor events; and it is most of what there is to see."""
    looked, away = 0, 0
    for seed in range(600):
        rng = Random(seed)
        scenario = make_scenario(rng, nasty=True)
        if seed % 3:
            scenario = scaled_in(scenario, rng) if seed % 3 == 1 else in_a_grid(scenario, rng)
        spec, outcome, dozing = tracking(scenario.agreed.signal, TWO_FEES), WAITING, WAITING
        for happening in scenario.happenings:
            if not isinstance(happening, Candle):
                continue
            outcome, told = track(spec, outcome, happening.stretch)
            if calm(spec, dozing).covers(happening.stretch):
                away += 1
                assert told == []
            else:
                looked += 1
                dozing, told_then = track(spec, dozing, happening.stretch)
                assert told_then == told
            assert dozing == outcome, f"seed {seed}"
    assert away > 1000, (looked, away)


def test_the_same_holds_for_signals_that_are_entered_in_parts() -> None:
    """Fixed seeds: an average in floats may differ from the exact one, and decide otherwise where it meets a level."""
    scenarios = (ideal(scaled_in(make_scenario(Random(seed), nasty=True), Random(seed))) for seed in range(SEEDS))
    added = sum(_lives_alike(each) for each in scenarios if each.agreed.signal.scale_in is not None)
    assert added > SEEDS / 3


def test_the_same_holds_for_grids_round_trip_by_round_trip() -> None:
    scenarios = (ideal(in_a_grid(make_scenario(Random(seed), nasty=True), Random(seed))) for seed in range(SEEDS))
    added = sum(_lives_alike(each) for each in scenarios if each.agreed.trips)
    assert added > SEEDS / 5


def _lives_alike(scenario: Scenario) -> int:
    """Whether further entries were filled; fails where the outcome is not what the paper venue made."""
    signal, paper = scenario.agreed.signal, Driver(scenario, leverage=UNMARGINED)
    spec, outcome = tracking(signal, TWO_FEES), WAITING
    events: list[SignalEvent] = []
    for happening in scenario.happenings:
        assert isinstance(happening, Candle)
        paper.live(happening)
        outcome, told = track(spec, outcome, happening.stretch)
        events += told
        trade = paper.trade
        if outcome.end is SignalEnd.INVALIDATED and trade.entered:
            _lost_nothing_but_fees(paper, happening.stretch)
            return 0
        assert bool(trade.entered) == (outcome.phase in (SignalPhase.OPEN, SignalPhase.CLOSED))
        assert trade.status.final == outcome.phase.final
        if trade.entered:
            exact = signal.scale_in is None
            entry = float(trade.entry_value / trade.entered.value)
            if trade.mandate.trips and trade.plan is not None:
                # A gap over all targets takes them in the order of the book: then there is no average between them.
                entry = trade.plan.entry if trade.held else outcome.entry
            assert entry == (outcome.entry if exact else pytest.approx(outcome.entry, rel=1e-14))
            trips = [each for each in paper.decisions if each.code is DecisionCode.ROUND_TRIP]
            assert len(trips) == outcome.round_trips
            assert trade.opened_at == outcome.filled_at
        if trade.status is PositionStatus.OPEN:
            assert outcome.plan is not None
            assert float(trade.stop) == outcome.plan.stop
            assert float(trade.held) / 1e6 == pytest.approx(outcome.left, abs=1e-12)
        if trade.status is PositionStatus.CLOSED:
            _ended_alike(signal, paper, spec, outcome)
        if trade.status.final:
            break
    moved = [decision for decision in paper.decisions if decision.code is DecisionCode.STOP_MOVED]
    assert [float(decision.data["to"]) for decision in moved] == [
        event.price for event in events if event.kind is SignalEventKind.STOP_MOVED
    ]
    return int(outcome.added > 0)


def _ended_alike(signal: Signal, paper: Driver, spec: Tracking, outcome: Outcome) -> None:
    trade, measures = paper.trade, result(spec, outcome)
    assert measures is not None
    assert trade.exit_reason is not None
    assert trade.exit_reason.value == (outcome.end and outcome.end.value)
    entry = trade.entry_value / trade.entered.value
    if signal.scale_in is not None:
        entry = signal.scale_in.average(signal.entry_limit.value)
    risk = abs(float(entry) - float(signal.stop))
    assert measures.r == pytest.approx(float(trade.net_pnl) / 1e6 / risk, rel=1e-9, abs=1e-9)
    assert measures.win == (trade.net_pnl > 0)


def _lost_nothing_but_fees(paper: Driver, stretch: Stretch) -> None:
    """The one difference: where the market opens beyond the stop right after the signal, a signal is void, but an order
    was sent. It is in and out at that price."""
    assert {float(fill.price) for fill in paper.fills} == {stretch.open}
    assert paper.trade.status is PositionStatus.CLOSED
    assert paper.trade.realised == 0


# --------------------------------------------------------------------------------------------------------- rule by rule


@SIDES
def test_the_stop_comes_first_when_a_candle_reaches_both(side: Side) -> None:
    followed = Followed(side)
    followed.candle(1000, 1000, 1000, 1000)
    assert followed.candle(1000, 1050, 970, 1045) == ["closed"]
    assert followed.end == (SignalPhase.CLOSED, SignalEnd.STOP)
    assert followed.result.r == pytest.approx(followed.net((1, 980.0)))
    assert not followed.result.win


@SIDES
def test_a_gap_through_the_stop_fills_at_the_open(side: Side) -> None:
    followed = Followed(side)
    followed.candle(1000, 1000, 1000, 1000)
    followed.candle(950, 990, 940, 985)
    assert followed.events[-1].price == followed.level(950)
    assert followed.result.r == pytest.approx(followed.net((1, 950.0)))


@SIDES
def test_an_entry_inside_a_candle_is_not_credited_with_its_best_price(side: Side) -> None:
    followed = Followed(side)
    assert followed.candle(1010, 1019, 995, 1005) == ["filled"]
    assert followed.outcome.phase is SignalPhase.OPEN
    assert followed.level(followed.outcome.best) == 1005
    assert followed.level(followed.outcome.worst) == 995


@SIDES
def test_an_entry_inside_a_candle_is_charged_with_its_worst_price(side: Side) -> None:
    followed = Followed(side)
    assert followed.candle(1010, 1019, 975, 1005) == ["filled", "closed"]
    assert followed.end == (SignalPhase.CLOSED, SignalEnd.STOP)


@SIDES
def test_the_first_price_is_taken_when_the_zone_is_there_at_once(side: Side) -> None:
    followed = Followed(side)
    followed.candle(995, 1000, 990, 996)
    assert followed.level(followed.outcome.entry) == 995
    assert followed.outcome.filled_at == START


@SIDES
def test_a_waiting_order_is_filled_at_its_limit_when_the_price_falls_through_it(side: Side) -> None:
    """Nobody gets the open of a gap who has been waiting at the limit."""
    followed = Followed(side)
    assert followed.candle(1010, 1012, 1005, 1010) == []
    followed.candle(990, 996, 985, 992)
    assert followed.level(followed.outcome.entry) == 1000


@SIDES
def test_a_gap_through_zone_and_stop_costs_more_than_one_r(side: Side) -> None:
    """It would be a nicer record if such signals did not count."""
    followed = Followed(side)
    assert followed.candle(1010, 1012, 1005, 1010) == []
    assert followed.candle(960, 970, 950, 965) == ["filled", "closed"]
    assert followed.end == (SignalPhase.CLOSED, SignalEnd.STOP)
    assert followed.result.r == pytest.approx(followed.net((1, 960.0)))
    assert followed.result.r < -2


@SIDES
def test_the_ladder_weighs_r_by_its_shares(side: Side) -> None:
    followed = Followed(side, shares=("0.25", "0.75"))
    followed.candle(1000, 1000, 1000, 1000)
    assert followed.candle(1000, 1025, 999, 1022) == ["target_hit"]
    assert followed.outcome.left == 0.75
    assert followed.candle(1022, 1045, 1010, 1044) == ["target_hit", "closed"]
    assert followed.end == (SignalPhase.CLOSED, SignalEnd.TARGET)
    assert followed.result.r == pytest.approx(followed.net((0.25, 1020.0), (0.75, 1040.0)))
    assert followed.result.win
    assert followed.result.duration_ms == 3 * CANDLE


@SIDES
def test_all_targets_in_one_candle(side: Side) -> None:
    followed = Followed(side)
    followed.candle(1000, 1000, 1000, 1000)
    assert followed.candle(1000, 1060, 999, 1050) == ["target_hit", "target_hit", "closed"]
    assert [event.price for event in followed.events[1:3]] == [followed.level(1020), followed.level(1040)]


@SIDES
def test_excursions(side: Side) -> None:
    followed = Followed(side)
    followed.candle(1000, 1000, 1000, 1000)
    followed.candle(1000, 1015, 990, 1010)
    followed.candle(1010, 1012, 975, 976)
    measures = followed.result
    assert (measures.mfe_r, measures.mae_r) == (pytest.approx(0.75), pytest.approx(1.0)), "the stop bounds what is lost"
    followed = Followed(side)
    followed.candle(1000, 1000, 1000, 1000)
    followed.candle(970, 1100, 960, 1000)
    assert followed.result.mae_r == pytest.approx(1.5)
    assert followed.result.mfe_r == 0


@SIDES
def test_a_win_is_what_is_left_after_fees(side: Side) -> None:
    """Out at a tick more than the entry is a loss."""
    management = Management(max_age_ms=2 * CANDLE)
    followed = Followed(side, management=management)
    followed.candle(1000, 1000, 1000, 1000)
    followed.candle(1000, 1001, 999, 1001)
    followed.candle(1001, 1001, 1001, 1001)
    assert followed.end == (SignalPhase.CLOSED, SignalEnd.TIME_STOP)
    assert followed.result.pnl < 0
    assert not followed.result.win


@SIDES
def test_an_exit_at_market_finds_the_next_price(side: Side) -> None:
    """The close that decides cannot be traded any more."""
    followed = Followed(side, management=Management(max_age_ms=2 * CANDLE))
    followed.candle(1000, 1000, 1000, 1000)
    assert followed.candle(1000, 1010, 999, 1008) == []
    assert followed.candle(994, 1100, 900, 1000) == ["closed"]
    assert followed.end == (SignalPhase.CLOSED, SignalEnd.TIME_STOP)
    assert followed.events[-1].price == followed.level(994)
    assert followed.outcome.closed_at == START + 2 * CANDLE


@SIDES
def test_the_strategy_may_want_out(side: Side) -> None:
    followed = Followed(side)
    followed.candle(1000, 1000, 1000, 1000)
    followed.outcome, events = leave(followed.outcome, SignalEnd.EXIT_CONDITION, followed.at)
    assert (followed.end, events) == ((SignalPhase.OPEN, None), [])
    again, _ = leave(followed.outcome, SignalEnd.EXIT_CONDITION, followed.at)
    assert again is followed.outcome
    assert followed.candle(994, 1100, 900, 1000) == ["closed"]
    assert followed.end == (SignalPhase.CLOSED, SignalEnd.EXIT_CONDITION)
    assert followed.events[-1].price == followed.level(994)
    waiting, events = leave(WAITING, SignalEnd.EXIT_CONDITION, START)
    assert (waiting.phase, waiting.end) == (SignalPhase.NOT_FILLED, SignalEnd.EXIT_CONDITION)
    assert [event.kind for event in events] == ["not_filled"]
    assert leave(waiting, SignalEnd.EXIT_CONDITION, START) == (waiting, [])


@SIDES
def test_the_stop_wins_against_an_exit_that_a_gap_has_overtaken(side: Side) -> None:
    followed = Followed(side, management=Management(max_age_ms=2 * CANDLE))
    followed.candle(1000, 1000, 1000, 1000)
    followed.candle(1000, 1010, 999, 1008)
    followed.candle(970, 1100, 900, 1000)
    assert followed.end == (SignalPhase.CLOSED, SignalEnd.STOP)


@SIDES
def test_breakeven_and_trailing_are_followed(side: Side) -> None:
    management = Management(Breakeven(1), Trailing(TrailingKind.DISTANCE, 10.0, after_target=1))
    followed = Followed(side, management=management)
    followed.candle(1000, 1000, 1000, 1000)
    assert followed.candle(1000, 1030, 999, 1028) == ["target_hit", "stop_moved", "stop_moved"]
    moves = [event for event in followed.events if event.kind is SignalEventKind.STOP_MOVED]
    assert [event.why for event in moves] == ["breakeven", "trailing"]
    assert followed.level(moves[1].price) == 1020
    assert followed.candle(1028, 1029, 1019, 1025) == ["closed"]
    assert followed.end == (SignalPhase.CLOSED, SignalEnd.TRAILING)
    assert followed.result.r == pytest.approx(followed.net((0.5, 1020.0), (0.5, 1020.0)))


@SIDES
@pytest.mark.parametrize(
    ("candles", "end"),
    [
        ([(1010, 1012, 1005, 1010)] * 5, SignalEnd.EXPIRED),
        ([(1010, 1020, 1005, 1010)], SignalEnd.MISSED),
        ([(1010, 1012, 1005, 1010), (1012, 1025, 1002, 1024)], SignalEnd.MISSED),
        ([(975, 979, 970, 978)], SignalEnd.INVALIDATED),
        ([(980, 1010, 970, 1000)], SignalEnd.INVALIDATED),
    ],
)
def test_signals_that_nobody_got_into(side: Side, candles: list[tuple[float, ...]], end: SignalEnd) -> None:
    followed = Followed(side)
    for candle in candles:
        assert followed.outcome.phase is SignalPhase.WAITING
        last = followed.candle(*candle)
    assert last == ["not_filled"]
    assert followed.end == (SignalPhase.NOT_FILLED, end)
    assert result(followed.spec, followed.outcome) is None
    assert followed.outcome.closed_at == followed.at
    assert track(followed.spec, followed.outcome, Stretch(0, 1, 1, 1, 1, 1, 1)) == (followed.outcome, [])


@SIDES
def test_touched_and_missed_in_one_candle_is_touched(side: Side) -> None:
    followed = Followed(side)
    assert followed.candle(1010, 1030, 999, 1005) == ["filled"]


@SIDES
def test_a_signal_expires_even_when_no_prices_come(side: Side) -> None:
    followed = Followed(side)
    assert followed.candle(1000, 1010, 990, 1000, gap=5 * CANDLE) == ["not_filled"]
    assert followed.end == (SignalPhase.NOT_FILLED, SignalEnd.EXPIRED)
    followed = Followed(side)
    assert followed.candle(1000, 1010, 990, 1000, gap=5 * CANDLE - 1) == ["filled"]


@SIDES
def test_nothing_reached_is_nothing_changed(side: Side) -> None:
    """The same object, so that nobody writes a row for it."""
    followed = Followed(side)
    followed.candle(1000, 1015, 990, 1000)
    before = followed.outcome
    assert followed.candle(1000, 1010, 995, 1005) == []
    assert followed.outcome is before


@given(st.integers(0, 2**32))
@settings(max_examples=300, deadline=None)
def test_shares_phases_and_times_only_go_forward(seed: int) -> None:
    scenario = ideal(make_scenario(Random(seed), nasty=True))
    spec, outcome = tracking(scenario.agreed.signal, IDEAL), WAITING
    sign, order = scenario.agreed.signal.side.sign, [SignalPhase.WAITING, SignalPhase.OPEN, SignalPhase.CLOSED]
    last = scenario.at
    for happening in scenario.happenings:
        assert isinstance(happening, Candle)
        before = outcome
        outcome, events = track(spec, before, happening.stretch)
        assert [event.at for event in events] == sorted(event.at for event in events)
        assert all(last <= event.at <= happening.stretch.end for event in events)
        last = happening.stretch.start
        assert outcome.left <= before.left
        if outcome.phase in order and before.phase in order:
            assert order.index(outcome.phase) >= order.index(before.phase)
        if before.plan and outcome.plan:
            assert (outcome.plan.stop - before.plan.stop) * sign >= 0
            assert (outcome.best - before.best) * sign >= 0
            assert (outcome.worst - before.worst) * sign <= 0
        if outcome.phase is SignalPhase.CLOSED:
            measures = result(spec, outcome)
            assert measures is not None
            assert outcome.left == 0
            assert measures.mfe_r >= 0
            assert measures.mae_r >= 0
            assert measures.duration_ms >= 0
            assert measures.r <= measures.mfe_r


# ---------------------------------------------------------------------------------------------- beside the candles


@SIDES
def test_a_candle_that_closes_may_move_a_chandelier(side: Side) -> None:
    """On ticks the prices have been lived through when a candle closes, and only its ATR is new."""
    followed = Followed(side, management=Management(trailing=Trailing(TrailingKind.CHANDELIER, 2.0, period=14)))

    def closed(close: float, atr: float) -> list[SignalEvent]:
        level = followed.level(close)
        followed.outcome, events = candle_closed(followed.spec, followed.outcome, followed.at, level, atr)
        return events

    assert closed(1000, 5.0) == []
    followed.candle(1000, 1000, 1000, 1000)
    assert followed.candle(1000, 1015, 999, 1012) == [], "without its ATR it stays where it is"
    (moved,) = closed(1012, 5.0)
    assert moved == SignalEvent(
        SignalEventKind.STOP_MOVED, followed.at, followed.level(1005), before=followed.level(980), why="trailing"
    )
    assert closed(1012, 6.0) == [], "a wider one takes nothing back"
    unmoved = followed.outcome
    assert closed(1014, 6.0) == []
    assert followed.outcome == unmoved
    assert closed(1003, 1.0) == [], "the market is through the level that it would follow to"
    assert followed.outcome.leaving is SignalEnd.TRAILING
    assert closed(1014, 0.5) == []
    assert followed.candle(1004, 1100, 900, 1000) == ["closed"]
    assert followed.end == (SignalPhase.CLOSED, SignalEnd.TRAILING)
    assert closed(1014, 0.5) == []


@SIDES
def test_a_whole_life_at_once_is_that_candle_by_candle(side: Side) -> None:
    followed = Followed(side, management=Management(Breakeven(1)))
    lived = [(1000, 1005, 999, 1001), (1001, 1022, 1000, 1018), (1018, 1041, 1015, 1040), (1040, 1060, 900, 950)]
    stretches, at = [], START
    for candle in lived:
        values = [followed.level(value) for value in candle]
        stretches.append(Stretch(at, at + CANDLE, values[0], max(values), min(values), values[3], 1.0))
        at += CANDLE
        followed.candle(*candle)
    assert simulate(followed.spec, stretches) == (followed.outcome, followed.events)
    assert simulate(followed.spec, iter(stretches[:3])) == simulate(followed.spec, stretches)
    assert followed.end == (SignalPhase.CLOSED, SignalEnd.TARGET)
    assert simulate(followed.spec, []) == (WAITING, [])


def test_from_when_prices_concern_a_signal() -> None:
    followed = Followed()
    assert since(followed.signal, followed.outcome) == START
    followed.candle(1010, 1010, 1005, 1006)
    assert since(followed.signal, followed.outcome) == START
    followed.candle(1006, 1006, 1000, 1000)
    assert since(followed.signal, followed.outcome) == followed.outcome.filled_at == START + 2 * CANDLE


@SIDES
def test_a_plan_simulated_at_once_is_the_one_that_was_followed(side: Side) -> None:
    signal = Followed(side, management=Management(trailing=Trailing(TrailingKind.CHANDELIER, 2.0, period=5))).signal
    spec, sign = tracking(signal, IDEAL), side.sign
    # In at 1000; two candles at 1015 with an ATR of 4 bring the stop to 1007, where a third one ends it.
    prices = [1000.0, 1000.0 + 15 * sign, 1000.0 + 15 * sign, 1000.0 + 5 * sign]
    stretches = [Stretch(START + n, START + n + 1, p, p, p, p, 1.0) for n, p in enumerate(prices)]
    outcome, events = simulate(spec, stretches, [10.0, 4.0, 4.0, 4.0])
    assert (outcome.phase, outcome.end) == (SignalPhase.CLOSED, SignalEnd.TRAILING)
    assert [event.price for event in events if event.kind is SignalEventKind.STOP_MOVED] == [1000.0 + 7 * sign]
    state, told = WAITING, list[SignalEvent]()
    for stretch, atr in zip(stretches, [10.0, 4.0, 4.0, 4.0], strict=True):
        state, more = track(spec, state, stretch, atr)
        told += more
    assert (state, told) == (outcome, events)
    still, _ = simulate(spec, stretches)
    assert still.phase is SignalPhase.OPEN, "without its ATR a chandelier does not move"
    with pytest.raises(ValueError, match="shorter"):
        simulate(spec, stretches, [10.0])
