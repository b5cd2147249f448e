"""What the desk and the tracker hold in memory: accounts, unfinished trades, active signals."""

from __future__ import annotations

from collections import Counter
from collections.abc import Set
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any
from uuid import UUID

from tradewind.core.candles import Timeframe
from tradewind.core.ids import AccountId, OrderId, TenantId, UserId
from tradewind.core.matching import RESTLESS, Calm
from tradewind.core.orders import Order
from tradewind.core.outcome import Outcome, Tracking
from tradewind.core.outcome import calm as outcome_calm
from tradewind.core.risk import RiskLimits
from tradewind.core.signals import Signal, SignalSource
from tradewind.core.trade import Trade
from tradewind.core.trade import calm as trade_calm
from tradewind.venues.paper import PaperBook


@dataclass(slots=True)
class Account:
    """A trading account while something is open on it; the engine is the only writer of its balance.

    Attributes:
        limits: what its owner allows; None when what stands there is impossible, so that nothing may be opened.
    """

    id: AccountId
    tenant_id: TenantId
    user_id: UserId
    balance: Decimal
    ledger_seq: int
    limits: RiskLimits | None
    real: bool
    trades: dict[str, ActiveTrade] = field(default_factory=dict)


@dataclass(slots=True)
class ActiveTrade:
    """A trade that is not over, with the venue's book of it and the counters that name its rows."""

    account: Account
    trade: Trade
    book: PaperBook
    decisions: int = 0
    protections: int = 0
    events: int = 0
    protection: tuple[Decimal, Decimal, UUID | None] | None = None
    written: dict[OrderId, Order] = field(default_factory=dict)
    _calm_of: Trade | None = None
    _calm: Calm = RESTLESS

    @property
    def calm(self) -> Calm:
        """Between which prices the trade, other than its book, has nothing to do; found once for every state of it."""
        if self._calm_of is not self.trade:
            self._calm_of, self._calm = self.trade, trade_calm(self.trade)
        return self._calm

    def counters(self) -> dict[str, int]:
        """What names the next rows, as JSON values; the number of decisions has a column of its own."""
        return {"protections": self.protections, "events": self.events}


@dataclass(slots=True)
class TrackedSignal:
    """A signal that is not over, with how far it has come."""

    signal: Signal
    spec: Tracking
    outcome: Outcome
    levels: dict[str, Any]
    events: int = 0
    _calm_of: Outcome | None = None
    _calm: Calm = RESTLESS

    @property
    def calm(self) -> Calm:
        """Between which prices nothing becomes of it; found once for every outcome."""
        if self._calm_of is not self.outcome:
            self._calm_of, self._calm = self.outcome, outcome_calm(self.spec, self.outcome)
        return self._calm


class OnSymbols[T]:
    """What is open, by symbol and id, with what is asked of every symbol at every candle: where it came from, and what
    hangs by an ATR."""

    def __init__(self) -> None:
        self._open: dict[str, dict[UUID, T]] = {}
        self._sources: dict[str, Counter[SignalSource]] = {}
        self._hanging: dict[str, dict[tuple[Timeframe, int], dict[UUID, T]]] = {}

    def __getitem__(self, symbol: str) -> list[T]:
        """What is open on `symbol`, oldest first; things may be dropped while it is gone through."""
        things = self._open.get(symbol)
        return list(things.values()) if things else []

    def sources(self, symbol: str) -> Set[SignalSource]:
        """Where what is open on `symbol` came from."""
        sources = self._sources.get(symbol)
        return sources.keys() if sources else frozenset()

    def periods(self, symbol: str, timeframe: Timeframe) -> Set[int]:
        """Over how many candles of `timeframe` the chandeliers on `symbol` take their ATR."""
        hanging = self._hanging.get(symbol)
        return {period for candles, period in hanging if candles is timeframe} if hanging else frozenset()

    def hanging(self, symbol: str, timeframe: Timeframe, period: int) -> list[T]:
        """What hangs by the ATR over `period` candles."""
        return list(self._hanging.get(symbol, {}).get((timeframe, period), {}).values())

    def add(self, key: UUID, item: T, signal: Signal) -> None:
        """`item` was opened by `signal`."""
        symbol = signal.symbol
        self._open.setdefault(symbol, {})[key] = item
        self._sources.setdefault(symbol, Counter())[signal.source] += 1
        if signal.range_period:
            hanging = self._hanging.setdefault(symbol, {})
            hanging.setdefault((signal.timeframe, signal.range_period), {})[key] = item

    def drop(self, key: UUID, signal: Signal) -> None:
        """What `signal` had opened under `key` is over."""
        del self._open[signal.symbol][key]
        sources = self._sources[signal.symbol]
        sources[signal.source] -= 1
        if not sources[signal.source]:
            del sources[signal.source]
        if signal.range_period:
            hanging = self._hanging[signal.symbol]
            group = hanging[signal.timeframe, signal.range_period]
            del group[key]
            if not group:
                del hanging[signal.timeframe, signal.range_period]
