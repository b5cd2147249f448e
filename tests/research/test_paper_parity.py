"""The paper profile decides what a replay through the whole engine and a database decides, to the last digit."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import pytest

from tests.market.candle_maker import save
from tests.market.coarser import coarser
from tests.trading.engine.replays import PRICES, market, strategies
from tradewind.billing import PLANS, PlanCode
from tradewind.core.candles import Timeframe
from tradewind.core.series import Columns
from tradewind.core.strategy import Strategy
from tradewind.entrypoints.replaying import ReplayPlan, open_feed, run_replay
from tradewind.kit.clock import to_ms
from tradewind.market import read_candles
from tradewind.platform.settings import Settings
from tradewind.research.backtest import BacktestResult, load_candles, open_paper_feed, run_ideal
from tradewind.research.paper import run_paper
from tradewind.research.parity import Part, compare, read_run
from tradewind.trading.strategies import builtin_names, load_builtin

RECORDED = Path(__file__).resolve().parents[2].parent / "shared" / "data" / "candles"


def replay_plan(folder: Path, strategy: Strategy, **options: Any) -> ReplayPlan:
    plan = ReplayPlan(
        candles=folder,
        symbols=(),
        timeframe=None,
        start=None,
        stop=None,
        speed=float("inf"),
        followers=1,
        plan=PlanCode.PRO,
        strategies=[strategy],
    )
    return replace(plan, **options)


async def both(settings: Settings, plan: ReplayPlan) -> tuple[dict[str, Any], BacktestResult]:
    """The report of the replay and the back-test of the same inputs."""
    report = await run_replay(settings, plan, open_feed(plan, None), resume=False, progress=lambda _: None)
    bounds = (plan.start and to_ms(plan.start), plan.stop and to_ms(plan.stop))

    def backtest() -> BacktestResult:
        feed = open_paper_feed(
            plan.candles, symbols=plan.symbols, timeframe=plan.timeframe, bounds=bounds, inside=plan.inside
        )
        return run_paper(plan.strategies[0], feed, plan=plan.plan, bounds=bounds)

    return orjson.loads(report.content), await asyncio.to_thread(backtest)


def check(report: dict[str, Any], result: BacktestResult, *, least: int) -> None:
    """Every closed position is a trade with the same prices, quantity, money and reason; and there are enough.

    The parity meter reads both reports and finds nothing between them.
    """
    parity = compare(read_run(result.document()).trades, read_run(report).trades)
    assert (parity.same, parity.gap, len(parity.pairs)) == (True, 0, len(result.trades))
    closed = [row for row in report["positions"] if row["status"] == "closed"]
    entries = first_and_last(report["fills"], report["inputs"]["timeframe"])
    closed.sort(key=lambda row: (entries[row["id"]][0], row["symbol"]))
    assert len(closed) == len(result.trades) >= least
    for row, trade in zip(closed, result.trades, strict=True):
        pnl = Decimal(row["realised_pnl"]) - Decimal(row["fees"]) - Decimal(row["funding"])
        assert (trade.symbol, trade.side, trade.exit_reason) == (row["symbol"], row["side"], row["exit_reason"])
        assert (trade.entry_at, trade.exit_at) == entries[row["id"]]
        assert trade.entry_price == float(row["entry_price"])
        assert trade.exit_price == float(row["exit_price"])
        assert (trade.quantity, trade.fees, trade.pnl) == (float(row["entered"]), float(row["fees"]), float(pnl))
    if all(row["status"] in ("closed", "abandoned") for row in report["positions"]):
        (balance,) = report["ledger"]["balances"].values()
        assert result.metrics.end_equity == pytest.approx(float(balance["balance"]), abs=1e-6)


def first_and_last(fills: Sequence[dict[str, Any]], timeframe: str) -> dict[str, tuple[int, int]]:
    """Open times of the candles of each position's first and last fill; a fill at a candle's end belongs to it."""
    bars: dict[str, list[int]] = {}
    for fill in fills:
        at = to_ms(datetime.fromisoformat(fill["at"]))
        bars.setdefault(fill["position_id"], []).append(Timeframe(timeframe).open_of(at - 1))
    return {position: (min(found), max(found)) for position, found in bars.items()}


@pytest.mark.parametrize("number", range(4), ids=["rising", "falling", "patient", "observant"])
async def test_generated_candles(settings: Settings, tmp_path: Path, number: int) -> None:
    """Four symbols on one account: limits, slots and the order in which intents come matter."""
    folder = market(tmp_path / "candles", 40 + number, candles=1300)
    report, result = await both(settings, replay_plan(folder, strategies()[number]))
    check(report, result, least=30)


@pytest.mark.parametrize("plan", [PlanCode.FREE_TRIAL, PlanCode.STARTER])
async def test_generated_candles_on_a_plan_that_limits(settings: Settings, tmp_path: Path, plan: PlanCode) -> None:
    folder = market(tmp_path / "candles", 47, candles=1300)
    report, result = await both(settings, replay_plan(folder, strategies()[0], plan=plan))
    check(report, result, least=0 if plan is PlanCode.FREE_TRIAL else 10)
    (told,) = (each for each in result.assumptions if each.key == "plan")
    assert told.value == plan
    assert str(PLANS[plan].max_signals_per_day) in told.en


@pytest.mark.parametrize("name", builtin_names())
async def test_weeks_of_real_candles(settings: Settings, name: str) -> None:
    if not (RECORDED / "BTCUSDT-5m.parquet").exists():
        pytest.skip(f"no recorded candles in {RECORDED}")
    plan = replay_plan(
        RECORDED,
        load_builtin(name),
        symbols=("BTCUSDT", "SOLUSDT", "DOGEUSDT"),
        timeframe=Timeframe.M5,
        start=datetime(2024, 3, 1, tzinfo=UTC),
        stop=datetime(2024, 3, 29, tzinfo=UTC),
    )
    report, result = await both(settings, plan)
    check(report, result, least=10)


async def test_months_of_real_candles(settings: Settings) -> None:
    if not (RECORDED / "BTCUSDT-5m.parquet").exists():
        pytest.skip(f"no recorded candles in {RECORDED}")
    plan = replay_plan(
        RECORDED,
        load_builtin("bollinger_reversion"),
        symbols=("BTCUSDT",),
        timeframe=Timeframe.M5,
        start=datetime(2024, 1, 1, tzinfo=UTC),
        stop=datetime(2024, 7, 1, tzinfo=UTC),
    )
    report, result = await both(settings, plan)
    check(report, result, least=60)


def test_the_meter_names_what_separates_ideal_from_paper(tmp_path: Path) -> None:
    """Textbook fills pay no spread, wait for nobody, miss nothing and risk everything."""
    folder = market(tmp_path / "candles", 53, candles=1500)
    strategy = strategies()[0]
    paper = run_paper(strategy, open_paper_feed(folder))
    _, columns, _ = load_candles(folder)
    warmed = {symbol: held.rows(600, len(held)) for symbol, held in columns.items()}
    ideal = run_ideal(strategy, warmed, Timeframe.M5)
    parity = compare(read_run(ideal.document()).trades, read_run(paper.document()).trades)
    parts = {part: amount for part, amount in parity.parts.items() if amount}
    assert sum(parts.values()) == parity.gap != 0
    assert {Part.ENTRY_SLIPPAGE, Part.FEES, Part.QUANTITY, Part.MISSED} <= parts.keys()
    assert len(paper.trades) - sum(pair.expected is None for pair in parity.pairs) > 10, "many are the same signals"


async def test_finer_candles_inside(settings: Settings, tmp_path: Path) -> None:
    """Both live through the finer candles where they are, and through the coarser ones where they are not."""
    folder = tmp_path / "candles"
    fine = market(folder, 61, candles=3900)
    for symbol in PRICES:
        columns = read_candles(fine / f"{symbol}-5m.parquet")
        save(folder, symbol, Timeframe.M15, coarser(columns, 3))
        save(folder, symbol, Timeframe.M5, columns.picked(np.delete(np.arange(3900), np.arange(2500, 2700))))
    plan = replay_plan(folder, strategies()[0], timeframe=Timeframe.M15, inside="auto")
    report, result = await both(settings, plan)
    check(report, result, least=30)
    told = {each.key: each.value for each in result.assumptions}
    lived = sum(len(read_candles(folder / f"{symbol}-15m.parquet")) - 600 for symbol in PRICES)
    assert (told["inside"], told["inside_resolved"]) == ("5m", lived - 4 * 67)
    worst = await asyncio.to_thread(run_paper, strategies()[0], open_paper_feed(folder, timeframe=Timeframe.M15))
    assert worst.fingerprint != result.fingerprint
    blind = {each.key: each.value for each in worst.assumptions}
    stops = sum(trade.exit_reason in ("stop", "breakeven", "trailing") for trade in worst.trades)
    assert told["inside_ambiguous"] < blind["inside_ambiguous"] <= stops


async def test_gaps_that_no_stop_survives(settings: Settings, tmp_path: Path) -> None:
    """Now and then a market opens a quarter lower: what is held long at fivefold leverage is liquidated."""
    folder = market(tmp_path / "candles", 71, candles=2400)
    for symbol in PRICES:
        columns = read_candles(folder / f"{symbol}-5m.parquet")
        fallen = np.round(0.75 ** (np.arange(2400) // 150 % 2), 4)
        prices = {name: np.round(getattr(columns, name) * fallen, 4) for name in ("open", "high", "low", "close")}
        save(folder, symbol, Timeframe.M5, Columns(**{**columns._asdict(), **prices}))
    report, result = await both(settings, replay_plan(folder, strategies()[0]))
    check(report, result, least=30)
    taken = [trade for trade in result.trades if trade.exit_reason == "liquidated"]
    assert len(taken) >= 3
    for trade in taken:
        value = trade.quantity * trade.entry_price
        fundings = (trade.exit_at - trade.entry_at) // 28_800_000 + 1
        most = value / 5 + trade.fees + fundings * 1.1e-4 * value
        assert -most <= trade.pnl < 0.0, "the margin, fees and funding"
    purposes = {row["purpose"] for row in report["orders"]}
    assert "liquidation" in purposes
    codes = {row["code"] for row in report["decisions"]}
    assert "liquidated" in codes


def test_the_same_every_time(tmp_path: Path) -> None:
    folder = market(tmp_path / "candles", 51, candles=900)
    one, two = (run_paper(strategies()[0], open_paper_feed(folder)) for _ in range(2))
    assert one.trades
    assert one.fingerprint == two.fingerprint
    assert one.document() == two.document()


def test_r_of_a_ladder_is_what_all_of_it_would_have_lost(tmp_path: Path) -> None:
    """Half a percent of the equity, less what leaving costs, whether one part was entered or five."""
    result = run_paper(load_builtin("dca_dip"), open_paper_feed(market(tmp_path, 61, candles=2000)))
    trades = sorted(result.trades, key=lambda trade: trade.exit_at)
    assert len(trades) > 20
    equity = 10_000.0
    for trade in trades:
        assert 0.0045 < trade.pnl / trade.r_multiple / equity < 0.005
        equity += trade.pnl
