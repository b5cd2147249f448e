"""Payloads of signal events as the engine makes them, and a strict reader of Cornix-style signals."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from html import unescape
from typing import Any
from uuid import UUID, uuid4

CHANGES: dict[str, dict[str, Any]] = {
    "filled": {"kind": "filled", "price": "61300.0"},
    "added": {"kind": "added", "price": "60900.0", "rung": 1, "share": "0.25"},
    "tp1": {"kind": "target_hit", "price": "62035.6", "rung": 1, "share": "0.4"},
    "breakeven": {"kind": "stop_moved", "price": "61373.5", "before": "60564.4", "why": "breakeven"},
    "trailing": {"kind": "stop_moved", "price": "61800.25", "before": "61373.5", "why": "trailing"},
    **{
        why: {"kind": "closed", "price": "61373.5", "why": why, "r": "0.41", "pnl_pct": "0.52"}
        for why in ("stop", "target", "time_stop")
    },
    "stopped_at_breakeven": {
        "kind": "closed",
        "price": "61373.5",
        "why": "breakeven",
        "r": "-0.02",
        "pnl_pct": "-0.03",
    },
    "stopped_trailing": {"kind": "closed", "price": "61800.25", "why": "trailing", "r": "0.5", "pnl_pct": "0.6"},
    **{why: {"kind": "not_filled", "price": None, "why": why} for why in ("expired", "invalidated", "missed")},
}


def signal_payload(signal_id: UUID | None = None, **changed: Any) -> dict[str, Any]:
    """What `trading.signals.view` makes of a signal."""
    return {
        "id": str(signal_id or uuid4()),
        "revision": 1,
        "venue": "paper",
        "symbol": "BTCUSDT",
        "timeframe": "15m",
        "side": "long",
        "strategy": "ema_trend",
        "strategy_version": 1,
        "created_at": "2026-01-05T14:00:00+00:00",
        "fresh_until": "2026-01-05T14:15:00+00:00",
        "expires_at": "2026-01-05T15:30:00+00:00",
        "entry_zone": {"low": "61146.75", "high": "61300.00"},
        "stop_loss": "60564.40",
        "current_stop": "60564.40",
        "take_profit": [
            {"price": "62035.60", "share": "0.4"},
            {"price": "62771.20", "share": "0.3"},
            {"price": "63874.60", "share": "0.3"},
        ],
        "confidence": "0.72",
        "leverage_cap": 5,
        "rationale": {
            "en": ["EMA(20) at 61020.10 crossed above EMA(50) at 60944.85.", "ADX(14) is 27.3: a trend."],
            "ru": ["EMA(20) 61020.10 пересекла EMA(50) 60944.85 вверх.", "ADX(14) = 27.3: тренд."],
        },
        "facts": {"adx": "27.3"},
        "simulated": True,
        "status": "waiting",
        "entry_price": None,
        "targets_hit": 0,
        "end": None,
        "closed_at": None,
        "r": None,
        "pnl_pct": None,
        **changed,
    }


def short_payload(**changed: Any) -> dict[str, Any]:
    """The same the other way round."""
    return signal_payload(
        **{
            "side": "short",
            "entry_zone": {"low": "3120.40", "high": "3128.20"},
            "symbol": "ETHUSDT",
            "stop_loss": "3148.48",
            "take_profit": [{"price": "3092.32", "share": "0.333"}, {"price": "3064.24", "share": "0.667"}],
            **changed,
        }
    )


def update_payload(change: Mapping[str, Any], **changed: Any) -> dict[str, Any]:
    """The payload of an event in a signal's life; it does not repeat the reasons."""
    payload = signal_payload(**{"status": "open", "entry_price": "61300.00", "change": dict(change), **changed})
    return {name: value for name, value in payload.items() if name not in ("rationale", "facts")}


@dataclass(frozen=True)
class ReadSignal:
    """What a reader of Cornix-style text understood."""

    symbol: str
    side: str
    leverage: int
    entries: tuple[Decimal, ...]
    targets: tuple[tuple[Decimal, Decimal], ...]
    stop: Decimal


def plain(html: str) -> str:
    """What people, and other bots, see of a message."""
    return unescape(re.sub(r"<[^>]+>", "", html))


def read_cornix(text: str) -> ReadSignal | None:
    """Read a signal strictly by the published grammar; None when it is none.

    Blocks are separated by empty lines and begin with their keyword; targets are numbered lines `n) price - pct%`.
    A pair, an entry (or buy) keyword and a target or stop keyword are needed for a signal.
    """
    pair = re.search(r"#(\w+)", text)
    if not (pair and re.search(r"\b(entry|buy)\b", text, re.I) and re.search(r"\b(target|tp\d*|stop)", text, re.I)):
        return None
    blocks = {block.split(":", 1)[0]: block for block in text.split("\n\n") if ":" in block}
    order = [block.split(":", 1)[0] for block in text.split("\n\n")]
    side = re.search(r"^Signal Type: Regular \((Long|Short)\)$", text, re.M)
    leverage = re.search(r"^Leverage: Isolated \((\d+)X\)$", text, re.M)
    assert side
    assert leverage
    if "Entry Zone" in blocks:
        zone = re.fullmatch(r"Entry Zone:\n([\d.]+) - ([\d.]+)", blocks["Entry Zone"])
        assert zone, blocks["Entry Zone"]
        entries = tuple(Decimal(price) for price in zone.groups())
        assert order.index("Entry Zone") < order.index("Take-Profit Targets")
    else:
        entries = tuple(price for price, _ in _numbered(blocks["Entry Targets"]))
    assert order.index("Take-Profit Targets") < order.index("Stop Targets")
    ((stop, share),) = _numbered(blocks["Stop Targets"])
    assert share == 100
    return ReadSignal(pair[1], side[1], int(leverage[1]), entries, _numbered(blocks["Take-Profit Targets"]), stop)


def _numbered(block: str) -> tuple[tuple[Decimal, Decimal], ...]:
    rows = []
    for number, line in enumerate(block.split("\n")[1:], start=1):
        row = re.fullmatch(r"(\d+)\) ([\d.]+) - ([\d.]+)%", line)
        assert row, line
        assert int(row[1]) == number
        rows.append((Decimal(row[2]), Decimal(row[3])))
    return tuple(rows)
