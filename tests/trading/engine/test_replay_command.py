"""`tradewind replay` as a process: killed without warning and resumed, it writes the same bytes."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import orjson
import pytest

from tests.market.candle_maker import START
from tests.trading.engine.replays import market
from tradewind.kit.clock import from_ms

RECORDED = Path(__file__).resolve().parents[3].parent / "shared" / "data" / "candles"
_RESUMABLE = 75


@pytest.fixture
def home() -> Iterator[Path]:
    """A folder that the account of the embedded servers can reach; pytest's own are private."""
    folder = Path(tempfile.mkdtemp(prefix="tradewind-replay-test-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


def command(*arguments: object) -> list[str]:
    return [sys.executable, "-m", "tradewind", "replay", *map(str, arguments)]


def run(*arguments: object) -> None:
    done = subprocess.run(command(*arguments), capture_output=True, text=True, check=False, timeout=150)
    assert done.returncode == 0, done.stderr


def begun(lines: int, *arguments: object) -> subprocess.Popen[str]:
    """Start it and wait until it has told of its progress `lines` times."""
    process = subprocess.Popen(command(*arguments), stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True)
    assert process.stderr is not None
    for _ in range(lines):
        assert process.stderr.readline(), "it was over before it could be killed"
    return process


def kill_after(lines: int, *arguments: object) -> None:
    """Start it and kill it without warning once it has told of its progress `lines` times."""
    process = begun(lines, *arguments)
    process.send_signal(signal.SIGKILL)
    process.communicate()


def kill_database_after(lines: int, data: Path, *arguments: object) -> int:
    """The same done to its PostgreSQL; the exit code of what is left alone."""
    process = begun(lines, *arguments)
    (found,) = data.rglob("postmaster.pid")
    os.kill(int(found.read_text().split()[0]), signal.SIGKILL)
    process.communicate()
    return process.returncode


def check(content: bytes) -> None:
    """What every report must say of itself, whatever was traded."""
    report = orjson.loads(content)
    assert report["positions"]
    assert report["outcomes"]
    for position in report["positions"]:
        for moment in position["protection"]:
            assert float(moment["protected"]) >= float(moment["held"]), "held without a stop"
    for balance in report["ledger"]["balances"].values():
        assert float(balance["start"]) + float(balance["change"]) == pytest.approx(float(balance["balance"]))
    decided = {row["intent_id"] for row in report["decisions"]}
    assert decided >= {row["id"] for row in report["intents"] if row["status"] != "accepted"}


def test_killed_without_warning_and_resumed_it_writes_the_same_bytes(home: Path) -> None:
    candles = market(home / "candles", 11, candles=3600)
    asked = ("--candles", candles, "--followers", 2)
    run(*asked, "--report", home / "whole.json")
    killed = (*asked, "--data", home / "data")
    assert kill_database_after(3, home / "data", *killed) == _RESUMABLE
    kill_after(3, *killed, "--resume")
    kill_after(2, *killed, "--resume")
    run(*killed, "--resume", "--report", home / "killed.json")
    whole = (home / "whole.json").read_bytes()
    check(whole)
    assert (home / "killed.json").read_bytes() == whole


def test_recorded_candles_twice(home: Path) -> None:
    """Some weeks of real markets, twice and in other company: equal bytes, and a month's end that knows no better."""
    if not (RECORDED / "BTCUSDT-5m.parquet").exists():
        pytest.skip(f"no recorded candles in {RECORDED}")
    asked = ("--candles", RECORDED, "--symbols", "BTCUSDT,SOLUSDT", "--timeframe", "5m", "--from", "2024-03-01")
    reports = []
    for number, stop in enumerate(("2024-03-22", "2024-03-22", "2024-03-14")):
        path = home / f"{number}.json"
        run(*asked, "--to", stop, "--report", path)
        reports.append(path.read_bytes())
    assert reports[0] == reports[1]
    check(reports[0])
    long, short = orjson.loads(reports[0]), orjson.loads(reports[2])
    cut = "2024-03-14T00:00:00Z"
    assert short["signals"] == [each for each in long["signals"] if each["created_at"] <= cut]
    assert len(short["signals"]) > 10


def test_a_symbol_in_another_currency_is_refused_before_anything_is_written(home: Path) -> None:
    candles = market(home / "candles", 13, candles=700)
    (candles / "ETHUSDT-5m.parquet").rename(candles / "ETHBTC-5m.parquet")
    refused = subprocess.run(
        command("--candles", candles, "--data", home / "data"), capture_output=True, text=True, check=False, timeout=60
    )
    assert refused.returncode not in (0, _RESUMABLE)
    assert "ETHBTC" in refused.stderr
    assert "Traceback" not in refused.stderr
    assert not (home / "data").exists()


def test_it_does_not_mix_two_replays(home: Path) -> None:
    """A folder that holds a replay is not begun anew, nor gone on with under other inputs."""
    candles = market(home / "candles", 12, candles=700)
    run("--candles", candles, "--data", home / "data", "--from", from_ms(START).isoformat())
    again = subprocess.run(
        command("--candles", candles, "--data", home / "data"), capture_output=True, text=True, check=False, timeout=60
    )
    assert again.returncode not in (0, _RESUMABLE)
    other = subprocess.run(
        command("--candles", candles, "--data", home / "data", "--resume", "--followers", 3),
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert other.returncode not in (0, _RESUMABLE)
