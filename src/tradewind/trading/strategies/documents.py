"""Strategy documents: from text to a strategy, or to a list of what is wrong with the text.

The content hash is the SHA-256 of the document's canonical JSON: keys sorted, expressions in canonical form, texts
folded. Comments, spacing, key order, YAML or JSON, left-out defaults of indicators: none of them changes it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from decimal import Decimal
from hashlib import sha256
from typing import Any

from pydantic import ValidationError

from tradewind.core.expressions import (
    RESERVED,
    Expression,
    ExpressionError,
    Kind,
    UnknownNameError,
    canonical,
    parse,
    parse_definitions,
)
from tradewind.core.indicators import Argument
from tradewind.core.plan import TrailingKind
from tradewind.core.strategy import (
    LEVELS,
    Anchor,
    Blueprint,
    BreakevenRule,
    Choice,
    Exits,
    Filter,
    GridRule,
    Parameter,
    Rung,
    ScaleInRule,
    Setup,
    Strategy,
    TrailingRule,
    check_sentence,
)
from tradewind.core.values import Side, decimal_of
from tradewind.trading.strategies.errors import DocumentError, Problem
from tradewind.trading.strategies.reading import read
from tradewind.trading.strategies.shape import (
    ChoiceShape,
    DocumentShape,
    ExitsShape,
    GridShape,
    ParameterShape,
    ScaleInShape,
    SetupShape,
    TrailingShape,
    problems_of,
)


def parse_document(text: str) -> Strategy:
    """The strategy in `text` (YAML or JSON), with its parameters at their defaults.

    Raises:
        DocumentError: everything that is wrong with it, with the place of each.
    """
    data = read(text)
    if not isinstance(data, dict):
        raise DocumentError([Problem("", f"expected a mapping of keys, got {type(data).__name__}")])
    try:
        shape = DocumentShape.model_validate(data)
    except ValidationError as error:
        raise DocumentError(problems_of(error)) from None
    blueprint = _Assembly(shape).blueprint()
    try:
        return Strategy.of(blueprint)
    except ExpressionError as error:
        raise DocumentError([_problem(error)]) from None


def _problem(error: ExpressionError) -> Problem:
    return Problem(error.path, error.problem, error.column)


class _Assembly:
    """Puts a blueprint together and goes on after an error, to find as many as there are."""

    def __init__(self, shape: DocumentShape) -> None:
        self._shape = shape
        self._problems: list[Problem] = []
        #: Every expression by its path, for the canonical form.
        self._expressions: dict[str, Expression] = {}
        self._definitions: dict[str, Expression] = {}
        self._unsound: set[str] = set()

    def blueprint(self) -> Blueprint:
        """The blueprint.

        Raises:
            DocumentError: with all that was found.
        """
        shape = self._shape
        self._check_names()
        self._define()
        setups = [
            self._setup(side, part)
            for side, part in ((Side.LONG, shape.long), (Side.SHORT, shape.short))
            if part is not None
        ]
        exits = self._exits(shape.exits)
        scale_in = self._scale_in(shape.scale_in) if shape.grid is None else self._grid(shape.grid)
        filters = self._filters()
        risk_scale = self._optional("sizing.scale", shape.sizing.scale if shape.sizing else None)
        self._check_anchor()
        if shape.fresh_for > shape.expires_after:
            found = f"{shape.fresh_for} > {shape.expires_after}"
            self._problems.append(Problem("fresh_for", f"expected no more than expires_after, got {found}"))
        if self._problems:
            raise DocumentError(self._problems)
        return Blueprint(
            name=shape.name,
            version=shape.version,
            document_hash=self._hash(),
            title=shape.title.model_dump(),
            description=shape.description.model_dump(),
            weakness=shape.weakness.model_dump(),
            parameters=tuple(_parameter(name, each) for name, each in shape.parameters.items()),
            definitions=self._definitions,
            setups=tuple(setup for setup in setups if setup is not None),
            exits=exits,
            fresh_for=shape.fresh_for,
            expires_after=shape.expires_after,
            leverage_cap=shape.leverage_cap,
            choices=tuple(_choice(name, each) for name, each in (shape.choices or {}).items()),
            anchor=shape.anchor or Anchor.FILL,
            warmup=shape.warmup or 0,
            research_only=bool(shape.research_only),
            scale_in=scale_in,
            filters=filters,
            risk_scale=risk_scale,
        )

    def _check_names(self) -> None:
        choices = self._shape.choices or {}
        places: dict[str, Iterable[str]] = {
            "parameters": self._shape.parameters,
            "define": self._shape.define,
            "choices": choices,
        }
        for place, names in places.items():
            for name in names:
                if name in RESERVED or name in LEVELS:
                    self._problems.append(Problem(f"{place}.{name}", f'"{name}" means something already'))
        for name in self._shape.parameters.keys() & self._shape.define.keys():
            self._problems.append(Problem(f"define.{name}", f'"{name}" is a parameter already'))
        for name in choices.keys() & (self._shape.parameters.keys() | self._shape.define.keys()):
            self._problems.append(Problem(f"choices.{name}", f'"{name}" is a parameter or a definition already'))

    def _define(self) -> None:
        self._definitions, errors = parse_definitions(self._shape.define, parameters=self._shape.parameters.keys())
        self._problems += map(_problem, errors)
        self._expressions |= {expression.path: expression for expression in self._definitions.values()}
        self._unsound = self._shape.define.keys() - self._definitions.keys()

    def _setup(self, side: Side, shape: SetupShape) -> Setup | None:
        path = side.value
        when = self._parse(f"{path}.when", shape.when, Kind.CONDITION)
        zone_low = self._number(f"{path}.zone.low", shape.zone.low)
        zone_high = self._number(f"{path}.zone.high", shape.zone.high)
        by_distance = shape.stop is None
        key, text = ("stop_distance", shape.stop_distance) if by_distance else ("stop", shape.stop)
        stop = self._optional(f"{path}.{key}", text)
        confidence = self._number(f"{path}.confidence", shape.confidence)
        leave = None if shape.exit is None else self._parse(f"{path}.exit", shape.exit, Kind.CONDITION)
        rungs = self._ladder(path, shape)
        self._check_sentences(path, shape)
        if when is None or zone_low is None or zone_high is None or stop is None or confidence is None:
            return None
        if len(rungs) < len(shape.targets):
            return None
        because = {language: tuple(sentences) for language, sentences in shape.because.model_dump().items()}
        return Setup(side, when, zone_low, zone_high, stop, tuple(rungs), confidence, because, by_distance, leave)

    def _ladder(self, path: str, shape: SetupShape) -> list[Rung]:
        rungs: list[Rung] = []
        for number, rung in enumerate(shape.targets):
            ways = {"at": rung.at, "r": rung.r, "distance": rung.distance}
            key, text = next((key, text) for key, text in ways.items() if text is not None)
            level = self._number(f"{path}.targets[{number}].{key}", text)
            if level is not None:
                rungs.append(Rung(level, key == "r", decimal_of(rung.share), key == "distance"))
        shares = [decimal_of(rung.share) for rung in shape.targets]
        if sum(shares) != Decimal(1):
            found = f"{' + '.join(map(str, shares))} = {sum(shares)}"
            self._problems.append(Problem(f"{path}.targets", f"expected shares that sum to 1, got {found}"))
        return rungs

    def _check_sentences(self, path: str, shape: SetupShape) -> None:
        known = self._shape.parameters.keys() | self._shape.define.keys()
        for language, sentences in shape.because.model_dump().items():
            for number, sentence in enumerate(sentences):
                try:
                    check_sentence(f"{path}.because.{language}[{number}]", sentence, known)
                except ExpressionError as error:
                    self._problems.append(_problem(error))

    def _filters(self) -> tuple[Filter, ...]:
        filters: dict[str, Filter] = {}
        for number, shape in enumerate(self._shape.filters or ()):
            path = f"filters[{number}]"
            if shape.name in filters:
                self._problems.append(Problem(f"{path}.name", f'expected each filter once, got "{shape.name}" again'))
            if shape.side is not None and getattr(self._shape, shape.side) is None:
                self._problems.append(
                    Problem(f"{path}.side", f"expected a side that the document has, got {shape.side}")
                )
            when = self._parse(f"{path}.when", shape.when, Kind.CONDITION)
            if when is not None:
                side = None if shape.side is None else Side(shape.side)
                filters[shape.name] = Filter(shape.name, when, shape.reason.model_dump(), side)
        return tuple(filters.values())

    def _exits(self, shape: ExitsShape) -> Exits:
        breakeven: BreakevenRule | None = None
        trailing: TrailingRule | None = None
        if (rule := shape.breakeven) is not None:
            self._check_rung("exits.breakeven.after_target", rule.after_target)
            breakeven = BreakevenRule(
                rule.after_target or 0,
                self._optional("exits.breakeven.at_r", rule.at_r),
                self._optional("exits.breakeven.offset", rule.offset),
            )
        if (follow := shape.trailing) is not None:
            trailing = self._trailing(follow)
        return Exits(breakeven, trailing, self._optional("exits.time_stop", shape.time_stop))

    def _trailing(self, follow: TrailingShape) -> TrailingRule:
        self._check_rung("exits.trailing.after_target", follow.after_target)
        self._check_rung("exits.trailing.moving_target", follow.moving_target)
        ways = {
            TrailingKind.DISTANCE: follow.distance,
            TrailingKind.PERCENT: follow.percent,
            TrailingKind.CHANDELIER: follow.chandelier,
        }
        kind, text = next(
            ((kind, text) for kind, text in ways.items() if text is not None), (TrailingKind.MOVING_TARGET, None)
        )
        return TrailingRule(
            kind,
            self._optional(f"exits.trailing.{kind.value}", text),
            follow.moving_target or follow.after_target or 0,
            self._optional("exits.trailing.at_r", follow.at_r),
            self._optional("exits.trailing.step", follow.step),
            self._optional("exits.trailing.atr_period", follow.atr_period),
        )

    def _scale_in(self, shape: ScaleInShape | None) -> ScaleInRule | None:
        if shape is None:
            return None
        orders = self._number("scale_in.orders", shape.orders)
        deviation = self._number("scale_in.deviation", shape.deviation)
        step, size = self._optional("scale_in.step", shape.step), self._optional("scale_in.size", shape.size)
        if orders is None or deviation is None:
            return None
        return ScaleInRule(orders, deviation, step, size, shape.targets == "average")

    def _grid(self, shape: GridShape) -> GridRule | None:
        document = self._shape
        if document.scale_in is not None:
            self._problems.append(Problem("grid", "expected either grid or scale_in, got both"))
        for key in ("breakeven", "trailing"):
            if getattr(document.exits, key) is not None:
                problem = "expected none with a grid, whose stop stays behind the range, got one"
                self._problems.append(Problem(f"exits.{key}", problem))
        for side in (Side.LONG, Side.SHORT):
            setup = getattr(document, side.value)
            if setup is not None and len(setup.targets) > 1:
                problem = f"expected one target with a grid, at which all of it is closed, got {len(setup.targets)}"
                self._problems.append(Problem(f"{side.value}.targets", problem))
        levels, distance = self._number("grid.levels", shape.levels), self._number("grid.range", shape.range)
        size = self._optional("grid.size", shape.size)
        return None if levels is None or distance is None else GridRule(levels, distance, size)

    def _check_anchor(self) -> None:
        """Whoever counts distances says from where."""
        anchor, choice = self._shape.anchor, (self._shape.choices or {}).get(self._shape.anchor or "")
        known = [each.value for each in Anchor]
        if choice is not None:
            unknown = [option for option in choice.options if option not in known]
            if unknown:
                problem = f"expected options among {', '.join(known)} for an anchor, got {', '.join(unknown)}"
                self._problems.append(Problem(f"choices.{anchor}.options", problem))
        elif anchor is not None and anchor not in known:
            expected = f"expected {', '.join(known)} or the name of a choice between them"
            self._problems.append(Problem("anchor", f"{expected}, got {anchor}"))
        sides = [side for side in (self._shape.long, self._shape.short) if side is not None]
        distances = any(
            side.stop_distance is not None or any(rung.distance is not None for rung in side.targets) for side in sides
        )
        if distances and anchor is None:
            self._problems.append(Problem("anchor", "expected this key, since distances count from it; it is missing"))

    def _check_rung(self, path: str, rung: int | None) -> None:
        """A rung that some side does not have would silently never come."""
        for side in (self._shape.long, self._shape.short):
            if side is not None and rung is not None and rung > len(side.targets):
                self._problems.append(Problem(path, f"expected one of {len(side.targets)} targets, got {rung}"))

    def _optional(self, path: str, text: str | None) -> Expression | None:
        return None if text is None else self._number(path, text)

    def _number(self, path: str, text: str) -> Expression | None:
        return self._parse(path, text, Kind.NUMBER)

    def _parse(self, path: str, text: str, kind: Kind) -> Expression | None:
        try:
            expression = parse(
                path, text, kind, parameters=self._shape.parameters.keys(), definitions=self._definitions
            )
        except UnknownNameError as error:
            if error.name not in self._unsound:  # what is wrong there has been said there
                self._problems.append(_problem(error))
            return None
        except ExpressionError as error:
            self._problems.append(_problem(error))
            return None
        self._expressions[path] = expression
        return expression

    def _hash(self) -> str:
        data = self._shape.model_dump(exclude_none=True)
        content = json.dumps(self._normalised("", data), sort_keys=True, separators=(",", ":"))
        return sha256(content.encode()).hexdigest()

    def _normalised(self, path: str, data: Any) -> Any:
        if path in self._expressions:
            return canonical(self._expressions[path].root)
        if isinstance(data, dict):
            return {key: self._normalised(f"{path}.{key}" if path else key, each) for key, each in data.items()}
        if isinstance(data, list):
            return [self._normalised(f"{path}[{number}]", each) for number, each in enumerate(data)]
        return data


def _choice(name: str, shape: ChoiceShape) -> Choice:
    return Choice(name, shape.default, tuple(shape.options), shape.title.model_dump() if shape.title else {})


def _parameter(name: str, shape: ParameterShape) -> Parameter:
    allowed = Argument(name, shape.default, shape.min, shape.max, whole=shape.type == "integer")
    return Parameter(allowed, shape.title.model_dump() if shape.title else {})
