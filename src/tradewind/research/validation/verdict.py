"""Why a back-test may be too good: what is known about it against what an honest one shows, each doubt by name.

No doubt is no promise: `unchecked` says what nobody has looked at.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import reduce
from types import MappingProxyType

import numpy as np

from tradewind.core.values import EXACT
from tradewind.research.validation.bias import LookAhead, WarmUp
from tradewind.research.validation.doubts import WORDS, Check, Doubt
from tradewind.research.validation.errors import ValidationError
from tradewind.research.validation.montecarlo import MonteCarlo, Resampling
from tradewind.research.validation.overfitting import Overfitting
from tradewind.research.validation.sharpe import (
    DeflatedSharpe,
    SharpeSample,
    minimum_track_record,
    probabilistic_sharpe,
)

_ZERO = Decimal(0)
#: Trades from which on a share or a mean of them is more than chance.
_MANY = 30


@dataclass(frozen=True, slots=True)
class Evidence:
    """What is known of a back-test; None = nobody has looked.

    Attributes:
        profits: net profit of every trade, quote currency, costs deducted.
        costs: Σ fees, spread, slippage and funding paid, quote currency; part of what `profits` are net of.
        days: length of the tested time.
        sharpe: annual, of the chosen parameters.
        sample: of the daily returns.
        months, symbols: net profit by calendar month and by symbol, quote currency.
        multiples: what every trade gained in initial risks.
        inside: trades that end in the candle in which they began.
        changed: parameters that are not as the document has them.
        chosen: the figure by which the parameters were chosen, the more the better; with it
            `neighbours`: the same figure one step aside in each parameter.
        in_sample, out_of_sample: the same figure over training rows and over test rows of a walk-forward.
        shuffle: Monte Carlo of the trades' order.
    """

    profits: Sequence[Decimal]
    costs: Decimal | None = None
    days: float | None = None
    sharpe: float | None = None
    sample: SharpeSample | None = None
    months: Sequence[Decimal] | None = None
    symbols: Sequence[Decimal] | None = None
    multiples: Sequence[float] | None = None
    inside: int | None = None
    changed: int = 0
    deflated: DeflatedSharpe | None = None
    overfitting: Overfitting | None = None
    chosen: float | None = None
    neighbours: Sequence[float] | None = None
    in_sample: float | None = None
    out_of_sample: float | None = None
    shuffle: MonteCarlo | None = None
    look_ahead: LookAhead | None = None
    warm_up: WarmUp | None = None

    def __post_init__(self) -> None:
        for profit in self.profits:
            if not profit.is_finite():
                raise ValidationError(f"expected finite profits, got {profit}")
        if self.costs is not None and not self.costs.is_finite():
            raise ValidationError(f"expected finite costs, got {self.costs}")
        for name in ("days", "sharpe", "chosen", "in_sample", "out_of_sample"):
            value: float | None = getattr(self, name)
            if value is not None and not math.isfinite(value):
                raise ValidationError(f"expected a finite {name}, got {value}")
        for name in ("neighbours", "multiples"):
            for value in getattr(self, name) or ():
                if not math.isfinite(value):
                    raise ValidationError(f"expected finite {name}, got {value}")
        if self.shuffle is not None and self.shuffle.resampling is not Resampling.SHUFFLE:
            raise ValidationError(f"expected a shuffle of the trades, got {self.shuffle.resampling}")


@dataclass(frozen=True, slots=True)
class Bars:
    """What an honest back-test passes. Conventions of the field rather than laws.

    Attributes:
        trades: fewer say nothing: the win rate of 30 is known to ± 18 percentage points, of 100 to ± 10.
        days: shorter times hold one kind of market.
        best_share: most that one trade may contribute to the net profit.
        best_month, best_symbol: the same of one month and of one symbol, where there are several.
        sharpe: annual; nobody outside market making keeps more for long.
        probable: least probability that the true Sharpe ratio is above zero.
        win_rate, expectancy: most of the trades that gain, and most initial risks that a trade gains on average.
        months: so many without a loss are too many.
        inside: largest share of trades that end in the candle in which they began.
        deflated: least probability that the true Sharpe ratio is above that of lucky attempts.
        overfitting: most PBO.
        kept: least part of the figure that neighbours (in the median) and out-of-sample rows keep.
        deeper: largest share of shuffled orders with a drawdown at least as deep.
    """

    trades: int = 100
    days: float = 90.0
    best_share: Decimal = Decimal("0.5")
    best_month: Decimal = Decimal("0.6")
    best_symbol: Decimal = Decimal("0.8")
    sharpe: float = 4.0
    probable: float = 0.95
    win_rate: float = 0.9
    expectancy: float = 1.0
    months: int = 6
    inside: float = 0.2
    deflated: float = 0.95
    overfitting: float = 0.2
    kept: float = 0.5
    deeper: float = 0.95


USUAL_BARS = Bars()


@dataclass(frozen=True, slots=True)
class Reason:
    """One doubt with the numbers behind it."""

    doubt: Doubt
    facts: Mapping[str, float]

    def words(self, language: str = "en") -> str:
        """The doubt as a sentence, in "en" or "ru".

        Raises:
            KeyError: another language.
        """
        return WORDS[self.doubt][language].format(**{name: f"{value:.6g}" for name, value in self.facts.items()})


@dataclass(frozen=True, slots=True)
class Verdict:
    """What speaks against a back-test, in the order of `Doubt`, and what nobody has looked at."""

    reasons: tuple[Reason, ...]
    unchecked: tuple[Check, ...]

    @property
    def clean(self) -> bool:
        """Everything was looked at and nothing found."""
        return not self.reasons and not self.unchecked


def judge(evidence: Evidence, bars: Bars = USUAL_BARS) -> Verdict:
    """Why the back-test behind `evidence` may be too good."""
    reasons = [
        *_trades(evidence, bars),
        *_spread(evidence, bars),
        *_luck(evidence, bars),
        *_selection(evidence, bars),
        *_biases(evidence),
    ]
    place = {doubt: number for number, doubt in enumerate(Doubt)}
    reasons.sort(key=lambda reason: place[reason.doubt])
    return Verdict(tuple(reasons), _unchecked(evidence))


def _reason(doubt: Doubt, **facts: float) -> Reason:
    return Reason(doubt, MappingProxyType(facts))


def _trades(evidence: Evidence, bars: Bars) -> list[Reason]:
    found = []
    count = len(evidence.profits)
    if evidence.days is not None and evidence.days < bars.days:
        found.append(_reason(Doubt.SHORT_PERIOD, days=evidence.days, least=bars.days))
    if evidence.sharpe is not None and evidence.sharpe > bars.sharpe:
        found.append(_reason(Doubt.SHARPE_IMPLAUSIBLE, sharpe=evidence.sharpe, most=bars.sharpe))
    shuffle = evidence.shuffle
    # A drawdown that no order could make shallower says nothing of the order.
    if (
        shuffle is not None
        and shuffle.deeper_share > bars.deeper
        and shuffle.max_drawdown[0] < shuffle.max_drawdown[-1]
    ):
        found.append(
            _reason(
                Doubt.LUCKY_ORDER,
                share=shuffle.deeper_share,
                drawdown=shuffle.observed_drawdown,
                worst=shuffle.max_drawdown[-1],
            )
        )
    if not count:
        return [*found, _reason(Doubt.NO_TRADES)]
    if count < bars.trades:
        found.append(_reason(Doubt.FEW_TRADES, trades=count, least=bars.trades))
    losses = sum(profit < 0 for profit in evidence.profits)
    if not losses:
        found.append(_reason(Doubt.NO_LOSSES, trades=count))
    net = reduce(EXACT.add, evidence.profits, _ZERO)
    best = max(evidence.profits)
    if net > 0 and best > EXACT.multiply(bars.best_share, net):
        found.append(_reason(Doubt.ONE_TRADE, best=float(best), net=float(net), rest=float(EXACT.subtract(net, best))))
    return [*found, *_costs(evidence.costs, net)]


def _spread(evidence: Evidence, bars: Bars) -> list[Reason]:
    """Whether the profit comes from one place, and whether there is one without a loss."""
    found = []
    for doubt, parts, most in (
        (Doubt.ONE_MONTH, evidence.months, bars.best_month),
        (Doubt.ONE_SYMBOL, evidence.symbols, bars.best_symbol),
    ):
        if parts is None or len(parts) < 2:
            continue
        net, best = reduce(EXACT.add, parts, _ZERO), max(parts)
        if net > 0 and best > EXACT.multiply(most, net):
            found.append(_reason(doubt, parts=len(parts), best=float(best), net=float(net)))
    months = evidence.months
    if months is not None and len(months) >= bars.months and min(months) >= 0 and max(months) > 0:
        found.append(_reason(Doubt.NO_LOSING_MONTH, months=len(months)))
    return found


def _luck(evidence: Evidence, bars: Bars) -> list[Reason]:
    """Whether the figures are beyond what lasts, and whether they can be told from chance."""
    found = []
    count, sample = len(evidence.profits), evidence.sample
    if sample is not None and sample.sharpe > 0 and (likely := probabilistic_sharpe(sample)) < bars.probable:
        needed = minimum_track_record(sample, confidence=bars.probable)
        assert needed is not None, "its Sharpe ratio is above zero"
        found.append(_reason(Doubt.SHARPE_UNCERTAIN, probability=likely, days=sample.count, needed=math.ceil(needed)))
    if not count:
        return found
    won = sum(profit > 0 for profit in evidence.profits) / count
    # Of few trades it is chance, and of all there is a doubt of its own.
    if count >= _MANY and bars.win_rate < won < 1.0:
        found.append(_reason(Doubt.WIN_RATE_IMPLAUSIBLE, share=won, most=bars.win_rate))
    if evidence.multiples is not None and len(evidence.multiples) >= _MANY:
        mean = math.fsum(evidence.multiples) / len(evidence.multiples)
        if mean > bars.expectancy:
            found.append(_reason(Doubt.EXPECTANCY_IMPLAUSIBLE, mean=mean, most=bars.expectancy))
    if evidence.inside is not None and evidence.inside > bars.inside * count:
        found.append(_reason(Doubt.INSIDE_CANDLES, inside=evidence.inside, trades=count))
    return found


def _costs(costs: Decimal | None, net: Decimal) -> list[Reason]:
    if costs is None:
        return []
    if costs <= 0:
        return [_reason(Doubt.COSTS_IGNORED, costs=float(costs))]
    if 0 < net <= costs:
        return [_reason(Doubt.COSTS_THIN, net=float(net), costs=float(costs))]
    return []


def _selection(evidence: Evidence, bars: Bars) -> list[Reason]:
    found = []
    deflated, fitted = evidence.deflated, evidence.overfitting
    if deflated is not None and deflated.probability < bars.deflated:
        found.append(
            _reason(
                Doubt.SHARPE_DEFLATED,
                probability=deflated.probability,
                least=bars.deflated,
                sharpe=deflated.sample.sharpe,
                luck=deflated.benchmark,
                trials=deflated.trials,
            )
        )
    if fitted is not None and fitted.probability > bars.overfitting:
        found.append(
            _reason(
                Doubt.OVERFITTED,
                probability=fitted.probability,
                most=bars.overfitting,
                configurations=fitted.configurations,
            )
        )
    if evidence.changed:
        found.append(_reason(Doubt.PARAMETERS_CHANGED, changed=evidence.changed))
    # Parts of a figure that is not positive mean nothing, and a back-test that bad is not too good.
    if evidence.chosen is not None and evidence.neighbours and evidence.chosen > 0:
        middle = float(np.median(np.asarray(evidence.neighbours)))
        if middle < bars.kept * evidence.chosen:
            found.append(
                _reason(Doubt.PARAMETER_CLIFF, chosen=evidence.chosen, median=middle, kept=middle / evidence.chosen)
            )
    inside, outside = evidence.in_sample, evidence.out_of_sample
    if inside is not None and outside is not None and inside > 0 and outside < bars.kept * inside:
        found.append(_reason(Doubt.WORSE_OUT_OF_SAMPLE, in_sample=inside, out_of_sample=outside, kept=outside / inside))
    return found


def _biases(evidence: Evidence) -> list[Reason]:
    found = []
    ahead, early = evidence.look_ahead, evidence.warm_up
    if ahead is not None and ahead.biased:
        found.append(_reason(Doubt.LOOK_AHEAD, differing=ahead.differing, cuts=ahead.cuts, reach=ahead.reach))
    if early is not None and early.biased:
        found.append(
            _reason(
                Doubt.WARM_UP,
                claimed=early.claimed,
                share=early.share,
                differing=early.differing,
                compared=early.compared,
            )
        )
    return found


def _unchecked(evidence: Evidence) -> tuple[Check, ...]:
    looked = {
        Check.COSTS: evidence.costs is not None,
        Check.PERIOD: evidence.days is not None,
        Check.SHARPE: evidence.sharpe is not None,
        Check.DEFLATED_SHARPE: evidence.deflated is not None,
        Check.OVERFITTING: evidence.overfitting is not None,
        Check.NEIGHBOURS: evidence.chosen is not None and bool(evidence.neighbours),
        Check.OUT_OF_SAMPLE: evidence.in_sample is not None and evidence.out_of_sample is not None,
        Check.SHUFFLE: evidence.shuffle is not None,
        Check.LOOK_AHEAD: evidence.look_ahead is not None,
        Check.WARM_UP: evidence.warm_up is not None and evidence.warm_up.compared > 0,
    }
    return tuple(check for check in Check if not looked[check])
