"""What a strategy says, before its parameters have values: set-ups, exits, words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from tradewind.core.expressions import Expression, ExpressionError
from tradewind.core.indicators import Argument
from tradewind.core.plan import TrailingKind
from tradewind.core.values import Side

#: Languages in which every text of a strategy exists.
LANGUAGES = ("en", "ru")

#: A text by language.
Text = Mapping[str, str]


class StrategyError(ExpressionError):
    """A parameter, exit or sentence that cannot be used: where, what was expected and what came."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """A number that may be set without writing a new document.

    Attributes:
        range: its name, default and limits.
    """

    range: Argument
    title: Text

    @property
    def name(self) -> str:
        return self.range.name


class Anchor(StrEnum):
    """The price from which distances count."""

    FILL = "fill"
    """The price paid. A signal is made before anything is: there it is the entry limit, the worst price allowed."""
    CLOSE = "close"
    """The close of the signal's candle, so that every level is fixed when the signal is made."""


@dataclass(frozen=True, slots=True)
class Choice:
    """A word that may be set without writing a new document.

    Attributes:
        options: the words there are; `default` is one of them.
    """

    name: str
    default: str
    options: tuple[str, ...]
    title: Text


@dataclass(frozen=True, slots=True)
class Rung:
    """One target of the ladder.

    Attributes:
        level: a price; with `in_r` a constant multiple of |entry limit − stop| beyond the entry limit; with
            `is_distance` quote currency beyond the strategy's anchor.
        share: fraction of the initial quantity closed there; a ladder's shares sum to 1.
    """

    level: Expression
    in_r: bool
    share: Decimal
    is_distance: bool = False


@dataclass(frozen=True, slots=True)
class Setup:
    """When to enter on one side, and where everything lies.

    Attributes:
        when: a condition, true at the close of the candle that makes the signal.
        zone_low, zone_high, stop: prices; the stop with `stop_is_distance` quote currency from the strategy's anchor.
        ladder: nearest target first.
        confidence: strength by the strategy's own scale, clipped to 0–1.
        because: sentences by language; `{name}` stands for the number of that name.
        exit: a condition; at the close of a candle at which it holds the position is left at market.
    """

    side: Side
    when: Expression
    zone_low: Expression
    zone_high: Expression
    stop: Expression
    ladder: tuple[Rung, ...]
    confidence: Expression
    because: Mapping[str, tuple[str, ...]]
    stop_is_distance: bool = False
    exit: Expression | None = None

    @property
    def path(self) -> str:
        """Where it stands in the document."""
        return self.side.value


@dataclass(frozen=True, slots=True)
class BreakevenRule:
    """See `core.plan.Breakeven`; `at_r` is constant, `offset` quote currency at the signal's candle."""

    after_target: int
    at_r: Expression | None
    offset: Expression | None = None


@dataclass(frozen=True, slots=True)
class TrailingRule:
    """See `core.plan.Trailing`.

    Attributes:
        distance: quote currency at the signal's candle; for PERCENT a constant percentage of the best price; for
            CHANDELIER a constant multiple of the ATR; none for MOVING_TARGET.
        step: quote currency at the signal's candle.
        period: a constant number of candles, for CHANDELIER.
    """

    kind: TrailingKind
    distance: Expression | None
    after_target: int
    at_r: Expression | None
    step: Expression | None
    period: Expression | None = None


@dataclass(frozen=True, slots=True)
class Exits:
    """How positions are managed beside stop and ladder; `time_stop` is a constant number of candles."""

    breakeven: BreakevenRule | None
    trailing: TrailingRule | None
    time_stop: Expression | None


@dataclass(frozen=True, slots=True)
class ScaleInRule:
    """Further entries behind the first; see `core.plan.ScaleIn`.

    Attributes:
        orders: constant, how many.
        deviation: of the first from the entry limit, quote currency at the signal's candle.
        step, size: constant, how many times the step (and the order) before each one is; none = 1.
        from_average: targets count from the average entry.
    """

    orders: Expression
    deviation: Expression
    step: Expression | None
    size: Expression | None
    from_average: bool


@dataclass(frozen=True, slots=True)
class GridRule:
    """A range of further entries, each of which leaves one level on and is entered again; see `core.plan.ScaleIn`.

    Attributes:
        levels: constant, how many below the entry limit (for a short above it), evenly apart.
        range: from the entry limit to the last of them, quote currency at the signal's candle.
        size: constant, how many times the order before each one is; none = 1.
    """

    levels: Expression
    range: Expression
    size: Expression | None


@dataclass(frozen=True, slots=True)
class Filter:
    """A condition without which no set-up of `side` (None = either) counts; `reason` says why in words."""

    name: str
    when: Expression
    reason: Text
    side: Side | None


@dataclass(frozen=True, slots=True)
class Blueprint:
    """A strategy document as typed values.

    Attributes:
        document_hash: SHA-256 (hex) of the document's canonical form.
        weakness: when it loses, said openly.
        definitions: named sub-expressions, each behind those it uses.
        fresh_for, expires_after: candles from the signal's creation.
        leverage_cap: most notional ÷ equity for its signals.
        choices: what can be set beside the parameters.
        anchor: an `Anchor`, or the name of the choice that says which.
        warmup: rows before it may speak, at least; more where its averages need more to settle.
        research_only: a yardstick for back-tests, which never trades on a running platform.
        scale_in: how it is entered in parts; none = whole. A grid has one target and a stop that stays.
        filters: all of them must hold.
        risk_scale: part of the account's risk per trade that a signal asks for, clipped to 0–1; None = all of it.
    """

    name: str
    version: int
    document_hash: str
    title: Text
    description: Text
    weakness: Text
    parameters: tuple[Parameter, ...]
    definitions: Mapping[str, Expression]
    setups: tuple[Setup, ...]
    exits: Exits
    fresh_for: int
    expires_after: int
    leverage_cap: int
    choices: tuple[Choice, ...] = ()
    anchor: str = Anchor.FILL
    warmup: int = 0
    research_only: bool = False
    scale_in: ScaleInRule | GridRule | None = None
    filters: tuple[Filter, ...] = ()
    risk_scale: Expression | None = None
