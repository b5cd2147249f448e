"""`tradewind validate` as a process: its JSON, its words, and one line for a mistake."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.market.candle_maker import save, walk
from tradewind.core.candles import Timeframe


@pytest.fixture(scope="module")
def candles(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("validate")
    save(folder, "BTCUSDT", Timeframe.H1, walk(24 * 120, Timeframe.H1))
    return folder


def run(candles: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    line = [sys.executable, "-m", "tradewind", "validate", "ema_rsi_atr", "--candles", str(candles), *arguments]
    return subprocess.run(line, capture_output=True, text=True, check=False, timeout=90)


def test_it_judges_the_best_of_what_varies(candles: Path) -> None:
    vary = ("--vary", "stop_atr=2,3", "--min-trades", "1", "--folds", "3", "--paths", "200")
    done = run(candles, *vary, "--json")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)["validation"]
    assert [each["test"][0] for each in found["walk_forward"]["windows"]] == sorted(
        each["test"][0] for each in found["walk_forward"]["windows"]
    )
    assert len(found["walk_forward"]["windows"]) == 3
    assert found["sweep"]["trials"] == 2
    assert (found["bootstrap"]["paths"], found["bootstrap"]["ruin"]) == (200, 0.5)
    states = {each["state"] for each in found["checks"]}
    assert found["state"] == next(each for each in ("failed", "doubt", "passed") if each in states)
    again = json.loads(run(candles, *vary, "--json", "--html", str(candles / "report.html")).stdout)
    assert again["validation"] == found, "all that is drawn is seeded"
    page = (candles / "report.html").read_text(encoding="utf-8")
    shown = json.loads(page.split('id="data">')[1].split("</script>")[0])
    assert shown["fingerprint"] == again["fingerprint"]
    assert shown["validation"]["walk"]["fingerprint"] == found["walk_forward"]["fingerprint"]
    assert [each["text"] for each in shown["validation"]["checks"]] == [each["en"] for each in found["checks"]]


def test_it_says_so_in_russian_and_without_a_sweep(candles: Path) -> None:
    done = run(candles, "--language", "ru")
    assert done.returncode == 0, done.stderr
    assert "Взгляд в будущее" in done.stdout
    assert "Проверка вперёд" not in done.stdout, "nothing varied"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--vary", "fats=1:2"), 'vary.fats: unknown parameter; did you mean "fast"?'),
        (("--vary", "fast=8,9", "--to", "2024-01-05"), "folds: expected at least 10 days for 5, got 4"),
        (("--to", "2024-01-02"), "expected at least"),
    ],
)
def test_a_mistake_is_one_line(candles: Path, arguments: tuple[str, ...], said: str) -> None:
    done = run(candles, *arguments)
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert said in done.stderr
