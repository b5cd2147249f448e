"""The guardian: the same triggers as a scan over all positions, whatever opens, closes and happens in between."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tradewind.core import kernel
from tradewind.core import plan as planning
from tradewind.core.kernel import GUARDED, Guardian, KernelInputError
from tradewind.core.kernel.layout import STOP, TARGET, TIME_STOP, TRAILING
from tradewind.core.plan import ExitNow, MoveStop, PlanSpec, PlanState, Target, Trailing, TrailingKind

SYMBOLS = 3
PIVOT = 1024.0


@dataclass
class Watched:
    """One position as the scan knows it."""

    symbol: int
    side: int
    stop: float
    target: float | None
    closes: bool
    trailing: int
    distance: float
    best: float
    deadline: int

    def stop_in_force(self) -> float:
        distance = self.distance * self.best if self.trailing == 2 else self.distance
        level = self.best - self.side * distance
        return level if self.trailing and (level - self.stop) * self.side > 0.0 else self.stop

    def row(self) -> np.ndarray:
        row = np.zeros(1, dtype=GUARDED)
        row["symbol"], row["side"], row["stop"], row["closes"] = self.symbol, self.side, self.stop, self.closes
        row["target"] = self.side * np.inf if self.target is None else self.target
        row["trailing"], row["trailing_distance"] = self.trailing, self.distance
        row["best"], row["deadline"] = self.best, self.deadline
        return row

    def tick(self, price: float, at: int) -> tuple[list[tuple[int, float]], bool]:
        """What is reached, and whether that is the end."""
        reached = []
        stop = self.stop_in_force()
        if (price - stop) * self.side <= 0.0:
            return [(STOP if stop == self.stop else TRAILING, stop)], True
        if self.target is not None and (price - self.target) * self.side >= 0.0:
            reached.append((TARGET, self.target))
            self.target = None
            if self.closes:
                return reached, True
        if self.deadline and at >= self.deadline:
            return [*reached, (TIME_STOP, price)], True
        if (price - self.best) * self.side > 0.0:
            self.best = price
        return reached, False


@st.composite
def watched(draw: st.DrawFn, price: float, now: int) -> Watched:
    side = draw(st.sampled_from([1, -1]))
    away = st.integers(1, 60).map(lambda count: count * draw(st.sampled_from([0.125, 0.1])))
    trailing = draw(st.sampled_from([0, 1, 1, 2]))
    return Watched(
        symbol=draw(st.integers(0, SYMBOLS - 1)),
        side=side,
        stop=price - side * draw(away),
        target=draw(st.none() | away.map(lambda distance: price + side * distance)),
        closes=draw(st.booleans()),
        trailing=trailing,
        distance=draw(st.sampled_from([0.01, 0.002, 0.03])) if trailing == 2 else draw(away) if trailing else 0.0,
        best=price + side * draw(st.sampled_from([0.0, 0.0, 1.0, 2.5])),
        deadline=draw(st.just(0) | st.integers(now + 1, now + 40)),
    )


def same(told: np.ndarray, expected: list[tuple[int, int, int, str]]) -> None:
    """Within a tick the order of positions does not matter."""
    got = [(int(t["tick"]), int(t["slot"]), int(t["kind"]), float(t["level"]).hex()) for t in told]
    assert sorted(got) == sorted(expected)
    assert [tick for tick, *_ in got] == sorted(tick for tick, *_ in got)


@given(st.data())
@settings(max_examples=150, deadline=None)
def test_the_same_triggers_as_a_scan(data: st.DataObject) -> None:
    now = 0
    prices = [100.0] * SYMBOLS
    first = [data.draw(watched(100.0, now)) for _ in range(data.draw(st.integers(0, 30)))]
    guardian = Guardian(SYMBOLS, np.concatenate([one.row() for one in first]) if first else None)
    live = {int(slot): one for slot, one in zip(guardian.slots, first, strict=True)}
    for _ in range(data.draw(st.integers(1, 8))):
        opened = [data.draw(watched(prices[0], now)) for _ in range(data.draw(st.integers(0, 6)))]
        if opened:
            slots = guardian.open(np.concatenate([one.row() for one in opened]))
            assert not live.keys() & set(slots.tolist())
            live |= dict(zip(slots.tolist(), opened, strict=True))
        if live and data.draw(st.booleans()):
            gone = data.draw(st.lists(st.sampled_from(sorted(live)), max_size=4, unique=True))
            guardian.close(gone)
            for slot in gone:
                del live[slot]
        moves = data.draw(
            st.lists(
                st.tuples(
                    st.integers(0, SYMBOLS - 1), st.integers(-30, 30) | st.integers(-300, 300), st.integers(0, 5)
                ),
                max_size=12,
            )
        )
        symbols, ticks, times, expected = [], [], [], []
        for number, (symbol, move, later) in enumerate(moves):
            prices[symbol] = max(20.0, prices[symbol] + move / 8)
            now += later
            symbols.append(symbol)
            ticks.append(prices[symbol])
            times.append(now)
            for slot, one in list(live.items()):
                if one.symbol == symbol:
                    reached, over = one.tick(prices[symbol], now)
                    expected += [(number, slot, kind, level.hex()) for kind, level in reached]
                    if over:
                        del live[slot]
        same(guardian.run(symbols, ticks, times), expected)
        assert len(guardian) == len(live)
        rows = guardian.positions()
        assert {int(slot) for slot in np.flatnonzero(rows["symbol"] >= 0)} == live.keys()
        for slot, one in live.items():
            row = rows[slot]
            assert float(row["stop"]).hex() == one.stop_in_force().hex()
            assert (row["symbol"], row["side"], row["deadline"]) == (one.symbol, one.side, one.deadline)
            assert row["target"] == (one.side * np.inf if one.target is None else one.target)
            assert not one.trailing or row["best"] == one.best


@pytest.mark.parametrize("seed", range(4))
def test_a_storm_over_thousands(seed: int) -> None:
    """Enough for deep heaps, merging groups, rebuilds and more triggers than fit at once."""
    rng = np.random.default_rng(seed)
    count, symbols, ticks = 3000, 4, 3000

    def many(number: int, price: float) -> np.ndarray:
        rows = np.zeros(number, dtype=GUARDED)
        rows["symbol"], rows["side"] = rng.integers(0, symbols, number), rng.choice([1, -1], number)
        rows["stop"] = price * (1 - rows["side"] * rng.uniform(0.001, 0.2, number))
        rows["target"] = price * (1 + rows["side"] * rng.uniform(0.001, 0.2, number))
        rows["closes"] = rng.integers(0, 2, number)
        rows["trailing"] = rng.integers(0, 3, number)
        rows["trailing_distance"] = rng.uniform(0.001, 0.1, number) * np.where(rows["trailing"] == 1, price, 1.0)
        rows["best"] = price * (1 + rng.choice([0.0, 0.01, 0.02], number))
        return rows

    rows = many(count, 100.0)
    guardian = Guardian(symbols, rows)
    slots, at = guardian.slots, 0
    scan = {int(slot): row for slot, row in zip(slots, rows, strict=True)}
    price = np.full(symbols, 100.0)
    for _ in range(4):
        which = rng.integers(0, symbols, ticks)
        seen = np.empty(ticks)
        for number, symbol in enumerate(which):
            price[symbol] *= 1 + rng.normal(0, 0.004)
            seen[number] = price[symbol]
        expected = []
        order = np.array(sorted(scan), dtype=np.int64)
        held = np.array([scan[slot] for slot in order.tolist()], dtype=GUARDED)
        alive = np.ones(len(held), dtype=bool)
        for number in range(ticks):
            side, now = held["side"], seen[number]
            mine = alive & (held["symbol"] == which[number])
            distance = np.where(
                held["trailing"] == 2, held["trailing_distance"] * held["best"], held["trailing_distance"]
            )
            trailed = np.where(held["trailing"] > 0, held["best"] - side * distance, held["stop"])
            tighter = (trailed - held["stop"]) * side > 0
            stop = np.where(tighter, trailed, held["stop"])
            stopped = mine & ((now - stop) * side <= 0)
            reached = mine & ~stopped & np.isfinite(held["target"]) & ((now - held["target"]) * side >= 0)
            for index in np.flatnonzero(stopped):
                kind = TRAILING if tighter[index] else STOP
                expected.append((number, int(order[index]), kind, float(stop[index]).hex()))
            expected += [
                (number, int(order[index]), TARGET, float(held["target"][index]).hex())
                for index in np.flatnonzero(reached)
            ]
            alive &= ~(stopped | (reached & (held["closes"] == 1)))
            held["target"][reached] = np.inf * side[reached]
            better = mine & ((now - held["best"]) * side > 0)
            held["best"][better] = now
        same(guardian.run(which, seen, np.arange(at, at + ticks)), expected)
        at += ticks
        scan = {int(slot): row for slot, row, living in zip(order, held, alive, strict=True) if living}
        assert len(guardian) == len(scan)
        more = many(700, float(price[0]))
        scan |= dict(zip(guardian.open(more).tolist(), more, strict=True))


@given(st.data())
@settings(max_examples=150, deadline=None)
def test_following_a_plan_is_what_the_live_plan_does(data: st.DataObject) -> None:
    """Trailing without a wake-up: the tick and the level at which `core.plan`, asked at every tick, is stopped."""
    side = data.draw(st.sampled_from([1, -1]))
    kind = data.draw(st.sampled_from([TrailingKind.DISTANCE, TrailingKind.PERCENT]))
    distance = (
        data.draw(st.sampled_from([0.01, 0.0037])) if kind is TrailingKind.PERCENT else data.draw(st.floats(0.2, 9))
    )
    spec = PlanSpec(side, 100.0 - side * 8.0, (Target(100.0 + side * 50.0, 1.0),), None, Trailing(kind, distance))
    state: PlanState = planning.opened(spec, 100.0, 100.0, 0)
    one = Watched(0, side, spec.stop, None, True, 1 if kind is TrailingKind.DISTANCE else 2, distance, 100.0, 0)
    told = Guardian(1, one.row())
    prices = [100.0]
    for move in data.draw(st.lists(st.floats(-3, 3), min_size=1, max_size=60)):
        prices.append(max(1.0, prices[-1] + move))
    expected = None
    for number, price in enumerate(prices):
        if (price - state.stop) * side <= 0.0:
            expected = (number, state.stop)
            break
        state, actions = planning.observe(spec, state, price, price, price, number)
        assert not any(isinstance(action, ExitNow) for action in actions)
        for action in actions:
            if isinstance(action, MoveStop):
                state = planning.stop_moved(state, action.level)
    triggers = told.run(np.zeros(len(prices)), prices, range(len(prices)))
    assert [(int(t["tick"]), float(t["level"]).hex()) for t in triggers] == (
        [(expected[0], expected[1].hex())] if expected else []
    )


def test_woken_by_a_rung_and_armed_again() -> None:
    """The way a ladder is guarded: rung by rung, with the stop that the plan then asks for."""
    spec = PlanSpec(1, 90.0, (Target(110.0, 0.5), Target(120.0, 0.5)), planning.Breakeven(1))
    state = planning.opened(spec, 100.0, 100.25, 0)
    guardian = Guardian(1)
    (slot,) = guardian.open(Watched(0, 1, spec.stop, 110.0, False, 0, 0.0, 100.0, 0).row())
    (told,) = guardian.run([0, 0], [109.0, 130.0], [0, 1])
    assert (told["tick"], told["kind"], told["level"]) == (1, TARGET, 110.0)
    state, (move,) = planning.target_filled(spec, state, 1, 110.0)
    assert isinstance(move, MoveStop)
    (again,) = guardian.rearm([slot], Watched(0, 1, move.level, 120.0, True, 0, 0.0, 110.0, 0).row())
    assert len(guardian.run([0], [119.0], [2])) == 0
    (told,) = guardian.run([0], [100.25], [3])
    assert (told["slot"], told["kind"], told["level"]) == (again, STOP, 100.25)
    assert len(guardian) == 0


@given(st.data())
@settings(max_examples=80, deadline=None)
def test_long_and_short_are_mirror_images(data: st.DataObject) -> None:
    """Reflected around a pivot, in prices that floats hold exactly."""
    here = [data.draw(watched(PIVOT, 0)) for _ in range(data.draw(st.integers(1, 20)))]
    for one in here:
        one.stop, one.distance, one.trailing = (
            round(one.stop * 8) / 8,
            round(one.distance * 8) / 8 + 1.0,
            one.trailing % 2,
        )
        one.target = None if one.target is None else round(one.target * 8) / 8 + one.side
    there = [
        Watched(
            one.symbol,
            -one.side,
            2 * PIVOT - one.stop,
            None if one.target is None else 2 * PIVOT - one.target,
            one.closes,
            one.trailing,
            one.distance,
            2 * PIVOT - one.best,
            one.deadline,
        )
        for one in here
    ]
    moves = data.draw(st.lists(st.tuples(st.integers(0, SYMBOLS - 1), st.integers(-100, 100)), max_size=40))
    prices = np.array([PIVOT + move / 8 for _, move in moves])
    symbols = [symbol for symbol, _ in moves]
    books = [Guardian(SYMBOLS, np.concatenate([one.row() for one in side])) for side in (here, there)]
    one = books[0].run(symbols, prices, range(len(moves)))
    two = books[1].run(symbols, 2 * PIVOT - prices, range(len(moves)))
    # Slots are given book by book, so positions are compared, not slots.
    names = [{int(slot): row for row, slot in enumerate(book.slots)} for book in books]
    assert sorted((t["tick"], names[0][t["slot"]], t["kind"], t["level"]) for t in one) == sorted(
        (t["tick"], names[1][t["slot"]], t["kind"], t["level"] if t["kind"] == 99 else 2 * PIVOT - t["level"])
        for t in two
    )


def test_gaps_fire_everything_that_was_jumped_over() -> None:
    levels = [90.0, 95.0, 99.0]
    rows = np.concatenate([Watched(0, 1, level, 200.0, True, 0, 0.0, 100.0, 0).row() for level in levels])
    guardian = Guardian(1, rows)
    told = guardian.run([0, 0], [100.0, 50.0], [0, 1])
    assert told["tick"].tolist() == [1, 1, 1]
    assert told["level"].tolist() == [99.0, 95.0, 90.0], "nearest first"
    assert len(guardian.run([0], [500.0], [2])) == 0


@pytest.mark.parametrize(
    ("field", "value"),
    [
        *((field, value) for field in ("stop", "best") for value in (np.nan, np.inf, 0.0, -1.0)),
        *(("target", value) for value in (np.nan, -np.inf, 0.0, -1.0, 80.0)),
        *(("trailing_distance", value) for value in (np.nan, np.inf, 0.0, -1.0, 1e-12)),
        ("side", 0),
        ("side", 3),
        ("symbol", -1),
        ("symbol", 2),
        ("trailing", 3),
        ("deadline", -1),
    ],
)
def test_bad_positions_are_refused_by_name_and_row(field: str, value: float) -> None:
    rows = np.repeat(Watched(0, 1, 90.0, 110.0, True, 1, 5.0, 100.0, 0).row(), 3)
    rows[field][1] = value
    guardian = Guardian(2, rows[:1])
    with pytest.raises(KernelInputError) as caught:
        guardian.open(rows)
    assert (caught.value.field, caught.value.row) == (f"positions.{field}", 1)
    assert len(guardian) == 1


def test_bad_ticks_and_slots_are_refused() -> None:
    guardian = Guardian(1, Watched(0, 1, 90.0, 110.0, True, 1, 5.0, 100.0, 0).row())
    fraction = Watched(0, 1, 90.0, 110.0, True, 2, 1.0, 100.0, 0).row()
    for call in (
        lambda: guardian.run([1], [100.0], [0]),
        lambda: guardian.run([-1], [100.0], [0]),
        lambda: guardian.run([0], [100.0, 1.0], [0]),
        lambda: guardian.run([0], [np.nan], [0]),
        lambda: guardian.run([0], [np.inf], [0]),
        lambda: guardian.run([0], [0.0], [0]),
        lambda: guardian.run([0], [-1.0], [0]),
        lambda: guardian.close([1]),
        lambda: guardian.close([-1]),
        lambda: guardian.close([0, 0]),
        lambda: guardian.rearm([0], fraction),
        lambda: guardian.rearm([0], fraction[:0]),
        lambda: guardian.open(kernel.states(1)),
        lambda: Guardian(0),
    ):
        with pytest.raises(KernelInputError):
            call()
    assert len(guardian) == 1
    guardian.close([0])
    with pytest.raises(KernelInputError):
        guardian.close([0])


def test_a_guarded_position_takes_no_more_than_100_bytes() -> None:
    rows = np.repeat(Watched(0, 1, 90.0, 110.0, True, 1, 5.0, 100.0, 7).row(), 10_000)
    rows["symbol"] = np.arange(10_000) % 20
    assert Guardian(20, rows).bytes <= 100 * 10_000
