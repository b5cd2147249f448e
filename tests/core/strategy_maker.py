"""Random candles, and strategies put together from expression texts without a document."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from tradewind.core.candles import Timeframe
from tradewind.core.expressions import Kind, parse, parse_definitions
from tradewind.core.indicators import Argument
from tradewind.core.plan import TrailingKind
from tradewind.core.series import Columns
from tradewind.core.strategy import (
    Blueprint,
    BreakevenRule,
    Exits,
    Filter,
    GridRule,
    Parameter,
    Rung,
    Setup,
    Strategy,
    TrailingRule,
)
from tradewind.core.values import Instrument, Side

SHARED = Path(__file__).resolve().parents[2].parent / "shared"
TIMEFRAME = Timeframe.M5

INSTRUMENT = Instrument(
    venue="paper",
    symbol="BTCUSDT",
    base="BTC",
    quote="USDT",
    tick=Decimal("0.01"),
    lot=Decimal("0.001"),
    min_quantity=Decimal("0.001"),
    min_notional=Decimal(5),
)


def random_columns(seed: int, rows: int, *, price: float = 100.0, calm: bool = False) -> Columns:
    """A random walk of `rows` candles; a calm one stands still now and then, as illiquid markets do."""
    rng = np.random.default_rng(seed)
    steps = rng.normal(0.0, 2e-3, rows)
    if calm:
        steps *= rng.random(rows) < 0.3
    close = price * np.exp(np.cumsum(steps))
    open_ = np.concatenate([[price], close[:-1]])[:rows]
    spread = np.abs(rng.normal(0.0, 1e-3, (2, rows))) * (0.0 if calm else 1.0)
    high = np.maximum(open_, close) * (1.0 + spread[0])
    low = np.minimum(open_, close) * (1.0 - spread[1])
    volume = np.where(steps == 0.0, 0.0, rng.lognormal(2.0, 1.0, rows))
    return Columns(np.arange(rows, dtype=np.int64) * TIMEFRAME.ms, open_, high, low, close, volume)


def columns_of(close: list[float], **others: list[float]) -> Columns:
    """Candles with these closes; the other columns follow the close unless given."""
    base = np.array(close, dtype=np.float64)
    named = {name: np.array(values, dtype=np.float64) for name, values in others.items()}
    parts = [named.get(name, base.copy()) for name in ("open", "high", "low")]
    volume = named.get("volume", np.ones(len(base)))
    return Columns(np.arange(len(base), dtype=np.int64) * TIMEFRAME.ms, *parts, base, volume)


def head(columns: Columns, rows: int) -> Columns:
    return Columns(*(column[:rows] for column in columns))


def recorded(symbol: str, timeframe: str, rows: int | None = None) -> Columns:
    """Real candles; the test is skipped where they are not at hand."""
    path = SHARED / "data" / "candles" / f"{symbol}-{timeframe}.parquet"
    if not path.exists():
        pytest.skip(f"no recorded candles at {path}")
    table = pq.read_table(path)
    names = ("open", "high", "low", "close", "volume")
    prices = (table[name].to_numpy().astype(np.float64) for name in names)
    return head(Columns(table["ts"].to_numpy().astype(np.int64), *prices), rows or len(table))


def strategy_of(
    *,
    long: str | None = "close > open",
    short: str | None = None,
    zone: tuple[str, str] = ("close - 1", "close"),
    stop: str = "close - 5",
    short_zone: tuple[str, str] = ("close", "close + 1"),
    short_stop: str = "close + 5",
    ladder: tuple[tuple[str, str, str], ...] = (("r", "1", "0.5"), ("r", "2", "0.5")),
    confidence: str = "0.5",
    because: tuple[str, ...] = ("The close is {close}.",),
    define: Mapping[str, str] | None = None,
    parameters: Mapping[str, tuple[float, float, float]] | None = None,
    breakeven: tuple[int, str | None] | None = None,
    trailing: tuple[TrailingKind, str, int] | None = None,
    time_stop: str | None = None,
    exits: Mapping[Side, str] | None = None,
    filters: Mapping[str, tuple[str, Side | None]] | None = None,
    risk_scale: str | None = None,
    grid: tuple[str, str] | None = None,
    overrides: Mapping[str, float] | None = None,
) -> Strategy:
    """A strategy from texts; `parameters` are (default, least, most) and whole when all three are."""
    names = (parameters or {}).keys()
    definitions, errors = parse_definitions(define or {}, parameters=names)
    assert not errors, errors

    def number(path: str, text: str):
        return parse(path, text, Kind.NUMBER, parameters=names, definitions=definitions)

    def condition(path: str, text: str):
        return parse(path, text, Kind.CONDITION, parameters=names, definitions=definitions)

    def setup(side: Side, when: str, zone: tuple[str, str], stop: str) -> Setup:
        return Setup(
            side=side,
            when=condition(f"{side}.when", when),
            zone_low=number(f"{side}.zone.low", zone[0]),
            zone_high=number(f"{side}.zone.high", zone[1]),
            stop=number(f"{side}.stop", stop),
            ladder=tuple(
                Rung(number(f"{side}.targets[{place}]", text), kind == "r", Decimal(share))
                for place, (kind, text, share) in enumerate(ladder)
            ),
            confidence=number(f"{side}.confidence", confidence),
            because={"en": because, "ru": because},
            exit=condition(f"{side}.exit", exits[side]) if exits and side in exits else None,
        )

    setups = []
    if long is not None:
        setups.append(setup(Side.LONG, long, zone, stop))
    if short is not None:
        setups.append(setup(Side.SHORT, short, short_zone, short_stop))
    rules = Exits(
        breakeven=BreakevenRule(breakeven[0], number("exits", breakeven[1]) if breakeven[1] else None)
        if breakeven
        else None,
        trailing=TrailingRule(trailing[0], number("exits", trailing[1]), trailing[2], None, None) if trailing else None,
        time_stop=number("exits.time_stop", time_stop) if time_stop else None,
    )
    text = {"en": "A test", "ru": "Проверка"}
    blueprint = Blueprint(
        name="test",
        version=1,
        document_hash="0" * 64,
        title=text,
        description=text,
        weakness=text,
        parameters=tuple(
            Parameter(Argument(name, *values, whole=all(float(each).is_integer() for each in values)), {})
            for name, values in (parameters or {}).items()
        ),
        definitions=definitions,
        setups=tuple(setups),
        exits=rules,
        fresh_for=2,
        expires_after=3,
        leverage_cap=5,
        filters=tuple(
            Filter(name, condition(f"filters.{name}", when), {"en": name, "ru": name}, side)
            for name, (when, side) in (filters or {}).items()
        ),
        risk_scale=number("sizing.scale", risk_scale) if risk_scale else None,
        scale_in=GridRule(number("grid.levels", grid[0]), number("grid.range", grid[1]), None) if grid else None,
    )
    return Strategy.of(blueprint, overrides)
