"""The position plan once more, written from the product's rules alone and in exact numbers: slow, obvious, separate.

One R is the distance from the average entry to the initial stop. The best price is the most favourable one seen since
the first fill.

- Too old: leave at market; nothing else counts any more.
- Breakeven, once: when enough targets are filled, or when a new best price is enough R away. The stop goes to the first
  tick that pays for everything and the offset beyond it, unless it is that far already, or the market is not beyond
  that tick (then: never).
- Trailing: from the start, when enough targets are filled, or when a new best price is enough R away; once on it stays
  on. The stop follows the best price at its distance, by steps that are worth it; when the market is already there,
  leave at market. A chandelier's distance is a multiple of the present ATR, and it moves only when a candle tells it.
- A moving target: with target k filled the stop goes to target k − lag, for k = lag to what pays for everything, by
  steps that are worth it and where the market is beyond it.
- The stop never goes back.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from typing import Literal

from tradewind.core.plan import PlanSpec, TrailingKind

Happening = tuple[Literal["move", "skip", "exit"], str, Fraction | None]


@dataclass
class PlanModel:
    """One position's plan; prices as fractions on a `tick`."""

    spec: PlanSpec
    tick: Decimal
    entry: Fraction
    paid_at: Fraction
    opened_at: int
    stop: Fraction = field(init=False)
    best: Fraction = field(init=False)
    targets: int = 0
    breakeven_over: bool = False
    trailing: bool = field(init=False)
    left: bool = False

    def __post_init__(self) -> None:
        self.stop = Fraction(self.spec.stop)
        self.best = self.entry
        rule = self.spec.trailing
        moving = rule is not None and rule.kind is TrailingKind.MOVING_TARGET
        self.trailing = rule is not None and not moving and not rule.after_target and not rule.at_r

    def repriced(self, entry: Fraction, paid_at: Fraction) -> None:
        self.entry, self.paid_at = entry, paid_at

    def seen(
        self, high: Fraction, low: Fraction, close: Fraction, at: int, atr: Fraction | None = None
    ) -> list[Happening]:
        told: list[Happening] = []
        favourable = high if self.spec.side > 0 else low
        new_best = self._better(favourable, self.best)
        if new_best:
            self.best = favourable
        if self.spec.max_age_ms and at - self.opened_at >= self.spec.max_age_ms:
            self.left = True
            return [("exit", "time_stop", None)]
        breakeven, trailing = self.spec.breakeven, self.spec.trailing
        if trailing and trailing.kind is TrailingKind.MOVING_TARGET:
            trailing = None
        if new_best and breakeven and breakeven.at_r and self._gained(breakeven.at_r):
            self._breakeven(close, told)
        if new_best and trailing and trailing.at_r and self._gained(trailing.at_r):
            self.trailing = True
        hangs = trailing is not None and trailing.kind is TrailingKind.CHANDELIER
        if trailing and self.trailing and not (hangs and atr is None):
            distance = Fraction(trailing.distance)
            if hangs and atr is not None:
                distance *= atr
            if trailing.kind is TrailingKind.PERCENT:
                distance *= self.best
            level = self.best - self.spec.side * distance
            gain = (level - self.stop) * self.spec.side
            if gain > 0 and gain >= Fraction(trailing.step):
                if self._better(close, level):
                    self._move(self._to_tick(level, outwards=True), "trailing", told)
                else:
                    self.left = True
                    told.append(("exit", "trailing", None))
        return told

    def target_filled(self, rung: int, price: Fraction) -> list[Happening]:
        told: list[Happening] = []
        self.targets = max(self.targets, rung)
        breakeven, trailing = self.spec.breakeven, self.spec.trailing
        if breakeven and breakeven.after_target and self.targets >= breakeven.after_target:
            self._breakeven(price, told)
        if trailing and trailing.after_target and self.targets >= trailing.after_target:
            if trailing.kind is not TrailingKind.MOVING_TARGET:
                self.trailing = True
                return told
            behind = self.targets - trailing.after_target
            level = Fraction(self.spec.targets[behind - 1].level) if behind else self.paid_at
            gain = (level - self.stop) * self.spec.side
            if gain > 0 and gain >= Fraction(trailing.step) and self._better(price, level):
                self._move(self._to_tick(level, outwards=True), "trailing", told)
        return told

    def _better(self, one: Fraction, other: Fraction) -> bool:
        return one > other if self.spec.side > 0 else one < other

    def _gained(self, r: float) -> bool:
        risk = (self.entry - Fraction(self.spec.stop)) * self.spec.side
        return risk > 0 and (self.best - self.entry) * self.spec.side >= Fraction(r) * risk

    def _breakeven(self, price: Fraction, told: list[Happening]) -> None:
        if self.breakeven_over:
            return
        self.breakeven_over = True
        assert self.spec.breakeven is not None
        level = self.paid_at + self.spec.side * Fraction(self.spec.breakeven.offset)
        if not self._better(level, self.stop):
            return
        level = self._to_tick(level, outwards=False)
        if self._better(price, level):
            self._move(level, "breakeven", told)
        else:
            told.append(("skip", "breakeven", None))

    def _move(self, level: Fraction, why: str, told: list[Happening]) -> None:
        if self._better(level, self.stop):
            self.stop = level
            told.append(("move", why, level))

    def _to_tick(self, level: Fraction, *, outwards: bool) -> Fraction:
        """The next tick away from the market (`outwards`) or towards it."""
        tick = Fraction(self.tick)
        down = level // tick * tick
        up = -(-level // tick) * tick
        return down if outwards == (self.spec.side > 0) else up
