"""What a back-test, a sweep or a validation is asked for. Equal studies over equal candles have equal results."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Self

from tradewind.core.candles import Timeframe
from tradewind.core.costs import Costs
from tradewind.core.strategy import Strategy
from tradewind.research.backtest import Profile
from tradewind.research.metrics import DAYS
from tradewind.research.sweeps.objective import Measure, Objective
from tradewind.research.sweeps.samplers import Sampler, SamplerKind
from tradewind.research.sweeps.space import Axis, Setting, Space
from tradewind.research.validation import WalkForward
from tradewind.research.validation.montecarlo import RUIN
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
class ValidationPlan:
    """How hard a back-test is looked at.

    Attributes:
        folds: windows of the walk-forward, where a sweep chooses.
        purge: days between training and test that serve neither.
        paths: of the bootstrap.
        ruin: drawdown that counts as ruin, a fraction.
        seed: of the bootstrap.
    """

    folds: int = 5
    mode: WalkForward = WalkForward.ROLLING
    purge: int = 0
    paths: int = 2000
    ruin: float = RUIN
    seed: int = 1

    def document(self) -> dict[str, Any]:
        """As JSON values; `of` reads them."""
        return asdict(self) | {"mode": self.mode.value}

    @classmethod
    def of(cls, document: dict[str, Any]) -> Self:
        """The plan that `document` wrote."""
        return cls(**document | {"mode": WalkForward(document["mode"])})


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
        sweep: None where nothing varies.
        validation: None where nobody asks whether it may be believed.
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
    validation: ValidationPlan | None = None

    @property
    def windows(self) -> int:
        """Those of the walk-forward: a validation's, where there is something to choose."""
        return self.validation.folds if self.validation is not None and self.sweep is not None else 0

    @property
    def steps(self) -> int:
        """Parts that it is computed in: the trials of a sweep, the windows of a validation and its verdict."""
        if self.validation is not None:
            return self.windows + 1
        return 1 if self.sweep is None else self.sweep.sampler.trials

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
            "validation": None if self.validation is None else self.validation.document(),
        }

    @classmethod
    def of(cls, document: dict[str, Any]) -> Self:
        """The study that `document` wrote."""
        validation = document.get("validation")  # of studies made before there were any, there is no word of it
        return cls(
            **document
            | {
                "symbols": tuple(document["symbols"]),
                "timeframe": Timeframe(document["timeframe"]),
                "profile": Profile(document["profile"]),
                "sweep": None if document["sweep"] is None else SweepPlan.of(document["sweep"]),
                "validation": None if validation is None else ValidationPlan.of(validation),
            }
        )
