"""From text to plain data, within bounds: YAML or JSON without anchors, tags, duplicate keys or deep nesting."""

from __future__ import annotations

import json
from collections.abc import Hashable
from typing import Any

import yaml

from tradewind.trading.strategies.errors import DocumentError, Problem

MAX_TEXT = 32_768
MAX_DEPTH = 12
MAX_EVENTS = 4_000


def read(text: str) -> object:
    """The data in `text`: JSON when it begins with a brace, YAML 1.1 otherwise.

    Raises:
        DocumentError: neither, or beyond the bounds.
    """
    if len(text) > MAX_TEXT:
        raise _error(f"expected at most {MAX_TEXT} characters, got {len(text)}")
    return _read_json(text) if text.lstrip().startswith("{") else _read_yaml(text)


def _error(detail: str, line: int | None = None) -> DocumentError:
    return DocumentError([Problem("", detail, line=line)])


def _read_json(text: str) -> object:
    try:
        return json.loads(text, object_pairs_hook=_pairs, parse_constant=_no_constant)
    except json.JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}"
        raise _error(f"expected JSON, got something else at {place}: {error.msg}", error.lineno) from None
    except RecursionError:
        raise _error(f"expected at most {MAX_DEPTH} levels of nesting") from None
    except DocumentError:
        raise
    except ValueError:
        raise _error("expected numbers that fit, got a gigantic one") from None


def _pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise _error(f'expected each key once, got "{key}" twice')
        found[key] = value
    return found


def _no_constant(name: str) -> object:
    raise _error(f"expected finite numbers, got {name}")


def _read_yaml(text: str) -> object:
    try:
        _check_events(text)
        return yaml.load(text, Loader=_UniqueKeys)  # noqa: S506 - a SafeLoader
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        place = f" at line {mark.line + 1}, column {mark.column + 1}" if mark else ""
        line = mark.line + 1 if mark else None
        raise _error(f"expected YAML, got something else{place}: {error.problem}", line) from None
    except (yaml.YAMLError, ValueError, OverflowError) as error:
        if isinstance(error, DocumentError):
            raise
        # YAML knows dates and sexagesimal numbers, which fail in their own ways (2024-99-99).
        raise _error(f"expected YAML, got something that cannot be read: {type(error).__name__}") from None


def _check_events(text: str) -> None:
    """Walk the events, which costs no recursion, before anything is built from them.

    Raises:
        DocumentError: an anchor, alias or tag (a small text could become a large document), too deep, too many parts,
            or more than one document.
    """
    depth = documents = 0
    for number, event in enumerate(yaml.parse(text, Loader=yaml.SafeLoader)):
        line = event.start_mark.line + 1 if event.start_mark else 1
        place = f"line {line}"
        if number > MAX_EVENTS:
            raise _error(f"expected at most {MAX_EVENTS} keys and values, got more")
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None) is not None:
            raise _error(f"expected no anchors and aliases, got one at {place}", line)
        tag = event.tag if isinstance(event, yaml.ScalarEvent | yaml.CollectionStartEvent) else None
        if tag is not None:
            raise _error(f"expected no tags, got {tag} at {place}", line)
        documents += isinstance(event, yaml.DocumentStartEvent)
        if documents > 1:
            raise _error(f"expected one document, got another at {place}", line)
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > MAX_DEPTH:
            raise _error(f"expected at most {MAX_DEPTH} levels of nesting, got more at {place}", line)


class _UniqueKeys(yaml.SafeLoader):
    """A SafeLoader that refuses duplicate keys, of which YAML would silently keep the last."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        seen: set[str] = set()
        for key, _ in node.value:
            if isinstance(key, yaml.ScalarNode):
                if key.value in seen:
                    line = key.start_mark.line + 1
                    raise _error(f'expected each key once, got "{key.value}" again at line {line}', line)
                seen.add(key.value)
        return super().construct_mapping(node, deep=deep)
