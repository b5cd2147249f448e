"""From a document's rules and its parameters' values to one program and the places in it."""

from __future__ import annotations

from collections.abc import Mapping, Set
from decimal import Decimal
from itertools import accumulate
from math import log
from sys import float_info
from types import MappingProxyType

from tradewind.core.expressions import Compiler, Expression, Kind, Program
from tradewind.core.indicators import LONGEST
from tradewind.core.plan import Breakeven, TrailingKind
from tradewind.core.strategy.compiled import (
    CompiledExits,
    CompiledFilter,
    CompiledRung,
    CompiledScaleIn,
    CompiledSetup,
    CompiledTrailing,
    Fact,
)
from tradewind.core.strategy.model import (
    Blueprint,
    Exits,
    Filter,
    GridRule,
    Rung,
    ScaleInRule,
    Setup,
    StrategyError,
    TrailingRule,
)
from tradewind.core.strategy.words import LEVELS, check_sentence
from tradewind.core.values import Rounding, decimal_of, round_to

#: Longest ladder of further entries.
MOST_ADDITIONS = 10
_SHARE_STEP = Decimal("0.000001")


class Linker:
    """Compiles a blueprint's expressions and keeps book of which root is what."""

    def __init__(self, blueprint: Blueprint, values: Mapping[str, float], left_open: Set[str] = frozenset()) -> None:
        self._compiler = Compiler(values, blueprint.definitions, left_open)
        self._names = values.keys() | blueprint.definitions.keys()
        self._roots: list[int] = []
        self._places: dict[int, int] = {}

    def program(self) -> Program:
        return self._compiler.program(self._roots)

    def risk_scale(self, expression: Expression | None) -> int | None:
        return None if expression is None else self._root(expression)

    def filter(self, rule: Filter) -> CompiledFilter:
        return CompiledFilter(rule.name, self._root(rule.when), rule.side)

    def setup(
        self, setup: Setup, exits: CompiledExits, scale_in: CompiledScaleIn | None, scale: int | None
    ) -> CompiledSetup:
        when = self._root(setup.when)
        zone_low, zone_high = self._root(setup.zone_low), self._root(setup.zone_high)
        stop, confidence = self._root(setup.stop), self._root(setup.confidence)
        rungs = tuple(self._rung(rung) for rung in setup.ladder)
        facts = self._facts(setup)
        needed = {zone_low, zone_high, stop, confidence} | exits.needed
        if scale is not None:
            needed.add(scale)
        needed.update(rung.root for rung in rungs if rung.root is not None)
        needed.update(fact.root for fact in facts.values())
        if scale_in is not None:
            needed.add(scale_in.deviation)
        return CompiledSetup(
            side=setup.side,
            when=when,
            zone_low=zone_low,
            zone_high=zone_high,
            stop=stop,
            confidence=confidence,
            rungs=rungs,
            facts=MappingProxyType(facts),
            because=setup.because,
            needed=tuple(sorted(needed)),
            stop_is_distance=setup.stop_is_distance,
            exit=None if setup.exit is None else self._root(setup.exit),
        )

    def _rung(self, rung: Rung) -> CompiledRung:
        if rung.in_r:
            return CompiledRung(rung.share, None, self._positive(rung.level))
        return CompiledRung(rung.share, self._root(rung.level), 0.0, rung.is_distance)

    def exits(self, exits: Exits) -> CompiledExits:
        rule = exits.breakeven
        breakeven = Breakeven(rule.after_target, self._optional(rule.at_r)) if rule else None
        offset = self._root(rule.offset) if rule and rule.offset else None
        time_stop = self._optional(exits.time_stop)
        if exits.time_stop is not None and not time_stop.is_integer():
            raise exits.time_stop.error(f"expected a whole number of candles, got {time_stop:g}")
        return CompiledExits(breakeven, offset, self._trailing(exits.trailing), int(time_stop))

    def scale_in(self, rule: ScaleInRule | GridRule | None) -> CompiledScaleIn | None:
        match rule:
            case None:
                return None
            case GridRule(levels, distance, size):
                count = self._count(levels, "levels")
                first, shares = self._shares(count, size, levels)
                reach = tuple(number / count for number in range(1, count + 1))
                return CompiledScaleIn(self._root(distance), reach, first, shares, from_average=False, is_grid=True)
            case ScaleInRule(orders, deviation, step, size, from_average):
                count = self._count(orders, "orders")
                first, shares = self._shares(count, size, orders)
                reach = tuple(accumulate(self._powers(step, count)))
                return CompiledScaleIn(self._root(deviation), reach, first, shares, from_average)

    def _count(self, expression: Expression, what: str) -> int:
        number = self._positive(expression)
        if not number.is_integer() or number > MOST_ADDITIONS:
            raise expression.error(f"expected a whole number of {what} up to {MOST_ADDITIONS}, got {number:g}")
        return int(number)

    def _shares(self, count: int, size: Expression | None, where: Expression) -> tuple[Decimal, tuple[Decimal, ...]]:
        """Of the first entry and of `count` more, each `size` times the one before."""
        sizes = self._powers(size, count + 1)
        whole = sum(sizes)
        shares = [round_to(decimal_of(each / whole), _SHARE_STEP, Rounding.DOWN) for each in sizes]
        if min(shares) <= 0:
            raise (size or where).error(f"expected parts of at least {_SHARE_STEP} of the whole, got {min(shares)}")
        # What rounding leaves goes to the last, which is nearest to the stop and loses least there.
        last = Decimal(1) - sum(shares[:-1], Decimal(0))
        return shares[0], (*shares[1:-1], last)

    def _powers(self, expression: Expression | None, count: int) -> list[float]:
        """1, x, x² and so on of a positive constant x; of none `count` times 1."""
        if expression is None:
            return [1.0] * count
        base = self._positive(expression)
        # The largest is the last; past it their sum must fit as well.
        if log(max(base, 1.0)) * count > log(float_info.max):
            raise expression.error(f"expected a factor that is small enough to be taken {count} times, got {base:g}")
        return [base**number for number in range(count)]

    def _trailing(self, rule: TrailingRule | None) -> CompiledTrailing | None:
        if rule is None:
            return None
        factor, distance, period = 0.0, None, 0
        if rule.distance is not None and rule.kind is TrailingKind.DISTANCE:
            distance = self._root(rule.distance)
        elif rule.distance is not None:
            factor = self._positive(rule.distance)
            if rule.kind is TrailingKind.PERCENT:
                if factor >= 100:
                    raise rule.distance.error(f"expected a percentage below 100, got {factor:g}")
                factor /= 100
        if rule.period is not None:
            number = self._positive(rule.period)
            if not number.is_integer() or not 2 <= number <= LONGEST:
                raise rule.period.error(f"expected a whole number of candles from 2 to {LONGEST}, got {number:g}")
            period = int(number)
        step = self._root(rule.step) if rule.step else None
        return CompiledTrailing(rule.kind, distance, factor, step, rule.after_target, self._optional(rule.at_r), period)

    def _facts(self, setup: Setup) -> dict[str, Fact]:
        """What the sentences name, apart from the signal's own levels."""
        facts: dict[str, Fact] = {}
        for language, sentences in setup.because.items():
            for number, sentence in enumerate(sentences):
                path = f"{setup.path}.because.{language}[{number}]"
                for name in check_sentence(path, sentence, self._names):
                    if name not in LEVELS:
                        facts[name] = self._fact(path, name)
        return facts

    def _fact(self, path: str, name: str) -> Fact:
        index = self._compiler.named(name)
        traits = self._compiler.traits(index)
        if traits.kind is not Kind.NUMBER:
            raise StrategyError(path, f'expected the name of a number, "{name}" is a {traits.kind}')
        return Fact(self._place(index), traits.unit, self._compiler.is_constant(index))

    def _root(self, expression: Expression) -> int:
        return self._place(self._compiler.add(expression))

    def _place(self, index: int) -> int:
        place = self._places.setdefault(index, len(self._roots))
        if place == len(self._roots):
            self._roots.append(index)
        return place

    def _optional(self, expression: Expression | None) -> float:
        """The positive constant, or 0 when there is no rule for one."""
        return 0.0 if expression is None else self._positive(expression)

    def _positive(self, expression: Expression) -> float:
        value = self._compiler.constant(expression)
        if value <= 0:
            raise expression.error(f"expected a number above 0, got {value:g}")
        return value
