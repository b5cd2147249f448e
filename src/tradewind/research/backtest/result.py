"""What a back-test answers with: the trades, their fingerprint, and what is measured of them."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from hashlib import sha256
from typing import Any, NamedTuple

from tradewind.core.candles import Timeframe
from tradewind.core.series import Columns
from tradewind.core.strategy import Strategy
from tradewind.core.values import Side
from tradewind.kit.clock import from_ms
from tradewind.research.backtest.assumptions import Assumption
from tradewind.research.metrics import DailyReturns, Metrics

#: What an account begins with, quote currency; the deposit of a paper account.
START_EQUITY = 10_000.0


#: What `BacktestTrade.item` has, in its order.
TRADE_KEYS = (
    "symbol",
    "side",
    "entry_at",
    "entry_price",
    "exit_at",
    "exit_price",
    "exit_reason",
    "quantity",
    "fees",
    "pnl",
    "return",
    "r_multiple",
    "signal_at",
    "funding",
    "mfe",
    "mae",
)


class Profile(StrEnum):
    """How a back-test fills orders."""

    IDEAL = "ideal"
    """At the next open and at levels, without tick, spread, slippage, latency or sizing limits; for comparisons."""
    PAPER = "paper"
    """As the paper venue does, in the very code that trades: what `tradewind replay` decides, without the database."""


@dataclass(frozen=True, slots=True)
class BacktestTrade:
    """One closed trade. Prices and money are floats here: they are read, never booked.

    Attributes:
        entry_at, exit_at: open times of the candles of the first and the last fill, UTC ms.
        entry_price, exit_price: averages over the fills.
        quantity: base currency entered.
        fees: both sides, quote currency.
        pnl: after fees and funding, quote currency.
        gained: `pnl` ÷ what the entry cost with its fee; `return` in JSON.
        r_multiple: `pnl` ÷ (quantity × |entry price − initial stop|), and where a ladder was agreed with the quantity
            and the average entry price of all of it; NaN (null in JSON) where that risk is nothing.
        mfe, mae: largest favourable and adverse excursion, fractions of the entry price.
        risk: the distance of `r_multiple` ÷ entry price.
        funding: quote currency, negative when received.
        waited: from the signal to the open of the entry's candle, ms.
    """

    symbol: str
    side: Side
    entry_at: int
    entry_price: float
    exit_at: int
    exit_price: float
    exit_reason: str
    quantity: float
    fees: float
    pnl: float
    gained: float
    r_multiple: float
    mfe: float
    mae: float
    risk: float
    funding: float = 0.0
    waited: int = 0

    def item(self) -> dict[str, Any]:
        """As JSON values; times RFC 3339 UTC, numbers with all their digits."""
        return {
            "symbol": self.symbol,
            "side": self.side.value,
            "entry_at": moment(self.entry_at),
            "entry_price": self.entry_price,
            "exit_at": moment(self.exit_at),
            "exit_price": self.exit_price,
            "exit_reason": self.exit_reason,
            "quantity": self.quantity,
            "fees": self.fees,
            "pnl": self.pnl,
            "return": self.gained,
            "r_multiple": None if math.isnan(self.r_multiple) else self.r_multiple,
            "signal_at": moment(self.entry_at - self.waited),
            "funding": self.funding,
            "mfe": self.mfe,
            "mae": self.mae,
        }


class Refusal(NamedTuple):
    """How many set-ups a filter refused, with the sentences for people."""

    filter: str
    setups: int
    en: str
    ru: str

    @classmethod
    def of(cls, name: str, setups: int, reason: Mapping[str, str]) -> Refusal:
        return cls(
            name,
            setups,
            f"Filter {name} refused {setups:,} set-up{'' if setups == 1 else 's'}. {reason['en']}",
            f"Фильтр {name} не пропустил установок: {setups:,}. {reason['ru']}",
        )


@dataclass(frozen=True, slots=True)
class BacktestResult:
    """A finished back-test.

    Attributes:
        start, stop: open time of the first candle, and the end of the last (or the bounds asked for), UTC ms.
        candles: of all symbols.
        trades: by entry time, then symbol.
        daily: of the account's equity, open positions at the close.
        year: days that make one, for what is annualised.
        assumptions: what was taken for granted.
        refused: set-ups that stood, and that a filter of the strategy refused, by its name.
    """

    strategy: Strategy
    profile: Profile
    symbols: Sequence[str]
    timeframe: Timeframe
    start: int
    stop: int
    candles: int
    trades: Sequence[BacktestTrade]
    metrics: Metrics
    daily: DailyReturns
    year: float
    assumptions: tuple[Assumption, ...] = ()
    refused: Mapping[str, int] = field(default_factory=dict)

    @property
    def fingerprint(self) -> str:
        """SHA-256 (hex) over every trade to the last digit."""
        content = json.dumps([trade.item() for trade in self.trades], sort_keys=True, separators=(",", ":"))
        return sha256(content.encode()).hexdigest()

    def refusals(self) -> list[Refusal]:
        """What every filter refused, in the order of the document."""
        return [
            Refusal.of(rule.name, self.refused.get(rule.name, 0), rule.reason)
            for rule in self.strategy.blueprint.filters
        ]

    def document(self) -> dict[str, Any]:
        """The result as JSON values, in the shape that `tradewind backtest --json` promises."""
        return {
            "strategy": self.strategy.ref.name,
            "version": self.strategy.ref.version,
            "parameters": parameters_of(self.strategy),
            "symbols": list(self.symbols),
            "timeframe": self.timeframe.value,
            "from": moment(self.start),
            "to": moment(self.stop),
            "candles": self.candles,
            "fingerprint": self.fingerprint,
            "metrics": self.metrics.items(),
            "assumptions": [assumption.item() for assumption in self.assumptions],
            "refused": [each._asdict() for each in self.refusals()],
            "trades": [trade.item() for trade in self.trades],
        }


def parameters_of(strategy: Strategy) -> dict[str, float | int | str]:
    """The value of every parameter and choice; whole ones as whole numbers."""
    values: dict[str, float | int | str] = {}
    for parameter in strategy.blueprint.parameters:
        value = strategy.values[parameter.name]
        values[parameter.name] = int(value) if parameter.range.whole else value
    return {**values, **strategy.chosen}


def exposure_of(trades: Sequence[BacktestTrade], columns: Mapping[str, Columns]) -> float:
    """Share of the candles in which a position was open, mean over the symbols of `columns`.

    The candles of entry and exit count as open.
    """
    shares: list[float] = []
    for symbol, held in columns.items():
        own = [trade for trade in trades if trade.symbol == symbol]
        first = held.ts.searchsorted([trade.entry_at for trade in own])
        last = held.ts.searchsorted([trade.exit_at for trade in own])
        # One candle may hold the end of a trade and the beginning of the next.
        shared = int((first[1:] == last[:-1]).sum())
        shares.append((int((last - first + 1).sum()) - shared) / len(held))
    return sum(shares) / len(shares)


def moment(ms: int) -> str:
    """RFC 3339, UTC, with as many digits as there are."""
    return from_ms(ms).isoformat().replace("+00:00", "Z")
