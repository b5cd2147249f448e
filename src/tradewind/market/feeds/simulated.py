"""A market that never was: the model's prices as ticks and closed candles, endless, the same for the same seed."""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncGenerator, Iterable, Iterator, Mapping, Sequence
from hashlib import sha256
from typing import Any

from tradewind.core.candles import Candle, Timeframe
from tradewind.core.series import Columns
from tradewind.market.errors import FeedSettingsError, ForeignStateError
from tradewind.market.feeds.derived import Ladder, derive, timeframes_from
from tradewind.market.feeds.model import LISTINGS, VERSION, Burst, MarketModel, ModelState
from tradewind.market.feeds.pacing import Pacer
from tradewind.market.feeds.port import Closed, SeriesKey, Step, Tick
from tradewind.platform.settings import MarketSource

#: Two fifteen-minute candles in three seconds: a stranger sees trading at once.
SPEED = 600.0
#: Finest candles before the start: of 1m candles enough for 200 of 15 minutes and 50 of an hour.
HISTORY = 3000
#: Trades per symbol and finest candle.
TICKS = 12
#: Timeframes derived unless others are asked for.
USUAL = (Timeframe.M5, Timeframe.M15, Timeframe.H1)


class SimulatedFeed:
    """The simulated market from `start_ms` on, with a history before it.

    All symbols trade at the same instants, `ticks` times per finest candle; a step is one instant. Its tick happens in
    the last millisecond before `Step.at`, hence inside the candle that the last step of a candle closes. A candle is
    made of its ticks and nothing else: it opens with the first of them.

    State: the model's state some history ago and the position since. A resumed feed computes the way from there again,
    which gives back the very same history and candles in the making without keeping any of them; it takes well under
    a second.

    Args:
        seed: what the prices depend on, together with `start_ms`, symbols and timeframes.
        start_ms: market time at which a new world begins, rounded down to a whole finest candle; a resumed world goes
            on from its own.
        symbols: of `LISTINGS`; all when none is named.
        timeframes: which longer ones to derive; those of 5m, 15m and 1h that are possible, if None.
        speed: market seconds per wall second.
        history: at least so many finest candles lie before the start, and are given again after a resumption.
        resume: what `state` said, to go on behind the step it belongs to.

    Raises:
        FeedSettingsError: an unknown symbol, or timeframes that do not go together.
        ForeignStateError: `resume` belongs to another seed or other settings.
    """

    source = MarketSource.SIMULATED
    venue = "simulated"

    def __init__(
        self,
        *,
        seed: int,
        start_ms: int,
        symbols: Sequence[str] = (),
        timeframe: Timeframe = Timeframe.M1,
        timeframes: Iterable[Timeframe] | None = None,
        speed: float = SPEED,
        history: int = HISTORY,
        ticks: int = TICKS,
        resume: Mapping[str, Any] | None = None,
    ) -> None:
        listings = [listing for listing in LISTINGS if not symbols or listing.symbol in symbols]
        self.symbols = tuple(listing.symbol for listing in listings)
        if unknown := sorted(set(symbols) - set(self.symbols)):
            known = ", ".join(listing.symbol for listing in LISTINGS)
            raise FeedSettingsError(f"expected symbols of the simulated market ({known}), got {', '.join(unknown)}")
        if timeframe.ms % ticks:
            raise FeedSettingsError(f"expected a number of ticks that divides {timeframe.ms} ms, got {ticks}")
        self.timeframes = timeframes_from(timeframe, timeframes, USUAL)
        self._finest_ms = timeframe.ms
        self._tick_ms = timeframe.ms // ticks
        self._ticks = ticks
        self._model = MarketModel(listings, timeframe, ticks, seed)
        self._pacer = Pacer(speed)
        self._history_length = history

        # A state of another source has no start; its world will not be this one.
        self._start = timeframe.open_of(start_ms if resume is None else int(resume.get("start", start_ms)))
        choice = (VERSION, seed, self._start, history, ticks, *self.symbols, *self.timeframes)
        self.world = f"simulated:{sha256(' '.join(map(str, choice)).encode()).hexdigest()[:16]}"
        if resume is not None and resume.get("world") != self.world:
            raise ForeignStateError(self.world, resume.get("world"))

        # Whole candles of the longest timeframe from the first candle on.
        longest = self.timeframes[-1]
        self._checkpoint_every = longest.ms // timeframe.ms
        self._origin = longest.open_of(self._start - history * timeframe.ms)
        if resume is None:
            self._anchor = self._model.initial()
            self._candle, self._tick = (self._start - self._origin) // timeframe.ms, 0
        else:
            self._anchor = ModelState.from_json(resume["anchor"])
            self._candle, self._tick = int(resume["candle"]), int(resume["tick"])
        self._ladders: list[Ladder] = []
        self._checkpoints: deque[ModelState] = deque()
        #: Before the candle in the making; None until the way to it has been computed.
        self._now: ModelState | None = None

    async def history(self) -> Mapping[SeriesKey, Columns]:
        return self._walk()

    def recorded(self) -> Mapping[SeriesKey, Columns]:
        return {}

    async def close(self) -> None:
        """Nothing is held open."""

    async def steps(self) -> AsyncGenerator[Step, None]:
        if self._now is None:
            self._walk()
        opened = self._origin + self._candle * self._finest_ms
        self._pacer.start(opened + self._tick * self._tick_ms)
        while True:
            assert self._now is not None
            after, burst = self._model.advance(self._now)
            prices, volumes = burst.prices.tolist(), burst.volumes.tolist()
            for tick in range(self._tick, self._ticks):
                at = opened + (tick + 1) * self._tick_ms
                await self._pacer.until(at)
                ticks = tuple(map(Tick, self.symbols, [at - 1] * len(self.symbols), prices[tick], volumes[tick]))
                if tick + 1 < self._ticks:
                    self._tick = tick + 1
                    yield Step(at, (), ticks)
            closed = tuple(self._close(opened, burst))
            self._now = after
            self._candle, self._tick = self._candle + 1, 0
            self._remember(after)
            opened += self._finest_ms
            yield Step(opened, closed, ticks)

    def state(self) -> dict[str, Any]:
        return {
            "world": self.world,
            "start": self._start,
            "anchor": self._anchor.as_json(),
            "candle": self._candle,
            "tick": self._tick,
        }

    def _close(self, opened: int, burst: Burst) -> Iterator[Closed]:
        """The candles that close with the last tick of `burst`, which began at `opened`."""
        for ladder, candle in zip(self._ladders, _candles(opened, burst), strict=True):
            yield from ladder.add(candle)

    def _remember(self, state: ModelState) -> None:
        """Keep what a resumption will start from: the newest checkpoint with a whole history behind it."""
        if state.candle % self._checkpoint_every == 0:
            self._checkpoints.append(state)
        while len(self._checkpoints) > 1 and self._checkpoints[1].candle <= state.candle - self._history_length:
            self._checkpoints.popleft()
        self._anchor = self._checkpoints[0]

    def _walk(self) -> dict[SeriesKey, Columns]:
        """Compute the way from the anchor to the candle in the making; answers with the candles on it."""
        state = self._anchor
        self._ladders = [Ladder(symbol, self.timeframes) for symbol in self.symbols]
        self._checkpoints.clear()
        self._remember(state)
        walked: list[list[Candle]] = [[] for _ in self.symbols]
        while state.candle < self._candle:
            opened = self._origin + state.candle * self._finest_ms
            state, burst = self._model.advance(state)
            self._remember(state)
            for candles, candle in zip(walked, _candles(opened, burst), strict=True):
                candles.append(candle)
        self._now = state
        history: dict[SeriesKey, Columns] = {}
        for symbol, ladder, candles in zip(self.symbols, self._ladders, walked, strict=True):
            finest = Columns.of(candles)
            history[symbol, self.timeframes[0]] = finest
            for derivation, derived in zip(ladder.derivations, derive(ladder.derivations, finest), strict=True):
                history[symbol, derivation.timeframe] = derived.columns
        return history


def _candles(opened: int, burst: Burst) -> Iterator[Candle]:
    """The candle of each symbol, made exactly of its ticks."""
    prices = burst.prices
    # Python's sum, as whoever adds up the ticks will: NumPy adds in another order and rounds differently.
    volumes = map(sum, burst.volumes.T.tolist())
    levels = (prices[0], prices.max(axis=0), prices.min(axis=0), prices[-1])
    for first, high, low, last, volume in zip(*(level.tolist() for level in levels), volumes, strict=True):
        yield Candle(opened, first, high, low, last, volume)
