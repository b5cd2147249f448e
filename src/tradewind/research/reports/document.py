"""A back-test as JSON values: the result, its curve, and what speaks against it."""

from __future__ import annotations

from typing import Any

from tradewind.research.backtest import BacktestResult
from tradewind.research.metrics import DailyReturns, DrawdownEpisode, drawdown_episodes, monthly_returns
from tradewind.research.validation import Evidence, Verdict

#: Drawdowns that are told, the deepest first.
_DRAWDOWNS = 10


def document(result: BacktestResult, evidence: Evidence, verdict: Verdict) -> dict[str, Any]:
    """Everything there is to say of `result`; `docs/backtests.md` lists the keys."""
    daily = result.daily
    episodes = sorted(drawdown_episodes(daily.values), key=lambda episode: -episode.depth)
    return result.document() | {
        "warnings": [
            {"key": reason.doubt.value, "en": reason.words("en"), "ru": reason.words("ru"), "facts": dict(reason.facts)}
            for reason in verdict.reasons
        ],
        "unchecked": [check.value for check in verdict.unchecked],
        "checks": _checks(evidence),
        "monthly": [{"month": month.name, "return": month.gained} for month in monthly_returns(daily)],
        "drawdowns": [_episode(episode, daily) for episode in episodes[:_DRAWDOWNS]],
        "equity": [
            {"day": daily.day(row).isoformat(), "equity": value}
            for row, value in enumerate(daily.equity(result.metrics.start_equity).tolist())
        ],
    }


def _checks(evidence: Evidence) -> dict[str, Any]:
    """The outcome of the detectors, where they ran."""
    ahead, early = evidence.look_ahead, evidence.warm_up
    found: dict[str, Any] = {}
    if ahead is not None:
        found["look_ahead"] = {
            "biased": ahead.biased,
            "cuts": ahead.cuts,
            "differing": ahead.differing,
            "reach": ahead.reach,
        }
    if early is not None:
        found["warm_up"] = {
            "biased": early.biased,
            "claimed": early.claimed,
            "compared": early.compared,
            "differing": early.differing,
        }
    return found


def _episode(episode: DrawdownEpisode, daily: DailyReturns) -> dict[str, Any]:
    """Days at whose end it began, was deepest and was over; the day before the first is that of the deposit."""
    return {
        "start": daily.day(episode.start - 1).isoformat(),
        "trough": daily.day(episode.trough - 1).isoformat(),
        "end": daily.day(episode.end - 1).isoformat() if episode.recovered else None,
        "days": episode.periods,
        "depth": episode.depth,
    }
