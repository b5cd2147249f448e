"""`make bench`: run all, or those named, and write the page when all ran."""

from __future__ import annotations

import sys

from benchmarks import dispatch, kernel, replay, up
from benchmarks.measure import TARGET, Figure, page

_ALL = {"kernel": kernel.run, "replay": replay.run, "dispatch": dispatch.run, "up": up.run}


def main(names: list[str]) -> None:
    unknown = set(names) - _ALL.keys()
    if unknown:
        sys.exit(f"bench: expected names of {', '.join(_ALL)}; got {', '.join(sorted(unknown))}")
    figures: list[Figure] = []
    for name in names or _ALL:
        for figure in _ALL[name]():
            figures.append(figure)
            print(f"{figure.name}: {figure.value:,.1f} {figure.unit} ({figure.ratio} baseline), goal {figure.goal}")
    if not names:
        TARGET.write_text(page(figures), encoding="utf-8")
        print(f"written to {TARGET.relative_to(TARGET.parents[1])}")


if __name__ == "__main__":
    main(sys.argv[1:])
