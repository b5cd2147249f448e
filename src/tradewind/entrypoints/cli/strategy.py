"""`tradewind strategy`: documents listed, explained and checked, without a database."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from tradewind.core.strategy import Strategy

_SUFFIXES = (".yaml", ".yml", ".json")


class UnreadableDocumentError(Exception):
    """A file that cannot be read as text; the message says what was expected and what came."""


def open_strategy(named: str) -> Strategy:
    """The built-in of that name, or the document at that path; raises as `read_strategy`."""
    return read_strategy(named)[0]


def read_strategy(named: str) -> tuple[Strategy, str | None]:
    """The built-in of that name, or the document at that path and its text.

    Raises:
        UnreadableDocumentError: no such file, or no text.
        DocumentError: no sound document.
        UnknownStrategyError: no such built-in.
    """
    from tradewind.trading.strategies import load_builtin, parse_document
    from tradewind.trading.strategies.reading import MAX_TEXT

    path = Path(named)
    if path.suffix not in _SUFFIXES and len(path.parts) == 1:
        return load_builtin(named), None
    try:
        with path.open(encoding="utf-8") as file:
            text = file.read(MAX_TEXT + 1)
    except OSError as error:
        raise UnreadableDocumentError(f"{named}: expected a strategy document, got: {error.strerror}") from None
    except UnicodeDecodeError:
        problem = f"{named}: expected a strategy document as UTF-8 text, got something else"
        raise UnreadableDocumentError(problem) from None
    return parse_document(text), text


@click.group("strategy")
def command() -> None:
    """Strategy documents: the format, the built-in ones, and what is wrong with yours."""


@command.command("schema")
def schema() -> None:
    """Print the JSON Schema of the document format."""
    from tradewind.trading.strategies import json_schema

    print(json.dumps(json_schema(), indent=1, ensure_ascii=False))


@command.command("list")
def list_() -> None:
    """Print the built-in strategies."""
    from tradewind.trading.strategies import builtin_names, load_builtin

    for name in builtin_names():
        strategy = load_builtin(name)
        kind = "research only" if strategy.blueprint.research_only else "trades"
        print(f"{name:<24} v{strategy.ref.version:<3} {kind:<14} {strategy.blueprint.title['en']}")


@command.command("check")
@click.argument("strategy")
def check(strategy: str) -> None:
    """Check STRATEGY, a document's path or a built-in's name; every fault with its place."""
    checked = _opened(strategy)
    print(f"{strategy}: sound; {checked.ref.name} v{checked.ref.version}, content {checked.ref.content_hash}")


@command.command("explain")
@click.argument("strategy")
@click.option("--language", type=click.Choice(["en", "ru"]), default="en", show_default=True)
def explain_(strategy: str, language: str) -> None:
    """Say in words what STRATEGY does, a document's path or a built-in's name."""
    from tradewind.kit.language import Language
    from tradewind.trading.strategies import explain

    print(explain(_opened(strategy), Language(language)).text())


def _opened(named: str) -> Strategy:
    """The strategy, or the end of the process with what is wrong."""
    from tradewind.trading.strategies import DocumentError, UnknownStrategyError

    try:
        return open_strategy(named)
    except DocumentError as error:
        for problem in error.problems:
            print(f"{named}: {problem}", file=sys.stderr)
    except (UnknownStrategyError, UnreadableDocumentError) as error:
        print(f"tradewind strategy: {error}", file=sys.stderr)
    sys.exit(1)
