"""The ideal profile: fills as textbooks have them, so that engines can be compared trade by trade.

A set-up that stands at the close of a candle is entered at the open of the next, whatever it is. Nothing is rounded, no
order is too large, and both sides pay one fee. Inside a candle the worst order of prices is assumed:

1. A candle that touches the stop in force leaves all at the stop, or at its open where it opens beyond. That holds too
   where it touches a target as well.
2. Else every target that it touches is filled at its level, or at the open where it opens beyond. Where that moves the
   stop and the close is beyond the moved stop, the rest leaves there.
3. At its end the plan (`core.plan`) sees the candle and moves the stop for the candles to come. What it wants to leave
   at market leaves at the open of the next candle.

One position per symbol; a set-up that stands while one is open is passed over, in the candle of the exit no more. What
is open at the end of the candles is no trade. Each symbol has an equal share of the capital, and every trade takes all
of its symbol's; a short that lost all of it is the symbol's last.

Indicators are evaluated once over whole columns. Between two candles in which something can happen nothing is stepped:
the next one is searched for.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tradewind.core import plan as planning
from tradewind.core.candles import Timeframe
from tradewind.core.costs import Costs, breakeven
from tradewind.core.plan import ExitNow, MoveStop, PlanSpec, PlanState, Target, Trailing, TrailingKind
from tradewind.core.positions import ExitReason
from tradewind.core.series import Columns
from tradewind.core.strategy import Anchor, CompiledSetup, Evaluation, Strategy, evaluate
from tradewind.core.values import Side
from tradewind.research.backtest.result import START_EQUITY, BacktestResult, BacktestTrade, Profile, exposure_of
from tradewind.research.metrics import DAYS, DailyReturns, excursions, measure

_DAY_MS = 86_400_000
#: Candles looked at together while searching; most positions end within the first stretch.
_FIRST_STRETCH, _LONGEST_STRETCH = 64, 4096

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class IdealOptions:
    """What is assumed.

    Attributes:
        fee: rate paid on the notional of either side.
        start_equity: quote currency.
        periods: days a year, for what is annualised.
    """

    fee: float = Costs().taker
    start_equity: float = START_EQUITY
    periods: float = DAYS


class Leg(NamedTuple):
    """A part of a position that was closed: in which row, which share of the whole, at what price."""

    row: int
    share: float
    price: float


class Held(NamedTuple):
    """A position from its entry to its end.

    Attributes:
        entry_row: the candle at whose open it was entered.
        stop: initial level.
        legs: in the order in which they were closed; shares sum to 1.
    """

    side: Side
    entry_row: int
    entry: float
    stop: float
    legs: tuple[Leg, ...]
    reason: ExitReason

    @property
    def exit_row(self) -> int:
        return self.legs[-1].row

    @property
    def leave(self) -> float:
        """Average exit price."""
        if len(self.legs) == 1:
            return self.legs[0].price
        return sum(leg.share * leg.price for leg in self.legs) / sum(leg.share for leg in self.legs)

    def gained(self, fee: float) -> float:
        """Gain after fees ÷ what the entry cost with its fee."""
        sign, entry, leave = self.side.sign, self.entry, self.leave
        if sign > 0:
            return leave * (1.0 - fee) / (entry * (1.0 + fee)) - 1.0
        return (entry * (1.0 - fee) - leave * (1.0 + fee)) / (entry * (1.0 + fee))


def run_ideal(
    strategy: Strategy,
    columns: Mapping[str, Columns],
    timeframe: Timeframe,
    options: IdealOptions | None = None,
    *,
    bounds: tuple[int | None, int | None] = (None, None),
    progress: Callable[[int], None] = lambda _: None,
) -> BacktestResult:
    """Back-test `strategy` on each of `columns` (by symbol, all of `timeframe`, none empty).

    Args:
        bounds: what was asked for, UTC ms; None = as far as the candles go.
        progress: told how many candles were worked through since it was told last.
    """
    options = options or IdealOptions()
    trades: list[BacktestTrade] = []
    curves: list[tuple[Floats, int]] = []
    capital = options.start_equity / len(columns)
    for symbol, candles in columns.items():
        held = simulate(evaluate(strategy, candles), timeframe, options.fee)
        closed, equity = _account(symbol, candles, held, capital, options.fee)
        trades += closed
        curves.append((equity, int(candles.ts[0] // _DAY_MS)))
        progress(len(candles))
    trades.sort(key=lambda trade: (trade.entry_at, trade.symbol))
    returns = _daily_returns(curves, capital)
    first = min(int(candles.ts[0]) for candles in columns.values())
    last = max(int(candles.ts[-1]) for candles in columns.values()) + timeframe.ms
    exposure = exposure_of(trades, columns)
    return BacktestResult(
        strategy=strategy,
        profile=Profile.IDEAL,
        symbols=tuple(columns),
        timeframe=timeframe,
        start=first if bounds[0] is None else bounds[0],
        stop=last if bounds[1] is None else bounds[1],
        candles=sum(map(len, columns.values())),
        trades=trades,
        metrics=measure(trades, returns, start_equity=options.start_equity, exposure=exposure, periods=options.periods),
        daily=DailyReturns(min(day for _, day in curves), tuple(returns.tolist())),
        year=options.periods,
    )


def simulate(evaluation: Evaluation, timeframe: Timeframe, fee: float) -> list[Held]:
    """Every position that was entered and left, in time order."""
    columns = evaluation.columns
    setups = {setup.side: setup for setup in evaluation.strategy.setups}
    rows = np.concatenate([evaluation.long_rows, evaluation.short_rows])
    signs = np.repeat([1, -1], [len(evaluation.long_rows), len(evaluation.short_rows)])
    order = np.argsort(rows, kind="stable")
    positions: list[Held] = []
    free_from = 0
    for row, sign in zip(rows[order].tolist(), signs[order].tolist(), strict=True):
        if row < free_from or row + 1 >= len(columns):
            continue
        side = Side.LONG if sign > 0 else Side.SHORT
        spec = _plan(evaluation, setups[side], row, float(columns.open[row + 1]), timeframe)
        if spec is None:
            continue
        held = _Walk(columns, timeframe, spec, side, row + 1, fee).run()
        if held is None:
            break  # open to the end of the candles
        positions.append(held)
        free_from = held.exit_row
    return positions


def _plan(
    evaluation: Evaluation, setup: CompiledSetup, row: int, entry: float, timeframe: Timeframe
) -> PlanSpec | None:
    """The plan of the set-up at `row`, entered at `entry`; None where it makes no sense (`core.strategy.signal` refuses
    the same)."""
    sign, exits = setup.side.sign, evaluation.strategy.exits
    base = entry if evaluation.strategy.anchor is Anchor.FILL else float(evaluation.columns.close[row])
    stop = evaluation.number(setup.stop, row)
    if setup.stop_is_distance:
        stop = base - sign * stop
    risk = abs(entry - stop)
    targets: list[Target] = []
    for rung in setup.rungs:
        if rung.root is None:
            level = entry + sign * rung.r * risk
        else:
            number = evaluation.number(rung.root, row)
            level = base + sign * number if rung.is_distance else number
        if targets and (level - targets[-1].level) * sign <= 0.0:
            return None
        targets.append(Target(level, float(rung.share)))
    if (targets[0].level - stop) * sign <= 0.0:
        return None
    trailing: Trailing | None = None
    if (rule := exits.trailing) is not None:
        kind = TrailingKind.PERCENT if rule.distance is None else TrailingKind.DISTANCE
        distance = rule.fraction if rule.distance is None else evaluation.number(rule.distance, row)
        step = 0.0 if rule.step is None else evaluation.number(rule.step, row)
        if distance <= 0.0 or step < 0.0:
            return None
        trailing = Trailing(kind, distance, rule.after_target, rule.at_r, step)
    return PlanSpec(sign, stop, tuple(targets), exits.breakeven, trailing, exits.time_stop * timeframe.ms)


class _Walk:
    """One position, from event to event."""

    def __init__(
        self, columns: Columns, timeframe: Timeframe, spec: PlanSpec, side: Side, entry_row: int, fee: float
    ) -> None:
        self._columns = columns
        self._ms = timeframe.ms
        self._spec = spec
        self._side = side
        self._entry_row = entry_row
        self._entry = float(columns.open[entry_row])
        opened_at = int(columns.ts[entry_row])
        paid_at = breakeven(side.sign, self._entry, fee, fee, 0.0, 0.0)
        self._state: PlanState = planning.opened(spec, self._entry, paid_at, opened_at)
        #: Why the position is over, and what moved the stop last.
        self._reason = self._moved_by = ExitReason.STOP
        self._left = 1.0
        self._legs: list[Leg] = []
        #: First row at whose end the position is too old.
        self._oldest = len(columns)
        if spec.max_age_ms:
            self._oldest = int(np.searchsorted(columns.ts, opened_at + spec.max_age_ms - self._ms))
        #: Whether new best prices can move anything; where not, nobody need look at them.
        self._follows = spec.trailing is not None or (spec.breakeven is not None and spec.breakeven.at_r > 0.0)

    def run(self) -> Held | None:
        """The position once it has ended; None when the candles end first."""
        row = self._entry_row
        while (event := self._next(row)) is not None:
            asked = self._live_through(event)
            if self._left > 0.0 and asked is not None:
                if event + 1 >= len(self._columns):
                    return None
                self._leave(event + 1, float(self._columns.open[event + 1]), ExitReason(asked.action.value))
            if self._left == 0.0:
                return Held(self._side, self._entry_row, self._entry, self._spec.stop, tuple(self._legs), self._reason)
            row = event + 1
        return None

    def _next(self, row: int) -> int | None:
        """The first row from `row` on in which a level is touched, the plan may move, or the position is too old."""
        columns, state = self._columns, self._state
        target = self._spec.targets[state.targets_filled].level
        end, size = min(self._oldest + 1, len(columns)), _FIRST_STRETCH
        start = row
        watched = min(target, state.best) if self._side is Side.LONG else max(target, state.best)
        watched = watched if self._follows else target
        while start < end:
            stop = min(start + size, end)
            highs, lows = columns.high[start:stop], columns.low[start:stop]
            if self._side is Side.LONG:
                hit = (lows <= state.stop) | (highs >= watched)
            else:
                hit = (highs >= state.stop) | (lows <= watched)
            first = int(hit.argmax())
            if hit[first]:
                return start + first
            start, size = stop, min(2 * size, _LONGEST_STRETCH)
        return end - 1 if end == self._oldest + 1 and end > row else None

    def _live_through(self, row: int) -> ExitNow | None:
        """Take the candle in `row`; what it asks to leave at the next open, if anything."""
        opened, high, low, close = (
            float(column[row])
            for column in (self._columns.open, self._columns.high, self._columns.low, self._columns.close)
        )
        sign, state = self._side.sign, self._state
        against, forth = (low, high) if sign > 0 else (high, low)
        if (against - state.stop) * sign <= 0.0:
            self._stop(row, opened if (opened - state.stop) * sign <= 0.0 else state.stop)
            return None
        filled = state.targets_filled
        for rung, target in enumerate(self._spec.targets[filled:], start=filled + 1):
            if (forth - target.level) * sign < 0.0:
                break
            price = opened if (opened - target.level) * sign >= 0.0 else target.level
            last = rung == len(self._spec.targets)
            self._legs.append(Leg(row, self._left if last else target.share, price))
            self._left = 0.0 if last else self._left - target.share
            self._reason = ExitReason.TARGET
            if last:
                return None
            self._state, actions = planning.target_filled(self._spec, self._state, rung, price)
            self._move(actions)
        if self._state.stop != state.stop and (close - self._state.stop) * sign <= 0.0:
            self._stop(row, self._state.stop)
            return None
        self._state, actions = planning.observe(
            self._spec, self._state, high, low, close, int(self._columns.ts[row]) + self._ms
        )
        return self._move(actions)

    def _move(self, actions: list[planning.Action]) -> ExitNow | None:
        for action in actions:
            if isinstance(action, ExitNow):
                return action
            if isinstance(action, MoveStop):
                self._state = planning.stop_moved(self._state, action.level)
                self._moved_by = ExitReason(action.action.value)
        return None

    def _stop(self, row: int, price: float) -> None:
        self._leave(row, price, self._moved_by)

    def _leave(self, row: int, price: float, reason: ExitReason) -> None:
        self._legs.append(Leg(row, self._left, price))
        self._left, self._reason = 0.0, reason


def _account(
    symbol: str, columns: Columns, held: list[Held], capital: float, fee: float
) -> tuple[list[BacktestTrade], Floats]:
    """The trades with their amounts, and the equity at the end of every UTC day from the first candle's on."""
    days = (columns.ts // _DAY_MS).astype(np.int64)
    ends = np.searchsorted(days, np.arange(days[0], days[-1] + 1), side="right") - 1
    equity = np.full(len(ends), capital)
    trades: list[BacktestTrade] = []
    stamps = columns.ts
    for position in held:
        if capital <= 0.0:
            break
        sign, entry, leave = position.side.sign, position.entry, position.leave
        quantity = capital / (entry * (1.0 + fee))
        gained = position.gained(fee)
        first, last = position.entry_row, position.exit_row
        open_at = slice(int(np.searchsorted(ends, first)), int(np.searchsorted(ends, last)))
        for day in range(open_at.start, open_at.stop):
            equity[day] = capital + quantity * _marked(position, int(ends[day]), columns, fee)
        pnl = capital * gained
        equity[open_at.stop :] = capital + pnl
        distance = abs(entry - position.stop)
        favourable, adverse = excursions(columns, (first, last), entry, leave, sign, at_open=True)
        trades.append(
            BacktestTrade(
                symbol=symbol,
                side=position.side,
                entry_at=int(stamps[first]),
                entry_price=entry,
                exit_at=int(stamps[last]),
                exit_price=leave,
                exit_reason=position.reason.value,
                quantity=quantity,
                fees=quantity * fee * (entry + leave),
                pnl=pnl,
                gained=gained,
                r_multiple=pnl / (quantity * distance) if distance else math.nan,
                mfe=favourable,
                mae=adverse,
                risk=distance / entry,
            )
        )
        capital += pnl
    return trades, equity


def _marked(position: Held, row: int, columns: Columns, fee: float) -> float:
    """What one unit entered has gained by the end of `row`, open parts at the close and before the fees of leaving."""
    sign, entry, gain, left = position.side.sign, position.entry, -fee * position.entry, 1.0
    for leg in position.legs:
        if leg.row <= row:
            gain += leg.share * (sign * (leg.price - entry) - fee * leg.price)
            left -= leg.share
    return gain + left * sign * (float(columns.close[row]) - entry)


def _daily_returns(curves: list[tuple[Floats, int]], capital: float) -> Floats:
    """Returns of all symbols' equity together, day by day; each curve with the number of its first day."""
    first = min(day for _, day in curves)
    last = max(day + len(equity) for equity, day in curves)
    total = np.zeros(last - first)
    for equity, day in curves:
        total[: day - first] += capital
        total[day - first : day - first + len(equity)] += equity
        total[day - first + len(equity) :] += equity[-1]
    before = np.concatenate([[capital * len(curves)], total[:-1]])
    with np.errstate(divide="ignore", invalid="ignore"):
        returns: Floats = total / before - 1.0
    return returns
