"""Where in a text the places are that problems name."""

from __future__ import annotations

import re
from collections.abc import Iterable

import yaml

from tradewind.trading.strategies.errors import Problem

_PART = re.compile(r"\[(\d+)\]|([^.\[\]]+)")


def located(text: str, problems: Iterable[Problem]) -> list[Problem]:
    """`problems` with their lines, 1-based: that of the key at fault, or of what it is missing from."""
    root = _composed(text)
    return [each if each.line or root is None else each._replace(line=_line(root, each.path)) for each in problems]


def _composed(text: str) -> yaml.Node | None:
    """The text's nodes with their marks; None where it is not even YAML, of which JSON is a part."""
    try:
        return yaml.compose(text, Loader=yaml.SafeLoader)
    except (yaml.YAMLError, ValueError, RecursionError):
        return None


def _line(root: yaml.Node, path: str) -> int | None:
    node, mark = root, root.start_mark
    for number, name in _PART.findall(path):
        if isinstance(node, yaml.SequenceNode) and number and int(number) < len(node.value):
            node = node.value[int(number)]
            mark = node.start_mark
        elif isinstance(node, yaml.MappingNode) and name:
            found = next((pair for pair in node.value if pair[0].value == name), None)
            if found is None:
                break
            mark, node = found[0].start_mark, found[1]
        else:
            break
    return int(mark.line) + 1 if path else None
