"""From text to Python's own syntax tree, within bounds: the first, untyped half of parsing.

Python's grammar is borrowed, nothing of Python is run. A scan over the words comes first, because it bounds what the
grammar is fed (no strings, brackets or keywords it would have to warn about, no deep nesting) and because its messages
speak of this language and not of Python's.
"""

from __future__ import annotations

import ast
import keyword
import re

from tradewind.core.candles import Timeframe
from tradewind.core.expressions.tree import ExpressionError

MAX_TEXT = 1000
MAX_TOKENS = 400
MAX_DEPTH = 24
MAX_NAME = 40

_TOKEN = re.compile(
    r"""(?P<space>[ \t\r\n]+)
      | (?P<number>(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)(?![\w.])
      | (?P<name>[A-Za-z_]\w*)
      | (?P<digits>\d+(?:[mhd]|[A-Z][A-Z0-9]*))(?![\w.])
      | (?P<mark><=|>=|==|!=|[-+*/<>(),=])""",
    re.ASCII | re.VERBOSE,
)
_WORDS = frozenset({"and", "or", "not"})
_HINTS = {
    "&": 'use "and"',
    "|": 'use "or"',
    "!": 'use "not"',
    "^": 'there is no power; use "*"',
    "[": "earlier candles are previous(x, n)",
    "%": "there is no remainder",
    '"': "names stand without quotes",
    "'": "names stand without quotes",
}


def syntax(path: str, text: str) -> ast.expr:
    """The syntax tree of `text`; a node's `col_offset` is its 1-based column in `text`.

    Raises:
        ExpressionError: it is no expression, or too long or too deep.
    """
    if not text.strip():
        raise ExpressionError(path, "expected an expression, got nothing")
    if len(text) > MAX_TEXT:
        raise ExpressionError(path, f"expected at most {MAX_TEXT} characters, got {len(text)}")
    spelled = _scan(path, text)
    # In parentheses white space means nothing, and offsets from 0 become columns from 1.
    wrapped = f"({re.sub(r'[\t\r\n]', ' ', text)})"
    for column, word in spelled.items():
        wrapped = wrapped[:column] + "_" * len(word) + wrapped[column + len(word) :]
    try:
        tree = ast.parse(wrapped, mode="eval").body
    except SyntaxError as error:
        column = min(max((error.offset or 2) - 1, 1), len(text))
        raise ExpressionError(path, f"expected an expression, got {excerpt(text, column)}", column) from None
    except (ValueError, RecursionError, MemoryError):
        raise ExpressionError(path, f"expected at most {MAX_DEPTH} levels of nesting") from None
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and node.col_offset in spelled:
            node.id = spelled[node.col_offset]
    return tree


def _scan(path: str, text: str) -> dict[int, str]:
    """Refuse what is not of this language.

    Returns:
        The words that begin with a digit (timeframes, some symbols) by their column: to Python they are no names.

    Raises:
        ExpressionError: an unknown character or word, too many words, too deep a nesting.
    """
    at = tokens = depth = prefixes = 0
    spelled: dict[int, str] = {}
    while at < len(text):
        column = at + 1
        match = _TOKEN.match(text, at)
        if match is None:
            hint = _HINTS.get(text[at])
            raise ExpressionError(path, f"unexpected {excerpt(text, column)}{f'; {hint}' if hint else ''}", column)
        at = match.end()
        if match["space"]:
            continue
        token = match.group()
        tokens += 1
        if tokens > MAX_TOKENS:
            raise ExpressionError(path, f"expected at most {MAX_TOKENS} words and signs, got more", column)
        if match["name"] and len(token) > MAX_NAME:
            raise ExpressionError(path, f"expected names of at most {MAX_NAME} characters, got {len(token)}", column)
        if match["digits"]:
            if token[-1].islower() and token not in Timeframe:
                there = ", ".join(Timeframe)
                raise ExpressionError(path, f'unknown timeframe "{token}"; there are {there}', column)
            spelled[column] = token
        if match["name"] and keyword.iskeyword(token) and token not in _WORDS:
            raise ExpressionError(path, f'unexpected word "{token}"', column)
        # Runs of "not" and signs nest just as parentheses do.
        prefixes = prefixes + 1 if token in {"not", "-", "+"} else 0
        depth += {"(": 1, ")": -1}.get(token, 0)
        if depth < 0:
            raise ExpressionError(path, 'unexpected ")"; nothing is open here', column)
        if depth + prefixes > MAX_DEPTH:
            raise ExpressionError(path, f"expected at most {MAX_DEPTH} levels of nesting, got more", column)
    if depth:
        raise ExpressionError(path, f'expected ")" at the end, {depth} still open', len(text))
    return spelled


def excerpt(text: str, column: int) -> str:
    """What stands at `column` of `text`, short and printable."""
    rest = text[column - 1 :].lstrip()
    if not rest:
        return "the end of the text"
    word = re.match(r"[\w.]+", rest, re.ASCII)
    if word:
        return f'"{word.group()[:20]}"'
    # A letter that only looks like one of ours is told by its code.
    code = "" if rest[0].isascii() else f" (U+{ord(rest[0]):04X})"
    return f'"{rest[0]}"{code}' if rest[0].isprintable() else f"U+{ord(rest[0]):04X}"
