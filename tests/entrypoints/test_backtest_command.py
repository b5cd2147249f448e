"""`tradewind backtest` as a process: the shape of its JSON, its defaults, and one line for every mistake."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.market.candle_maker import START, save, walk
from tests.trading.engine.replays import market
from tradewind.core.candles import Timeframe
from tradewind.kit.clock import from_ms
from tradewind.trading.strategies import builtin_text

KEYS = [
    "strategy",
    "version",
    "parameters",
    "symbols",
    "timeframe",
    "from",
    "to",
    "candles",
    "fingerprint",
    "metrics",
    "assumptions",
    "refused",
    "trades",
    "warnings",
    "unchecked",
    "checks",
    "monthly",
    "drawdowns",
    "equity",
]
TRADE_KEYS = [
    "symbol",
    "side",
    "entry_at",
    "entry_price",
    "exit_at",
    "exit_price",
    "exit_reason",
    "quantity",
    "fees",
    "pnl",
    "return",
    "r_multiple",
    "signal_at",
    "funding",
    "mfe",
    "mae",
]


@pytest.fixture(scope="module")
def candles(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return market(tmp_path_factory.mktemp("backtest") / "candles", 3, candles=4000)


def backtest(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "tradewind", "backtest", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)


def result_of(*arguments: object) -> dict[str, Any]:
    done = backtest(*arguments, "--json")
    assert done.returncode == 0, done.stderr
    assert done.stderr == "", "a bar is for terminals"
    found: dict[str, Any] = json.loads(done.stdout)
    return found


# --------------------------------------------------------------------------------------------------------- the answer


def test_the_shape_of_the_answer(candles: Path) -> None:
    found = result_of("ema_rsi_atr", "--candles", candles, "--symbols", "BTCUSDT,ETHUSDT", "--timeframe", "5m")
    assert list(found) == KEYS
    assert (found["strategy"], found["version"], found["timeframe"]) == ("ema_rsi_atr", 1, "5m")
    assert found["parameters"] == {
        "fast": 12,
        "slow": 26,
        "rsi_period": 14,
        "overbought": 70,
        "atr_period": 14,
        "stop_atr": 2,
        "target_atr": 3,
        "anchor": "fill",
    }
    assert found["symbols"] == ["BTCUSDT", "ETHUSDT"]
    assert found["candles"] == 8000
    assert found["from"] == "2024-01-01T00:00:00Z"
    assert found["to"] == from_ms(START + 4000 * Timeframe.M5.ms).isoformat().replace("+00:00", "Z")
    assert len(found["fingerprint"]) == 64
    assert found["metrics"]["trades"] == len(found["trades"]) > 20
    for trade in found["trades"]:
        assert list(trade) == TRADE_KEYS
        entry, leave = (datetime.fromisoformat(trade[name]) for name in ("entry_at", "exit_at"))
        assert entry.utcoffset() is not None
        assert entry <= leave
        assert entry.minute % 5 == leave.minute % 5 == 0, "open times of candles"
        net = trade["exit_price"] * (1 - 0.0006) / (trade["entry_price"] * (1 + 0.0006)) - 1
        assert trade["return"] == pytest.approx(net, abs=1e-12)


def test_the_same_bytes_twice(candles: Path) -> None:
    one, two = (backtest("ema_rsi_atr", "--candles", candles, "--json").stdout for _ in range(2))
    assert one == two


def test_bounds_choose_candles(candles: Path) -> None:
    """The second is outside; a time without a zone is UTC."""
    asked = ("ema_rsi_atr", "--candles", candles, "--symbols", "btcusdt")
    found = result_of(*asked, "--from", "2024-01-02", "--to", "2024-01-05T12:00")
    assert (found["from"], found["to"]) == ("2024-01-02T00:00:00Z", "2024-01-05T12:00:00Z")
    assert found["candles"] == 3.5 * 288
    assert found == result_of(*asked, "--from", "2024-01-02T02:00:00+0200", "--to", "2024-01-05T12:00:00Z")


def test_parameters_and_fee(candles: Path) -> None:
    asked = ("ema_rsi_atr", "--candles", candles, "--symbols", "BTCUSDT")
    usual = result_of(*asked)
    found = result_of(*asked, "--set", "anchor=close", "--set", "fast=10")
    assert (found["parameters"]["anchor"], found["parameters"]["fast"]) == ("close", 10)
    assert found["fingerprint"] != usual["fingerprint"]
    free = result_of(*asked, "--fee", 0)
    assert free["metrics"]["fees"] == 0
    assert [trade["entry_at"] for trade in free["trades"]] == [trade["entry_at"] for trade in usual["trades"]]


def test_what_paper_assumes_may_be_chosen(candles: Path) -> None:
    asked = ("ema_trend", "--candles", candles, "--symbols", "BTCUSDT,ETHUSDT")
    usual = result_of(*asked)
    found = result_of(*asked, "--balance", 500, "--leverage", 2, "--risk", 0.02, "--fee", 0.001, "--maker", 0,
                      "--spread", 0.002, "--slippage", 0.0005, "--latency", 0, "--funding", -0.0002)  # fmt: skip
    told = {each["key"]: each["value"] for each in found["assumptions"]}
    expected = {"sizing": 0.02, "leverage": 2, "fees": 0.001, "maker_fee": 0, "spread": 0.001, "slippage": 0.0005}
    assert told | expected | {"latency": 0, "funding": -0.0002} == told
    assert found["metrics"]["start_equity"] == 500
    assert usual["metrics"]["start_equity"] == 10_000
    assert found["trades"]
    for trade in found["trades"]:
        assert trade["quantity"] * trade["entry_price"] <= 2.0 * 500 * 1.5, "twice what the account can have become"


def test_a_document_is_as_good_as_a_built_in(candles: Path, tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(builtin_text("ema_rsi_atr"), encoding="utf-8")
    asked = ("--candles", candles, "--symbols", "BTCUSDT")
    assert result_of(path, *asked) == result_of("ema_rsi_atr", *asked)


def test_what_trades_is_tested_as_it_trades(candles: Path) -> None:
    """Paper is the profile of a strategy that is no yardstick; there quantities lie on the lot."""
    asked = ("ema_trend", "--candles", candles, "--symbols", "BTCUSDT,ETHUSDT")
    found = result_of(*asked)
    assert found["trades"]
    assert found == result_of(*asked, "--profile", "paper")
    assert found["fingerprint"] != result_of(*asked, "--profile", "ideal")["fingerprint"]
    for trade in found["trades"]:
        lots = trade["quantity"] / (1e-5 if trade["symbol"] == "BTCUSDT" else 1e-4)
        assert lots == pytest.approx(round(lots), abs=1e-6)


def test_a_summary_for_people(candles: Path) -> None:
    done = backtest("ema_rsi_atr", "--candles", candles, "--symbols", "BTCUSDT")
    assert done.returncode == 0, done.stderr
    for words in (
        "ema_rsi_atr v1",
        "anchor=fill",
        "4,000 candles",
        "profile ideal",
        "Sharpe",
        "Maximum drawdown",
        "Why it may be too good:",
        "It covers only",
        "fingerp",
    ):
        assert words in done.stdout


def test_the_summary_in_russian(candles: Path) -> None:
    done = backtest("ema_rsi_atr", "--candles", candles, "--symbols", "BTCUSDT", "--language", "ru", "--check")
    assert done.returncode == 0, done.stderr
    for words in ("Максимальная просадка", "может быть слишком хорош", "Будущего не видит", "отпечаток"):
        assert words in done.stdout


def test_the_curve_and_the_doubts_are_in_the_json(candles: Path) -> None:
    found = result_of("ema_rsi_atr", "--candles", candles, "--symbols", "BTCUSDT", "--fee", 0, "--set", "fast=10")
    assert len(found["equity"]) == 14
    assert found["equity"][0]["day"] == "2024-01-01"
    assert found["equity"][-1]["equity"] == pytest.approx(found["metrics"]["end_equity"])
    (month,) = found["monthly"]
    assert month["month"] == "2024-01"
    assert month["return"] == pytest.approx(found["metrics"]["total_return"])
    assert max(fall["depth"] for fall in found["drawdowns"]) == pytest.approx(found["metrics"]["max_drawdown"])
    doubts = {warning["key"] for warning in found["warnings"]}
    assert {"few_trades", "short_period", "costs_ignored", "parameters_changed"} <= doubts
    assert all(warning["en"].endswith(".") and warning["ru"].endswith(".") for warning in found["warnings"])
    assert found["checks"] == {}
    assert {"look_ahead", "warm_up"} <= set(found["unchecked"])


def test_the_detectors_run_when_asked(candles: Path) -> None:
    found = result_of("ema_rsi_atr", "--candles", candles, "--check")
    assert not found["checks"]["look_ahead"]["biased"]
    assert found["checks"]["look_ahead"]["cuts"] > 50
    assert found["checks"]["warm_up"]["claimed"] == 500
    assert not {"look_ahead", "warm_up", "shuffle"} & set(found["unchecked"])


def test_the_detectors_need_candles(folder: Path) -> None:
    said = refused(folder, "ema_rsi_atr", "--candles", folder, "--check")
    assert "--check: BTCUSDT: expected at least 1002 rows for a warm-up of 500, got 900" in said


@pytest.mark.parametrize("profile", ["ideal", "paper"])
def test_files_for_people_and_spreadsheets(candles: Path, tmp_path: Path, profile: str) -> None:
    page, trades, equity = (tmp_path / name for name in ("report.html", "trades.csv", "equity.csv"))
    written = ("--html", page, "--csv", trades, "--equity-csv", equity)
    found = result_of("ema_trend", "--candles", candles, "--profile", profile, *written)
    with trades.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [list(row) for row in rows[:1]] == [TRADE_KEYS]
    assert [float(row["pnl"]) for row in rows] == [trade["pnl"] for trade in found["trades"]]
    assert len(equity.read_text().splitlines()) == 1 + len(found["equity"])
    assert found["fingerprint"] in page.read_text(encoding="utf-8")
    assert sorted(tmp_path.iterdir()) == sorted([page, trades, equity])


def test_a_file_that_cannot_be_written(candles: Path, tmp_path: Path) -> None:
    """Even root may not write a file whose name is too long."""
    done = backtest("ema_rsi_atr", "--candles", candles, "--csv", tmp_path / ("x" * 254))
    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    assert "got: File name too long; free some space or name another file" in line
    assert list(tmp_path.iterdir()) == []


def test_ideal_loads_neither_a_database_nor_a_compiler(candles: Path) -> None:
    """What the whole process costs is mostly what it imports."""
    script = """
import sys
from tradewind.entrypoints.cli import main
try:
    main(["backtest", "ema_rsi_atr", "--candles", sys.argv[1], "--json"], prog_name="tradewind")
finally:
    print(sorted({"sqlalchemy", "asyncpg", "celery", "fastapi", "numba", "ccxt", "rich"} & sys.modules.keys()),
          file=sys.stderr)
"""
    done = subprocess.run(
        [sys.executable, "-c", script, str(candles)], capture_output=True, text=True, check=False, timeout=60
    )
    loaded = set(eval(done.stderr.splitlines()[-1]))
    assert not loaded & {"sqlalchemy", "asyncpg", "celery", "fastapi", "numba", "ccxt"}


# --------------------------------------------------------------------------------------------------------- mistakes


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Candles of one symbol, and whatever else a test puts there; nothing may be written."""
    save(tmp_path, "BTCUSDT", Timeframe.M5, walk(900))
    return tmp_path


def refused(folder: Path, *arguments: object) -> str:
    """What the one line on stderr says."""
    before = sorted(folder.rglob("*"))
    done = backtest(*arguments)
    assert done.returncode != 0
    assert done.stdout == ""
    (line,) = done.stderr.splitlines()
    assert line.startswith("tradewind backtest: ")
    assert sorted(folder.rglob("*")) == before
    return line


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["ema_rsi_art"], 'no built-in strategy "ema_rsi_art", did you mean "ema_rsi_atr"'),
        (["nowhere.yaml"], "nowhere.yaml: expected a strategy document, got: No such file or directory"),
        (["ema_rsi_atr", "--set", "fsat=3"], 'parameters.fsat: unknown parameter, did you mean "fast"'),
        (["ema_rsi_atr", "--set", "fast=1"], "parameters.fast: expected a whole number from 2 to 200 for fast, got 1"),
        (["ema_rsi_atr", "--set", "fast=-3"], "parameters.fast: expected a whole number from 2 to 200"),
        (["ema_rsi_atr", "--set", "fast=1e300"], "parameters.fast: expected a whole number from 2 to 200"),
        (["ema_rsi_atr", "--set", "fast=nan"], "parameters.fast: expected a finite number, got nan"),
        (["ema_rsi_atr", "--set", "fast=quick"], "parameters.fast: expected a number, got 'quick'"),
        (["ema_rsi_atr", "--set", "anchor=open"], "choices.anchor: expected one of fill, close, got open"),
        (["ema_rsi_atr", "--set", "fast"], "expected name=value, got fast"),
        (["ema_rsi_atr", "--set", "fast=3", "--set", "fast=4"], "expected each parameter once, got fast again"),
        (["ema_rsi_atr", "--from", "2030-01-01"], "expected candles between the bounds asked for"),
        (["ema_rsi_atr", "--symbols", "ETHUSDT"], "ETHUSDT"),
        (["ema_rsi_atr", "--timeframe", "1h"], "expected SYMBOL-1h.parquet"),
        (["ema_trend", "--to", "2024-01-02"], "expected candles after the 600 of 5m that are history"),
        (["ema_trend", "--html", "nowhere/report.html"], "--html: expected a folder that exists, got nowhere"),
        (["ema_trend", "--csv", "/"], "--csv: expected a file to write, got the folder /"),
        (["ema_rsi_atr", "--risk", "0.01"], "--risk: expected only with --profile paper"),
        (["ema_rsi_atr", "--latency", "0"], "--latency: expected only with --profile paper"),
        (["ema_trend", "--inside", "1h"], "expected to look inside 5m with a timeframe that divides it, got 1h"),
        (["ema_rsi_atr", "--inside", "1m"], "expected files of 1m to look inside 5m with"),
    ],
)  # fmt: skip
def test_mistakes_are_named_in_one_line(folder: Path, arguments: list[str], said: str) -> None:
    assert said in refused(folder, *arguments, "--candles", folder).replace("; did", ", did")


def test_a_folder_that_is_not_there(folder: Path) -> None:
    assert "expected a folder of candle files" in refused(folder, "ema_rsi_atr", "--candles", folder / "none")


@pytest.mark.parametrize("profile", ["ideal", "paper"])
def test_bad_candles_are_named_with_file_and_row(folder: Path, profile: str) -> None:
    columns = walk(900)
    high = columns.high.copy()
    high[41] = np.nan
    save(folder, "BTCUSDT", Timeframe.M5, columns, high=high)
    said = refused(folder, "ema_rsi_atr", "--candles", folder, "--profile", profile)
    assert "BTCUSDT-5m.parquet: row 42: expected a finite high, got nan" in said
    (folder / "BTCUSDT-5m.parquet").write_bytes(b"PAR1 or not")
    assert "expected a readable Parquet file" in refused(folder, "ema_rsi_atr", "--candles", folder)


def test_a_symbol_that_paper_does_not_trade(folder: Path) -> None:
    (folder / "BTCUSDT-5m.parquet").rename(folder / "ETHBTC-5m.parquet")
    assert "got ETHBTC" in refused(folder, "ema_trend", "--candles", folder)
    assert result_of("ema_rsi_atr", "--candles", folder)["symbols"] == ["ETHBTC"], "textbooks trade everything"


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("ema(close, fast)", "emma(close, fast)", 'define.ema_fast: column 1: unknown'),
        ("ema_slow: ema(close, slow)", "ema_slow: ema(ema_slow, slow)", "define.ema_slow"),
        ("atr(atr_period)", "atr(-3)", "atr"),
        ("rsi(close, rsi_period)", "rsi(close, 1000000000)", "rsi"),
        ("format: 1", "format: 2", "format"),
        ("long:", "lnog:", "lnog: unknown key"),
    ],
)  # fmt: skip
def test_bad_documents_are_named_with_the_path(folder: Path, old: str, new: str, said: str) -> None:
    path = folder / "mine.yaml"
    text = builtin_text("ema_rsi_atr")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    line = refused(folder, path, "--candles", folder)
    assert f"{path}: " in line
    assert said in line


def test_a_document_that_is_no_text(folder: Path) -> None:
    path = folder / "mine.yaml"
    path.write_bytes(b"\xff\xfe\x00")
    assert "expected a strategy document as UTF-8 text" in refused(folder, path, "--candles", folder)
    assert "expected a strategy document" in refused(folder, f"{folder}/", "--candles", folder)
