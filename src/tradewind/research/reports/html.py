"""One HTML file that needs nothing else: no network, and a policy that would not let it.

The page carries its figures as JSON; its own script draws them. What the policy lets run are exactly the style and the
script that were packaged, by their hashes.
"""

from __future__ import annotations

import base64
import json
import math
from collections.abc import Callable, Mapping
from hashlib import sha256
from html import escape
from importlib.resources import files
from typing import Any

from tradewind.core.series import Columns
from tradewind.kit.language import Language
from tradewind.research.backtest import BacktestResult, BacktestTrade, parameters_of
from tradewind.research.metrics import DEFINITIONS, drawdown_episodes, monthly_returns, yearly_returns
from tradewind.research.reports.candles import chart_factor, merged, packed
from tradewind.research.reports.groups import GROUPINGS, grouped
from tradewind.research.reports.judgement import validation_content
from tradewind.research.reports.wording import WORDS, reason_words
from tradewind.research.validation import QUESTIONS, Verdict

_SCRIPTS = ("dom.js", "charts.js", "price.js", "tables.js", "validation.js", "report.js")


def html_page(
    result: BacktestResult,
    verdict: Verdict,
    candles: Callable[[str], Columns],
    language: Language,
    validation: Mapping[str, Any] | None = None,
) -> str:
    """The report of `result` for people.

    Args:
        candles: those of a symbol, to draw the trades on; asked once for each, so that one symbol's are in memory.
        validation: as `reports.validating.Validation.document` has it; None where nobody looked.
    """
    page = files("tradewind.research.reports") / "page"
    style = (page / "report.css").read_text(encoding="utf-8")
    script = "\n".join((page / name).read_text(encoding="utf-8") for name in _SCRIPTS)
    content = _content(result, verdict, candles, language, validation)
    # Sorted, because what was kept in a database has lost its order. No "</script>" may stand in there, whatever a
    # document is called.
    data = json.dumps(content, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
    fields = {
        "language": language.value,
        "title": escape(f"{result.strategy.ref.name} · {', '.join(result.symbols)}"),
        "style_hash": _hash(style),
        "script_hash": _hash(script),
        "no_script": escape(WORDS["no_script"][language]),
        "style": style,
        "script": script,
        "data": data.replace("<", "\\u003c"),
    }
    text = (page / "report.html").read_text(encoding="utf-8")
    before, *parts = text.split("{{")
    return before + "".join(fields[name] + rest for name, _, rest in (part.partition("}}") for part in parts))


def _hash(content: str) -> str:
    return base64.b64encode(sha256(content.encode()).digest()).decode("ascii")


def _content(
    result: BacktestResult,
    verdict: Verdict,
    candles: Callable[[str], Columns],
    language: Language,
    validation: Mapping[str, Any] | None,
) -> dict[str, Any]:
    symbols = list(result.symbols)
    ms = result.timeframe.ms * chart_factor(result.candles)
    reasons = sorted({trade.exit_reason for trade in result.trades})
    return {
        "validation": None if validation is None else validation_content(validation, language),
        "language": language.value,
        "words": {name: words[language] for name, words in WORDS.items()},
        "strategy": {
            "name": result.strategy.ref.name,
            "version": result.strategy.ref.version,
            "hash": result.strategy.ref.content_hash,
            "title": result.strategy.blueprint.title[language],
            "description": result.strategy.blueprint.description[language],
            "weakness": result.strategy.blueprint.weakness[language],
        },
        "parameters": [
            {"name": name, "value": value, "changed": value != default}
            for (name, value), default in zip(parameters_of(result.strategy).items(), _defaults(result), strict=True)
        ],
        "profile": result.profile.value,
        "symbols": symbols,
        "timeframe": result.timeframe.value,
        "start": result.start,
        "stop": result.stop,
        "candleCount": result.candles,
        "year": result.year,
        "fingerprint": result.fingerprint,
        "figures": [
            {"key": name, "value": value, "unit": DEFINITIONS[name].unit.value}
            | {"title": DEFINITIONS[name].title[language], "text": DEFINITIONS[name].text[language]}
            for name, value in result.metrics.items().items()
        ],
        "warnings": [reason.words(language) for reason in verdict.reasons],
        "unchecked": [QUESTIONS[check][language] for check in verdict.unchecked],
        "assumptions": [
            {"key": each.key, "text": each.ru if language is Language.RU else each.en} for each in result.assumptions
        ],
        "refused": [each.ru if language is Language.RU else each.en for each in result.refusals()],
        "daily": {
            "first": result.daily.first,
            "start": result.metrics.start_equity,
            "equity": [_short(value) for value in result.daily.equity(result.metrics.start_equity).tolist()],
        },
        "longest": _longest(result),
        "months": [[month.year, month.month, month.gained] for month in monthly_returns(result.daily)],
        "years": list(yearly_returns(monthly_returns(result.daily)).items()),
        "groups": [
            {"by": by, "rows": [_finite(group._asdict()) for group in grouped(result.trades, by)]} for by in GROUPINGS
        ],
        "reasons": {reason: reason_words(reason, language) for reason in reasons},
        "trades": [_row(trade, symbols) for trade in result.trades],
        "candles": {"ms": ms, "of": {symbol: packed(merged(candles(symbol), ms)) for symbol in symbols}},
    }


def _defaults(result: BacktestResult) -> list[float | str]:
    blueprint = result.strategy.blueprint
    return [*(each.range.default for each in blueprint.parameters), *(each.default for each in blueprint.choices)]


def _longest(result: BacktestResult) -> dict[str, Any] | None:
    """The longest drawdown, in days from the first; −1 is the deposit."""
    episodes = drawdown_episodes(result.daily.values)
    if not episodes:
        return None
    longest = max(episodes, key=lambda episode: episode.periods)
    return {"start": longest.start - 1, "end": longest.end - 1, "days": longest.periods, "recovered": longest.recovered}


def _row(trade: BacktestTrade, symbols: list[str]) -> list[float | int | str | None]:
    """In the order that `tables.js` names."""
    return [
        symbols.index(trade.symbol),
        trade.side.sign,
        trade.entry_at,
        _short(trade.entry_price),
        trade.exit_at,
        _short(trade.exit_price),
        trade.exit_reason,
        _short(trade.quantity),
        _short(trade.fees),
        _short(trade.pnl),
        _short(trade.gained),
        None if math.isnan(trade.r_multiple) else _short(trade.r_multiple),
        _short(trade.mfe),
        _short(trade.mae),
    ]


def _short(value: float) -> float:
    """With the digits that a page shows, and a few more."""
    return float(f"{value:.8g}")


def _finite(values: dict[str, Any]) -> dict[str, Any]:
    return {
        name: None if isinstance(value, float) and not math.isfinite(value) else value for name, value in values.items()
    }
