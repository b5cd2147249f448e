"""The one port through which market data comes, whatever its source."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, NamedTuple, Protocol

from tradewind.core.candles import Candle, Timeframe
from tradewind.core.series import Columns
from tradewind.platform.settings import MarketSource

SeriesKey = tuple[str, Timeframe]


class Closed(NamedTuple):
    """A candle that has just closed."""

    symbol: str
    timeframe: Timeframe
    candle: Candle


class Tick(NamedTuple):
    """A trade or a price update inside a candle.

    Attributes:
        at: market ms.
        volume: base currency traded at it.
    """

    symbol: str
    at: int
    price: float
    volume: float


class IncidentKind(StrEnum):
    """Everything that may be wrong with candles. The list is complete."""

    CANDLE_GAP = "candle_gap"
    CANDLE_GAP_REPAIRED = "candle_gap_repaired"
    CANDLE_DUPLICATE = "candle_duplicate"
    CANDLE_LATE = "candle_late"
    CANDLE_CORRUPT = "candle_corrupt"


@dataclass(frozen=True, slots=True)
class Incident:
    """Something was wrong with the data; the affected candle was not passed on (or, for a gap, never came).

    Attributes:
        at: market ms at which it was noticed; of a live feed by the venue's clock, so it may be later than the step's.
        ts: open time of the candle concerned; of the first missing one for a gap.
        detail: what was expected and what came, in words.
    """

    kind: IncidentKind
    symbol: str
    timeframe: Timeframe
    at: int
    ts: int
    detail: str


@dataclass(frozen=True, slots=True)
class Step:
    """Everything that is new up to one moment of market time.

    Attributes:
        at: the moment, market ms; later than the step before.
        closed: candles that closed in it: of each symbol the finest timeframe first; symbols in alphabetical order.
        ticks: in time order; they belong to candles that are still open or close in this very step.
        inside: finer candles, in time order, which show the way prices took inside finest ones of `closed`; of a symbol
            all of them or none.
    """

    at: int
    closed: tuple[Closed, ...] = ()
    ticks: tuple[Tick, ...] = ()
    incidents: tuple[Incident, ...] = field(default=())
    inside: tuple[Closed, ...] = ()


class Feed(Protocol):
    """A source of market data. Ask `history` first, then iterate `steps` once, then `close`."""

    @property
    def source(self) -> MarketSource: ...

    @property
    def venue(self) -> str:
        """Whose prices these are: "simulated", "replay", or the live venue's name."""
        ...

    @property
    def world(self) -> str:
        """Names the market this feed belongs to; state kept for one world makes no sense in another."""
        ...

    @property
    def symbols(self) -> tuple[str, ...]:
        """Alphabetical."""
        ...

    @property
    def timeframes(self) -> tuple[Timeframe, ...]:
        """From the finest up; every longer one is derived from the finest."""
        ...

    async def history(self) -> Mapping[SeriesKey, Columns]:
        """The candles closed before the first step that this feed gives, for every symbol and timeframe; for a resumed
        feed that is everything up to where it stood. Gaps found in them are reported with the first step."""
        ...

    def recorded(self) -> Mapping[SeriesKey, Columns]:
        """All candles that the steps will close after the history, where the source knows them; else empty."""
        ...

    def steps(self) -> AsyncGenerator[Step]:
        """What happens after the history (or after the state resumed from), paced by the feed."""
        ...

    def state(self) -> dict[str, Any]:
        """Where the feed stands after the last step it gave, as JSON values; committed with that step."""
        ...

    async def close(self) -> None:
        """Let go of what the feed holds outside this process."""
        ...
