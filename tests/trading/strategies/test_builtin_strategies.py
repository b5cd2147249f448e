"""The strategies that come with the platform: sound documents, legal signals, and not too many of them."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from tradewind.core.candles import Timeframe
from tradewind.core.expressions import Market
from tradewind.core.series import Columns
from tradewind.core.signals import Signal
from tradewind.core.strategy import LANGUAGES, Evaluation, Scan, Standing, Strategy, evaluate, signal
from tradewind.core.values import Side
from tradewind.trading.strategies import (
    UnknownStrategyError,
    builtin_strategies,
    builtin_text,
    load_builtin,
    parse_document,
)
from tradewind.venues.paper import instrument_for

CANDLES = Path(__file__).resolve().parents[3].parent / "shared" / "data" / "candles"
NAMES = (
    "bollinger_reversion",
    "donchian_breakout",
    "ema_trend",
    "momentum_drive",
    "multi_timeframe",
    "range_fade",
    "squeeze_release",
    "trend_pullback",
)
EACH = pytest.mark.parametrize("strategy", [load_builtin(name) for name in NAMES], ids=NAMES)
#: The timeframe of the simulated market.
LIVELY = Timeframe.M15
#: Under replay the first 600 candles are history, and strategies start warm.
HISTORY = 600


def columns_of(close: np.ndarray, wick: np.ndarray, volume: np.ndarray, timeframe: Timeframe) -> Columns:
    open_ = np.concatenate([close[:1], close[:-1]])
    high, low = np.maximum(open_, close) * (1 + wick), np.minimum(open_, close) * (1 - wick)
    return Columns(np.arange(len(close), dtype=np.int64) * timeframe.ms, open_, high, low, close, volume)


def restless(seed: int, rows: int, price: float) -> Columns:
    """15-minute candles of half a percent that drift one way, the other, or nowhere; volume follows the moves."""
    rng = np.random.default_rng(seed)
    drift = np.repeat(rng.choice([-7e-4, 0.0, 0.0, 7e-4], rows // 120 + 1), 120)[:rows]
    steps = drift + rng.normal(0.0, 5e-3, rows)
    close = price * np.exp(np.cumsum(steps))
    volume = rng.lognormal(2.0, 0.4, rows) * (0.3 + np.abs(steps) / 5e-3)
    return columns_of(close, np.abs(rng.normal(0.0, 1.7e-3, rows)), volume, LIVELY)


def recorded(symbol: str, rows: int) -> Columns:
    path = CANDLES / f"{symbol}-5m.parquet"
    if not path.exists():
        pytest.skip(f"no recorded candles at {path}")
    table = pq.read_table(path).slice(0, rows)
    prices = (table[name].to_numpy().astype(np.float64) for name in ("open", "high", "low", "close", "volume"))
    return Columns(table["ts"].to_numpy().astype(np.int64), *prices)


def evaluated(strategy: Strategy, columns: Columns, timeframe: Timeframe = LIVELY) -> Evaluation:
    """`strategy` on a symbol that Bitcoin moves like."""
    return evaluate(strategy, columns, Market(timeframe, {"BTCUSDT": columns}))


def signals(strategy: Strategy, columns: Columns, symbol: str, timeframe: Timeframe) -> list[Signal]:
    evaluation = evaluated(strategy, columns, timeframe)
    instrument = instrument_for(symbol, float(columns.close[0]))
    rows = np.sort(np.concatenate([evaluation.long_rows, evaluation.short_rows]))
    made = [signal(evaluation, int(row), instrument=instrument, timeframe=timeframe, simulated=True) for row in rows]
    return [each for each in made if isinstance(each, Signal)]


def test_there_are_these() -> None:
    assert tuple(builtin_strategies()) == NAMES
    assert all(strategy.ref.name == name for name, strategy in builtin_strategies().items())


def test_an_unknown_name_is_told_the_known_ones() -> None:
    with pytest.raises(UnknownStrategyError, match='did you mean "ema_trend"'):
        load_builtin("ema_trned")


@EACH
def test_the_document_is_what_a_user_could_have_written(strategy: Strategy) -> None:
    assert parse_document(builtin_text(strategy.ref.name)).ref == strategy.ref


@EACH
def test_every_text_exists_in_both_languages(strategy: Strategy) -> None:
    blueprint = strategy.blueprint
    texts = [blueprint.title, blueprint.description, blueprint.weakness, *(each.title for each in blueprint.parameters)]
    for text in texts:
        assert set(text) == set(LANGUAGES)
        assert any("а" <= letter <= "я" for letter in text["ru"].lower())
    for setup in blueprint.setups:
        assert len(setup.because["en"]) == len(setup.because["ru"])


@EACH
def test_it_is_warm_after_the_history(strategy: Strategy) -> None:
    for timeframe in (Timeframe.M5, Timeframe.M15, Timeframe.H1):
        assert strategy.warmup_on(timeframe) < HISTORY


@EACH
@pytest.mark.parametrize("end", [0, 1], ids=["least", "most"])
def test_every_parameter_may_be_set_to_its_ends(strategy: Strategy, end: int) -> None:
    columns = restless(1, 1200, 100.0)
    for parameter in strategy.blueprint.parameters:
        value = (parameter.range.low, parameter.range.high)[end]
        evaluated(strategy.with_parameters({parameter.name: value}), columns)


@EACH
@pytest.mark.parametrize("price", [64_000.0, 0.14, 0.000012])
def test_signals_are_legal_and_say_why(strategy: Strategy, price: float) -> None:
    columns = restless(3, 6000, price)
    evaluation = evaluated(strategy, columns)
    found = signals(strategy, columns, "NEWUSDT", LIVELY)
    assert {each.side for each in found} == set(Side)
    assert len(found) == len(evaluation.long_rows) + len(evaluation.short_rows)
    for each in found:
        risk = abs(each.entry_limit - each.stop) / each.entry_limit.value
        assert Decimal("0.006") < risk < Decimal("0.05")
        assert each.targets[0].price != each.entry_limit
        assert each.management.max_age_ms > 0
        for language in LANGUAGES:
            assert len(each.rationale.because[language]) == 3
            for sentence in each.rationale.because[language]:
                assert "{" not in sentence
                assert any(letter.isdigit() for letter in sentence)
        assert str(each.stop) in each.rationale.because["en"][2]


@EACH
def test_it_says_the_same_live_as_over_a_recording(strategy: Strategy) -> None:
    columns = restless(8, 4000, 100.0)
    whole = signals(strategy, columns, "NEWUSDT", LIVELY)
    assert whole
    for each in whole[-5:]:
        row = (each.created_at // LIVELY.ms) - 1
        seen = Columns(*(column[: row + 1] for column in columns))
        assert signals(strategy, seen, "NEWUSDT", LIVELY)[-1] == each


@EACH
def test_a_stranger_sees_it_trade(strategy: Strategy) -> None:
    """At least once in ten days per symbol on lively candles, and there are ten symbols."""
    columns = restless(8, 20_000, 100.0)
    evaluation = evaluated(strategy, columns)
    count = len(evaluation.long_rows) + len(evaluation.short_rows)
    assert count >= (len(columns) - strategy.warmup) / 1000


@EACH
@pytest.mark.parametrize("symbol", ["BTCUSDT", "ETHUSDT", "SOLUSDT"])
def test_it_is_not_over_eager_on_recorded_candles(strategy: Strategy, symbol: str) -> None:
    columns = recorded(symbol, 72_000)
    evaluation = evaluated(strategy, columns, Timeframe.M5)
    days = (columns.ts[-1] - columns.ts[0]) / 86_400_000
    per_day = (len(evaluation.long_rows) + len(evaluation.short_rows)) / days
    assert 0.03 < per_day < 4
    assert 0.2 < len(evaluation.long_rows) / len(evaluation.short_rows) < 5


def test_a_scan_finds_the_set_ups_of_the_recordings() -> None:
    """Candles of several symbols, one close after the other: the same set-ups, and their numbers to 1e-9."""
    every = [load_builtin(name) for name in (*NAMES, "ema_rsi_atr")]
    strategies = [strategy for strategy in every if not strategy.reads and not strategy.filters]
    symbols, rows = ("BTCUSDT", "ETHUSDT", "SOLUSDT", "AVAXUSDT", "LINKUSDT"), 4_000
    markets = [recorded(symbol, rows) for symbol in symbols]
    scan = Scan(strategies, len(symbols))
    stood: dict[tuple[int, int], dict[int, Standing]] = {}
    together = [np.array(part).T for part in zip(*markets, strict=True)]
    for row in range(rows):
        for each in scan.close(Columns(*(part[row] for part in together))):
            stood.setdefault((each.strategy, each.symbol), {})[row] = each
    for number, strategy in enumerate(strategies):
        for place, market in enumerate(markets):
            whole, found = evaluate(strategy, market), stood.get((number, place), {})
            assert [row for row, each in found.items() if each.side is Side.LONG] == whole.long_rows.tolist()
            assert [row for row, each in found.items() if each.side is Side.SHORT] == whole.short_rows.tolist()
            assert [row for row, each in found.items() if each.side is None] == whole.conflict_rows.tolist()
            for row, each in found.items():
                numbers = [each.evaluation.number(root, 0) for root in range(len(whole.values))]
                expected = [whole.number(root, row) for root in range(len(whole.values))]
                np.testing.assert_allclose(numbers, expected, rtol=1e-9, atol=1e-9 * market.close[row])
