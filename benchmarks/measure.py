"""What a measurement is, and how a table of them is written."""

from __future__ import annotations

import importlib
import os
import platform
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

TARGET = Path(__file__).parents[1] / "docs" / "benchmarks.md"


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of the page.

    Attributes:
        value, baseline: measured in the same run, in `unit`; no baseline where there is nothing to compare with.
        goal: what we want, in words.
        bound: what keeps it from being better.
    """

    name: str
    value: float
    unit: str
    goal: str
    met: bool
    bound: str
    baseline: float | None = None
    baseline_name: str = ""

    @property
    def ratio(self) -> str:
        return f"{self.value / self.baseline:.2f} ×" if self.baseline else "–"


def _number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:,.2f}"


def page(figures: Iterable[Figure]) -> str:
    """The figures as a Markdown page."""
    lines = [
        "# Benchmarks",
        "",
        "Written by `make bench`. Absolute figures move from machine to machine and from hour to hour; compare ratios,",
        "which are taken against a baseline measured in the same run.",
        "",
        f"{datetime.now(UTC):%Y-%m-%d} · {os.cpu_count()} cores · {platform.machine()} · "
        f"Python {platform.python_version()}",
        "",
        "| what | measured | baseline of the same run | ratio | goal | met | what bounds it |",
        "|---|---|---|---|---|---|---|",
    ]
    for figure in figures:
        baseline = f"{figure.baseline_name}: {_number(figure.baseline)}" if figure.baseline else "–"
        lines.append(
            f"| {figure.name} | {_number(figure.value)} {figure.unit} | {baseline} | {figure.ratio} "
            f"| {figure.goal} | {'yes' if figure.met else '**no**'} | {figure.bound} |"
        )
    return "\n".join(lines) + "\n"


def measured(name: str) -> list[Figure]:
    """The figures of `benchmarks.{name}`."""
    return list(importlib.import_module(f"benchmarks.{name}").run())
