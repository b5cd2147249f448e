"""Everything there is against a back-test, check by check: passed, in doubt or failed, with the number behind it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np

from tradewind.core.series import Columns
from tradewind.research.backtest import BacktestResult
from tradewind.research.reports.checking import evidence_of
from tradewind.research.reports.document import document
from tradewind.research.sweeps.forward import WalkedForward
from tradewind.research.sweeps.honesty import Honesty
from tradewind.research.validation import (
    Doubt,
    Evidence,
    MonteCarlo,
    Verdict,
    block_bootstrap,
    judge,
    minimum_track_record,
    probabilistic_sharpe,
)
from tradewind.research.validation.montecarlo import RUIN
from tradewind.research.validation.verdict import USUAL_BARS

#: What a coin would say.
_COIN = 0.5
#: Shares of resampled paths in ruin from which on it is in doubt, and from which on it fails.
_RUINED, _RUINED_OFTEN = 0.01, 0.05


class State(StrEnum):
    """How a check ended."""

    PASSED = "passed"
    DOUBT = "doubt"
    FAILED = "failed"


class Gate(StrEnum):
    """What is checked."""

    LOOK_AHEAD = "look_ahead"
    WARM_UP = "warm_up"
    SHARPE = "sharpe"
    RUIN = "ruin"
    WALK_FORWARD = "walk_forward"
    DEFLATED_SHARPE = "deflated_sharpe"
    OVERFITTING = "overfitting"
    PLAUSIBLE = "plausible"


_WORDS: Mapping[Gate, tuple[str, str]] = MappingProxyType(
    {
        Gate.LOOK_AHEAD: (
            "Look-ahead: {0:.0f} of {1:.0f} shorter histories changed a decision.",
            "Взгляд в будущее: решение изменили обрывов истории: {0:.0f} из {1:.0f}.",
        ),
        Gate.WARM_UP: (
            "Warm-up: {0:.0f} of {1:.0f} decisions depend on where the candles begin.",
            "Прогрев: от начала свечей зависит решений: {0:.0f} из {1:.0f}.",
        ),
        Gate.SHARPE: (
            "Sharpe ratio: above zero with probability {0:.1%} (PSR); 95 % is evidence.",
            "Коэффициент Шарпа: больше нуля с вероятностью {0:.1%} (PSR); доказательство — 95 %.",
        ),
        Gate.RUIN: (
            "Ruin: {0:.1%} of the resampled paths lose {1:.0%} from a peak.",
            "Разорение: от пика теряют {1:.0%} пересобранных путей: {0:.1%}.",
        ),
        Gate.WALK_FORWARD: (
            "Walk-forward: of a Sharpe ratio of {0:.2f} in sample {1:.2f} is left out of sample.",
            "Проверка вперёд: от коэффициента Шарпа {0:.2f} на обучении вне выборки осталось {1:.2f}.",
        ),
        Gate.DEFLATED_SHARPE: (
            "Deflated Sharpe ratio: {0:.1%} that the best of {1:.1f} independent sets is no luck; 95 % is evidence.",
            "Дефлированный коэффициент Шарпа: {0:.1%}, что лучший набор (независимых {1:.1f}) — не удача; нужно 95 %.",
        ),
        Gate.OVERFITTING: (
            "Overfitting: in {0:.0%} of {1:.0f} halvings the best ended in the lower half (PBO).",
            "Переподгонка: лучший оказался в нижней половине в {0:.0%} из {1:.0f} разбиений (PBO).",
        ),
        Gate.PLAUSIBLE: (
            "Plausible figures: doubts about trades, costs and parameters: {0:.0f}.",
            "Правдоподобие: сомнений о сделках, издержках и параметрах: {0:.0f}.",
        ),
    }
)

_ENDS: Mapping[State, tuple[str, str]] = MappingProxyType(
    {
        State.PASSED: (
            "Nothing of what was looked at speaks against it.",
            "Ничто из проверенного не говорит против стратегии.",
        ),
        State.DOUBT: ("Not proven: it may be as good, and it may be luck.", "Не доказано: возможно, это удача."),
        State.FAILED: ("Do not trade this on these figures.", "Не торгуйте этим, опираясь на эти показатели."),
    }
)

#: Doubts that another gate tells.
_TOLD = {
    Doubt.LOOK_AHEAD,
    Doubt.WARM_UP,
    Doubt.SHARPE_UNCERTAIN,
    Doubt.WORSE_OUT_OF_SAMPLE,
    Doubt.SHARPE_DEFLATED,
    Doubt.OVERFITTED,
}


class Checked(NamedTuple):
    """A gate with its state, the numbers behind it, and the same in words."""

    gate: Gate
    state: State
    numbers: tuple[float, ...]

    def words(self, language: str) -> str:
        """In "en" or "ru"."""
        return _in(language, _WORDS[self.gate]).format(*self.numbers)


@dataclass(frozen=True, slots=True)
class Validation:
    """A back-test and all that was found about it.

    Attributes:
        bootstrap: of the daily returns; None without a day.
        probability: that the true Sharpe ratio is above zero (PSR); None where it has no meaning.
        needed: days to be 95 % sure of that (MinTRL); None where the Sharpe ratio is not above zero.
        honesty, forward: of the sweep; None where nothing varied.
    """

    result: BacktestResult
    evidence: Evidence
    verdict: Verdict
    bootstrap: MonteCarlo | None
    probability: float | None
    needed: float | None
    honesty: Honesty | None
    forward: WalkedForward | None

    @property
    def checked(self) -> tuple[Checked, ...]:
        """Every gate that was looked at."""
        return tuple(_gates(self))

    @property
    def state(self) -> State:
        """The worst of the gates."""
        states = {each.state for each in self.checked}
        return next((state for state in (State.FAILED, State.DOUBT) if state in states), State.PASSED)

    def words(self, language: str) -> str:
        """The verdict, "en" or "ru"."""
        return _in(language, _ENDS[self.state])

    def document(self) -> dict[str, Any]:
        """As JSON values: the back-test's document, and under `validation` what this adds."""
        shuffle, bootstrap, honesty, forward = self.evidence.shuffle, self.bootstrap, self.honesty, self.forward
        return document(self.result, self.evidence, self.verdict) | {
            "validation": {
                "state": self.state.value,
                "en": self.words("en"),
                "ru": self.words("ru"),
                "checks": [
                    {
                        "check": each.gate.value,
                        "state": each.state.value,
                        "numbers": list(each.numbers),
                        "en": each.words("en"),
                        "ru": each.words("ru"),
                    }
                    for each in self.checked
                ],
                "probabilistic_sharpe": self.probability,
                "minimum_track_record_days": self.needed,
                "shuffle": None if shuffle is None else asdict(shuffle),
                "bootstrap": None if bootstrap is None else asdict(bootstrap),
                "sweep": None if honesty is None else honesty.document(),
                "walk_forward": None if forward is None else forward.document(),
            }
        }


def validated(
    result: BacktestResult,
    candles: Mapping[str, Columns],
    *,
    seed: int,
    paths: int,
    ruin: float = RUIN,
    honesty: Honesty | None = None,
    forward: WalkedForward | None = None,
) -> Validation:
    """Look at `result` from all sides.

    Args:
        candles: by symbol, what it was tested on and what the strategy looked at beside.
        paths: of the bootstrap, whose blocks are as long as the cube root of the days (Hall, Horowitz & Jing 1995).
        ruin: drawdown that counts as ruin, a fraction.
        honesty, forward: of the sweep of which `result` is the best.

    Raises:
        ValidationError: too few candles for the detectors, or settings out of range.
    """
    evidence = evidence_of(result, candles)
    if honesty is not None:
        evidence = replace(evidence, deflated=honesty.deflated, overfitting=honesty.overfitting)
    if forward is not None:
        evidence = replace(evidence, in_sample=forward.in_sample, out_of_sample=forward.out_of_sample)
    daily = np.nan_to_num(np.asarray(result.daily.values))
    bootstrap = None
    if len(daily) and result.trades and daily.min() >= -1.0:
        block = max(1, round(len(daily) ** (1 / 3)))
        bootstrap = block_bootstrap(daily, block=block, seed=seed, paths=paths, ruin=ruin)
    sample = evidence.sample
    return Validation(
        result,
        evidence,
        judge(evidence),
        bootstrap,
        None if sample is None else probabilistic_sharpe(sample),
        None if sample is None or sample.sharpe <= 0 else minimum_track_record(sample),
        honesty,
        forward,
    )


def _gates(found: Validation) -> list[Checked]:
    evidence = found.evidence
    ahead, early = evidence.look_ahead, evidence.warm_up
    gates: list[Checked] = []
    if ahead is not None:
        gates.append(Checked(Gate.LOOK_AHEAD, _ok(not ahead.biased), (ahead.differing, ahead.cuts)))
    if early is not None and early.compared:
        gates.append(Checked(Gate.WARM_UP, _ok(not early.biased), (early.differing, early.compared)))
    if found.probability is not None:
        gates.append(Checked(Gate.SHARPE, _probable(found.probability), (found.probability,)))
    if found.bootstrap is not None:
        share = found.bootstrap.ruin_share
        state = State.FAILED if share >= _RUINED_OFTEN else State.DOUBT if share >= _RUINED else State.PASSED
        gates.append(Checked(Gate.RUIN, state, (share, found.bootstrap.ruin)))
    gates += _selected(evidence)
    others = sum(reason.doubt not in _TOLD for reason in found.verdict.reasons)
    state = State.FAILED if not evidence.profits else State.DOUBT if others else State.PASSED
    return [*gates, Checked(Gate.PLAUSIBLE, state, (others,))]


def _selected(evidence: Evidence) -> list[Checked]:
    gates: list[Checked] = []
    inside, outside = evidence.in_sample, evidence.out_of_sample
    if inside is not None and outside is not None:
        state = State.FAILED if outside <= 0.0 else State.DOUBT if outside < USUAL_BARS.kept * inside else State.PASSED
        gates.append(Checked(Gate.WALK_FORWARD, state, (inside, outside)))
    if (deflated := evidence.deflated) is not None:
        state = _probable(deflated.probability)
        gates.append(Checked(Gate.DEFLATED_SHARPE, state, (deflated.probability, deflated.trials)))
    if (fitted := evidence.overfitting) is not None:
        chance = fitted.probability
        state = State.FAILED if chance >= _COIN else State.DOUBT if chance > USUAL_BARS.overfitting else State.PASSED
        gates.append(Checked(Gate.OVERFITTING, state, (chance, len(fitted.logits))))
    return gates


def _ok(passed: bool) -> State:
    return State.PASSED if passed else State.FAILED


def _probable(probability: float) -> State:
    return State.PASSED if probability >= USUAL_BARS.probable else State.DOUBT if probability >= _COIN else State.FAILED


def _in(language: str, words: tuple[str, str]) -> str:
    return words[1] if language == "ru" else words[0]
