"""What the best of many trials is worth: the search itself is part of the evidence."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tradewind.research.sweeps.objective import Objective
from tradewind.research.sweeps.samplers import Scored
from tradewind.research.sweeps.space import Space
from tradewind.research.validation import (
    DeflatedSharpe,
    Overfitting,
    deflated_sharpe,
    effective_trials,
    overfitting,
    sharpe_sample,
)

Floats = NDArray[np.float64]

#: Blocks of the cross-validation; fewer where there are few periods.
_BLOCKS = 10
#: Periods a block must have, or its Sharpe ratio is noise.
_LEAST_ROWS = 4
#: Below this share of the best's edge, what its neighbours have is another thing.
_STANDS_ALONE = 0.5
#: Scored neighbours it takes to say so.
_LEAST_NEIGHBOURS = 2


class SweepDoubt(StrEnum):
    """Why the best may not be as good as it looks."""

    NONE_SCORED = "none_scored"
    LUCK = "luck"
    OVERFITTED = "overfitted"
    LONE_PEAK = "lone_peak"
    AT_THE_RIM = "at_the_rim"
    NO_EDGE = "no_edge"


_WORDS: dict[SweepDoubt, tuple[str, str]] = {
    SweepDoubt.NONE_SCORED: (
        "No set closed enough trades to be compared; take a longer span or a lower least number of trades.",
        "Ни один набор не закрыл достаточно сделок для сравнения; возьмите больший период или меньший минимум сделок.",
    ),
    SweepDoubt.LUCK: (
        "The best of {trials} trials without any edge would look as good: the deflated Sharpe ratio gives "
        "{probability:.0%} that there is one; 95 % would be evidence.",
        "Лучший из {trials} наборов без всякого преимущества выглядел бы не хуже: дефлированный коэффициент Шарпа даёт "
        "{probability:.0%} за то, что оно есть; доказательством было бы 95 %.",
    ),
    SweepDoubt.OVERFITTED: (
        "What was best in one half of the time ended in the lower half of the others in {probability:.0%} of the "
        "splits: choosing by this sweep helps no more than chance.",
        "Лучшее на одной половине времени оказывалось в нижней половине на другой в {probability:.0%} разбиений: выбор "
        "по этому перебору помогает не больше случайного.",
    ),
    SweepDoubt.LONE_PEAK: (
        "The best stands alone: its {neighbours} neighbours reach {median:.3g} in the middle, it has {best:.3g}. What "
        "is real does not vanish when a parameter moves by one step.",
        "Лучший набор стоит особняком: у {neighbours} соседей в середине {median:.3g}, у него {best:.3g}. Настоящее не "
        "исчезает от сдвига параметра на один шаг.",
    ),
    SweepDoubt.AT_THE_RIM: (
        "The best lies at the end of what was tried ({names}); a better one may lie beyond.",
        "Лучший набор лежит на краю перебора ({names}); за краем может быть лучше.",
    ),
    SweepDoubt.NO_EDGE: (
        "Even the best set gains nothing after fees.",
        "Даже лучший набор ничего не зарабатывает после комиссий.",
    ),
}


class Warned(NamedTuple):
    """A doubt in words, English and Russian."""

    code: SweepDoubt
    en: str
    ru: str

    @classmethod
    def of(cls, code: SweepDoubt, **values: object) -> Warned:
        return cls(code, *(words.format(**values) for words in _WORDS[code]))


class Neighbourhood(NamedTuple):
    """The trials one step or less from the best on every ordered axis, with its words; itself left out.

    Attributes:
        trials: how many were tried there.
        scored: how many of them have a score.
        median: of those scores; None without any.
        lone_peak: the best's edge is more than twice theirs; None where too few have a score.
    """

    trials: int
    scored: int
    median: float | None
    lone_peak: bool | None


@dataclass(frozen=True, slots=True)
class Honesty:
    """What stands beside the best.

    Attributes:
        trials: sets that were tried and computed.
        effective_trials: independent ones that they are worth, by the mean correlation of their returns.
        deflated: of the best, over the periods of `returns`; None where that has no meaning.
        overfitting: PBO by CSCV over all trials, by their Sharpe ratios; None with too few trials or periods.
    """

    trials: int
    effective_trials: float
    deflated: DeflatedSharpe | None
    overfitting: Overfitting | None
    neighbourhood: Neighbourhood | None
    warnings: tuple[Warned, ...]

    def document(self) -> dict[str, Any]:
        """As JSON values."""
        near, deflated, fitted = self.neighbourhood, self.deflated, self.overfitting
        return {
            "trials": self.trials,
            "effective_trials": self.effective_trials,
            "deflated_sharpe": None if deflated is None else deflated.probability,
            "luck_sharpe": None if deflated is None else deflated.benchmark,
            "best_sharpe": None if deflated is None else deflated.sample.sharpe,
            "periods": None if deflated is None else deflated.sample.count,
            "pbo": None if fitted is None else fitted.probability,
            "pbo_loss_probability": None if fitted is None else fitted.loss_probability,
            "neighbourhood": None if near is None else near._asdict(),
            "warnings": [{"code": each.code.value, "en": each.en, "ru": each.ru} for each in self.warnings],
        }


def best_of(tried: Sequence[Scored]) -> int | None:
    """Which of `tried` has the highest score, of equals the first; None where none has one."""
    scored = [(trial.score, -place) for place, trial in enumerate(tried) if trial.score is not None]
    return -max(scored)[1] if scored else None


def honesty(space: Space, objective: Objective, tried: Sequence[Scored], returns: Floats) -> Honesty:
    """Judge the best of `tried`.

    Args:
        returns: (trials, periods), what each set returned per period, oldest first; all of one span.
    """
    place = best_of(tried)
    count = len(tried)
    effective = effective_trials(count, _mean_correlation(returns)) if count else 0.0
    deflated = None if place is None else _deflated(returns, place, effective)
    fitted = _overfitting(returns)
    if place is None:
        return Honesty(count, effective, None, fitted, None, (Warned.of(SweepDoubt.NONE_SCORED),))
    best, score = tried[place], tried[place].score
    assert score is not None, "the best has a score"
    near = _neighbourhood(space, tried, best.number, score, objective.measure.even)
    warnings: list[Warned] = []
    if score <= objective.measure.even:
        warnings.append(Warned.of(SweepDoubt.NO_EDGE))
    elif deflated is not None and deflated.probability < 0.95:
        warnings.append(Warned.of(SweepDoubt.LUCK, trials=count, probability=deflated.probability))
    if fitted is not None and fitted.probability >= 0.5:
        warnings.append(Warned.of(SweepDoubt.OVERFITTED, probability=fitted.probability))
    if near.lone_peak:
        warnings.append(Warned.of(SweepDoubt.LONE_PEAK, neighbours=near.scored, median=near.median, best=score))
    if rim := _at_rim(space, best.number):
        warnings.append(Warned.of(SweepDoubt.AT_THE_RIM, names=", ".join(rim)))
    return Honesty(count, effective, deflated, fitted, near, tuple(warnings))


def _mean_correlation(returns: Floats) -> float:
    """Mean correlation of the rows with each other, 0 to 1; rows that do not move are left out."""
    centred = returns - returns.mean(axis=1, keepdims=True)
    size = np.sqrt((centred**2).sum(axis=1))
    moving = centred[size > 0.0] / size[size > 0.0, None]
    count = len(moving)
    if count < 2:
        return 0.0
    together = moving.sum(axis=0)
    return float(np.clip((together @ together - count) / (count * (count - 1)), 0.0, 1.0))


def _deflated(returns: Floats, place: int, effective: float) -> DeflatedSharpe | None:
    sample = sharpe_sample(returns[place])
    if sample is None:
        return None
    spread = returns.std(axis=1, ddof=1)
    ratios = np.divide(returns.mean(axis=1), spread, out=np.zeros(len(returns)), where=spread > 0.0)
    variance = float(np.var(ratios, ddof=1)) if len(ratios) > 1 else 0.0
    return deflated_sharpe(sample, max(effective, 1.0), variance)


def _overfitting(returns: Floats) -> Overfitting | None:
    blocks = min(_BLOCKS, returns.shape[1] // _LEAST_ROWS // 2 * 2)
    return overfitting(returns.T, blocks) if blocks >= 2 and len(returns) >= 2 else None


def _neighbourhood(space: Space, tried: Sequence[Scored], best: int, score: float, even: float) -> Neighbourhood:
    centre = space.places(best)
    near = [trial for trial in tried if trial.number != best and _adjacent(space, centre, space.places(trial.number))]
    scores = [trial.score for trial in near if trial.score is not None]
    median = statistics.median(scores) if scores else None
    lone: bool | None = None
    if median is not None and len(scores) >= _LEAST_NEIGHBOURS and score > even:
        lone = median - even < _STANDS_ALONE * (score - even)
    return Neighbourhood(len(near), len(scores), median, lone)


def _adjacent(space: Space, one: tuple[int, ...], other: tuple[int, ...]) -> bool:
    return all(
        abs(left - right) <= (1 if axis.ordered else 0)
        for axis, left, right in zip(space.axes, one, other, strict=True)
    )


def _at_rim(space: Space, best: int) -> list[str]:
    """The ordered axes, of three values or more, at an end of which the point lies."""
    places = zip(space.axes, space.places(best), strict=True)
    return [
        axis.name
        for axis, place in places
        if axis.ordered and len(axis.values) > 2 and place in (0, len(axis.values) - 1)
    ]
