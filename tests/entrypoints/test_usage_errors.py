"""Every mistake on a command line is one line: what was expected, what came, and what to do."""

from __future__ import annotations

import pytest
from click.testing import CliRunner

from tradewind.entrypoints.cli import main


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ("bactest", "tradewind: expected a command, got bactest, did you mean backtest; see tradewind --help"),
        ("--quick", "tradewind: expected an option that there is, got --quick; see tradewind --help"),
        ("backtest", "tradewind backtest: expected STRATEGY, got nothing; see tradewind backtest --help"),
        ("backtest x", "tradewind backtest: expected --candles, got nothing; see tradewind backtest --help"),
        (
            "backtest x --candels y",
            "tradewind backtest: expected an option that there is, got --candels, did you mean --candles; see",
        ),
        ("backtest x --candles", "tradewind backtest: Option '--candles' requires an argument; see tradewind backtest"),
        ("backtest x y --candles z", "tradewind backtest: Got unexpected extra argument (y); see tradewind backtest"),
        ("backtest x --candles y --profile live", "--profile: expected one of ideal, paper, got live; see"),
        ("backtest x --candles y --year 0", "--year: expected a number from 1 to 366, got 0.0; see"),
        ("backtest x --candles y --fee much", "--fee: expected a number from 0 to 0.1, got much; see"),
        (
            "backtest x --candles y --from soon",
            "--from: expected a date or time such as 2024-03-01 or 2024-03-01T12:00",
        ),
        ("sweep x --candles y --vary z --html /nowhere/at/all.html", "--html: expected a folder that exists, got"),
        ("replay --candles y --followers 0", "--followers: expected a whole number from 1 to 10000, got 0; see"),
        ("replay --candles y --resume", "--resume needs --data: the folder that the killed replay was given; see"),
        ("up --seed -1", "tradewind up: --seed: expected a whole number of 0 or more, got -1; see"),
        ("parity one.json", "tradewind parity: expected ACTUAL, got nothing; see tradewind parity --help"),
    ],
)
def test_one_line(arguments: str, said: str) -> None:
    done = CliRunner().invoke(main, arguments.split(), prog_name="tradewind")
    assert done.exit_code == 2
    assert done.stdout == ""
    (line,) = done.stderr.splitlines()
    assert said in line


def test_nothing_at_all_asks_for_help() -> None:
    done = CliRunner().invoke(main, [], prog_name="tradewind")
    assert "Commands:" in done.output
    assert "parity" in done.output
