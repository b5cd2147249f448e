"""Where the candles of a study come from: a folder of files, or the candle store that the platform keeps."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import Any, NamedTuple

from tradewind.core.candles import Timeframe
from tradewind.core.series import Columns
from tradewind.market import CandleFolder, CandleStore, FeedSettingsError, MarketDataError, span_of
from tradewind.platform.settings import MarketSource, Settings
from tradewind.research.backtest import load_candles

type Bounds = tuple[int | None, int | None]


class ArchiveKind(StrEnum):
    FOLDER = "folder"
    """One file per series, as a recording has them."""
    STORE = "store"
    """A file per series and month, written by the worker."""


class CandleArchive(NamedTuple):
    """A place with candles."""

    kind: ArchiveKind
    path: str

    @classmethod
    def of(cls, settings: Settings) -> CandleArchive:
        """Where this installation's candles are: the recording that it replays, else its store."""
        if settings.market is MarketSource.REPLAY and settings.candles is not None:
            return cls(ArchiveKind.FOLDER, str(settings.candles.absolute()))
        return cls(ArchiveKind.STORE, str((settings.data / "candles").absolute()))

    def series(self) -> dict[Timeframe, tuple[str, ...]]:
        """The symbols there are, by timeframe from the shortest up."""
        if self.kind is ArchiveKind.STORE:
            return CandleStore(Path(self.path)).series()
        try:
            folder = CandleFolder(Path(self.path))
        except MarketDataError:
            return {}
        held = {timeframe: folder.symbols(timeframe) for timeframe in Timeframe}
        return {timeframe: symbols for timeframe, symbols in held.items() if symbols}

    def span(self, symbol: str, timeframe: Timeframe) -> tuple[int, int]:
        """Open time of the first candle and end of the last, UTC ms.

        Raises:
            MarketDataError: there is none, or a file that cannot be read.
        """
        path = Path(self.path)
        if self.kind is ArchiveKind.STORE:
            held = CandleStore(path).span(symbol, timeframe)
            if held is None:
                raise FeedSettingsError(f"expected candles of {symbol} {timeframe}, the store has none")
            return held
        first, last = span_of(CandleFolder(path).files((symbol,), timeframe)[symbol])
        return first, last + timeframe.ms

    def read(self, symbols: Sequence[str], timeframe: Timeframe, bounds: Bounds) -> dict[str, Columns]:
        """The candles between the bounds by symbol, in alphabetical order.

        Raises:
            MarketDataError: a symbol has none there, or files that are not what they should be.
        """
        path = Path(self.path)
        if self.kind is ArchiveKind.FOLDER:
            _, loaded, _ = load_candles(path, symbols=symbols, timeframe=timeframe, bounds=bounds)
            return loaded
        store = CandleStore(path)
        loaded = {symbol: store.read(symbol, timeframe, since=bounds[0], until=bounds[1]) for symbol in sorted(symbols)}
        for symbol, columns in loaded.items():
            if not len(columns):
                raise FeedSettingsError(
                    f"expected candles of {symbol} {timeframe} between the bounds, the store has none"
                )
        return loaded

    def document(self) -> dict[str, Any]:
        """As JSON values; the fields by name make it again."""
        return {"kind": self.kind.value, "path": self.path}
