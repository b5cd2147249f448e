"""`make peers`: the reference strategy in other engines on the same candles, trade by trade; writes docs/peers.md.

    python -m benchmarks.peers FOLDER [SYMBOL ...]

Every engine runs in a process of its own. Seconds are CPU of the run itself: no imports, no reading of files, and what
compiles has compiled.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_HERE = Path(__file__).parent
_PYTHON = _HERE.parents[1] / ".venv-peers" / "bin" / "python"
_PAGE = _HERE.parents[1] / "docs" / "peers.md"
_ANCHORS = ("fill", "close")
#: By name: the script, and why its list may differ.
_PEERS = {
    "backtesting.py 0.6.6": ("with_backtesting_py.py", "none known"),
    "freqtrade 2026.9": ("with_freqtrade.py", "none known"),
    "NautilusTrader 1.231.0": ("with_nautilus.py", "none known"),
    "vectorbt 1.2.0": (
        "with_vectorbt.py",
        "looks for stops from the candle after the entry's on, so an exit inside the entry candle comes later or at "
        "another level",
    ),
}
_CLOSE_ENOUGH = 1e-9


@dataclass(frozen=True, slots=True)
class Run:
    """One engine's trades, by entry time."""

    candles: int
    seconds: float
    trades: Mapping[int, Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Comparison:
    """How two lists meet.

    Attributes:
        same: entered and left at the same candles and prices, to 10⁻⁹.
        exits_in_entry_candle: of the others, those that ours left in the candle of their entry.
        knock_on: entries that only one of them has; a later exit leaves no room for the next entry.
    """

    same: int
    exits_in_entry_candle: int
    other: int
    knock_on: int


def main(folder: str, symbols: list[str]) -> None:
    if not _PYTHON.exists():
        sys.exit("peers: expected the peers' environment in .venv-peers, found none; run `make peers`")
    lines = []
    for symbol in symbols or ["BTCUSDT"]:
        candles = Path(folder) / f"{symbol}-5m.parquet"
        if not candles.exists():
            sys.exit(f"peers: expected candles in {candles}, found none; name a folder that has them")
        for anchor in _ANCHORS:
            own = _run([sys.executable, str(_HERE / "with_tradewind.py"), str(candles), anchor])
            for name, (script, reason) in _PEERS.items():
                theirs = _run([str(_PYTHON), str(_HERE / script), str(candles), anchor])
                lines.append(_line(symbol, anchor, name, reason, own, theirs))
                print(lines[-1])
    _PAGE.write_text(_page(lines), encoding="utf-8")


def _run(command: list[str]) -> Run:
    finished = subprocess.run([command[0], "-W", "ignore", *command[1:]], check=False, capture_output=True, text=True)
    if finished.returncode:
        sys.exit(f"peers: {command[1]} failed: {finished.stderr.strip().splitlines()[-1]}")
    answer = json.loads(finished.stdout)
    return Run(answer["candles"], answer["seconds"], {trade["entry_at"]: trade for trade in answer["trades"]})


def compare(own: Run, theirs: Run) -> Comparison:
    """`own` against `theirs`."""
    counted: Counter[str] = Counter()
    for at, mine in own.trades.items():
        other = theirs.trades.get(at)
        if other is None:
            counted["knock_on"] += 1
        elif mine["exit_at"] == other["exit_at"] and all(
            abs(mine[key] / other[key] - 1) <= _CLOSE_ENOUGH for key in ("entry_price", "exit_price")
        ):
            counted["same"] += 1
        else:
            counted["exits_in_entry_candle" if mine["exit_at"] == mine["entry_at"] else "other"] += 1
    counted["knock_on"] += len(theirs.trades.keys() - own.trades.keys())
    return Comparison(**{name: counted[name] for name in ("same", "exits_in_entry_candle", "other", "knock_on")})


def _line(symbol: str, anchor: str, name: str, reason: str, own: Run, theirs: Run) -> str:
    met = compare(own, theirs)
    differing = f"{met.exits_in_entry_candle} / {met.other} / {met.knock_on}"
    ratio = (own.candles / own.seconds) / (theirs.candles / theirs.seconds)
    return (
        f"| {symbol} | {anchor} | {name} | {met.same:,} of {len(own.trades):,} | {differing} | {reason} "
        f"| {theirs.candles / theirs.seconds:,.0f} | {own.candles / own.seconds:,.0f} | {ratio:,.0f} × |"
    )


def _page(lines: Iterable[str]) -> str:
    return "\n".join(
        [
            "# Other engines on the same candles",
            "",
            "Written by `make peers`. The reference strategy `ema_rsi_atr`, 5-minute candles, profile `ideal`; levels",
            "count from the fill or from the close of the signal's candle. Trades are the same when they were entered",
            "and left at the same candles and prices, to 10⁻⁹. Differing: exits inside the entry candle / other exits",
            "/ entries that only one engine has. Seconds are CPU of the run itself, on one core.",
            "",
            "| symbol | levels from | engine | same trades | differing | reason | its candles/s | ours | ratio |",
            "|---|---|---|---|---|---|---|---|---|",
            *lines,
            "",
        ]
    )


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit("peers: expected a folder of candles (SYMBOL-5m.parquet), got none: make peers ARGS=FOLDER")
    main(sys.argv[1], sys.argv[2:])
