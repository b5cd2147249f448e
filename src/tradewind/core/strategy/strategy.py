"""A strategy whose parameters have values: one program for everything it computes."""

from __future__ import annotations

from collections.abc import Mapping, Set
from dataclasses import dataclass
from types import MappingProxyType

from tradewind.core.candles import Timeframe
from tradewind.core.expressions import NotOpenError, Program, SeriesRead
from tradewind.core.signals import StrategyRef
from tradewind.core.strategy.compiled import CompiledExits, CompiledFilter, CompiledScaleIn, CompiledSetup
from tradewind.core.strategy.linker import Linker
from tradewind.core.strategy.model import Anchor, Blueprint, StrategyError
from tradewind.core.strategy.settings import checked_settings, content_hash

#: Candles before a strategy may speak, those that make up longer ones included. An EMA(200) of hours on 5-minute
#: candles takes a third of it.
MAX_WARMUP = 30_000


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
        left_open: parameters whose values its program does not have; see `Values.given`.
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
    left_open: frozenset[str] = frozenset()

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
    def of(
        cls,
        blueprint: Blueprint,
        overrides: Mapping[str, float | str] | None = None,
        left_open: Set[str] = frozenset(),
    ) -> Strategy:
        """`blueprint` with its defaults, except for `overrides` of parameters (numbers) and choices (words).

        Args:
            left_open: parameters to leave open, as far as may be: those by which only numbers of plans and words hang.
                Sets of parameters that differ in no others have this strategy in common.

        Raises:
            StrategyError: an unknown parameter or a value out of range; an unknown name in a sentence.
            ExpressionError: an expression cannot be computed with these values.
        """
        values, chosen = checked_settings(blueprint, overrides or {})
        parameters = left_open & values.keys()
        while True:
            try:
                return cls._linked(blueprint, values, chosen, parameters)
            except NotOpenError as needed:
                parameters -= needed.names

    @classmethod
    def _linked(
        cls, blueprint: Blueprint, values: dict[str, float], chosen: dict[str, str], left_open: Set[str]
    ) -> Strategy:
        linker = Linker(blueprint, values, left_open)
        exits = linker.exits(blueprint.exits)
        scale_in = linker.scale_in(blueprint.scale_in)
        scale = linker.risk_scale(blueprint.risk_scale)
        setups = tuple(linker.setup(setup, exits, scale_in, scale) for setup in blueprint.setups)
        filters = tuple(linker.filter(each) for each in blueprint.filters)
        program = linker.program()
        return cls(
            ref=StrategyRef(blueprint.name, blueprint.version, content_hash(blueprint, values, chosen)),
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
            left_open=frozenset(left_open),
        )

    def with_parameters(self, overrides: Mapping[str, float | str]) -> Strategy:
        """This strategy with other values of parameters and choices; those not named stay as they are.

        Raises:
            StrategyError, ExpressionError: as for `of`.
        """
        return Strategy.of(self.blueprint, {**self.values, **self.chosen, **overrides})
