"""The ideal profile: the golden trade lists, a plain model of its rules, and what must hold on any candles."""

from __future__ import annotations

import csv
import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import talib

from tests.core.strategy_maker import columns_of, head, random_columns, strategy_of
from tests.market.coarser import coarser
from tests.research.ideal_model import Position, positions
from tradewind.core.candles import Timeframe
from tradewind.core.plan import Breakeven, PlanSpec, Target, Trailing, TrailingKind
from tradewind.core.positions import ExitReason
from tradewind.core.series import Columns
from tradewind.core.strategy import Strategy, evaluate
from tradewind.core.values import Side
from tradewind.market import read_candles
from tradewind.market.feeds.inside import resolve
from tradewind.research.backtest import BacktestResult, IdealOptions, run_ideal
from tradewind.research.backtest.held import Held, Leg
from tradewind.research.backtest.ideal import simulate
from tradewind.trading.strategies import load_builtin

SHARED = Path(__file__).resolve().parents[2].parent / "shared" / "data"
SYMBOLS = ("BTCUSDT", "ETHUSDT", "SOLUSDT", "AVAXUSDT", "LINKUSDT")
FEE = 0.0006
M5, M15 = Timeframe.M5, Timeframe.M15


def shared(path: Path) -> Path:
    if not path.exists():
        pytest.skip(f"no recorded data at {path}")
    return path


def run(strategy: Strategy, columns: Columns, **options: float) -> BacktestResult:
    return run_ideal(strategy, {"BTCUSDT": columns}, M5, IdealOptions(**options))


# ------------------------------------------------------------------------------------------------------- golden lists


@pytest.mark.parametrize("anchor", ["fill", "close"])
@pytest.mark.parametrize("symbol", SYMBOLS)
def test_the_reference_makes_the_golden_trades(symbol: str, anchor: str) -> None:
    columns = read_candles(shared(SHARED / "candles" / f"{symbol}-5m.parquet"))
    with shared(SHARED / "golden" / f"{symbol}-5m-{anchor}.csv").open() as file:
        golden = list(csv.DictReader(file))
    strategy = load_builtin("ema_rsi_atr").with_parameters({"anchor": anchor})
    evaluation = evaluate(strategy, columns)
    assert simulate(evaluation, M5, FEE) == simulate(evaluation, M5, FEE, compiled=True)
    trades = run_ideal(strategy, {symbol: columns}, M5).trades
    assert len(trades) == len(golden) > 1000
    for trade, row in zip(trades, golden, strict=True):
        assert (trade.entry_at, trade.exit_at) == (int(row["entry_ts"]), int(row["exit_ts"]))
        assert trade.exit_reason == row["reason"]
        for mine, theirs in (("entry_price", "entry_px"), ("exit_price", "exit_px"), ("gained", "net_return")):
            assert getattr(trade, mine) == pytest.approx(float(row[theirs]), abs=1e-9, rel=0)


# ---------------------------------------------------------------------------------------------------------- the rules

ATR = 14
#: (ladder, breakeven, trailing, time stop): everything that a document may ask for, alone and together.
PLANS = {
    "plain": ((("r", "1.5", "1"),), None, None, None),
    "ladder": ((("r", "0.5", "0.5"), ("r", "1", "0.3"), ("r", "2", "0.2")), None, None, None),
    "breakeven after a target": ((("r", "0.5", "0.5"), ("r", "2", "0.5")), (1, None), None, None),
    "breakeven at r": ((("r", "3", "1"),), (0, "0.7"), None, None),
    "trailing from the start": ((("r", "5", "1"),), None, (TrailingKind.DISTANCE, "1.5 * atr(14)", 0), None),
    "trailing percent": ((("r", "5", "1"),), None, (TrailingKind.PERCENT, "0.4", 0), None),
    "time stop": ((("r", "4", "1"),), None, None, "7"),
    "everything": (
        (("r", "0.4", "0.4"), ("r", "0.8", "0.3"), ("r", "4", "0.3")),
        (1, "1"),
        (TrailingKind.DISTANCE, "atr(14)", 2),
        "40",
    ),
}


def plans_of(columns: Columns, name: str) -> Callable[[int, int, float], PlanSpec]:
    """By the row of the set-up, its side and the entry price: what the strategy of that name plans."""
    ladder, breakeven, trailing, time_stop = PLANS[name]
    swing = talib.ATR(columns.high, columns.low, columns.close, ATR)
    ms = int(columns.ts[1] - columns.ts[0])

    def plan_of(row: int, side: int, entry: float) -> PlanSpec:
        stop = columns.close[row] - side * (2 * swing[row])
        risk = abs(entry - stop)
        follow = None
        if trailing is not None:
            kind, text, after = trailing
            by_swing = {"1.5 * atr(14)": 1.5, "atr(14)": 1.0}
            follow = Trailing(kind, by_swing[text] * swing[row] if text in by_swing else float(text) / 100, after)
        return PlanSpec(
            side,
            float(stop),
            tuple(Target(entry + side * float(r) * risk, float(share)) for _, r, share in ladder),
            Breakeven(breakeven[0], float(breakeven[1] or 0)) if breakeven else None,
            follow,
            int(time_stop or 0) * ms,
        )

    return plan_of


def strategy_with(name: str, leaving: dict[Side, str] | None = None) -> Strategy:
    ladder, breakeven, trailing, time_stop = PLANS[name]
    return strategy_of(
        long="crosses_above(close, sma(close, 5))",
        short="crosses_below(close, sma(close, 8))",
        stop="close - 2 * atr(14)",
        short_stop="close + 2 * atr(14)",
        ladder=ladder,
        breakeven=breakeven,
        trailing=trailing,
        time_stop=time_stop,
        exits=leaving,
    )


def agree(found: list[Held], expected: list[Position], parts: int = 1) -> None:
    """The same positions; the model's rows count `parts` candles for each of ours."""
    assert len(found) == len(expected) > 80
    for mine, model in zip(found, expected, strict=True):
        assert (mine.side.sign, mine.entry_row, mine.reason.value) == (
            model.side,
            model.entry_row // parts,
            model.reason,
        )
        assert [leg.row for leg in mine.legs] == [row // parts for row, _, _ in model.legs]
        for leg, (_, share, price) in zip(mine.legs, model.legs, strict=True):
            assert (leg.share, leg.price) == pytest.approx((share, price), rel=1e-12)


@pytest.mark.parametrize("compiled", [False, True])
@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("name", PLANS)
def test_walk_and_kernel_find_what_stepping_finds(name: str, seed: int, *, compiled: bool) -> None:
    columns = random_columns(seed, 3000)
    if seed == 3:  # holes in time, which a time stop does not count as candles
        columns = columns.picked(np.delete(np.arange(3000), np.random.default_rng(3).choice(3000, 300)))
    evaluation = evaluate(strategy_with(name), columns)
    setups = dict.fromkeys(evaluation.long_rows.tolist(), 1) | dict.fromkeys(evaluation.short_rows.tolist(), -1)
    expected = positions(columns, setups, plans_of(columns, name), M5.ms, FEE)
    agree(simulate(evaluation, M5, FEE, compiled=compiled), expected)


@pytest.mark.parametrize("name", PLANS)
def test_with_finer_candles_a_position_lives_through_those(name: str) -> None:
    """Set-ups are the coarser candles', everything behind the entry is as if there were finer ones alone."""
    fine = random_columns(11, 9000)
    columns = coarser(fine, 3)
    evaluation = evaluate(strategy_with(name), columns)
    setups = {3 * row + 2: 1 for row in evaluation.long_rows.tolist()}
    setups |= {3 * row + 2: -1 for row in evaluation.short_rows.tolist()}
    planned = plans_of(columns, name)
    expected = positions(fine, setups, lambda row, side, entry: planned(row // 3, side, entry), M5.ms, FEE)
    agree(simulate(evaluation, M15, FEE, inside=resolve(columns, M15, fine, M5)), expected, parts=3)
    nothing = resolve(columns, M15, fine.rows(0, 0), M5)
    assert simulate(evaluation, M15, FEE, inside=nothing) == simulate(evaluation, M15, FEE)


def test_finer_candles_say_which_came_first_and_where_they_are_missing_it_is_the_stop() -> None:
    """Twice a set-up at 3, stop 2, target 5, and a candle that touches both: the target came first."""
    calm, away = (3.0, 3.0, 3.0, 3.0), (4.0, 4.0, 4.0, 4.0)
    both = [(3.0, 5.5, 2.5, 5.0), (5.0, 5.0, 1.5, 4.0), away]
    parts = [calm, calm, calm, *both, away, away, away] * 2
    opens, highs, lows, closes = (list(column) for column in zip(*parts, strict=True))
    fine = columns_of(closes, open=opens, high=highs, low=lows)
    columns = coarser(fine, 3)
    evaluation = evaluate(strategy_of(long=BUY_AT_THREE, stop="close - 1", ladder=(("at", "5", "1"),)), columns)
    inside = resolve(columns, M15, fine.picked(np.delete(np.arange(18), 13)), M5)
    found = simulate(evaluation, M15, FEE, inside=inside)
    assert [(held.entry_row, held.leave, held.reason.value) for held in found] == [(1, 5.0, "target"), (4, 2.0, "stop")]


#: What makes the strategy leave on either side: often, and from time to time.
LEAVING = (
    {Side.LONG: "close < open", Side.SHORT: "close > sma(close, 20)"},
    {Side.LONG: "rsi(close, 7) > 70"},
)


@pytest.mark.parametrize("leaving", LEAVING, ids=["often", "at times"])
@pytest.mark.parametrize("name", PLANS)
def test_the_strategy_leaves_when_it_says(name: str, leaving: dict[Side, str]) -> None:
    columns = random_columns(2, 3000)
    evaluation = evaluate(strategy_with(name, leaving), columns)
    setups = dict.fromkeys(evaluation.long_rows.tolist(), 1) | dict.fromkeys(evaluation.short_rows.tolist(), -1)
    leaves = frozenset((row, side.sign) for side, rows in evaluation.exit_rows.items() for row in rows.tolist())
    expected = positions(columns, setups, plans_of(columns, name), M5.ms, FEE, leaves)
    found = simulate(evaluation, M5, FEE, compiled=True)
    agree(found, expected)
    assert any(held.reason is ExitReason.EXIT_CONDITION for held in found)


def test_the_strategy_leaves_when_the_coarser_candle_closes() -> None:
    fine = random_columns(11, 9000)
    columns = coarser(fine, 3)
    evaluation = evaluate(strategy_with("everything", LEAVING[0]), columns)
    setups = {3 * row + 2: 1 for row in evaluation.long_rows.tolist()}
    setups |= {3 * row + 2: -1 for row in evaluation.short_rows.tolist()}
    leaves = frozenset((3 * row + 2, side.sign) for side, rows in evaluation.exit_rows.items() for row in rows.tolist())
    planned = plans_of(columns, "everything")
    expected = positions(fine, setups, lambda row, side, entry: planned(row // 3, side, entry), M5.ms, FEE, leaves)
    agree(simulate(evaluation, M15, FEE, inside=resolve(columns, M15, fine, M5)), expected, parts=3)


def test_sizing_takes_a_part_of_the_capital() -> None:
    columns = random_columns(5, 2000)
    options = {"long": "crosses_above(close, sma(close, 5))", "stop": "close - 2 * atr(14)"}
    whole, half = (run(strategy_of(**options, risk_scale=scale), columns) for scale in (None, "0.5"))
    assert len(half.trades) == len(whole.trades) > 50
    first, other = whole.trades[0], half.trades[0]
    assert other.pnl == pytest.approx(first.pnl / 2, rel=1e-12)
    assert other.quantity == pytest.approx(first.quantity / 2, rel=1e-12)
    assert other.gained == first.gained
    assert run(strategy_of(**options, risk_scale="0"), columns).trades == []


def test_what_is_looked_at_and_not_traded_makes_no_trades() -> None:
    columns, bitcoin = random_columns(5, 2000), random_columns(6, 2000)
    strategy = strategy_of(long="crosses_above(close, sma(close, 5)) and on(BTCUSDT, 1h, close > open)")
    result = run_ideal(strategy, {"ETHUSDT": columns}, M5, beside={"BTCUSDT": bitcoin})
    assert {trade.symbol for trade in result.trades} == {"ETHUSDT"}
    assert result.candles == 2000
    assert run_ideal(strategy, {"ETHUSDT": columns}, M5).trades == []


BUY_AT_THREE = "close == 3"


def one_trade(rest: list[tuple[float, float, float, float]], *, ladder=(("at", "5", "1"),)):
    """A set-up at the second candle (close 3), stop 2, target 5; what follows is (open, high, low, close)."""
    rows = [(1.0, 1.0, 1.0, 1.0), (3.0, 3.0, 3.0, 3.0), *rest]
    opens, highs, lows, closes = (list(column) for column in zip(*rows, strict=True))
    strategy = strategy_of(long=BUY_AT_THREE, stop="close - 1", ladder=ladder)
    evaluation = evaluate(strategy, columns_of(closes, open=opens, high=highs, low=lows))
    found = simulate(evaluation, M5, FEE)
    assert found == simulate(evaluation, M5, FEE, compiled=True)
    return [(held.entry_row, held.entry, held.exit_row, held.leave, held.reason.value) for held in found]


def test_a_candle_that_touches_both_counts_as_the_stop() -> None:
    assert one_trade([(3.1, 6.0, 1.5, 4.0)]) == [(2, 3.1, 2, 2.0, "stop")]
    assert one_trade([(3.1, 4.0, 3.0, 4.0), (5.5, 6.0, 2.0, 4.0)]) == [(2, 3.1, 3, 2.0, "stop")]


def test_what_opens_beyond_a_level_fills_at_the_open() -> None:
    assert one_trade([(3.1, 4.0, 3.0, 4.0), (1.5, 4.0, 1.0, 4.0)]) == [(2, 3.1, 3, 1.5, "stop")]
    assert one_trade([(3.1, 4.0, 3.0, 4.0), (5.5, 6.0, 5.2, 5.2)]) == [(2, 3.1, 3, 5.5, "target")]
    assert one_trade([(1.5, 2.5, 1.4, 2.2)]) == [(2, 1.5, 2, 1.5, "stop")]


def test_what_is_open_at_the_end_is_no_trade() -> None:
    assert one_trade([(3.1, 4.0, 2.5, 4.0)]) == []
    assert one_trade([]) == []


def test_a_new_position_may_begin_with_the_candle_behind_the_exit() -> None:
    """The set-up at the very candle of the exit counts: at its close nothing was open any more."""
    found = one_trade([(3.1, 5.0, 2.9, 3.0), (3.3, 3.5, 2.9, 3.2), (3.2, 5.1, 3.0, 4.0)])
    assert found == [(2, 3.1, 2, 5.0, "target"), (3, 3.3, 4, 5.0, "target")]


# -------------------------------------------------------------------------------------------------------- the accounts

LIVELY = strategy_of(
    long="crosses_above(close, sma(close, 5))",
    short="crosses_below(close, sma(close, 8))",
    stop="close - 2 * atr(14)",
    short_stop="close + 2 * atr(14)",
    ladder=(("r", "1", "0.5"), ("r", "2", "0.5")),
    breakeven=(1, None),
)


def test_money_adds_up() -> None:
    columns = {"BTCUSDT": random_columns(1, 4000), "ETHUSDT": random_columns(2, 3000)}
    result = run_ideal(LIVELY, columns, M5, IdealOptions(fee=0.001, start_equity=500.0))
    metrics, trades = result.metrics, result.trades
    assert {trade.symbol for trade in trades} == columns.keys()
    assert [trade.entry_at for trade in trades] == sorted(trade.entry_at for trade in trades)
    assert metrics.end_equity == pytest.approx(500.0 + math.fsum(trade.pnl for trade in trades))
    assert metrics.fees == pytest.approx(math.fsum(trade.fees for trade in trades))
    assert result.candles == 7000
    capital = {"BTCUSDT": 250.0, "ETHUSDT": 250.0}
    for trade in trades:
        sign = trade.side.sign
        assert trade.quantity * trade.entry_price * 1.001 == pytest.approx(capital[trade.symbol])
        gross = sign * (trade.exit_price - trade.entry_price) * trade.quantity
        assert trade.fees == pytest.approx(0.001 * trade.quantity * (trade.entry_price + trade.exit_price))
        assert trade.pnl == pytest.approx(gross - trade.fees)
        assert trade.gained == pytest.approx(trade.pnl / capital[trade.symbol])
        assert trade.r_multiple == pytest.approx(trade.pnl / (trade.quantity * trade.risk * trade.entry_price))
        assert trade.mfe >= max(0.0, sign * (trade.exit_price / trade.entry_price - 1)) - 1e-12
        capital[trade.symbol] += trade.pnl
    assert 0 < metrics.exposure <= 1


def gapped(side: Side, leave: float) -> Held:
    """A position from 100 that left at `leave`, its stop at 95 (105 for a short)."""
    return Held(side, 0, 100.0, 100.0 - 5.0 * side.sign, (Leg(3, 1.0, leave),), ExitReason.STOP)


@pytest.mark.parametrize("side", list(Side))
def test_a_gap_beyond_the_margin_loses_the_margin_and_no_more(side: Side) -> None:
    """At tenfold leverage the way to liquidation is 9.5 %, to bankruptcy 10 %."""
    kept = gapped(side, 100.0 - 9.4 * side.sign)
    assert kept.liquidated(10.0, FEE) == kept
    for way in (9.5, 9.8, 30.0):
        ended = gapped(side, 100.0 - way * side.sign).liquidated(10.0, FEE)
        assert ended.reason is ExitReason.LIQUIDATED
        lost = (ended.entry - ended.leave) * side.sign + FEE * ended.leave
        assert lost == pytest.approx(10.0), "with the fee of leaving it is the margin"


def test_leverage_multiplies_what_is_at_stake_and_never_costs_more_than_all() -> None:
    columns = random_columns(9, 4000)
    one, ten = run(LIVELY, columns), run(LIVELY, columns, leverage=10.0)
    assert [trade.gained for trade in ten.trades] == [trade.gained for trade in one.trades][: len(ten.trades)]
    first = ten.trades[0]
    assert first.quantity * first.entry_price * (1 / 10 + FEE) == pytest.approx(10_000.0), "margin and fee are all"
    assert first.pnl == pytest.approx(first.gained * first.quantity * first.entry_price * (1 + FEE))
    assert ten.metrics.end_equity >= 0.0


def test_a_stop_beyond_liquidation_is_not_entered() -> None:
    wide = strategy_of(long="crosses_above(close, sma(close, 5))", stop="close * 0.9", ladder=(("r", "0.05", "1"),))
    columns = random_columns(10, 2000)
    assert run(wide, columns, leverage=9.0).trades
    assert not run(wide, columns, leverage=10.0).trades


def test_what_is_assumed_is_said_in_both_languages() -> None:
    columns = random_columns(12, 600)
    result = run_ideal(LIVELY, {"BTCUSDT": columns.picked(np.delete(np.arange(600), range(100, 107)))}, M5)
    told = {each.key: each for each in result.assumptions}
    assert len(told) == len(result.assumptions)
    assert (told["profile"].value, told["fees"].value, told["missing_candles"].value) == ("ideal", FEE, 7)
    assert (told["inside"].value, told["inside_resolved"].value) == ("worst", 0)
    for each in result.assumptions:
        assert each.en.endswith(".")
        assert any("а" <= letter <= "я" for letter in each.ru.lower())
    assert result.document()["assumptions"][0] == told["profile"].item()
    sized = run(strategy_of(long="close > 0", stop="close - 2 * atr(14)", risk_scale="0.5"), columns)
    (sizing,) = (each for each in sized.assumptions if each.key == "sizing")
    assert "part the strategy asks for" in sizing.en
    assert "part the strategy asks for" not in told["sizing"].en


NARROW = strategy_of(
    long="crosses_above(close, sma(close, 5))",
    short="crosses_below(close, sma(close, 5))",
    stop="close - 0.4 * atr(14)",
    short_stop="close + 0.4 * atr(14)",
    ladder=(("r", "1", "1"),),
)


@pytest.mark.parametrize("seed", range(4))
def test_what_was_ambiguous_is_counted(seed: int) -> None:
    """Stops in candles that held the target too, and of which no finer ones tell; told again from the trades."""
    fine = random_columns(seed, 1800)
    columns = coarser(fine, 3)
    half = resolve(columns, M15, head(fine, 900), M5)
    for inside in (None, half, resolve(columns, M15, fine, M5)):
        found = run_ideal(NARROW, {"X": columns}, M15, inside={} if inside is None else {"X": inside})
        expected = 0
        for trade in found.trades:
            row = int(columns.ts.searchsorted(trade.exit_at))
            target = trade.entry_price * (1.0 + trade.side.sign * trade.risk)
            beyond = (columns.open[row] - trade.exit_price) * trade.side.sign <= 0.0
            told = inside is not None and inside.first[row] >= 0
            reached = columns.low[row] <= target <= columns.high[row]
            expected += trade.exit_reason == "stop" and reached and not beyond and not told
        (counted,) = (each.value for each in found.assumptions if each.key == "inside_ambiguous")
        assert counted == expected
        assert bool(expected) is (inside is None or bool((inside.first < 0).any()))


def test_what_filters_refused_is_counted() -> None:
    """All that is refused by a filter that always refuses; nothing by one that never does, or behind it."""
    rising = "crosses_above(close, sma(close, 5))"
    columns = random_columns(11, 900)
    free = evaluate(strategy_of(long=rising, stop="close * 0.9"), columns)
    shut = strategy_of(
        long=rising, stop="close * 0.9", filters={"open": ("close > 0", None), "shut": ("close < 0", None)}
    )
    result = run(shut, columns)
    assert result.trades == []
    assert [(each.filter, each.setups) for each in result.refusals()] == [("open", 0), ("shut", len(free.long_rows))]
    (_, shown) = result.document()["refused"]
    assert shown["en"] == f"Filter shut refused {len(free.long_rows)} set-ups. shut"
    assert str(len(free.long_rows)) in shown["ru"]
    half = run(
        strategy_of(long=rising, stop="close - 2 * atr(14)", filters={"even": ("close > open * 1.001", None)}), columns
    )
    (refused,) = half.refusals()
    assert 0 < refused.setups <= len(free.long_rows) - len(half.trades)


def test_the_same_every_time_and_another_for_other_inputs() -> None:
    columns = random_columns(5, 2000)
    one = run(LIVELY, columns)
    assert one.fingerprint == run(LIVELY, columns).fingerprint
    assert one.document() == run(LIVELY, columns).document()
    assert one.fingerprint != run(LIVELY, columns, fee=0.0005).fingerprint


def test_what_was_decided_does_not_depend_on_what_came_later() -> None:
    columns = random_columns(6, 3000)
    whole = run(LIVELY, columns).trades
    for rows in (500, 1234, 2999):
        early = run(LIVELY, head(columns, rows)).trades
        assert list(early) == list(whole[: len(early)])
        assert all(trade.exit_at > columns.ts[rows - 1] for trade in whole[len(early) :])


def test_prices_in_another_currency_make_the_same_returns() -> None:
    """By a power of two, which floats multiply by exactly."""
    columns = random_columns(7, 2000)
    scaled = Columns(columns.ts, *(column * 1024.0 for column in columns[1:5]), columns.volume)
    left, right = run(LIVELY, columns), run(LIVELY, scaled)
    assert [trade.gained for trade in left.trades] == [trade.gained for trade in right.trades]
    assert left.metrics.sharpe == pytest.approx(right.metrics.sharpe)


def test_no_trade_leaves_everything_undefined_but_the_account() -> None:
    result = run(LIVELY, head(random_columns(8, 50), 12))
    items = result.metrics.items()
    assert result.trades == []
    assert (items["trades"], items["end_equity"], items["exposure"]) == (0, 10_000.0, 0.0)
    assert items["sharpe"] is items["win_rate"] is items["profit_factor"] is items["sqn"] is None
