"""A signal as publishing sees it: what the payload of its events says, as values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from tradewind.core.candles import Timeframe
from tradewind.core.values import Side


@dataclass(frozen=True, slots=True)
class CardTarget:
    """One rung of the ladder.

    Attributes:
        r: its distance from the entry in initial risks.
    """

    price: Decimal
    share: Decimal
    r: Decimal


@dataclass(frozen=True, slots=True)
class Card:
    """What a signal proposes. Prices have the decimals of their tick.

    Attributes:
        entry: the worst price at which entering is still the signal; stop distance and R are measured from it.
        risk: distance of the stop from the entry, as a fraction of the entry.
        because: the reasons by language; none in an update, which does not repeat them.
    """

    id: UUID
    venue: str
    symbol: str
    timeframe: Timeframe
    side: Side
    strategy: str
    version: int
    created_at: datetime
    expires_at: datetime
    zone_low: Decimal
    zone_high: Decimal
    stop: Decimal
    targets: tuple[CardTarget, ...]
    confidence: Decimal
    leverage_cap: int
    because: Mapping[str, tuple[str, ...]]
    simulated: bool

    @property
    def entry(self) -> Decimal:
        return self.zone_high if self.side is Side.LONG else self.zone_low

    @property
    def risk(self) -> Decimal:
        return abs(self.entry - self.stop) / self.entry

    @property
    def decimals(self) -> int:
        """How many decimals its prices have."""
        return max(0, -int(self.stop.as_tuple().exponent))

    def price(self, value: Decimal | float | str) -> str:
        """`value` with the decimals of this signal's prices."""
        return f"{Decimal(str(value)):.{self.decimals}f}"


def card_of(payload: Mapping[str, Any]) -> Card:
    """The signal in the payload of one of its events (`tradewind.trading.signals.view` makes them).

    Raises:
        KeyError, ValueError, ArithmeticError: it is no such payload.
    """
    side = Side(payload["side"])
    low, high = Decimal(payload["entry_zone"]["low"]), Decimal(payload["entry_zone"]["high"])
    stop = Decimal(payload["stop_loss"])
    entry = high if side is Side.LONG else low
    return Card(
        id=UUID(payload["id"]),
        venue=payload["venue"],
        symbol=payload["symbol"],
        timeframe=Timeframe(payload["timeframe"]),
        side=side,
        strategy=payload["strategy"],
        version=payload["strategy_version"],
        created_at=datetime.fromisoformat(payload["created_at"]),
        expires_at=datetime.fromisoformat(payload["expires_at"]),
        zone_low=low,
        zone_high=high,
        stop=stop,
        targets=tuple(
            CardTarget(price := Decimal(item["price"]), Decimal(item["share"]), (price - entry) / (entry - stop))
            for item in payload["take_profit"]
        ),
        confidence=Decimal(payload["confidence"]),
        leverage_cap=payload["leverage_cap"],
        because={language: tuple(words) for language, words in payload.get("rationale", {}).items()},
        simulated=payload["simulated"],
    )
