"""The mathematics of the simulated market: prices that trend, range, get nervous and calm down again.

One step of the model is one finest candle of all symbols at once. Log prices follow correlated diffusions through a
common factor, with

- regimes, Markov chains per symbol that follow the market's own chain half of the time: ranges pull the price to where
  they began, trends push it, volatile stretches shake it;
- volatility that clusters: log volatility reverts to the regime's level within the hour, in part in common;
- rare jumps, of one symbol or of all;
- volume that grows with the move and the volatility;
- a weak pull to the symbol's reference price, so that weeks of simulated time lead neither to zero nor to infinity.

The randomness of a candle is a pure function of the seed and the candle's number (a counter-based generator), so the
whole state is a handful of floats and can be taken up at any candle.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Any, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from tradewind.core.candles import Timeframe
from tradewind.core.series import Floats

#: Goes up with every change that makes the same seed give other prices: old worlds end there.
VERSION = 1

_Integers = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Listing:
    """A symbol of the simulated market.

    Attributes:
        price: reference price in quote currency, where it starts and what it hovers around.
        decimals: of its prices.
        lot_decimals: of its volumes.
        volatility: usual standard deviation of a one-minute log return.
        correlation: of its returns with the market's common factor.
        turnover: usual traded value a minute, quote currency.
    """

    symbol: str
    price: float
    decimals: int
    lot_decimals: int
    volatility: float
    correlation: float
    turnover: float


#: Alphabetical. A one-minute ATR of two to three times the fees of a round trip, so that stops are no lottery.
LISTINGS = (
    Listing("ADAUSDT", 0.45, 4, 1, 0.0018, 0.70, 180_000.0),
    Listing("AVAXUSDT", 28.0, 3, 2, 0.0018, 0.72, 150_000.0),
    Listing("BNBUSDT", 580.0, 2, 3, 0.0013, 0.78, 400_000.0),
    Listing("BTCUSDT", 64_000.0, 1, 5, 0.0012, 0.88, 1_800_000.0),
    Listing("DOGEUSDT", 0.14, 5, 0, 0.0019, 0.68, 250_000.0),
    Listing("ETHUSDT", 3_200.0, 2, 4, 0.0014, 0.86, 900_000.0),
    Listing("LINKUSDT", 14.0, 3, 2, 0.0017, 0.70, 120_000.0),
    Listing("LTCUSDT", 85.0, 2, 3, 0.0015, 0.70, 120_000.0),
    Listing("SOLUSDT", 150.0, 2, 3, 0.0016, 0.76, 450_000.0),
    Listing("XRPUSDT", 0.58, 4, 1, 0.0016, 0.68, 300_000.0),
)


class Regime(IntEnum):
    """What a symbol is doing. The numbers index the tables below and stand in saved states."""

    RANGE = 0
    UP = 1
    DOWN = 2
    VOLATILE = 3


# Rows and entries in the order of Regime.
_DWELL = np.array([150.0, 110.0, 110.0, 40.0])  # mean minutes
_DRIFT = np.array([0.0, 0.20, -0.20, 0.0])  # log return a minute, in units of the symbol's volatility
_SHAKE = np.array([0.80, 0.95, 0.95, 1.80])  # factor on the volatility
_NEXT = np.array(
    [
        [0.0, 0.42, 0.42, 0.16],
        [0.55, 0.0, 0.15, 0.30],
        [0.55, 0.15, 0.0, 0.30],
        [0.40, 0.30, 0.30, 0.0],
    ]
).cumsum(axis=1)
_FOLLOW = 0.5  # probability that a symbol that changes its regime takes the market's
_RANGE_PULL = 20.0  # minutes in which a range takes back 63 % of a move
_REFERENCE_PULL = 3 * 1440.0  # the same for the pull to the reference price
_CLUSTER = 45.0  # minutes in which 63 % of a deviation of log volatility is gone
_CLUSTER_SPREAD = 0.35  # standard deviation of log volatility, of the market's and of the symbol's own part each
_LEAST, _MOST = 0.4, 2.5  # bounds of the clustering factor
_JUMP_EVERY = 480.0  # mean minutes between a symbol's own jumps
_CRASH_EVERY = 2880.0  # mean minutes between jumps of the whole market
_JUMP = 5.0  # standard deviation of a jump, in units of the symbol's volatility


class Burst(NamedTuple):
    """The trades of one finest candle; arrays of ticks × symbols."""

    prices: Floats
    volumes: Floats


@dataclass(frozen=True, slots=True)
class ModelState:
    """Where the market stands before the candle number `candle`; arrays have one entry per symbol.

    Attributes:
        regime, market_regime: see `Regime`.
        anchor: log price at which the regime began.
        nerves, market_nerves: deviation of log volatility from the regime's level, the symbol's own and in common.
    """

    candle: int
    log_price: Floats
    anchor: Floats
    regime: _Integers
    nerves: Floats
    market_regime: int
    market_nerves: float

    def as_json(self) -> dict[str, Any]:
        """As JSON values; floats survive to the bit."""
        return {
            "candle": self.candle,
            "log_price": self.log_price.tolist(),
            "anchor": self.anchor.tolist(),
            "regime": self.regime.tolist(),
            "nerves": self.nerves.tolist(),
            "market_regime": self.market_regime,
            "market_nerves": self.market_nerves,
        }

    @classmethod
    def from_json(cls, state: dict[str, Any]) -> Self:
        """What `as_json` wrote."""
        return cls(
            candle=state["candle"],
            log_price=np.array(state["log_price"], dtype=np.float64),
            anchor=np.array(state["anchor"], dtype=np.float64),
            regime=np.array(state["regime"], dtype=np.int64),
            nerves=np.array(state["nerves"], dtype=np.float64),
            market_regime=state["market_regime"],
            market_nerves=float(state["market_nerves"]),
        )


class MarketModel:
    """The market of `listings` at candles of `timeframe` with `ticks` trades per candle and symbol."""

    def __init__(self, listings: Sequence[Listing], timeframe: Timeframe, ticks: int, seed: int) -> None:
        self._seed = seed
        self._ticks = ticks
        self._minutes = timeframe.ms / 60_000
        self._reference = np.log([listing.price for listing in listings])
        self._volatility = np.array([listing.volatility for listing in listings])
        self._correlation = np.array([listing.correlation for listing in listings])
        self._own = np.sqrt(1.0 - self._correlation**2)
        self._turnover = np.array([listing.turnover for listing in listings]) * self._minutes / ticks
        self._price_scale = 10.0 ** np.array([listing.decimals for listing in listings])
        self._lot_scale = 10.0 ** np.array([listing.lot_decimals for listing in listings])

    def initial(self) -> ModelState:
        """The market before its first candle: everything at its reference price, ranging, calm."""
        count = len(self._reference)
        return ModelState(
            candle=0,
            log_price=self._reference.copy(),
            anchor=self._reference.copy(),
            regime=np.full(count, Regime.RANGE, dtype=np.int64),
            nerves=np.zeros(count),
            market_regime=int(Regime.RANGE),
            market_nerves=0.0,
        )

    def advance(self, state: ModelState) -> tuple[ModelState, Burst]:
        """The next candle's trades, and the state after it. A pure function of `state` and the seed."""
        # Word 3 of the counter names the candle, word 0 counts within it: the streams never meet.
        random = np.random.Generator(np.random.Philox(key=self._seed, counter=[0, 0, 0, state.candle]))
        regime, market_regime = self._regimes(state, random)
        anchor = np.where(regime == state.regime, state.anchor, state.log_price)
        market_nerves = float(_calmed(state.market_nerves, random.standard_normal(), self._minutes))
        nerves = _calmed(state.nerves, random.standard_normal(len(state.nerves)), self._minutes)

        clustering = np.clip(np.exp(market_nerves + nerves), _LEAST, _MOST)
        spread = self._volatility * _SHAKE[regime] * clustering * np.sqrt(self._minutes / self._ticks)
        returns = self._drift(state, regime, anchor) + spread * self._noise(random)
        returns += self._jumps(random)
        path = state.log_price + np.cumsum(returns, axis=0)
        after = ModelState(
            candle=state.candle + 1,
            log_price=path[-1],
            anchor=anchor,
            regime=regime,
            nerves=nerves,
            market_regime=market_regime,
            market_nerves=market_nerves,
        )
        return after, self._burst(path, returns / spread, clustering * _SHAKE[regime], random)

    def _regimes(self, state: ModelState, random: np.random.Generator) -> tuple[_Integers, int]:
        """The regimes of the symbols and of the market during the next candle."""
        count = len(state.regime)
        change, choice, follow = random.random(count + 1), random.random(count + 1), random.random(count)
        before = np.append(state.regime, state.market_regime)
        drawn = (choice[:, np.newaxis] >= _NEXT[before]).sum(axis=1)
        changes = change < -np.expm1(-self._minutes / _DWELL[before])
        after = np.where(changes, np.minimum(drawn, len(Regime) - 1), before)
        market = int(after[-1])
        following = changes[:-1] & (follow < _FOLLOW)
        return np.where(following, market, after[:-1]), market

    def _drift(self, state: ModelState, regime: _Integers, anchor: Floats) -> Floats:
        """The expected log return of each of the next candle's ticks."""
        home = -np.expm1(-self._minutes / _REFERENCE_PULL) * (self._reference - state.log_price)
        back = -np.expm1(-self._minutes / _RANGE_PULL) * (anchor - state.log_price)
        trend = self._minutes * _DRIFT[regime] * self._volatility
        drift: Floats = (home + trend + np.where(regime == Regime.RANGE, back, 0.0)) / self._ticks
        return drift

    def _noise(self, random: np.random.Generator) -> Floats:
        """Standard normal, correlated through the common factor; ticks × symbols."""
        count = len(self._reference)
        common, own = random.standard_normal((self._ticks, 1)), random.standard_normal((self._ticks, count))
        noise: Floats = self._correlation * common + self._own * own
        return noise

    def _jumps(self, random: np.random.Generator) -> Floats:
        """Log returns of the jumps, almost always zero; ticks × symbols."""
        count = len(self._reference)
        happens, sizes = random.random(count + 1), random.standard_normal(count + 1)
        ticks = random.integers(self._ticks, size=count + 1)
        happens[-1] *= _CRASH_EVERY / _JUMP_EVERY
        sizes *= happens < self._minutes / _JUMP_EVERY
        jumps = np.zeros((self._ticks, count))
        jumps[ticks[:-1], np.arange(count)] = sizes[:-1]
        jumps[ticks[-1]] += sizes[-1]
        jumps *= _JUMP * self._volatility
        return jumps

    def _burst(self, path: Floats, moves: Floats, nervous: Floats, random: np.random.Generator) -> Burst:
        """Prices and volumes on their grids, as a venue prints them."""
        prices = np.maximum(np.rint(np.exp(path) * self._price_scale), 1.0) / self._price_scale
        appetite = np.exp(0.6 * random.standard_normal(path.shape) - 0.18)  # mean 1
        value = self._turnover * appetite * nervous * (0.4 + 0.6 * np.minimum(np.abs(moves), 8.0))
        volumes = np.maximum(np.rint(value / prices * self._lot_scale), 1.0) / self._lot_scale
        return Burst(prices, volumes)


def _calmed[Value: (float, Floats)](nerves: Value, shock: Value, minutes: float) -> Value:
    """A deviation of log volatility `minutes` later: most of it is gone, and new shocks came."""
    keep = float(np.exp(-minutes / _CLUSTER))
    return keep * nerves + _CLUSTER_SPREAD * float(np.sqrt(1.0 - keep * keep)) * shock
