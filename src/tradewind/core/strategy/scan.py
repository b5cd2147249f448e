"""Many strategies over many symbols of one timeframe, at the close of each candle."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate, pairwise
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tradewind.core.candles import Timeframe
from tradewind.core.expressions import ProgramState, Values, joined, steppable
from tradewind.core.indicators.incremental import ALL, Rows
from tradewind.core.series import Columns
from tradewind.core.strategy.evaluation import Evaluation
from tradewind.core.strategy.strategy import Strategy
from tradewind.core.values import Side

_NONE = np.empty(0, dtype=np.int64)
_HERE = np.zeros(1, dtype=np.int64)
_Flags = NDArray[np.bool_]


class Standing(NamedTuple):
    """A set-up that stands at the close of a candle, stands with one of the other side, or was filtered.

    Attributes:
        symbol, strategy: places in the scan's batch of symbols and among its strategies.
        evaluation: the strategy's over this candle alone, its row 0; what `signal` is made from.
    """

    symbol: int
    strategy: int
    evaluation: Evaluation


class Leaving(NamedTuple):
    """Where a strategy's condition to leave a position of `side` holds: `symbols`, places in the batch, rising."""

    strategy: int
    side: Side
    symbols: NDArray[np.intp]


class Verdict(NamedTuple):
    """What the strategies say of the candles that closed; both by strategy, then symbol."""

    standing: list[Standing]
    leaving: list[Leaving]


class Scan:
    """What `evaluate` says of the last row, for every strategy and symbol, without looking at the rows before again.

    What strategies have in common is computed once. A symbol's state begins with the first candle that is taken in, as
    an evaluation begins with the first row of its columns.

    Attributes:
        nbytes: memory of the state.
    """

    def __init__(self, strategies: Sequence[Strategy], timeframe: Timeframe, symbols: Sequence[str]) -> None:
        """
        Args:
            symbols: all that candles come of, those included that strategies only look at.

        Raises:
            StrategyError: a strategy cannot run on `timeframe`.
            ValueError: a strategy is not one that this `supports`.
        """
        programs = [strategy.program for strategy in strategies]
        program = joined(programs)
        self._strategies = tuple(strategies)
        self._program = ProgramState(program, len(symbols), timeframe)
        edges = accumulate((len(each.roots) for each in programs), initial=0)
        self._roots = [slice(start, stop) for start, stop in pairwise(edges)]
        numbers = {reading: number for number, reading in enumerate(program.readings)}
        self._readings = [[numbers[reading] for reading in each.readings] for each in programs]
        self._warmups = [strategy.warmup_on(timeframe) for strategy in strategies]
        places = {symbol: place for place, symbol in enumerate(symbols)}
        looked_at = frozenset().union(*(strategy.symbols_read for strategy in strategies))
        #: Places of the symbols that strategies look at by name.
        self._looked_at = {symbol: places[symbol] for symbol in sorted(looked_at) if symbol in places}
        self._seen = np.zeros(len(symbols), dtype=np.int64)

    @staticmethod
    def supports(strategy: Strategy, timeframe: Timeframe) -> bool:
        """Whether it can be scanned: all but strategies that look at other symbols from within a longer timeframe."""
        return steppable(strategy.program, timeframe)

    @property
    def nbytes(self) -> int:
        return self._program.nbytes + self._seen.nbytes

    def close(self, candles: Columns, rows: Rows = ALL) -> Verdict:
        """What there is to say of the next closed candle of each symbol in `rows`.

        Args:
            candles: one row per symbol in `rows`, in their order; times may differ unless a strategy looks at other
                symbols.
            rows: all symbols, or the places of some, rising and each once.
        """
        verdict = Verdict([], [])
        if not len(candles):
            return verdict
        places = np.arange(len(self._seen))[rows]
        self._program.notice(self._noticed(candles, places))
        said = self._program.step(candles, rows)
        seen = self._seen[places]
        self._seen[places] += 1
        for number, strategy in enumerate(self._strategies):
            ready = seen >= self._warmups[number]
            for reading in self._readings[number]:
                ready &= said.there[reading]
            _judge(verdict, number, strategy, candles, places, said.values[self._roots[number]], ready)
        return verdict

    def _noticed(self, candles: Columns, places: NDArray[np.intp]) -> dict[str, Columns]:
        """The candles of those symbols that strategies look at by name."""
        noticed: dict[str, Columns] = {}
        for symbol, place in self._looked_at.items():
            row = int(np.searchsorted(places, place))
            if row < len(places) and places[row] == place:
                noticed[symbol] = candles.rows(row, row + 1)
        return noticed


def _judge(
    verdict: Verdict,
    number: int,
    strategy: Strategy,
    candles: Columns,
    places: NDArray[np.intp],
    values: Sequence[NDArray[Any]],
    ready: _Flags,
) -> None:
    """Add to `verdict` what one strategy says, in the order of `evaluate`."""
    standing = {side: np.zeros(len(ready), dtype=np.bool_) for side in Side}
    leaving: dict[Side, _Flags] = {}
    filtered: dict[int, str] = {}
    for setup in strategy.setups:
        holds: _Flags = values[setup.when] & ready
        if holds.any():
            for place in setup.needed:
                holds &= np.isfinite(values[place])
            for rule in strategy.filters:
                if rule.side in (None, setup.side):
                    refused = np.flatnonzero(holds & ~values[rule.when])
                    filtered |= dict.fromkeys(refused.tolist(), rule.name)
                    holds &= values[rule.when]
        standing[setup.side] = holds
        if setup.exit is not None:
            leaving[setup.side] = values[setup.exit] & ready
    for side, flags in leaving.items():
        if flags.any():
            verdict.leaving.append(Leaving(number, side, places[flags]))
    long, short = standing[Side.LONG], standing[Side.SHORT]
    for row in sorted({*np.flatnonzero(long | short).tolist(), *filtered}):
        both = bool(long[row] and short[row])
        evaluation = Evaluation(
            strategy,
            candles.rows(row, row + 1),
            Values.known([each[row : row + 1] for each in values]),
            _HERE if long[row] and not both else _NONE,
            _HERE if short[row] and not both else _NONE,
            _HERE if both else _NONE,
            {0: filtered[row]} if row in filtered else {},
            {side: _HERE if flags[row] else _NONE for side, flags in leaving.items()},
        )
        verdict.standing.append(Standing(int(places[row]), number, evaluation))
