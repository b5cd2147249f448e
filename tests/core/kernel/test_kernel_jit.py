"""Compilation: nothing is fused, nothing is compiled twice, and live processes do without."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tradewind.core.kernel import loops, triggers
from tradewind.core.kernel.jit import CACHE, compiled
from tradewind.core.kernel.warm import warm

CORE = Path(loops.__file__).parents[1]


def python(program: str) -> str:
    return subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True).stdout.strip()


@pytest.mark.parametrize("process", ["engine_process", "worker", "api"])
def test_live_processes_do_not_import_numba(process: str) -> None:
    assert python(f"import sys, tradewind.entrypoints.{process}; print('numba' in sys.modules)") == "False"


def test_nothing_else_in_core_imports_numba_or_the_kernel() -> None:
    for path in CORE.rglob("*.py"):
        if CORE / "kernel" in path.parents:
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom):
                names = [node.module or ""]
            assert not any(re.match(r"numba|tradewind\.core\.kernel", name) for name in names), path


def test_entry_points_have_one_signature_and_take_no_other() -> None:
    entry_points = [loops.run_entries, loops.run_templates, loops.run_bar, loops.place_all]
    entry_points += [loops.run_entries_in_parts, loops.run_bar_in_parts]
    entry_points += [triggers.add, triggers.drop, triggers.read, triggers.run]
    for entry_point in entry_points:
        assert len(entry_point.signatures) == 1
        with pytest.raises(TypeError):
            entry_point(1)


def test_what_is_warm_is_not_compiled_again() -> None:
    folder = warm()
    assert folder == CACHE
    program = """
from tradewind.core.kernel import loops, triggers
steps = (loops.run_entries, loops.run_entries_in_parts, loops.run_templates, loops.run_bar)
for each in (*steps, triggers.add, triggers.run):
    assert sum(each.stats.cache_hits.values()) == 1 and not each.stats.cache_misses, each.stats
print("warm")
"""
    assert python(program) == "warm"


def test_products_and_sums_are_rounded_one_by_one() -> None:
    """A fused a·b + c has other last bits than Python's two operations. Compiled afresh: cached code has no listing."""

    @compiled("f8[:](f8[:],f8[:],f8[:])")
    def products(one, two, three):  # type: ignore[no-untyped-def]
        made = one.copy()
        for row in range(one.size):
            made[row] = one[row] * two[row] + three[row]
        return made

    import numpy as np

    rng = np.random.default_rng(1)
    one, two, three = (rng.normal(size=4096) for _ in range(3))
    expected = [a * b + c for a, b, c in zip(one.tolist(), two.tolist(), three.tolist(), strict=True)]
    assert products(one, two, three).tolist() == expected
    program = """
import re
from numba.core.dispatcher import Dispatcher
Dispatcher.enable_caching = lambda self: None
from tradewind.core.kernel import loops, triggers
steps = (loops.run_entries, loops.run_entries_in_parts, loops.run_templates, loops.run_bar)
for each in (*steps, triggers.add, triggers.run):
    (listing,) = each.inspect_asm().values()
    assert len(listing) > 1000
    assert not re.search(r"fn?m(add|sub|la|ls)", listing), each
print("separate")
"""
    assert python(program) == "separate"
