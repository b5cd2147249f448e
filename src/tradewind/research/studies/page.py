"""A sweep as one HTML file that needs nothing else: heat maps, the best sets, and what they are worth."""

from __future__ import annotations

from html import escape
from typing import Any

from tradewind.kit.language import Language
from tradewind.research.metrics import DEFINITIONS, shown
from tradewind.research.studies.sweeping import SweepResult
from tradewind.research.sweeps.heatmap import Fold, HeatMap
from tradewind.research.sweeps.objective import Measure

_TOP = 25
_SHOWN = ("trades", "total_return", "sharpe", "sortino", "calmar", "max_drawdown", "profit_factor", "expectancy_r")

_WORDS: dict[str, tuple[str, str]] = {
    "title": ("Sweep of {name}", "Перебор параметров {name}"),
    "span": (
        "{symbols} · {timeframe} · {done:,} of {total:,} sets · objective {measure} with at least {trades} trades",
        "{symbols} · {timeframe} · {done:,} из {total:,} наборов · цель {measure} при не менее {trades} сделках",
    ),
    "max": ("Best over the other parameters", "Лучшее по остальным параметрам"),
    "median": ("Median over the other parameters", "Медиана по остальным параметрам"),
    "best": ("The best sets", "Лучшие наборы"),
    "honesty": ("What the best is worth", "Чего стоит лучший"),
    "score": ("score", "оценка"),
    "trials": ("sets tried", "проверено наборов"),
    "effective_trials": ("independent sets they are worth", "скольких независимых они стоят"),
    "deflated_sharpe": ("probability of an edge (deflated Sharpe ratio)", "вероятность преимущества (дефлир. Шарп)"),
    "pbo": ("probability of overfitting (CSCV)", "вероятность переобучения (CSCV)"),
    "neighbours": ("neighbours' median score", "медиана оценок соседей"),
    "unfinished": ("Ended before all sets were tried.", "Прервано до проверки всех наборов."),
    "none": ("none", "нет"),
}
_STYLE = """
:root{color-scheme:light dark;font:15px/1.45 system-ui,sans-serif}
body{max-width:75rem;margin:2rem auto;padding:0 1rem}
h1{font-size:1.5rem;margin:0}h2{font-size:1.1rem;margin:2rem 0 .5rem}
.scroll{overflow-x:auto}table{border-collapse:collapse;font-variant-numeric:tabular-nums}
th,td{padding:.25rem .5rem;text-align:right;white-space:nowrap}th{font-weight:600}
.heat td{min-width:3.2rem;color:#111}.heat .empty{color:inherit;opacity:.4}
.heat .top{outline:2px solid currentColor;outline-offset:-2px;font-weight:700}
.list tr+tr{border-top:1px solid #8884}.doubt{border-left:.25rem solid #c60;padding:.1rem .75rem;margin:.5rem 0}
"""


def page(result: SweepResult, language: Language) -> str:
    """The page; whatever comes from documents is escaped."""
    study, plan = result.study, result.plan

    def say(key: str, **values: Any) -> str:
        return escape(_WORDS[key][language is Language.RU].format(**values))

    title = say("title", name=study.strategy)
    objective = DEFINITIONS[plan.objective.measure.value].title[language]
    span = say(
        "span",
        symbols=", ".join(study.symbols),
        timeframe=study.timeframe.value,
        done=len(result.points),
        total=plan.sampler.trials,
        measure=objective,
        trades=plan.objective.min_trades,
    )
    parts = [f"<h1>{title}</h1><p>{span}</p>"]
    if not result.complete:
        parts.append(f'<p class="doubt">{say("unfinished")}</p>')
    warnings = (result.honesty or {}).get("warnings", ())
    parts += [f'<p class="doubt">{escape(warning[language.value])}</p>' for warning in warnings]
    folds = list(Fold) if len(plan.sampler.space.axes) > 2 else [Fold.MAX]
    for fold in folds:
        heading = f"<h2>{say(fold.value)}</h2>" if len(folds) > 1 else ""
        parts.append(heading + _heat(result.heat_map(fold=fold), plan.objective.measure))
    parts.append(f"<h2>{say('best')}</h2>" + _best(result, say("score"), language))
    if result.honesty is not None:
        near = result.honesty["neighbourhood"] or {}
        figures = {key: result.honesty[key] for key in ("trials", "effective_trials", "deflated_sharpe", "pbo")}
        rows = "".join(
            f"<tr><th>{say(key)}</th><td>{_number(value) if value is not None else say('none')}</td></tr>"
            for key, value in (figures | {"neighbours": near.get("median")}).items()
        )
        parts.append(f'<h2>{say("honesty")}</h2><table class="list">{rows}</table>')
    return (
        f'<!doctype html><html lang="{language.value}"><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">"
        f"<title>{title}</title><style>{_STYLE}</style><body>{''.join(parts)}</body></html>\n"
    )


def _heat(found: HeatMap, measure: Measure) -> str:
    cells = [cell for row in found.cells for cell in row if cell is not None]
    reach = max((abs(cell - measure.even) for cell in cells), default=0.0) or 1.0
    top = max(cells, default=None)
    down = found.y
    head = "".join(f"<th>{_value(value)}</th>" for value in found.x.values)
    corner = f"{escape(down.name)} \\ {escape(found.x.name)}" if down else escape(found.x.name)
    lines = []
    for place, row in enumerate(found.cells):
        name = "" if down is None else _value(down.values[place])
        lines.append(f"<tr><th>{name}</th>" + "".join(_cell(cell, top, measure, reach) for cell in row) + "</tr>")
    return f'<div class="scroll"><table class="heat"><tr><th>{corner}</th>{head}</tr>{"".join(lines)}</table></div>'


def _cell(cell: float | None, top: float | None, measure: Measure, reach: float) -> str:
    if cell is None:
        return '<td class="empty">–</td>'
    strength = (cell - measure.even) / reach
    # Blue gains, orange loses: told apart by all eyes, and by the sign.
    hue, light = (215, 97 - 42 * strength) if strength >= 0 else (28, 97 + 32 * strength)
    mark = ' class="top"' if cell == top else ""
    return f'<td{mark} style="background:hsl({hue} 85% {light:.0f}%)">{_number(cell)}</td>'


def _best(result: SweepResult, score: str, language: Language) -> str:
    space = result.plan.sampler.space
    names = [axis.name for axis in space.axes]
    titles = [DEFINITIONS[name].title[language] for name in _SHOWN]
    head = "".join(f"<th>{escape(name)}</th>" for name in (*names, score, *titles))
    rows = []
    for place in result.ranked()[:_TOP]:
        answer, settings = result.answers[place], space.settings(result.points[place])
        metrics = answer["metrics"]
        cells = [_value(settings[name]) for name in names]
        cells += [_number(answer["score"]), *(shown(metrics[name], DEFINITIONS[name].unit) for name in _SHOWN)]
        rows.append("<tr>" + "".join(f"<td>{cell}</td>" for cell in cells) + "</tr>")
    return f'<div class="scroll"><table class="list"><tr>{head}</tr>{"".join(rows)}</table></div>'


def _value(value: float | str) -> str:
    return escape(value) if isinstance(value, str) else f"{value:g}"


def _number(value: float | None) -> str:
    if value is None:
        return "–"
    return f"{value:,}" if isinstance(value, int) else f"{value:.3g}" if abs(value) < 1000 else f"{value:,.0f}"
