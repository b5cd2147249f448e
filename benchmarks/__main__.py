"""`make bench`: run all, or those named, and write the page when all ran."""

from __future__ import annotations

import sys
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

from benchmarks.measure import TARGET, Figure, measured, page

_ALL = ("kernel", "sweep", "backtest", "scan", "replay", "dispatch", "api", "up")


def main(names: list[str]) -> None:
    unknown = set(names) - set(_ALL)
    if unknown:
        sys.exit(f"bench: expected names of {', '.join(_ALL)}; got {', '.join(sorted(unknown))}")
    figures: list[Figure] = []
    # Each in a process of its own: what one imports is not memory of the next.
    with ProcessPoolExecutor(1, mp_context=get_context("spawn"), max_tasks_per_child=1) as alone:
        for name in names or _ALL:
            for figure in alone.submit(measured, name).result():
                figures.append(figure)
                print(f"{figure.name}: {figure.value:,.1f} {figure.unit} ({figure.ratio} baseline), goal {figure.goal}")
    if not names:
        TARGET.write_text(page(figures), encoding="utf-8")
        print(f"written to {TARGET.relative_to(TARGET.parents[1])}")


if __name__ == "__main__":
    main(sys.argv[1:])
