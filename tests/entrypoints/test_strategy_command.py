"""`tradewind strategy`: what it prints, and how it ends."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from tradewind.entrypoints.cli.main import main
from tradewind.trading.strategies import builtin_names, builtin_text, json_schema


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["strategy", *arguments])


def test_list_names_all_of_them() -> None:
    result = run("list")
    assert result.exit_code == 0
    assert [line.split()[0] for line in result.stdout.splitlines()] == builtin_names()
    assert "research only" in result.stdout


def test_schema_is_the_schema() -> None:
    assert json.loads(run("schema").stdout) == json_schema()


def test_explain_a_built_in_and_a_file(tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text(builtin_text("ema_trend"), encoding="utf-8")
    assert run("explain", str(file)).stdout == run("explain", "ema_trend").stdout
    assert "Когда теряет" in run("explain", "ema_trend", "--language", "ru").stdout


def test_check_a_sound_document(tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text(builtin_text("ema_trend"), encoding="utf-8")
    result = run("check", str(file))
    assert result.exit_code == 0
    assert "sound; ema_trend v3, content " in result.stdout


def test_check_says_every_fault_with_its_place(tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    text = builtin_text("ema_trend").replace("ema(close, fast)", "emma(close, fast)")
    text = text.replace("default: 12, min: 5", "default: 3, min: 5")
    file.write_text(text.replace("{r: 1, share", "{r: -1, share"), encoding="utf-8")
    result = run("check", str(file))
    assert result.exit_code == 1
    assert f"{file}: parameters.fast: expected min ≤ default ≤ max, got 5, 3, 50" in result.stderr
    file.write_text(text.replace("default: 3, min: 5", "default: 12, min: 5"), encoding="utf-8")
    assert 'define.ema_fast: column 1: unknown indicator "emma"; did you mean "ema"?' in run("check", str(file)).stderr


EMA = "ema(close, fast)"
FILTER = "\n  - {name: a, when: close > 1, reason: {en: a, ru: b}}"


def with_filters(text: str) -> str:
    return f"filters:{text}\nexits:"


#: What is changed in a sound document, and what is said of it.
FAULTS = {
    "unknown indicator": (EMA, "emma(close, fast)", 'define.ema_fast: column 1: unknown indicator "emma"'),
    "cycle": ("ema_fast: ema(close, fast)", "ema_fast: ema(ema_fast, 5)", "defined by itself: ema_fast → ema_fast"),
    "cycle elsewhere": (
        "ema_slow: ema(close, slow)",
        "ema_slow: on(1h, other)\n  other: ema(ema_slow, 5)",
        "defined by itself: ema_slow → other → ema_slow",
    ),
    "negative period": (EMA, "ema(close, -5)", "expected a whole number from 2 to 1000 for period, got -5"),
    "gigantic period": (EMA, "ema(close, 1e300)", "a whole number from 2 to 1000 for period, got 1e+300"),
    "gigantic elsewhere": (EMA, "on(1h, ema(close, 99999))", "a whole number from 2 to 1000 for period"),
    "shorter elsewhere": (EMA, "on(4h, on(5m, close))", "expected a timeframe that can be put together from 4h"),
    "parameter out of range": ("default: 12", "default: 500", "parameters.fast: expected min ≤ default ≤ max, got 5"),
    "too costly": (EMA, "ema(ema(ema(close, 900), 900), 900)", "expected at most 10000 candles of warm-up"),
    "too long": (EMA, "close + " * 400 + "close", "define.ema_fast: expected at most 1000 characters, got 3205"),
    "bomb": ("parameters:", "a: &a [x, x]\nb: [*a, *a]\nparameters:", "expected no anchors and aliases"),
    "too large": ("format: 1", "format: 1 # " + "x" * 40_000, "expected at most 32768 characters"),
    "filter with an unknown key": (
        "exits:",
        with_filters(FILTER.replace("when", "wen")),
        'filters[0].wen: unknown key; did you mean "when"?',
    ),
    "filter of a number": (
        "exits:",
        with_filters(FILTER.replace(" > 1", "")),
        "filters[0].when: expected a condition, got a number",
    ),
    "filter twice": ("exits:", with_filters(FILTER * 2), 'filters[1].name: expected each filter once, got "a" again'),
    "sizing of a condition": ("exits:", "sizing: {scale: close > 1}\nexits:", "sizing.scale: expected a number, got a"),
    "exit of a number": ("  confidence:", "  exit: close\n  confidence:", "long.exit: expected a condition, got a n"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_every_fault_is_named(tmp_path: Path, fault: str) -> None:
    old, new, said = FAULTS[fault]
    text = builtin_text("ema_trend")
    assert old in text
    file = tmp_path / "mine.yaml"
    file.write_text(text.replace(old, new, 1), encoding="utf-8")
    result = run("check", str(file))
    assert result.exit_code == 1
    assert said in result.stderr
    assert str(file) in result.stderr


@pytest.mark.parametrize(
    ("named", "said"),
    [
        ("ema_trnd", 'no built-in strategy "ema_trnd"; did you mean "ema_trend"?'),
        ("nowhere/mine.yaml", "nowhere/mine.yaml: expected a strategy document, got: No such file or directory"),
    ],
)
def test_what_is_not_there(named: str, said: str) -> None:
    for command in ("check", "explain"):
        result = run(command, named)
        assert result.exit_code == 1
        assert said in result.stderr


def test_what_is_no_text(tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    file.write_bytes(b"\xff\xfe\x00")
    assert "expected a strategy document as UTF-8 text" in run("check", str(file)).stderr
