"""A strategy whose parameters have values: one program for everything it computes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from hashlib import sha256
from itertools import accumulate
from math import log
from sys import float_info
from types import MappingProxyType

from tradewind.core.candles import Timeframe
from tradewind.core.expressions import Compiler, Expression, Kind, Program, SeriesRead, suggestion
from tradewind.core.indicators import LONGEST, ArgumentError, Unit
from tradewind.core.plan import Breakeven, TrailingKind
from tradewind.core.signals import StrategyRef
from tradewind.core.strategy.model import (
    Anchor,
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
from tradewind.core.values import Rounding, Side, decimal_of, round_to

#: Longest ladder of further entries.
MOST_ADDITIONS = 10
_SHARE_STEP = Decimal("0.000001")

#: Candles before a strategy may speak, those that make up longer ones included. An EMA(200) of hours on 5-minute
#: candles takes a third of it.
MAX_WARMUP = 30_000


@dataclass(frozen=True, slots=True)
class Fact:
    """A number behind the words.

    Attributes:
        root: its place among the program's roots.
        constant: a parameter or made of parameters, shown with all its digits.
    """

    root: int
    unit: Unit
    constant: bool


@dataclass(frozen=True, slots=True)
class CompiledRung:
    """`root` is the place of price or distance among the program's roots; None = `r` risks beyond the entry limit."""

    share: Decimal
    root: int | None
    r: float
    is_distance: bool = False


@dataclass(frozen=True, slots=True)
class CompiledSetup:
    """A set-up by the places of its values among the program's roots.

    Attributes:
        needed: every number that must be finite for the set-up to stand.
        exit: the condition that ends the position; None = there is none.
    """

    side: Side
    when: int
    zone_low: int
    zone_high: int
    stop: int
    confidence: int
    rungs: tuple[CompiledRung, ...]
    facts: Mapping[str, Fact]
    because: Mapping[str, tuple[str, ...]]
    needed: tuple[int, ...]
    stop_is_distance: bool
    exit: int | None = None


@dataclass(frozen=True, slots=True)
class CompiledFilter:
    """A filter; `when` is the place of its condition among the program's roots."""

    name: str
    when: int
    side: Side | None


@dataclass(frozen=True, slots=True)
class CompiledTrailing:
    """`distance` and `step` are places among the roots; where there is no `distance`, `factor` is constant: a part of
    the best price, or a multiple of the ATR over `period` candles."""

    kind: TrailingKind
    distance: int | None
    factor: float
    step: int | None
    after_target: int
    at_r: float
    period: int


@dataclass(frozen=True, slots=True)
class CompiledExits:
    """The exits with their constants; `time_stop` in candles, 0 = never; `breakeven_offset` a place among the roots."""

    breakeven: Breakeven | None
    breakeven_offset: int | None
    trailing: CompiledTrailing | None
    time_stop: int

    @property
    def needed(self) -> set[int]:
        """The numbers that must be finite."""
        places = [self.breakeven_offset]
        if self.trailing is not None:
            places += [self.trailing.distance, self.trailing.step]
        return {place for place in places if place is not None}


@dataclass(frozen=True, slots=True)
class CompiledScaleIn:
    """Further entries: `deviation` is the place among the roots of the first one's distance from the entry limit.

    Attributes:
        reach: how many deviations away each of them is, nearest first.
        first: share of the whole size that is entered at the zone.
        shares: those of the further entries; all sum to 1.
        is_grid: each of them leaves one level on and is entered again.
    """

    deviation: int
    reach: tuple[float, ...]
    first: Decimal
    shares: tuple[Decimal, ...]
    from_average: bool
    is_grid: bool = False


@dataclass(frozen=True, slots=True)
class Strategy:
    """A strategy ready to be evaluated. Made by `Strategy.of`, changed only into another one.

    Attributes:
        ref: name, version and content hash; other parameter values make another content hash.
        values: every parameter's value.
        chosen: every choice's word.
        anchor: from which price distances count.
        warmup: rows before it may speak, so that averages have forgotten where they started; where it reads other
            series, `warmup_on` says how many they are.
        risk_scale: place of the part of the risk per trade that it asks for; None = all of it.
    """

    ref: StrategyRef
    blueprint: Blueprint
    values: Mapping[str, float]
    chosen: Mapping[str, str]
    anchor: Anchor
    program: Program
    setups: tuple[CompiledSetup, ...]
    exits: CompiledExits
    scale_in: CompiledScaleIn | None
    warmup: int
    filters: tuple[CompiledFilter, ...] = ()
    risk_scale: int | None = None

    @property
    def reads(self) -> frozenset[SeriesRead]:
        """Every other series that it looks at."""
        return self.program.reads()

    @property
    def symbols_read(self) -> frozenset[str]:
        """Symbols that it looks at whatever it trades."""
        return frozenset(symbol for symbol, _ in self.reads if symbol is not None)

    def warmup_on(self, timeframe: Timeframe) -> int:
        """Rows of `timeframe` before it may speak, the candles of longer timeframes counted in them.

        Raises:
            StrategyError: it cannot run on such candles: it looks at timeframes that cannot be put together from them,
                or needs more of them than `MAX_WARMUP`.
        """
        place = self.blueprint.name
        for _, read in sorted(self.reads, key=str):
            if read is not None and read is not timeframe and not read.derives_from(timeframe):
                raise StrategyError(
                    place,
                    f"looks at {read} candles, which cannot be put together from {timeframe} ones; "
                    f"expected a timeframe that divides {read}",
                )
        rows = max(self.program.settled_on(timeframe), self.warmup)
        if rows > MAX_WARMUP:
            raise StrategyError(
                place, f"expected at most {MAX_WARMUP} candles of warm-up, on {timeframe} candles it needs {rows}"
            )
        return rows

    @classmethod
    def of(cls, blueprint: Blueprint, overrides: Mapping[str, float | str] | None = None) -> Strategy:
        """`blueprint` with its defaults, except for `overrides` of parameters (numbers) and choices (words).

        Raises:
            StrategyError: an unknown parameter or a value out of range; an unknown name in a sentence.
            ExpressionError: an expression cannot be computed with these values.
        """
        values, chosen = _settings(blueprint, overrides or {})
        linker = _Linker(blueprint, values)
        exits = linker.exits(blueprint.exits)
        scale_in = linker.scale_in(blueprint.scale_in)
        scale = linker.risk_scale(blueprint.risk_scale)
        setups = tuple(linker.setup(setup, exits, scale_in, scale) for setup in blueprint.setups)
        filters = tuple(linker.filter(each) for each in blueprint.filters)
        program = linker.program()
        return cls(
            ref=StrategyRef(blueprint.name, blueprint.version, _content_hash(blueprint, values, chosen)),
            blueprint=blueprint,
            values=MappingProxyType(values),
            chosen=MappingProxyType(chosen),
            anchor=Anchor(chosen.get(blueprint.anchor, blueprint.anchor)),
            program=program,
            setups=setups,
            exits=exits,
            scale_in=scale_in,
            warmup=max(program.settled, blueprint.warmup, exits.trailing.period if exits.trailing else 0),
            filters=filters,
            risk_scale=scale,
        )

    def with_parameters(self, overrides: Mapping[str, float | str]) -> Strategy:
        """This strategy with other values of parameters and choices; those not named stay as they are.

        Raises:
            StrategyError, ExpressionError: as for `of`.
        """
        return Strategy.of(self.blueprint, {**self.values, **self.chosen, **overrides})


def _settings(blueprint: Blueprint, overrides: Mapping[str, float | str]) -> tuple[dict[str, float], dict[str, str]]:
    known = {parameter.name for parameter in blueprint.parameters} | {choice.name for choice in blueprint.choices}
    for name in overrides:
        if name not in known:
            there = ", ".join(sorted(known)) or "none"
            raise StrategyError(
                f"parameters.{name}", f"unknown parameter{suggestion(name, known)}; {blueprint.name} has {there}"
            )
    return _values(blueprint, overrides), _chosen(blueprint, overrides)


def _chosen(blueprint: Blueprint, overrides: Mapping[str, float | str]) -> dict[str, str]:
    chosen: dict[str, str] = {}
    for choice in blueprint.choices:
        word = overrides.get(choice.name, choice.default)
        if not isinstance(word, str) or word not in choice.options:
            raise StrategyError(f"choices.{choice.name}", f"expected one of {', '.join(choice.options)}, got {word}")
        chosen[choice.name] = word
    return chosen


def _values(blueprint: Blueprint, overrides: Mapping[str, float | str]) -> dict[str, float]:
    ranges = {parameter.name: parameter.range for parameter in blueprint.parameters}
    values: dict[str, float] = {}
    for name, allowed in ranges.items():
        value = overrides.get(name, allowed.default)
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise StrategyError(f"parameters.{name}", f"expected a number, got {value!r}")
        try:
            values[name] = float(allowed.checked(value))
        except ArgumentError as error:
            raise StrategyError(f"parameters.{name}", str(error)) from None
    return values


def _content_hash(blueprint: Blueprint, values: Mapping[str, float], chosen: Mapping[str, str]) -> str:
    """The document's hash at its defaults; otherwise that of document and changed values together."""
    defaults = {parameter.name: parameter.range.default for parameter in blueprint.parameters}
    changed = {name: repr(value) for name, value in values.items() if value != defaults[name]}
    changed |= {each.name: chosen[each.name] for each in blueprint.choices if chosen[each.name] != each.default}
    if not changed:
        return blueprint.document_hash
    content = {"document": blueprint.document_hash, "parameters": changed}
    return sha256(json.dumps(content, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


class _Linker:
    """Compiles a blueprint's expressions and keeps book of which root is what."""

    def __init__(self, blueprint: Blueprint, values: Mapping[str, float]) -> None:
        self._compiler = Compiler(values, blueprint.definitions)
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
