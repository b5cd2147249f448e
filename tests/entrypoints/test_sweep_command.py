"""`tradewind sweep` as a process: its JSON and page, Ctrl-C, going on, and one line for every mistake."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from tests.trading.engine.replays import market
from tradewind.core.candles import Timeframe
from tradewind.research.backtest import load_candles, run_ideal
from tradewind.trading.strategies import load_builtin

VARY = ("--vary", "fast=8:12:2", "--vary", "stop_atr=2,3")


@pytest.fixture(scope="module")
def candles(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return market(tmp_path_factory.mktemp("sweep") / "candles", 3, candles=4000)


def command(candles: Path, *arguments: object) -> list[str]:
    options = ["--candles", candles, "--symbols", "BTCUSDT,ETHUSDT", "--min-trades", "1", "--jobs", "2", *arguments]
    return [sys.executable, "-m", "tradewind", "sweep", "ema_rsi_atr", *map(str, options)]


def swept(candles: Path, *arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command(candles, *arguments), capture_output=True, text=True, check=False, timeout=90)


def result_of(candles: Path, *arguments: object) -> dict[str, Any]:
    done = swept(candles, *arguments, "--json")
    assert done.returncode == 0, done.stderr
    assert done.stderr == "", "a bar is for terminals"
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_every_set_is_measured_as_a_back_test(candles: Path) -> None:
    found = result_of(candles, *VARY)
    assert (found["complete"], len(found["trials"])) == (True, 6)
    timeframe, columns, _ = load_candles(candles, symbols=("BTCUSDT", "ETHUSDT"))
    for trial in found["trials"]:
        expected = run_ideal(load_builtin("ema_rsi_atr").with_parameters(trial["parameters"]), columns, timeframe)
        assert trial["score"] == pytest.approx(expected.metrics.sharpe)
        assert trial["metrics"]["trades"] == expected.metrics.trades
    assert found["best"] == max(found["trials"], key=lambda trial: trial["score"])
    assert found["honesty"]["trials"] == 6
    best, median = found["heat_maps"]
    assert best["x"] == {"name": "fast", "values": [8, 10, 12]}
    assert best["cells"] == median["cells"], "nothing is folded"
    assert timeframe is Timeframe.M5


class _Reader(HTMLParser):
    """What a page loads, and what it says."""

    def __init__(self) -> None:
        super().__init__()
        self.loads: list[str] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.loads += [str(value) for name, value in attrs if name in ("src", "href")]

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.mark.parametrize(("language", "title"), [("en", "Sweep of ema_rsi_atr"), ("ru", "Перебор параметров")])
def test_a_page_that_needs_nothing_else(candles: Path, tmp_path: Path, language: str, title: str) -> None:
    target = tmp_path / "sweep.html"
    done = swept(candles, *VARY, "--html", target, "--language", language)
    assert done.returncode == 0, done.stderr
    assert "fast → 8 … 12" in done.stdout
    page = _Reader()
    page.feed(target.read_text(encoding="utf-8"))
    assert page.loads == []
    assert title in page.text


def test_an_interrupted_sweep_leaves_what_it_has_and_goes_on(candles: Path, tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    wide = ("--vary", "fast=2:60", "--vary", "slow=61:200", "--vary", "rsi_period=2:13", "--resume", kept)
    with subprocess.Popen(command(candles, *wide, "--json"), stdout=subprocess.PIPE, text=True) as running:
        deadline = time.monotonic() + 60
        while not (kept.exists() and kept.read_bytes().count(b"\n") > 3):
            assert time.monotonic() < deadline, "no trial was kept"
            time.sleep(0.01)  # a process is waited for
        os.kill(running.pid, signal.SIGINT)
        said, _ = running.communicate(timeout=60)
    assert running.returncode == 130
    first = json.loads(said)
    assert first["complete"] is False
    assert 0 < len(first["trials"]) < 59 * 140 * 12
    lines = kept.read_bytes().splitlines(keepends=True)
    assert len(lines) == 1 + len(first["trials"])
    kept.write_bytes(b"".join(lines) + lines[-1][:20])  # as a kill in the middle of a line leaves it
    other = swept(candles, *VARY, "--resume", kept)
    assert (other.returncode, "another" in other.stderr) == (1, True)


def test_going_on_comes_to_the_same(candles: Path, tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    options = ("--vary", "fast=8:20", "--vary", "slow=26:40:2", "--sampler", "random", "--trials", "30", "--seed", "4")
    whole = result_of(candles, *options, "--resume", kept)
    lines = kept.read_bytes().splitlines(keepends=True)
    kept.write_bytes(b"".join(lines[:12]) + lines[12][:20])
    assert result_of(candles, *options, "--resume", kept) == whole
    assert result_of(candles, *options) == whole


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--vary", "fats=1:2"), 'did you mean "fast"'),
        (("--vary", "fast=0:5"), "from 2 to 200"),
        (("--vary", "fast=8:9", "--set", "slow=1"), "from 3 to 400"),
        (("--vary", "fast=8:12", "--trials", "2"), "all 5 points"),
        (("--vary", "fast=8:9", "--timeframe", "1h"), "BTCUSDT-1h.parquet"),
        (("--vary", "fast=8:9", "--from", "2031-01-01"), "between the bounds"),
    ],
)
def test_one_line_for_every_mistake(candles: Path, arguments: tuple[str, ...], said: str) -> None:
    done = swept(candles, *arguments)
    assert (done.returncode, done.stdout) == (1, "")
    (line,) = done.stderr.splitlines()
    assert line.startswith("tradewind sweep: ")
    assert said in line


def test_a_strategy_that_scales_in_is_refused(candles: Path) -> None:
    arguments = command(candles, "--vary", "stop_atr")
    done = subprocess.run(
        [each if each != "ema_rsi_atr" else "dca_dip" for each in arguments],
        capture_output=True,
        text=True,
        check=False,
        timeout=90,
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert "expected one that enters whole positions, dca_dip scales in" in done.stderr
