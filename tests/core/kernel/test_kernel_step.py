"""The step and its two bar drivers: to the bit what the model says, and to the bit what the live implementation
does."""

from __future__ import annotations

import csv
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.core.kernel_model import Bar, BreakevenRule, Market, Plan, Position, TrailingRule, lived
from tradewind.core import kernel
from tradewind.core.candles import Candle
from tradewind.core.costs import Costs
from tradewind.core.kernel import layout
from tradewind.core.matching import Stretch
from tradewind.core.outcome import WAITING, SignalEnd, SignalPhase, Tracking, track
from tradewind.core.plan import Breakeven, PlanSpec, Target, Trailing, TrailingKind
from tradewind.core.series import Columns

SHARED = Path(__file__).parents[3].parent / "shared" / "data"
LENGTH = 60_000
PIVOT = 1024.0
KINDS = {"distance": 1, "percent": 2, "chandelier": 3, "moving_target": 4}
ENDS = {"stop": 1, "breakeven": 2, "trailing": 3, "target": 4, "time_stop": 5}
PHASES = {"pending": 1, "open": 2, "closed": 3, "refused": 4}

multiples = st.sampled_from([0.25, 0.5, 1.0, 1.5, 2.0])
rates = st.sampled_from([0.0, 0.0002, 0.0006, 0.00123])


@st.composite
def runs_of_bars(draw: st.DrawFn, exact: bool = False) -> list[Bar]:
    """Bars around 1,000 with gaps, on eighths or (unless `exact`) anywhere."""
    scale = 0.125 if exact else draw(st.sampled_from([0.125, 0.1, 0.0123456789]))
    with_funding = not exact and draw(st.booleans())
    close, made, ts = 1000.0, [], 0
    for _ in range(draw(st.integers(1, 30))):
        opened = close + scale * draw(st.just(0) | st.integers(-150, 150))
        a, b, c = draw(st.tuples(*[st.integers(-200, 200)] * 3))
        points = [opened, opened + scale * a, opened + scale * b]
        close = opened + scale * c
        atr = scale * draw(st.integers(1, 100))
        funding = scale * draw(st.sampled_from([0, 0, 0, 3, -2])) if with_funding else 0.0
        ts += LENGTH * draw(st.sampled_from([1, 1, 1, 4]))
        made.append(Bar(ts, ts + LENGTH, opened, max(*points, close), min(*points, close), close, atr, funding))
    return made


@st.composite
def plans_at(draw: st.DrawFn, price: float, kinds: tuple[str, ...] = tuple(KINDS)) -> Plan:
    side = draw(st.sampled_from([1, -1]))
    distances = st.integers(1, 400).map(lambda count: count / 8)
    stop = price - side * draw(distances) * draw(st.sampled_from([1, 1, 1, 1, -1]))
    offsets = sorted(draw(st.lists(distances, min_size=1, max_size=4)))
    rule = draw(
        st.none() | st.builds(BreakevenRule, st.integers(0, 3), st.just(0.0) | multiples, st.just(0.0) | st.just(1.5))
    )
    trailing = None
    if draw(st.booleans()):
        kind = draw(st.sampled_from(kinds))
        distance = {"percent": draw(st.sampled_from([2**-4, 0.01, 0.003])), "chandelier": draw(multiples)}.get(
            kind, draw(distances)
        )
        step = draw(st.just(0.0) | distances)
        moving = kind == "moving_target"
        after = draw(st.integers(1 if moving else 0, 3))
        trailing = TrailingRule(kind, distance, after, 0.0 if moving else draw(st.just(0.0) | multiples), step)
    targets = tuple((price + side * offset, 1 / len(offsets)) for offset in offsets)
    return Plan(side, stop, targets, rule, trailing, draw(st.just(0) | st.integers(1, 20).map(lambda n: n * LENGTH)))


markets = st.builds(
    Market,
    maker=rates,
    taker=rates,
    slippage=rates,
    worse=st.sampled_from([0.0, 0.0, 0.0005]),
    tick=st.sampled_from([None, Decimal("0.125"), Decimal("0.1"), Decimal("0.01"), Decimal(5), Decimal("0.25")]),
    textbook=st.booleans(),
)


@st.composite
def lives(draw: st.DrawFn) -> tuple[Plan, Market, list[Bar]]:
    bars = draw(runs_of_bars())
    return draw(plans_at(bars[0].open)), draw(markets), bars


def row_of(plan: Plan) -> layout.Records:
    row = np.zeros(1, dtype=layout.PLAN)
    row["side"], row["stop"], row["targets"], row["max_age_ms"] = (
        plan.side,
        plan.stop,
        len(plan.targets),
        plan.max_age_ms,
    )
    for rung, (level, share) in enumerate(plan.targets):
        row["levels"][0, rung], row["shares"][0, rung] = level, share
    if plan.breakeven:
        row["breakeven"], row["breakeven_after"] = 1, plan.breakeven.after_target
        row["breakeven_at_r"], row["breakeven_offset"] = plan.breakeven.at_r, plan.breakeven.offset
    if plan.trailing:
        row["trailing"], row["trailing_after"] = KINDS[plan.trailing.follows], plan.trailing.after_target
        row["trailing_distance"], row["trailing_step"] = plan.trailing.distance, plan.trailing.step
        row["trailing_at_r"] = plan.trailing.at_r
    return kernel.checked_plans(row)


def rules_of(market: Market) -> layout.Records:
    costs = Costs(maker=market.maker, taker=market.taker, slippage=market.slippage, half_spread=0.0)
    return kernel.assumptions(costs, market.tick, worse=market.worse, textbook=market.textbook)


def bars_of(bars: list[Bar]) -> kernel.Bars:
    columns = Columns.of(Candle(bar.start, bar.open, bar.high, bar.low, bar.close, 1.0) for bar in bars)
    funding = np.array([bar.funding for bar in bars])
    return kernel.bars(columns, LENGTH, np.array([bar.atr for bar in bars]), funding if funding.any() else None)


def hexed(*values: object) -> list[str]:
    """Floats to the last bit."""
    return [float(value).hex() for value in values]  # type: ignore[arg-type]


@given(lives())
@settings(max_examples=400, deadline=None)
def test_one_bar_for_many_positions_does_what_the_model_says(life: tuple[Plan, Market, list[Bar]]) -> None:
    plan, market, bars = life
    data, rules, rows = bars_of(bars), rules_of(market), np.repeat(row_of(plan), 2)
    model, states = Position(plan, market), kernel.states(2)
    states["phase"][1] = layout.EMPTY
    for number, bar in enumerate(bars):
        model.step(bar)
        kernel.step_bar(data, number, rows, states, rules)
        state = states[0]
        assert state["phase"] == PHASES[model.phase]
        if model.phase == "refused":
            break
        assert hexed(*(state[name] for name in ("entry", "stop", "best", "worst", "left", "gained", "exit"))) == hexed(
            model.entry, model.stop, model.best, model.worst, model.left, model.gained, model.exit
        )
        assert (state["filled"], state["end"]) == (model.filled, ENDS[model.end] if model.end else 0)
        assert bool(state["trailing_on"]) == model.trailing_on
        assert state["leaving"] == (ENDS[model.leaving] if model.leaving else 0)
    assert states["phase"][1] == layout.EMPTY


@given(lives(), st.data())
@settings(max_examples=400, deadline=None)
def test_a_series_of_entries_does_what_the_model_says(
    life: tuple[Plan, Market, list[Bar]], data: st.DataObject
) -> None:
    plan, market, bars = life
    rows = sorted(data.draw(st.sets(st.integers(0, len(bars) - 1), min_size=1)))
    checked = bars_of(bars)
    trades = kernel.backtest(
        checked, kernel.entries(checked, rows), np.repeat(row_of(plan), len(rows)), rules_of(market)
    )
    expected, free_from = [], 0
    for signal, row in enumerate(rows):
        if row < free_from:
            continue
        position = Position(plan, market)
        for number in range(row, len(bars)):
            position.step(bars[number])
            if position.phase != "open":
                break
        if position.phase == "refused":
            continue
        if position.phase == "open":
            break
        free_from = number + 1
        expected.append(
            [
                *(signal, row, number, ENDS[position.end or "stop"], position.filled),
                *hexed(position.entry, position.exit, position.gained, position.best, position.worst),
            ]
        )
    assert [
        [int(trade[name]) for name in ("signal", "entry_bar", "exit_bar", "end", "filled")]
        + hexed(*(trade[name] for name in ("entry", "exit", "gained", "best", "worst")))
        for trade in trades
    ] == expected


@given(lives(), st.data())
@settings(max_examples=300, deadline=None)
def test_the_live_implementation_agrees_to_the_last_bit(
    life: tuple[Plan, Market, list[Bar]], data: st.DataObject
) -> None:
    """`core.outcome.track` with `core.plan`, entered at the open by a market order."""
    plan, market, bars = life
    bars = [bar._replace(funding=0.0) for bar in bars]
    if plan.trailing and plan.trailing.follows not in {"distance", "percent"}:
        plan = replace(plan, trailing=None)
    if plan.breakeven:
        plan = replace(plan, breakeven=replace(plan.breakeven, offset=0.0))
    tick = market.tick or Decimal("0.00000001")
    market = replace(market, worse=0.0, textbook=False, tick=tick)
    spec = PlanSpec(
        plan.side,
        plan.stop,
        tuple(Target(*target) for target in plan.targets),
        Breakeven(plan.breakeven.after_target, plan.breakeven.at_r) if plan.breakeven else None,
        Trailing(
            TrailingKind(plan.trailing.follows),
            plan.trailing.distance,
            plan.trailing.after_target,
            plan.trailing.at_r,
            plan.trailing.step,
        )
        if plan.trailing
        else None,
        plan.max_age_ms,
    )
    costs = Costs(maker=market.maker, taker=market.taker, slippage=market.slippage, half_spread=0.0)
    tracked = Tracking(spec, 1e9 if plan.side > 0 else 1e-9, 2**60, tick, costs)
    outcome, states, checked = WAITING, kernel.states(1), bars_of(bars)
    rows = kernel.plans([spec])
    assert rows.tobytes() == row_of(plan).tobytes()
    for number, bar in enumerate(bars):
        stretch = Stretch(bar.start, bar.end, bar.open, bar.high, bar.low, bar.close, 1.0)
        outcome, _ = track(tracked, outcome, stretch)
        kernel.step_bar(checked, number, rows, states, rules_of(market))
        state = states[0]
        if outcome.phase is SignalPhase.NOT_FILLED:
            assert outcome.end is SignalEnd.INVALIDATED
            assert state["phase"] == layout.REFUSED
            return
        assert outcome.plan is not None
        assert (state["phase"] == layout.CLOSED) == (outcome.phase is SignalPhase.CLOSED)
        assert hexed(
            *(state[name] for name in ("entry", "best", "worst", "left", "gained", "stop", "paid_at"))
        ) == hexed(
            outcome.entry,
            outcome.best,
            outcome.worst,
            outcome.left,
            outcome.gained,
            outcome.plan.stop,
            outcome.plan.paid_at,
        )
        assert state["end"] == (ENDS[outcome.end.value] if outcome.end else 0)


@given(lives())
@settings(max_examples=200, deadline=None)
def test_long_and_short_are_mirror_images(life: tuple[Plan, Market, list[Bar]]) -> None:
    """In prices that floats hold exactly, without costs, which are fractions of prices."""
    plan, _, bars = life
    bars = [
        Bar(bar.start, bar.end, *(round(price * 8) / 8 for price in bar[2:6]), atr=round(bar.atr * 8) / 8)
        for bar in bars
    ]
    if plan.trailing and plan.trailing.follows == "percent":
        plan = replace(plan, trailing=None)
    levels = tuple((round(level * 8) / 8, 2**-3) for level, _ in plan.targets[:-1])
    plan = replace(
        plan,
        stop=round(plan.stop * 8) / 8,
        targets=(*levels, (round(plan.targets[-1][0] * 8) / 8, 1 - len(levels) / 8)),
    )
    other = replace(
        plan,
        side=-plan.side,
        stop=2 * PIVOT - plan.stop,
        targets=tuple((2 * PIVOT - level, share) for level, share in plan.targets),
    )
    mirrored = [
        bar._replace(
            open=2 * PIVOT - bar.open, high=2 * PIVOT - bar.low, low=2 * PIVOT - bar.high, close=2 * PIVOT - bar.close
        )
        for bar in bars
    ]
    here, there = kernel.states(1), kernel.states(1)
    rules, one, two = rules_of(Market()), bars_of(bars), bars_of(mirrored)
    for number in range(len(bars)):
        kernel.step_bar(one, number, row_of(plan), here, rules)
        kernel.step_bar(two, number, row_of(other), there, rules)
        for name in ("phase", "filled", "end", "leaving", "trailing_on", "left", "gained"):
            assert here[name] == there[name], name
        if here["phase"][0] in {layout.OPEN, layout.CLOSED}:
            for name in ("entry", "stop", "best", "worst"):
                assert here[name] == 2 * PIVOT - there[name], name


@given(runs_of_bars(), st.data())
@settings(max_examples=60, deadline=None)
def test_a_sweep_sums_up_the_backtests_of_its_sets(bars: list[Bar], data: st.DataObject) -> None:
    checked = bars_of(bars)
    rows = sorted(data.draw(st.sets(st.integers(0, len(bars) - 1), min_size=1)))
    units, sides = [0.5 + row / 8 for row in rows], [1 if row % 2 else -1 for row in rows]
    when = kernel.entries(checked, rows, sides, units)
    templates = np.concatenate(
        [
            kernel.template(stop, [(first, 0.5), (2 * first, 0.5)], breakeven=(1, 0.0, 0.0), trailing=trailing)
            for stop in (1.0, 7.0)
            for first in (2.0, 5.0)
            for trailing in (None, (1, 3.0, 0, 0.0, 0.0), (3, 1.0, 0, 1.0, 0.0), (4, 0.0, 1, 0.0, 0.0))
        ]
    )
    rules = rules_of(Market(maker=0.0002, taker=0.0006))
    for template, summary in zip(templates, kernel.sweep(checked, when, templates, rules), strict=True):
        alone = np.array([template])
        trades = kernel.backtest(checked, when, np.array([template]), rules)
        absolute = kernel.place(alone, when, checked.open[when.bars])
        assert kernel.backtest(checked, when, absolute, rules).tobytes() == trades.tobytes()
        gains = trades["gained"] / trades["entry"]
        assert summary["trades"] == len(trades)
        assert summary["wins"] == (gains > 0).sum()
        assert summary["held"] == (trades["exit_bar"] - trades["entry_bar"] + 1).sum()
        total, growth = 0.0, 1.0
        for gain in gains.tolist():
            total += gain
            growth *= 1.0 + gain
        assert hexed(summary["total"], summary["growth"]) == hexed(total, growth)
        assert summary["profit"] + summary["loss"] == pytest.approx(total, abs=1e-12)


@pytest.mark.skipif(not (SHARED / "golden").is_dir(), reason="needs the shared candles")
@pytest.mark.parametrize("anchor", ["fill", "close"])
@pytest.mark.parametrize("symbol", ["BTCUSDT", "AVAXUSDT"])
def test_the_reference_strategy_gives_the_golden_trades(symbol: str, anchor: str) -> None:
    import pyarrow.parquet as pq
    import talib

    table = pq.read_table(SHARED / "candles" / f"{symbol}-5m.parquet")
    prices = (table[name].to_numpy().astype(float) for name in ("open", "high", "low", "close", "volume"))
    candles = Columns(table["ts"].to_numpy().astype(np.int64), *prices)
    fast, slow = talib.EMA(candles.close, 12), talib.EMA(candles.close, 26)
    crossed = (fast[:-1] <= slow[:-1]) & (fast[1:] > slow[1:]) & (talib.RSI(candles.close, 14)[1:] < 70)
    signals = np.flatnonzero(crossed) + 1
    signals = signals[(signals >= 500) & (signals < len(candles) - 1)]
    atr = talib.ATR(candles.high, candles.low, candles.close, 14)[signals]
    data = kernel.bars(candles, 300_000)
    when = kernel.entries(data, signals + 1, 1, atr, candles.close[signals] if anchor == "close" else np.nan)
    costs = Costs(maker=0.0006, taker=0.0006, slippage=0.0, half_spread=0.0)
    trades = kernel.backtest(data, when, kernel.template(2, [(3, 1)]), kernel.assumptions(costs, textbook=True))
    with (SHARED / "golden" / f"{symbol}-5m-{anchor}.csv").open() as file:
        golden = list(csv.DictReader(file))
    assert [int(row["entry_ts"]) for row in golden] == candles.ts[trades["entry_bar"]].tolist()
    assert [int(row["exit_ts"]) for row in golden] == candles.ts[trades["exit_bar"]].tolist()
    assert [float(row["exit_px"]) for row in golden] == pytest.approx(trades["exit"].tolist(), rel=1e-9)
    returns = trades["gained"] / (trades["entry"] * 1.0006)
    assert [float(row["net_return"]) for row in golden] == pytest.approx(returns.tolist(), abs=1e-9)


# --------------------------------------------------------------------------------------------------------- rule by rule


def flat(start: int, *prices: float, atr: float = 1.0, funding: float = 0.0) -> list[Bar]:
    """Bars of one price each."""
    return [Bar((start + n) * LENGTH, (start + n + 1) * LENGTH, p, p, p, p, atr, funding) for n, p in enumerate(prices)]


def played(plan: Plan, bars: list[Bar], market: Market | None = None) -> layout.Records:
    """The position after `bars`, once by the kernel; the model must agree."""
    states, checked = kernel.states(1), bars_of(bars)
    for number in range(len(bars)):
        kernel.step_bar(checked, number, row_of(plan), states, rules_of(market or Market()))
    model = lived(plan, market or Market(), bars)
    assert hexed(states["stop"][0], states["gained"][0]) == hexed(model.stop, model.gained)
    return states[0]


LADDER = tuple((100.0 + 10.0 * rung, 0.25) for rung in range(1, 5))


def test_a_moving_target_follows_the_ladder() -> None:
    plan = Plan(1, 90.0, LADDER, trailing=TrailingRule("moving_target", 0.0, 1))
    assert played(plan, flat(0, 100, 110))["stop"] == 100.0, "the entry, as there are no costs"
    assert played(plan, flat(0, 100, 120))["stop"] == 110.0
    assert played(plan, flat(0, 100, 130))["stop"] == 120.0
    late = replace(plan, trailing=TrailingRule("moving_target", 0.0, 2))
    assert played(late, flat(0, 100, 110))["stop"] == 90.0
    assert played(late, flat(0, 100, 130))["stop"] == 110.0


def test_a_chandelier_hangs_from_the_best_price_and_never_sinks() -> None:
    plan = Plan(1, 90.0, ((200.0, 1.0),), trailing=TrailingRule("chandelier", 3.0))
    bars = [*flat(0, 100, 110, atr=2.0), *flat(2, 109, atr=5.0)]
    assert played(plan, bars)["stop"] == 104.0
    assert played(plan, [*bars, *flat(3, 108, atr=1.0)])["stop"] == 107.0


def test_breakeven_pays_funding_and_goes_beyond() -> None:
    market = Market(taker=0.001)
    plan = Plan(1, 90.0, LADDER, breakeven=BreakevenRule(0, 0.5, 0.25))
    bars = [*flat(0, 100), *flat(1, 101, funding=0.5), *flat(2, 106)]
    state = played(plan, bars, market)
    assert state["stop"] == pytest.approx((100.0 * 1.001 + 0.5) / 0.999 + 0.25)
    assert state["gained"] == -0.5


def test_a_bar_that_touches_both_counts_as_the_stop_and_a_gap_fills_at_the_open() -> None:
    plan = Plan(1, 90.0, ((110.0, 1.0),))
    both = Bar(LENGTH, 2 * LENGTH, 100.0, 111.0, 89.0, 100.0)
    assert played(plan, [*flat(0, 100), both])["exit"] == 90.0
    assert played(plan, flat(0, 100, 80))["exit"] == 80.0
    assert played(plan, flat(0, 100, 120))["exit"] == 110.0
    assert played(plan, flat(0, 100, 120), Market(textbook=True))["exit"] == 120.0


def test_a_time_stop_leaves_at_the_next_open() -> None:
    plan = Plan(-1, 110.0, ((50.0, 1.0),), max_age_ms=2 * LENGTH)
    state = played(plan, flat(0, 100, 101, 102))
    assert (state["end"], state["exit"]) == (layout.TIME_STOP, 102.0)


# ------------------------------------------------------------------------------------------------------------ refusals


@pytest.mark.parametrize(
    ("field", "value"),
    [
        *((name, value) for name in ("open", "high", "low", "close") for value in (np.nan, np.inf, 0.0, -1.0)),
        ("high", 99.0),
        ("low", 101.0),
        ("ts", 0),
    ],
)
def test_bad_bars_are_refused_by_name_and_row(field: str, value: float) -> None:
    columns = Columns.of(Candle(n * LENGTH, 100.0, 100.5, 99.5, 100.0, 1.0) for n in range(4))
    getattr(columns, field)[2] = value
    with pytest.raises(kernel.KernelInputError) as caught:
        kernel.bars(columns, LENGTH)
    assert (caught.value.field, caught.value.row) in {(field, 2), ("high", 2), ("low", 2)}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("side", 0),
        ("side", 2),
        ("stop", np.nan),
        ("stop", 0.0),
        ("stop", -5.0),
        ("targets", 0),
        ("targets", 11),
        ("levels", np.nan),
        ("levels", -1.0),
        ("shares", np.inf),
        ("shares", 0.5),
        ("trailing", 9),
        ("trailing_distance", 0.0),
        ("trailing_distance", np.nan),
        ("trailing_step", -1.0),
        ("trailing_at_r", np.inf),
        ("breakeven_at_r", -1.0),
        ("breakeven_offset", np.nan),
        ("max_age_ms", -1),
    ],
)
def test_bad_plans_are_refused_by_name_and_row(field: str, value: float) -> None:
    rows = np.repeat(row_of(Plan(1, 90.0, ((110.0, 1.0),), trailing=TrailingRule("distance", 5.0))), 3)
    if rows[field].ndim == 2:
        rows[field][1, 0] = value
    else:
        rows[field][1] = value
    with pytest.raises(kernel.KernelInputError) as caught:
        kernel.checked_plans(rows)
    assert (caught.value.field, caught.value.row) == (f"plans.{field}", 1)


def test_what_does_not_fit_together_is_refused() -> None:
    data = bars_of(flat(0, 100, 101, 102))
    plan, chandelier = row_of(Plan(1, 90.0, LADDER)), kernel.template(2, [(3, 1)], trailing=(3, 1.0, 0, 0.0, 0.0))
    rules = rules_of(Market())
    no_atr = data._replace(atr=np.empty(0))
    for call in (
        lambda: kernel.entries(data, [3]),
        lambda: kernel.entries(data, [1, 1]),
        lambda: kernel.entries(data, [1], sides=0),
        lambda: kernel.entries(data, [1], units=np.nan),
        lambda: kernel.entries(data, [1], anchors=-1.0),
        lambda: kernel.backtest(data, kernel.entries(data, [0, 1]), plan, rules),
        lambda: kernel.sweep(data, kernel.entries(data, [0]), plan, rules),
        lambda: kernel.sweep(no_atr, kernel.entries(data, [0]), chandelier, rules),
        lambda: kernel.step_bar(data, 3, plan, kernel.states(1), rules),
        lambda: kernel.step_bar(data, 0, plan, kernel.states(2), rules),
        lambda: kernel.step_bar(data, 0, chandelier, kernel.states(1), rules),
        lambda: kernel.place(kernel.template(200, [(1, 1)]), kernel.entries(data, [0]), data.open[:1]),
        lambda: kernel.assumptions(Costs(), Decimal(0)),
        lambda: kernel.assumptions(Costs(), Decimal("NaN")),
        lambda: kernel.assumptions(Costs(), worse=1.0),
        lambda: kernel.bars(Columns.of([]), 0),
        lambda: kernel.plans([PlanSpec(1, 90.0, ())]),
        lambda: kernel.template(2, []),
    ):
        with pytest.raises(kernel.KernelInputError):
            call()


def test_no_candles_and_no_entries_make_no_trades() -> None:
    data = kernel.bars(Columns.of([]), LENGTH)
    assert len(kernel.backtest(data, kernel.entries(data, []), kernel.template(1, [(1, 1)]), rules_of(Market()))) == 0
