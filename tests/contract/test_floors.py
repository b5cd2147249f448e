"""House rules that the type checker and the linters cannot see."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[2] / "src" / "tradewind"
#: Rooms whose inside is nobody else's business; kit, core and platform are made of packages that everybody may use.
CLOSED_ROOMS = {"accounts", "billing", "venues", "market", "trading", "research", "messaging", "business"}
MODULES = sorted(SOURCE.rglob("*.py"))
SQL = re.compile(
    r"\s*(select\s.*\sfrom|insert\s+into|update\s+\w+\s.*set|delete\s+from|with\s+\w+\s+as)\s",
    re.IGNORECASE | re.DOTALL,
)


def room_of(path: Path) -> str:
    return path.relative_to(SOURCE).parts[0]


def imports_of(path: Path) -> Iterator[str]:
    """The modules that a file imports, also inside functions."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)


def is_package(module: str) -> bool:
    return (SOURCE.parent / Path(*module.split(".")) / "__init__.py").exists()


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_other_rooms_are_entered_by_the_door(path: Path) -> None:
    """What a room does not hand out in a package's `__init__` is not for others; tables may refer to tables."""
    if room_of(path) == "entrypoints":
        return
    for module in imports_of(path):
        parts = module.split(".")
        if parts[0] != "tradewind" or len(parts) < 3 or parts[1] not in CLOSED_ROOMS or parts[1] == room_of(path):
            continue
        assert is_package(module) or parts[-1] == "models", f"{path}: {module} is inside another room"


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_sql_stays_in_services_and_queries(path: Path) -> None:
    if room_of(path) in ("platform", "entrypoints") or path.name in ("service.py", "queries.py", "models.py"):
        return
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            assert not SQL.match(node.value), f"{path}:{node.lineno}: SQL belongs into service.py or queries.py"


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_only_the_platform_commits(path: Path) -> None:
    """A transaction ends where it began: in a unit of work. The engine's own loop is the one other place."""
    if room_of(path) in ("platform", "entrypoints"):
        return
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if not (isinstance(node, ast.Attribute) and node.attr == "commit"):
            continue
        owner = ast.unparse(node.value)
        engine = path == SOURCE / "trading" / "engine" / "engine.py" and owner == "self._transaction"
        assert engine or owner == "self", f"{path}:{node.lineno}: {owner}.commit()"


CORE = [path for path in MODULES if room_of(path) == "core"]
#: What of the standard library would let decisions depend on more than their arguments.
IMPURE = {"asyncio", "io", "logging", "os", "random", "secrets", "socket", "subprocess", "threading", "time"}


@pytest.mark.parametrize("path", CORE, ids=lambda path: str(path.relative_to(SOURCE)))
def test_core_stands_on_numbers_alone(path: Path) -> None:
    """Itself, kit, the standard library, NumPy and TA-Lib; Numba in the kernel, whose cache alone lies on disk."""
    kernel = "kernel" in path.parts
    for module in imports_of(path):
        root, _, rest = module.partition(".")
        if root == "tradewind":
            assert rest.split(".")[0] in {"core", "kit"}, f"{path}: {module}"
        elif root in sys.stdlib_module_names:
            assert root not in IMPURE, f"{path}: {module}"
        else:
            assert root in {"numpy", "talib"} | ({"numba"} if kernel else set()), f"{path}: {module}"


@pytest.mark.parametrize("path", CORE, ids=lambda path: path.name)
def test_core_makes_no_random_ids(path: Path) -> None:
    assert "new_id" not in path.read_text(encoding="utf-8")
