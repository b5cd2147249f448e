"""A program one candle at a time, for a batch of symbols: what `Program.run` says of the last row."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tradewind.core.candles import Timeframe
from tradewind.core.expressions.instructions import (
    Apply,
    Clock,
    Column,
    Compute,
    Constant,
    CurrentRegime,
    Instruction,
    Previous,
    RegimeConstant,
    Seen,
    Session,
    Setting,
    Take,
)
from tradewind.core.expressions.market import LongerState
from tradewind.core.expressions.operations import BLANK, OPERATIONS, clock, crossed_above, crossed_below, within
from tradewind.core.expressions.program import Program, Reading
from tradewind.core.expressions.tree import Kind, Op
from tradewind.core.indicators.incremental import ALL, Rows, running
from tradewind.core.indicators.incremental.parts import Lag
from tradewind.core.indicators.incremental.state import State
from tradewind.core.regime import RunningRegimes
from tradewind.core.series import Columns


class _Now(NamedTuple):
    """What instructions may look at in a step.

    Attributes:
        closes: when each candle closes, UTC ms.
        seen: by reading, the values of its roots as they are seen at the close.
    """

    candles: Columns
    rows: Rows
    closes: NDArray[np.int64]
    seen: Sequence[Sequence[NDArray[Any]]]


#: (results of earlier instructions, what is there now) → the instruction's result.
_Step = Callable[[list[Any], _Now], Any]
_Flags = NDArray[np.bool_]

_DTYPES = {Kind.NUMBER: "f", Kind.CONDITION: "b", Kind.REGIME: "i"}
_CROSSINGS = {Op.CROSSES_ABOVE: crossed_above, Op.CROSSES_BELOW: crossed_below}
_NEVER = np.iinfo(np.int64).min


class Stepped(NamedTuple):
    """What a program says of one candle of each symbol.

    Attributes:
        values: the roots' values, one array each.
        there: for each of the program's readings, where the due candle was there with enough before it.
    """

    values: tuple[NDArray[Any], ...]
    there: tuple[_Flags, ...]


def steppable(program: Program, timeframe: Timeframe) -> bool:
    """Whether `ProgramState` can run `program` on candles of `timeframe`.

    It cannot where a longer timeframe looks at other symbols. A longer candle whose last part is missing is known late,
    and what the other symbol showed when it was due would have to be kept for as long as the gap lasts.
    """
    for reading in program.readings:
        there = reading.timeframe or timeframe
        if there is not timeframe and any(symbol is not None for symbol, _ in reading.program.reads()):
            return False
        if not steppable(reading.program, there):
            return False
    return True


class ProgramState:
    """The state of a program over a batch of symbols.

    Cost of a step: some array operations per instruction, whatever number of candles lies behind.

    Attributes:
        nbytes: memory of the state.
    """

    __slots__ = ("_lags", "_length_ms", "_program", "_readings", "_sizes", "_steps", "_symbols")

    def __init__(self, program: Program, symbols: int, timeframe: Timeframe | None = None) -> None:
        """
        Args:
            timeframe: of the candles; needed where the program asks for the time or for other series.

        Raises:
            ValueError: it is needed and was not given, or the program is not `steppable` on it.
        """
        self._program = program
        self._symbols = symbols
        self._lags = State(symbols)
        self._sizes: list[Callable[[], int]] = [lambda: self._lags.nbytes]
        self._steps = [self._step(instruction) for instruction in program.instructions]
        self._length_ms = 0
        self._readings: list[_ReadingState] = []
        if timeframe is not None:
            if not steppable(program, timeframe):
                raise ValueError("expected no other symbols to be looked at from a longer timeframe")
            self._length_ms = timeframe.ms
            self._readings = [_ReadingState(each, symbols, timeframe) for each in program.readings]
        elif program.needs_market:
            raise ValueError("expected the timeframe of the candles: this program asks for the time or other series")

    @property
    def nbytes(self) -> int:
        return sum(size() for size in self._sizes) + sum(each.nbytes for each in self._readings)

    def notice(self, closed: Mapping[str, Columns]) -> None:
        """Take in what closed at this moment, one candle per symbol, before any `step` of it.

        Args:
            closed: the candles of at least those symbols that the program looks at by name.
        """
        for reading in self._readings:
            reading.notice(closed)

    def step(self, candles: Columns, rows: Rows = ALL) -> Stepped:
        """The roots' values at the next candle of each symbol in `rows`, one array of their number each.

        Args:
            candles: one row per symbol in `rows`, in their order. Where the program looks at other symbols they close
                at one moment, which `notice` was told of.
        """
        closes = candles.ts + self._length_ms
        looked = [reading.step(candles, closes, rows) for reading in self._readings]
        now = _Now(candles, rows, closes, [each.values for each in looked])
        results: list[Any] = [None] * len(self._steps)
        self._lags.rows = rows
        with np.errstate(all="ignore"):
            for index, step in enumerate(self._steps):
                results[index] = step(results, now)
        values = tuple(np.broadcast_to(results[root], len(candles)) for root in self._program.roots)
        return Stepped(values, tuple(flags for each in looked for flags in each.there))

    def _step(self, instruction: Instruction) -> _Step:  # noqa: PLR0912 - one case for each
        match instruction:
            case Constant(value):
                return lambda *_: value
            case Setting(name):
                raise ValueError(f"expected a program without open parameters, this needs {name}")
            case RegimeConstant(regime):
                code = np.int8(regime.code)
                return lambda *_: code
            case Column(field):
                return lambda _, now: field.of(now.candles)
            case Clock(asked):
                return lambda _, now: clock(asked, now.closes)
            case Session(start, stop):
                return lambda _, now: within(now.closes, start, stop)
            case Seen(reading, root):
                return lambda _, now: now.seen[reading][root]
            case CurrentRegime():
                regimes = RunningRegimes(self._symbols)
                self._sizes.append(lambda: regimes.nbytes)
                return lambda _, now: regimes.update(now.candles, now.rows)
            case Apply(op, (left, right)) if op in _CROSSINGS:
                return self._crossing(op, left, right)
            case Apply(op, operands):
                operation = OPERATIONS[op]
                return lambda results, _: operation(*(results[each] for each in operands))
            case Previous(operand, ago):
                lag = self._lag(operand, ago)
                return lambda results, _: lag(results[operand])
            case Compute(kernel, operands, arguments, warmup):
                part = running(kernel, arguments, warmup, self._symbols)
                self._sizes.append(lambda: part.state.nbytes)
                return lambda results, now: part.update([results[each] for each in operands], now.rows)
            case Take(operand, output):
                return lambda results, _: results[operand][output]

    def _crossing(self, op: Op, left: int, right: int) -> _Step:
        crossed, left_before, right_before = _CROSSINGS[op], self._lag(left, 1), self._lag(right, 1)

        def step(results: list[Any], _: _Now) -> Any:
            one, other = results[left], results[right]
            return crossed(one, other, left_before(one), right_before(other))

        return step

    def _lag(self, operand: int, ago: int) -> Callable[[Any], Any]:
        """The operand's value `ago` steps before; a constant is what it always was."""
        program = self._program
        if isinstance(program.instructions[operand], Constant | RegimeConstant):
            return lambda value: value
        return Lag(self._lags, ago, BLANK[_DTYPES[program.traits[operand].kind]])


class _ReadingState:
    """What a program says of another series' latest candle, for whoever looks at it from a batch of symbols.

    Attributes:
        nbytes: memory of the state.
    """

    __slots__ = ("_count", "_length_ms", "_longer", "_opened", "_program", "_settled", "_symbol", "_there", "_values")

    def __init__(self, reading: Reading, symbols: int, here: Timeframe) -> None:
        there, program = reading.timeframe or here, reading.program
        self._symbol = reading.symbol
        if self._symbol is not None:
            symbols = 1
        self._length_ms = there.ms
        self._longer = None if there is here else LongerState(symbols, here, there)
        self._program = ProgramState(program, symbols, there)
        self._settled = program.settled
        #: Of the latest candle: when it opened, how many came before it and with it, what was said of it, and whether
        #: everything was there that this takes.
        self._opened, self._count = np.full(symbols, _NEVER), np.zeros(symbols, dtype=np.int64)
        kinds = [program.traits[root].kind for root in program.roots]
        self._values = [np.full(symbols, BLANK[_DTYPES[kind]]) for kind in kinds]
        self._there = np.zeros(symbols, dtype=np.bool_)

    @property
    def nbytes(self) -> int:
        own = sum(each.nbytes for each in (self._opened, self._count, self._there, *self._values))
        return own + self._program.nbytes + (0 if self._longer is None else self._longer.nbytes)

    def notice(self, closed: Mapping[str, Columns]) -> None:
        """See `ProgramState.notice`."""
        self._program.notice(closed)
        if self._symbol is not None and self._symbol in closed:
            self._take(closed[self._symbol], ALL)

    def step(self, candles: Columns, closes: NDArray[np.int64], rows: Rows) -> Stepped:
        """What is seen at the close of these candles; `there` has one entry."""
        if self._symbol is None:
            self._take(candles, rows)
        else:
            rows = np.zeros(len(candles), dtype=np.intp)
        due = self._opened[rows] == closes - closes % self._length_ms - self._length_ms
        values = tuple(np.where(due, each[rows], BLANK[each.dtype.kind]) for each in self._values)
        return Stepped(values, (due & self._there[rows],))

    def _take(self, candles: Columns, rows: Rows) -> None:
        closed = [(candles, rows)] if self._longer is None else self._longer.add(candles, rows)
        for each, places in closed:
            said = self._program.step(each, places)
            for kept, values in zip(self._values, said.values, strict=True):
                kept[places] = values
            there = self._count[places] >= self._settled
            for flags in said.there:
                there = there & flags
            self._there[places] = there
            self._opened[places] = each.ts
            self._count[places] += 1
