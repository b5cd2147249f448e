"""Writes docs/indicators.md from the catalogue: `.venv/bin/python scripts/indicators.py`."""

from __future__ import annotations

from pathlib import Path

from tradewind.core.indicators import CATALOGUE, FAMILIES, LONGEST, SEED_WEIGHT, Argument, Indicator
from tradewind.core.indicators.incremental import memory

PAGE = Path(__file__).resolve().parents[1] / "docs" / "indicators.md"

_INTRODUCTION = f"""# Indicators

Generated from the catalogue by `scripts/indicators.py`; do not edit. {len(CATALOGUE)} values by name, as strategy
documents write them: first the series (`close`, `volume`, any expression), then the arguments by place or by name.

- **Causal.** A value depends on its own and earlier candles only, and is the same to the bit however many follow.
- **Warm-up**: rows before the first value, undefined (NaN) until then and defined ever after; here for the defaults.
- **Settled**: rows until what a recursive average was started with weighs less than {SEED_WEIGHT:g}; empty where
  nothing is remembered. ⚓ marks what may remember its first candle for ever (a running total, a session cut short, a
  stop that flips only when the price says so).
- **Unit**: *series* is that of the first series. Percent is 1.5 for 1.5 %.
- **Live**: how the incremental form remembers, which agrees with the values here to 10⁻⁹. *recursive*: in running
  values, the past never quite gone; *window*: as its last candles, looked at again, and nothing older than the warm-up.
- Periods count candles, {LONGEST} at most. A gap in a series interrupts: the indicator warms up anew behind it.
- Displaced lines are given where they are drawn: the Ichimoku spans under a candle were computed `displacement` candles
  before it, so nothing looks ahead.
"""

_HEAD = """\
| Written | Reads | Ranges | Unit | Warm-up | Settled | Live | Definition |
|---|---|---|---|---|---|---|---|"""

_TITLES = {
    "prices": "Prices and Heikin-Ashi",
    "averages": "Averages",
    "channels": "Channels and bands",
    "trend": "Trend",
    "momentum": "Momentum",
    "stochastics": "Place in the range",
    "volatility": "Volatility",
    "volume": "Volume and sessions",
    "statistics": "Statistics",
    "patterns": "Candlestick patterns",
}


def page() -> str:
    """The whole page, with a line break at its end."""
    parts = [_INTRODUCTION]
    for family, entries in FAMILIES.items():
        rows = "\n".join(map(_row, entries))
        parts.append(f"## {_TITLES[family]}\n\n{_HEAD}\n{rows}\n")
    return "\n".join(parts)


def _row(entry: Indicator) -> str:
    settled = str(entry.settled()) if entry.settled() > entry.warmup() else ""
    cells = (
        f"`{entry.signature}`",
        ", ".join((*("series",) * entry.series, *(field.value for field in entry.fields))),
        ", ".join(map(_range, entry.arguments)),
        "series" if entry.unit is None else entry.unit.value,
        str(entry.warmup()),
        f"{settled} ⚓".strip() if entry.anchored else settled,
        memory(entry).value,
        entry.description.replace("|", "\\|"),
    )
    return f"| {' | '.join(cells)} |"


def _range(argument: Argument) -> str:
    return f"{argument.name} {argument.low:.10g}…{argument.high:.10g}"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
