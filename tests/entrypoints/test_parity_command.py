"""`tradewind parity` over real reports: nothing between twins, named reasons between strangers, one line a mistake."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from tests.trading.engine.replays import market
from tradewind.entrypoints.cli import main


def run(*arguments: object) -> Result:
    return CliRunner().invoke(main, [*map(str, arguments)], prog_name="tradewind")


@pytest.fixture(scope="module")
def reports(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("parity")
    candles = market(folder / "candles", 8, candles=1500)
    found: dict[str, Path] = {}
    for name, options in {
        "paper": (),
        "ideal": ("--profile", "ideal"),
        "other": ("--symbols", "BTCUSDT"),
    }.items():
        done = run("backtest", "ema_trend", "--candles", candles, "--json", *options)
        assert done.exit_code == 0, done.stderr
        found[name] = folder / f"{name}.json"
        found[name].write_text(done.stdout, encoding="utf-8")
    return found


def test_twins(reports: dict[str, Path]) -> None:
    done = run("parity", reports["paper"], reports["paper"])
    assert done.exit_code == 0
    assert "a gap of +0.00" in done.stdout
    assert "The runs are the same to the last digit." in done.stdout
    assert "Прогоны совпали" in run("parity", reports["paper"], reports["paper"], "--language", "ru").stdout


def test_strangers(reports: dict[str, Path]) -> None:
    done = run("parity", reports["ideal"], reports["paper"], "--json")
    assert done.exit_code == 0
    found: dict[str, Any] = json.loads(done.stdout)
    assert not found["same"]
    assert sum(Decimal(part["amount"]) for part in found["parts"]) == Decimal(found["gap"]) != 0
    assert sum(Decimal(pair["gap"]) for pair in found["differences"]) == Decimal(found["gap"])
    assert all(part["en"] != part["ru"] for part in found["parts"])
    spoken = run("parity", reports["ideal"], reports["paper"]).stdout
    assert "quantity" in spoken
    assert "missed fills" in spoken


def test_mistakes_are_one_line(reports: dict[str, Path], tmp_path: Path) -> None:
    broken = tmp_path / "broken.json"
    broken.write_text("{", encoding="utf-8")
    empty = tmp_path / "empty.json"
    empty.write_text("{}", encoding="utf-8")
    for other, said in {
        tmp_path / "none.json": "none.json: expected a report, got: No such file or directory",
        broken: "broken.json: expected a report as JSON, got something else",
        empty: 'empty.json: expected the JSON of "tradewind backtest --json" or "tradewind replay --report"',
        reports["other"]: "expected two runs of the same symbols, got BTCUSDT, ",
    }.items():
        done = run("parity", reports["paper"], other)
        assert done.exit_code == 1
        (line,) = done.output.splitlines()
        assert line.startswith("tradewind parity: ")
        assert said in line
