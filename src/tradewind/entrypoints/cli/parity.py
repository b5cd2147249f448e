"""`tradewind parity`: what separates two runs of a strategy on the same candles."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from tradewind.kit.language import Language

if TYPE_CHECKING:
    from tradewind.research.parity import Parity, Run


class _RefusedError(Exception):
    """What was given cannot be compared; the message says what was expected and what came."""


@click.command("parity")
@click.argument("expected", type=click.Path(path_type=Path))
@click.argument("actual", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print everything as JSON, trade by trade.")
@click.option("--language", type=click.Choice([each.value for each in Language]), default="en", help="Of the summary.")
def command(expected: Path, actual: Path, as_json: bool, language: str) -> None:
    """Split what separates the ACTUAL run from the EXPECTED one: slippage, latency, fees, funding, missed fills.

    Both are reports of one strategy on the same candles, by `backtest --json` or `replay --report`.
    """
    from tradewind.research.parity import ReportError, compare

    try:
        first = _run(expected, None)
        second = _run(actual, first.strategy)
        _check(first, second)
    except (ReportError, _RefusedError) as error:
        sys.exit(f"tradewind parity: {error}")
    parity = compare(first.trades, second.trades)
    if as_json:
        json.dump(parity.document(), sys.stdout, ensure_ascii=False, indent=1)
        print()
    else:
        _summarise(parity, Language(language))


def _run(path: Path, strategy: str | None) -> Run:
    from tradewind.research.parity import ReportError, read_run

    try:
        document = json.loads(path.read_bytes())
    except OSError as error:
        raise _RefusedError(f"{path}: expected a report, got: {error.strerror}") from None
    except ValueError:
        raise _RefusedError(f"{path}: expected a report as JSON, got something else") from None
    try:
        return read_run(document, strategy)
    except ReportError as error:
        raise _RefusedError(f"{path}: {error}") from None


def _check(first: Run, second: Run) -> None:
    """The same strategy on the same candles, as far as reports say."""
    for name, left, right in (
        ("strategy", first.strategy, second.strategy),
        ("timeframe", first.timeframe.value, second.timeframe.value),
        ("symbols", ", ".join(sorted(first.symbols)), ", ".join(sorted(second.symbols))),
    ):
        if left != right:
            raise _RefusedError(f"expected two runs of the same {name}, got {left} and {right}")


def _summarise(parity: Parity, language: Language) -> None:
    from tradewind.research.parity import explanation, title

    russian = language is Language.RU
    counts = parity.document()["trades"]
    if russian:
        print(f"сделок: ожидалось {counts['expected']}, на деле {counts['actual']}, совпало {counts['same']}")
        print(f"PnL: ожидался {parity.expected:,.2f}, на деле {parity.actual:,.2f}, разрыв {parity.gap:+,.2f}")
    else:
        print(f"trades: {counts['expected']} expected, {counts['actual']} actual, {counts['same']} the same")
        print(f"PnL: {parity.expected:,.2f} expected, {parity.actual:,.2f} actual, a gap of {parity.gap:+,.2f}")
    if parity.same:
        print("Прогоны совпали до последней цифры." if russian else "The runs are the same to the last digit.")
    for part, amount in parity.parts.items():
        if amount:
            print(f"  {title(part, language):<26} {amount:>+14,.2f}  {explanation(part, language)}")
