"""What a back-test or a sweep is asked for. Equal studies over equal candles have equal results."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

from tradewind.core.candles import Timeframe
from tradewind.core.costs import Costs
from tradewind.core.strategy import Strategy
from tradewind.research.backtest import Profile
from tradewind.research.metrics import DAYS
from tradewind.research.sweeps.objective import Measure, Objective
from tradewind.research.sweeps.samplers import Sampler, SamplerKind
from tradewind.research.sweeps.space import Axis, Setting, Space
from tradewind.trading.strategies import load_builtin, parse_document

#: Candles of all symbols that one study may read; a process that computes needs some 100 bytes for each.
MOST_CANDLES = 20_000_000


class ChangedDocumentError(ValueError):
    """The strategy says something else than when the study was made."""


@dataclass(frozen=True, slots=True)
class SweepPlan:
    """Which parameter sets, and what makes one the best."""

    sampler: Sampler
    objective: Objective

    def document(self) -> dict[str, Any]:
        """As JSON values; `of` reads them."""
        return {
            "axes": [
                {"name": axis.name, "values": list(axis.values), "ordered": axis.ordered}
                for axis in self.sampler.space.axes
            ],
            "sampler": self.sampler.kind.value,
            "trials": self.sampler.trials,
            "seed": self.sampler.seed,
            "measure": self.objective.measure.value,
            "min_trades": self.objective.min_trades,
        }

    @classmethod
    def of(cls, document: dict[str, Any]) -> Self:
        """The plan that `document` wrote."""
        axes = tuple(Axis(each["name"], tuple(each["values"]), each["ordered"]) for each in document["axes"])
        sampler = Sampler(SamplerKind(document["sampler"]), Space(axes), document["trials"], document["seed"])
        return cls(sampler, Objective(Measure(document["measure"]), document["min_trades"]))


@dataclass(frozen=True, slots=True)
class Study:
    """A strategy on candles.

    Attributes:
        strategy: a built-in's name, or that of `text`.
        text: the document where it is not built in.
        document_hash: of the document, so that it is known to be the same later.
        parameters: those that are not at their defaults; what a sweep varies starts from them.
        start, stop: bounds of the open times, UTC ms, the second outside; None = as far as candles go.
        fee: rate paid on either side; of the ideal profile only.
        year: days that make one, for what is annualised.
        sweep: None for a single back-test.
    """

    strategy: str
    text: str | None
    document_hash: str
    parameters: dict[str, Setting]
    symbols: tuple[str, ...]
    timeframe: Timeframe
    start: int | None
    stop: int | None
    profile: Profile
    fee: float = Costs().taker
    year: float = DAYS
    sweep: SweepPlan | None = None

    def prepared(self) -> Strategy:
        """The strategy with its parameters.

        Raises:
            ChangedDocumentError: the document is another one now.
            UnknownStrategyError, DocumentError, ExpressionError: it cannot be had any more.
        """
        strategy = load_builtin(self.strategy) if self.text is None else parse_document(self.text)
        if strategy.blueprint.document_hash != self.document_hash:
            raise ChangedDocumentError(
                f"expected the document {self.document_hash[:12]}… of {self.strategy}, got "
                f"{strategy.blueprint.document_hash[:12]}…: it was changed meanwhile; start again"
            )
        return strategy.with_parameters(self.parameters) if self.parameters else strategy

    def document(self) -> dict[str, Any]:
        """As JSON values; `of` reads them."""
        return {
            "strategy": self.strategy,
            "text": self.text,
            "document_hash": self.document_hash,
            "parameters": dict(self.parameters),
            "symbols": list(self.symbols),
            "timeframe": self.timeframe.value,
            "start": self.start,
            "stop": self.stop,
            "profile": self.profile.value,
            "fee": self.fee,
            "year": self.year,
            "sweep": None if self.sweep is None else self.sweep.document(),
        }

    @classmethod
    def of(cls, document: dict[str, Any]) -> Self:
        """The study that `document` wrote."""
        return cls(
            **document
            | {
                "symbols": tuple(document["symbols"]),
                "timeframe": Timeframe(document["timeframe"]),
                "profile": Profile(document["profile"]),
                "sweep": None if document["sweep"] is None else SweepPlan.of(document["sweep"]),
            }
        )
