"""`tradewind analyse` as a process: words, JSON, and one line for every mistake."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.market.candle_maker import START, save, walk
from tradewind.core.analysis import NEEDED
from tradewind.core.candles import Timeframe
from tradewind.kit.clock import from_ms

ROWS = 1500


@pytest.fixture(scope="module")
def candles(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("analyse")
    save(folder, "BTCUSDT", Timeframe.M5, walk(ROWS))
    return folder


def analyse(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "tradewind", "analyse", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)


def test_it_says_it_in_words(candles: Path) -> None:
    english = analyse("btcusdt", "--candles", candles, "--timeframe", "5m")
    assert english.returncode == 0, english.stderr
    assert "BTCUSDT 5m has been " in english.stdout
    russian = analyse("BTCUSDT", "--candles", candles, "--timeframe", "5m", "--language", "ru")
    assert "Цена закрытия " in russian.stdout


def test_json_is_what_the_api_answers_at_that_moment(candles: Path) -> None:
    moment = from_ms(START + 1000 * Timeframe.M5.ms)
    done = analyse("BTCUSDT", "--candles", candles, "--timeframe", "5m", "--at", f"{moment:%Y-%m-%dT%H:%M}", "--json")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert (found["symbol"], found["timeframe"], found["candles"]) == ("BTCUSDT", "5m", 1000)
    assert found["report"]["candle"] == from_ms(START + 999 * Timeframe.M5.ms).isoformat().replace("+00:00", "Z")
    assert [each["timeframe"] for each in found["report"]["trends"]] == ["5m", "15m", "1h", "4h"]


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (("NOPEUSDT", "--timeframe", "5m"), "expected NOPEUSDT-5m.parquet, found"),
        (("BTCUSDT", "--timeframe", "1m"), "expected BTCUSDT-1m.parquet, found"),
        (("BTCUSDT", "--timeframe", "1h"), f"BTCUSDT 1h has 125 closed candles, and an analysis needs {NEEDED}."),
        (("BTCUSDT", "--timeframe", "7m"), "expected one of 1m, 3m"),
    ],
)
def test_mistakes_are_one_clear_error(candles: Path, arguments: tuple[str, ...], complaint: str) -> None:
    done = analyse(*arguments, "--candles", candles)
    assert done.returncode != 0
    assert complaint in done.stderr
    assert "Traceback" not in done.stderr
    assert not done.stdout


def test_a_folder_that_is_not_there_is_said(tmp_path: Path) -> None:
    done = analyse("BTCUSDT", "--candles", tmp_path / "nothing")
    assert done.returncode != 0
    assert "expected a folder of candle files" in done.stderr
