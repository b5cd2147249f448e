"""What a back-test gives the judge: its own figures, and the detectors' when they are asked."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from tests.market.candle_maker import walk
from tradewind.core.candles import Timeframe
from tradewind.research.backtest import BacktestResult, IdealOptions, run_ideal
from tradewind.research.metrics import monthly_returns
from tradewind.research.reports import document, equity_csv, evidence_of, judged, trades_csv
from tradewind.research.validation import Check, Doubt, ValidationError
from tradewind.trading.strategies import load_builtin

COLUMNS = {symbol: walk(20_000, seed=seed) for seed, symbol in enumerate(("BTCUSDT", "ETHUSDT"), start=5)}


@pytest.fixture(scope="module")
def result() -> BacktestResult:
    return run_ideal(load_builtin("ema_rsi_atr"), COLUMNS, Timeframe.M5)


def test_the_evidence_is_the_result(result: BacktestResult) -> None:
    evidence = evidence_of(result)
    net = math.fsum(trade.pnl for trade in result.trades)
    assert float(sum(evidence.profits)) == pytest.approx(net)
    assert evidence.costs is not None
    assert float(evidence.costs) == pytest.approx(result.metrics.fees)
    assert evidence.days == 70
    assert evidence.sharpe == result.metrics.sharpe
    assert evidence.sample is not None
    assert evidence.sample.sharpe * math.sqrt(365) == pytest.approx(result.metrics.sharpe)
    assert evidence.symbols is not None
    assert [float(each) for each in evidence.symbols] == pytest.approx(
        [math.fsum(trade.pnl for trade in result.trades if trade.symbol == symbol) for symbol in COLUMNS]
    )
    assert evidence.months is not None
    gained = result.metrics.end_equity - result.metrics.start_equity
    assert float(sum(evidence.months)) == pytest.approx(gained)
    assert len(evidence.months) == len(monthly_returns(result.daily)) == 3
    assert evidence.changed == 0


def test_what_nobody_has_looked_at_is_said(result: BacktestResult) -> None:
    looked = {Check.LOOK_AHEAD, Check.WARM_UP, Check.SHUFFLE}
    assert looked <= set(judged(result)[1].unchecked)
    assert not looked & set(judged(result, COLUMNS)[1].unchecked)
    with pytest.raises(ValidationError, match="ETHUSDT: expected at least 1002 rows"):
        judged(result, COLUMNS | {"ETHUSDT": COLUMNS["ETHUSDT"].rows(0, 900)})


def test_other_orders_are_of_what_the_account_gained(result: BacktestResult) -> None:
    """Not of what a position gained on its own cost, which says nothing of how much of the account was in it."""
    shuffle = evidence_of(result, COLUMNS).shuffle
    assert shuffle is not None
    gained = result.metrics.end_equity / result.metrics.start_equity - 1
    assert shuffle.final_return[0] == pytest.approx(gained, rel=0.02)
    assert shuffle.observed_drawdown == pytest.approx(result.metrics.max_drawdown, rel=0.1)


def test_changed_parameters_and_missing_costs_are_doubts() -> None:
    strategy = load_builtin("ema_rsi_atr").with_parameters({"fast": 10, "anchor": "close"})
    free = run_ideal(strategy, COLUMNS, Timeframe.M5, IdealOptions(fee=0.0))
    reasons = {reason.doubt: dict(reason.facts) for reason in judged(free)[1].reasons}
    assert reasons[Doubt.PARAMETERS_CHANGED] == {"changed": 2}
    assert Doubt.COSTS_IGNORED in reasons


def test_without_a_trade_there_is_an_answer(result: BacktestResult) -> None:
    nothing = replace(result, trades=())
    evidence, verdict = judged(nothing)
    assert Doubt.NO_TRADES in {reason.doubt for reason in verdict.reasons}
    assert document(nothing, evidence, verdict)["trades"] == []
    assert trades_csv(()).splitlines() == [trades_csv(result.trades).splitlines()[0]]


def test_equity_as_a_table(result: BacktestResult) -> None:
    header, *rows = (line.split(",") for line in equity_csv(result).splitlines())
    assert header == ["day", "equity", "return", "drawdown"]
    assert rows[0][0] == "2024-01-01"
    assert float(rows[-1][1]) == pytest.approx(result.metrics.end_equity)
    assert max(float(row[3]) for row in rows) == pytest.approx(result.metrics.max_drawdown)
