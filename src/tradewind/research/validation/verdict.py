"""Why a back-test may be too good: what is known about it against what an honest one shows, each doubt by name.

No doubt is no promise: `unchecked` says what nobody has looked at.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from types import MappingProxyType

import numpy as np

from tradewind.core.values import EXACT
from tradewind.research.validation.bias import LookAhead, WarmUp
from tradewind.research.validation.errors import ValidationError
from tradewind.research.validation.montecarlo import MonteCarlo, Resampling
from tradewind.research.validation.overfitting import Overfitting
from tradewind.research.validation.sharpe import DeflatedSharpe

_ZERO = Decimal(0)


class Doubt(StrEnum):
    """A reason not to believe a back-test. The list is complete; clients may rely on the names."""

    NO_TRADES = "no_trades"
    FEW_TRADES = "few_trades"
    SHORT_PERIOD = "short_period"
    NO_LOSSES = "no_losses"
    ONE_TRADE = "one_trade"
    """One trade makes most of the profit."""
    COSTS_IGNORED = "costs_ignored"
    COSTS_THIN = "costs_thin"
    """Twice the costs, and the profit is gone."""
    SHARPE_IMPLAUSIBLE = "sharpe_implausible"
    SHARPE_DEFLATED = "sharpe_deflated"
    """No better than the luck of so many attempts."""
    OVERFITTED = "overfitted"
    PARAMETER_CLIFF = "parameter_cliff"
    """Beside the chosen parameters the result falls off."""
    WORSE_OUT_OF_SAMPLE = "worse_out_of_sample"
    LUCKY_ORDER = "lucky_order"
    """Nearly every other order of the same trades has a deeper drawdown."""
    LOOK_AHEAD = "look_ahead"
    WARM_UP = "warm_up"


class Check(StrEnum):
    """What can be looked at beside the trades themselves."""

    COSTS = "costs"
    PERIOD = "period"
    SHARPE = "sharpe"
    DEFLATED_SHARPE = "deflated_sharpe"
    OVERFITTING = "overfitting"
    NEIGHBOURS = "neighbours"
    OUT_OF_SAMPLE = "out_of_sample"
    SHUFFLE = "shuffle"
    LOOK_AHEAD = "look_ahead"
    WARM_UP = "warm_up"


@dataclass(frozen=True, slots=True)
class Evidence:
    """What is known of a back-test; None = nobody has looked.

    Attributes:
        profits: net profit of every trade, quote currency, costs deducted.
        costs: Σ fees, spread, slippage and funding paid, quote currency; part of what `profits` are net of.
        days: length of the tested time.
        sharpe: annual, of the chosen parameters.
        chosen: the figure by which the parameters were chosen, the more the better; with it
            `neighbours`: the same figure one step aside in each parameter.
        in_sample, out_of_sample: the same figure over training rows and over test rows of a walk-forward.
        shuffle: Monte Carlo of the trades' order.
    """

    profits: Sequence[Decimal]
    costs: Decimal | None = None
    days: float | None = None
    sharpe: float | None = None
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
        for value in self.neighbours or ():
            if not math.isfinite(value):
                raise ValidationError(f"expected finite neighbours, got {value}")
        if self.shuffle is not None and self.shuffle.resampling is not Resampling.SHUFFLE:
            raise ValidationError(f"expected a shuffle of the trades, got {self.shuffle.resampling}")


@dataclass(frozen=True, slots=True)
class Bars:
    """What an honest back-test passes. Conventions of the field rather than laws.

    Attributes:
        trades: fewer say nothing: the win rate of 30 is known to ± 18 percentage points, of 100 to ± 10.
        days: shorter times hold one kind of market.
        best_share: most that one trade may contribute to the net profit.
        sharpe: annual; nobody outside market making keeps more for long.
        deflated: least probability that the true Sharpe ratio is above that of lucky attempts.
        overfitting: most PBO.
        kept: least part of the figure that neighbours (in the median) and out-of-sample rows keep.
        deeper: largest share of shuffled orders with a drawdown at least as deep.
    """

    trades: int = 100
    days: float = 90.0
    best_share: Decimal = Decimal("0.5")
    sharpe: float = 4.0
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
        return _WORDS[self.doubt][language].format(**{name: f"{value:.6g}" for name, value in self.facts.items()})


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
    reasons = [*_trades(evidence, bars), *_selection(evidence, bars), *_biases(evidence)]
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
    net = _ZERO
    for profit in evidence.profits:
        net = EXACT.add(net, profit)
    best = max(evidence.profits)
    if net > 0 and best > EXACT.multiply(bars.best_share, net):
        found.append(_reason(Doubt.ONE_TRADE, best=float(best), net=float(net), rest=float(EXACT.subtract(net, best))))
    return [*found, *_costs(evidence.costs, net)]


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


_WORDS: Mapping[Doubt, Mapping[str, str]] = MappingProxyType(
    {
        Doubt.NO_TRADES: {
            "en": "It never traded, so there is nothing to judge.",
            "ru": "Сделок не было, судить не о чем.",
        },
        Doubt.FEW_TRADES: {
            "en": "It made only {trades} trades; below {least} luck decides.",
            "ru": "Всего сделок: {trades}; пока их меньше {least}, решает удача.",
        },
        Doubt.SHORT_PERIOD: {
            "en": "It covers only {days} days; fewer than {least} hold one kind of market.",
            "ru": "Проверено дней: {days}; меньше {least} — это рынок одного вида.",
        },
        Doubt.NO_LOSSES: {
            "en": "None of its {trades} trades lost; losses may be hidden in open positions or in a fault.",
            "ru": "Ни одной убыточной сделки из {trades}: убытки могут скрываться в открытых позициях или в ошибке.",
        },
        Doubt.ONE_TRADE: {
            "en": "One trade made {best} of a net profit of {net}; without it {rest} is left.",
            "ru": "Одна сделка дала {best} при чистой прибыли {net}; без неё остаётся {rest}.",
        },
        Doubt.COSTS_IGNORED: {
            "en": "It paid {costs} in costs; real trading pays fees, spread and slippage.",
            "ru": "Учтённые издержки: {costs}; настоящая торговля платит комиссии, спред и проскальзывание.",
        },
        Doubt.COSTS_THIN: {
            "en": "The net profit of {net} is no more than the costs of {costs}: twice that, and it is gone.",
            "ru": "Чистая прибыль {net} не больше издержек {costs}: будь они вдвое выше, её бы не было.",
        },
        Doubt.SHARPE_IMPLAUSIBLE: {
            "en": "An annual Sharpe ratio of {sharpe} is beyond what lasts ({most}); look for a fault first.",
            "ru": "Годовой коэффициент Шарпа {sharpe} выше того, что бывает надолго ({most}): сначала ищите ошибку.",
        },
        Doubt.SHARPE_DEFLATED: {
            "en": "The best of {trials} attempts without an edge would show a Sharpe ratio of {luck} a period, this "
            "one shows {sharpe}: an edge is {probability} likely, expected is {least}.",
            "ru": "Лучшая из {trials} попыток без преимущества показала бы коэффициент Шарпа {luck} за период, эта — "
            "{sharpe}: вероятность преимущества {probability}, требуется {least}.",
        },
        Doubt.OVERFITTED: {
            "en": "The best of {configurations} settings fell to the lower half out of sample with probability "
            "{probability}; expected is at most {most}.",
            "ru": "Лучшая из настроек (всего {configurations}) вне выборки попадает в худшую половину с вероятностью "
            "{probability}; допустимо не больше {most}.",
        },
        Doubt.PARAMETER_CLIFF: {
            "en": "One step beside the chosen parameters the figure falls from {chosen} to {median}.",
            "ru": "В шаге от выбранных параметров показатель падает с {chosen} до {median}.",
        },
        Doubt.WORSE_OUT_OF_SAMPLE: {
            "en": "From {in_sample} in sample only {out_of_sample} is left out of sample.",
            "ru": "Из {in_sample} на обучении вне выборки осталось {out_of_sample}.",
        },
        Doubt.LUCKY_ORDER: {
            "en": "In {share} of other orders of the same trades the drawdown of {drawdown} is as deep or deeper, up "
            "to {worst}.",
            "ru": "При другом порядке тех же сделок просадка не меньше {drawdown} в доле случаев {share}, вплоть до "
            "{worst}.",
        },
        Doubt.LOOK_AHEAD: {
            "en": "It sees the future: {differing} decisions changed when later candles were taken away, at least "
            "{reach} ahead.",
            "ru": "Стратегия видит будущее: без последующих свечей изменилось решений: {differing}; заглядывает вперёд "
            "минимум на свечей: {reach}.",
        },
        Doubt.WARM_UP: {
            "en": "It speaks too early: behind its warm-up of {claimed} candles {differing} of {compared} decisions "
            "depend on where the data begin.",
            "ru": "Говорит слишком рано: после прогрева в {claimed} свечей от начала данных зависит решений: "
            "{differing} из {compared}.",
        },
    }
)
