"""Every way in which market data or a request for it is refused. All messages say what to do about it."""

from __future__ import annotations

from pathlib import Path


class MarketDataError(Exception):
    """Market data cannot be had as asked; nothing was changed."""


class CandleFileError(MarketDataError):
    """A candle file is not what it should be.

    Attributes:
        path: the file.
        row: the first bad data row, counted from 1; None when the whole file is meant.
        problem: what was expected and what came.
    """

    def __init__(self, path: Path, problem: str, row: int | None = None) -> None:
        super().__init__(f"{path}: {problem}" if row is None else f"{path}: row {row}: {problem}")
        self.path = path
        self.row = row
        self.problem = problem


class CandleFolderError(MarketDataError):
    """A folder holds no candle files, or not the ones asked for."""


class FeedSettingsError(MarketDataError):
    """A feed was asked for something that does not exist or does not go together."""


class ForeignStateError(MarketDataError):
    """A feed was to resume from the state of another world; start anew, or ask for that world's market again."""

    def __init__(self, world: str, resumed: object) -> None:
        super().__init__(
            f"expected the state of the world {world}, got that of {resumed}; "
            "give the settings of the earlier run, or another data folder to start anew"
        )
        self.world = world


class LiveFeedError(MarketDataError):
    """The live venue cannot be used or refused us; nothing takes its place."""
