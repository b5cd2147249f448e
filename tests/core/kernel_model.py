"""What a position's plan does to it, bar by bar: the readable specification of `tradewind.core.kernel`.

Plain Python, one rule after the other, with the float operations in the order that the kernel and `core.plan` have, so
that all three agree to the last bit. Ticks and rounding are decimal here, on purpose in another way than in the kernel.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import Literal, NamedTuple

End = Literal["stop", "breakeven", "trailing", "target", "time_stop"]
Follows = Literal["distance", "percent", "chandelier", "moving_target"]


class Bar(NamedTuple):
    """`funding`: charged to longs at the open; `atr`: at the close."""

    start: int
    end: int
    open: float
    high: float
    low: float
    close: float
    atr: float = 0.0
    funding: float = 0.0


@dataclass(frozen=True)
class BreakevenRule:
    """Once `after_target` rungs are filled or a new best price is `at_r` away (0 = not so): to the price that pays for
    all costs and `offset` beyond it."""

    after_target: int
    at_r: float
    offset: float = 0.0


@dataclass(frozen=True)
class TrailingRule:
    """Follow the best price at `distance`, by no less than `step`; `after_target` is a moving target's lag."""

    follows: Follows
    distance: float
    after_target: int = 0
    at_r: float = 0.0
    step: float = 0.0


@dataclass(frozen=True)
class Ladder:
    """`first` of the whole size at once, the rest by (level, share) as limit orders that rest from then on.

    With `targets_from` targets keep their distance from the average entry, as they had it from that price. With
    `trips` it is a grid: each addition leaves at the level of that number, and waits to be entered again."""

    first: float
    additions: tuple[tuple[float, float], ...]
    targets_from: float = 0.0
    trips: tuple[float, ...] = ()


@dataclass(frozen=True)
class Plan:
    side: int
    stop: float
    targets: tuple[tuple[float, float], ...]
    breakeven: BreakevenRule | None = None
    trailing: TrailingRule | None = None
    max_age_ms: int = 0
    ladder: Ladder | None = None


@dataclass(frozen=True)
class Market:
    """`slippage` counts for the breakeven price; `worse` is what market and stop orders really lose."""

    maker: float = 0.0
    taker: float = 0.0
    slippage: float = 0.0
    worse: float = 0.0
    tick: Decimal | None = None
    textbook: bool = False


@dataclass
class Position:
    plan: Plan
    market: Market
    phase: Literal["pending", "open", "closed", "refused"] = "pending"
    entry: float = 0.0
    stop: float = 0.0
    best: float = 0.0
    worst: float = 0.0
    left: float = 1.0
    gained: float = 0.0
    funding: float = 0.0
    opened_at: int = 0
    filled: int = 0
    breakeven_over: bool = False
    trailing_on: bool = False
    why_stop: End = "stop"
    leaving: End | None = None
    end: End | None = None
    exit: float = 0.0
    moves: list[tuple[End, float]] = field(default_factory=list)
    entered: float = 1.0
    fee_in: float = 0.0
    added: int = 0
    round_trips: list[float] = field(default_factory=list)
    #: Price and fee rate of every part that is held.
    parts: list[tuple[float, float]] = field(default_factory=list)
    #: Average entry of all that was planned, from the price of the first fill.
    planned: float = 0.0

    # ---------------------------------------------------------------------------------------------------- one bar

    def step(self, bar: Bar) -> None:
        """A pending position enters at the open of the bar, and lives from there on."""
        rests = self.phase == "open"
        if self.phase == "pending":
            self._enter(bar)
        elif self.phase == "open" and bar.funding:
            paid = self.plan.side * bar.funding
            self.funding += paid
            self.gained -= self.left * paid
        if self.phase == "open" and self.market.textbook:
            self._live_by_textbook(bar)
        elif self.phase == "open":
            self._live(bar, rests=rests)

    def _enter(self, bar: Bar) -> None:
        if not self._beyond(bar.open, self.plan.stop) and not self.market.textbook:
            self.phase = "refused"
            return
        self.phase = "open"
        self.entry = self.best = self.worst = bar.open * (1.0 + self.plan.side * self.market.worse)
        self.stop = self.plan.stop
        self.fee_in = self.market.taker
        self.planned = self.entry
        if self.plan.ladder:
            self.left = self.entered = self.plan.ladder.first
            self.parts = [(self.entry, self.fee_in)]
            self.planned *= self.entered
            for level, share in self.plan.ladder.additions:
                self.planned += share * level
        self.opened_at = bar.start
        rule = self.plan.trailing
        self.trailing_on = bool(rule and rule.follows != "moving_target" and not rule.after_target and not rule.at_r)

    def _live(self, bar: Bar, *, rests: bool) -> None:  # noqa: PLR0912 - one rule after the other
        """Against the position first; further entries on the way to the stop; the stop before targets; what is gapped
        over at the open. After a further entry inside the bar only its adverse extreme and its close are certain."""
        best_before = self.best
        adverse, favourable = (bar.low, bar.high) if self.plan.side > 0 else (bar.high, bar.low)
        path = [bar.open, adverse, favourable, bar.close] if bar.high != bar.low else [bar.close]
        if self.leaving:
            path = path[:1]
        price, todo = path[0], list(path)
        while todo:
            reached = todo[0]
            level = self._waits_at()
            if level is not None and self._beyond(price, self.stop) and not self._beyond(reached, level):
                gapped = not self._beyond(price, level)
                if gapped and not rests:
                    self._add(price, self.market.taker)
                else:
                    self._add(level, self.market.maker)
                if not gapped:
                    price = level
                    if len(todo) > 1:  # on the way to the worst, so the best may have been before
                        todo = [adverse, bar.close]
                        self.best = best_before
                    self._see(level)
                continue
            if not self._beyond(price, self.stop):
                self._see(price)
                return self._leave(price, self.why_stop)
            if not self._beyond(reached, self.stop):
                self._see(self.stop)
                return self._leave(self.stop, self.why_stop)
            self._see(reached)
            while (target := self._leaves_at()) is not None and not self._beyond(target, reached):
                self._make_round_trip(target)
            for level, share in self._targets()[self.filled :]:
                if self._beyond(level, reached):
                    break
                self._take(level, share * self.entered)
                if self.phase == "closed":
                    return None
            price = reached
            todo.pop(0)
        if self.leaving:
            return self._leave(price, self.leaving)
        return self._decide(bar, new_best=self._beyond(self.best, best_before))

    def _live_by_textbook(self, bar: Bar) -> None:
        """The stop before all else; targets at their level or the open beyond; of the last bar the exit is seen."""
        if self.leaving:
            self._see(bar.open)
            return self._leave(bar.open, self.leaving)
        adverse, favourable = (bar.low, bar.high) if self.plan.side > 0 else (bar.high, bar.low)
        if not self._beyond(adverse, self.stop):
            price = self.stop if self._beyond(bar.open, self.stop) else bar.open
            self._see(price)
            return self._leave(price, self.why_stop)
        for level, share in self.plan.targets[self.filled :]:
            if self._beyond(level, favourable):
                break
            price = level if self._beyond(level, bar.open) else bar.open
            self._take(price, share)
            if self.phase == "closed":
                return self._see(price)
        if not self._beyond(bar.close, self.stop):
            self._see(self.stop)
            return self._leave(self.stop, self.why_stop)
        best_before = self.best
        self._see(adverse)
        self._see(favourable)
        return self._decide(bar, new_best=self._beyond(self.best, best_before))

    def _decide(self, bar: Bar, *, new_best: bool) -> None:
        """After the bar, for the bars to come."""
        plan = self.plan
        if plan.max_age_ms and bar.end - self.opened_at >= plan.max_age_ms:
            self.leaving = "time_stop"
            return
        risk = (self.entry - plan.stop) * plan.side
        gained_r = (self.best - self.entry) * plan.side / risk if new_best and risk > 0.0 else 0.0
        wanted: list[tuple[End, float]] = []
        rule = plan.breakeven
        if rule and rule.at_r and gained_r >= rule.at_r:
            wanted += self._breakeven(rule, bar.close)
        trailing = plan.trailing
        if trailing and trailing.follows != "moving_target":
            if trailing.at_r and gained_r >= trailing.at_r:
                self.trailing_on = True
            if self.trailing_on:
                level = self._behind_best(trailing, bar.atr)
                if self._worth_it(level, wanted, trailing.step):
                    if self._beyond(bar.close, level):
                        wanted.append(("trailing", level))
                    else:
                        self.leaving = "trailing"
        self._move(wanted, bar.close)

    # --------------------------------------------------------------------------------------------------- its parts

    def _take(self, price: float, share: float) -> None:
        self.filled += 1
        net = self._net(price, self.market.maker)
        if self.filled == len(self.plan.targets):
            self.gained += self.left * net
            self._over(price, "target")
            return
        self.gained += share * net
        self.left -= share
        wanted: list[tuple[End, float]] = []
        rule = self.plan.breakeven
        if rule and rule.after_target and self.filled >= rule.after_target:
            wanted += self._breakeven(rule, price)
        trailing = self.plan.trailing
        if trailing and trailing.follows == "moving_target":
            behind = self.filled - trailing.after_target
            if behind >= 0:
                level = self._target_level(behind) if behind else self._paid_at()
                if self._worth_it(level, wanted, trailing.step) and self._beyond(price, level):
                    wanted.append(("trailing", level))
        elif trailing and trailing.after_target and self.filled >= trailing.after_target:
            self.trailing_on = True
        self._move(wanted, price)

    def _waits_at(self) -> float | None:
        """The level of the next further entry; what has begun to leave enters no more."""
        ladder = self.plan.ladder
        if not ladder or self.added == len(ladder.additions) or self.filled or self.leaving:
            return None
        level = ladder.additions[self.added][0]
        return level if self._beyond(level, self.stop) else None

    def _add(self, price: float, fee: float) -> None:
        assert self.plan.ladder
        share = self.plan.ladder.additions[self.added][1]
        self.added += 1
        self.parts.append((price, fee))
        held, self.left = self.left, self.left + share
        self._average(share, price, fee)
        self.funding *= held / self.left

    def _average(self, share: float, price: float, fee: float) -> None:
        self.entered += share
        self.entry += (price - self.entry) * (share / self.entered)
        self.fee_in += (fee - self.fee_in) * (share * price / (self.entry * self.entered))

    def _leaves_at(self) -> float | None:
        """Where the part of a grid that was entered last leaves."""
        ladder = self.plan.ladder
        return ladder.trips[self.added - 1] if ladder and ladder.trips and self.added else None

    def _make_round_trip(self, target: float) -> None:
        """It leaves with its own price; the averages are what they were before it came."""
        assert self.plan.ladder
        first, additions = self.plan.ladder.first, self.plan.ladder.additions
        price, fee = self.parts.pop()
        self.added -= 1
        gain = (target - price) * self.plan.side - price * fee - target * self.market.maker
        self.gained += additions[self.added][1] * gain
        self.round_trips.append(additions[self.added][1] * gain)
        (self.entry, self.fee_in), self.entered = self.parts[0], first
        for (_, share), (paid, rate) in zip(additions, self.parts[1:], strict=False):
            self._average(share, paid, rate)
        self.left = self.entered

    def _target_level(self, rung: int) -> float:
        """Where target `rung` (from 1) belongs, before it goes to the tick."""
        level, ladder, side = self.plan.targets[rung - 1][0], self.plan.ladder, self.plan.side
        if not ladder or not ladder.targets_from:
            return level
        moved = self.entry + (level - ladder.targets_from)
        hair = 1e-12
        return moved + side * (moved * hair)

    def _targets(self) -> list[tuple[float, float]]:
        ladder, side = self.plan.ladder, self.plan.side
        if not ladder or not ladder.targets_from:
            return list(self.plan.targets)
        return [
            (on_tick(self._target_level(rung), self.market.tick, up=side < 0), share)
            for rung, (_, share) in enumerate(self.plan.targets, start=1)
        ]

    def _breakeven(self, rule: BreakevenRule, price: float) -> list[tuple[End, float]]:
        """Once; and for good not, when the stop is that far already or the market is not."""
        if self.breakeven_over:
            return []
        self.breakeven_over = True
        level = self._paid_at() + self.plan.side * rule.offset
        if self._beyond(level, self.stop) and self._beyond(price, level):
            return [("breakeven", level)]
        return []

    def _paid_at(self) -> float:
        side, fee = self.plan.side, self.market.taker
        spent = self.entry * (1.0 + side * self.fee_in) + side * self.funding
        return spent / (1.0 - side * (fee + self.market.slippage))

    def _behind_best(self, rule: TrailingRule, atr: float) -> float:
        distance = rule.distance
        if rule.follows == "percent":
            distance = rule.distance * self.best
        if rule.follows == "chandelier":
            distance = rule.distance * atr
        return self.best - self.plan.side * distance

    def _worth_it(self, level: float, wanted: list[tuple[End, float]], step: float) -> bool:
        in_force = wanted[-1][1] if wanted else self.stop
        gain = (level - in_force) * self.plan.side
        return gain > 0.0 and gain >= step

    def _move(self, wanted: list[tuple[End, float]], market: float) -> None:
        for why, level in wanted:
            # Breakeven must not fall short of its costs; a trailing stop must not be tighter than was asked for.
            up = (why == "breakeven") == (self.plan.side > 0)
            rounded = on_tick(level, self.market.tick, up=up)
            if self._beyond(rounded, self.stop) and self._beyond(market, rounded):
                self.stop, self.why_stop = rounded, why
                self.moves.append((why, rounded))

    def _leave(self, price: float, why: End) -> None:
        price = price * (1.0 - self.plan.side * self.market.worse)
        self.gained += self.left * self._net(price, self.market.taker)
        self._over(price, why)

    def _over(self, price: float, why: End) -> None:
        self.left, self.exit, self.end, self.phase = 0.0, price, why, "closed"

    def _net(self, price: float, fee_out: float) -> float:
        return (price - self.entry) * self.plan.side - self.entry * self.fee_in - price * fee_out

    def _see(self, price: float) -> None:
        if self._beyond(price, self.best):
            self.best = price
        elif self._beyond(self.worst, price):
            self.worst = price

    def _beyond(self, one: float, other: float) -> bool:
        """Whether `one` is better than `other`."""
        return one > other if self.plan.side > 0 else one < other


def on_tick(level: float, tick: Decimal | None, *, up: bool) -> float:
    if tick is None:
        return level
    rows = (Decimal(repr(level)) / tick).to_integral_value(ROUND_CEILING if up else ROUND_FLOOR)
    return float(rows * tick)


def lived(plan: Plan, market: Market, bars: list[Bar]) -> Position:
    """A position that enters at the open of the first bar."""
    position = Position(plan, market)
    for bar in bars:
        position.step(bar)
    return position
