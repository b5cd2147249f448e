"""What every measure is called and how it is reckoned, for people: one text each, English and Russian.

rᵢ are the returns per day, n their number, Y the days of a year, gᵢ what the trades gained after all costs, Rᵢ the same
in initial risks.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import NamedTuple


class Unit(StrEnum):
    """What a measure's number counts."""

    COUNT = "count"
    MONEY = "money"
    """Quote currency."""
    FRACTION = "fraction"
    """Shown as a percentage."""
    RATIO = "ratio"
    RISKS = "risks"
    """Initial risks (R)."""
    DAYS = "days"


class Definition(NamedTuple):
    """A measure in words; `title` and `text` by language ("en", "ru")."""

    unit: Unit
    title: Mapping[str, str]
    text: Mapping[str, str]


def _of(unit: Unit, en: tuple[str, str], ru: tuple[str, str]) -> Definition:
    return Definition(unit, MappingProxyType({"en": en[0], "ru": ru[0]}), MappingProxyType({"en": en[1], "ru": ru[1]}))


#: By the name that the measure has in `Metrics`, in the same order.
DEFINITIONS: Mapping[str, Definition] = MappingProxyType(
    {
        "trades": _of(
            Unit.COUNT,
            ("Trades", "Closed trades. What is open at the end is no trade."),
            ("Сделки", "Закрытые сделки. Открытое в конце сделкой не считается."),
        ),
        "start_equity": _of(
            Unit.MONEY,
            ("Start equity", "What the account began with."),
            ("Начальный капитал", "С чего счёт начинал."),
        ),
        "end_equity": _of(
            Unit.MONEY,
            ("End equity", "Balance plus open positions at the last close."),
            ("Конечный капитал", "Баланс и открытые позиции по последнему закрытию."),
        ),
        "fees": _of(
            Unit.MONEY,
            ("Fees", "Fees of both sides of all closed trades."),
            ("Комиссии", "Комиссии за вход и выход по всем закрытым сделкам."),
        ),
        "total_return": _of(
            Unit.FRACTION,
            ("Total return", "∏(1 + rᵢ) − 1"),
            ("Доходность", "∏(1 + rᵢ) − 1"),
        ),
        "cagr": _of(
            Unit.FRACTION,
            ("CAGR", "Compound annual growth rate: (1 + total return)^(Y ÷ n) − 1"),
            ("CAGR", "Среднегодовой темп роста: (1 + доходность)^(Y ÷ n) − 1"),
        ),
        "volatility": _of(
            Unit.FRACTION,
            ("Volatility", "Sample standard deviation (n − 1) of rᵢ × √Y"),
            ("Волатильность", "Выборочное стандартное отклонение (n − 1) rᵢ × √Y"),
        ),
        "sharpe": _of(
            Unit.RATIO,
            ("Sharpe", "mean(rᵢ) ÷ sample standard deviation of rᵢ × √Y; risk-free rate 0"),
            ("Шарп", "среднее(rᵢ) ÷ выборочное стандартное отклонение rᵢ × √Y; безрисковая ставка 0"),
        ),
        "sortino": _of(
            Unit.RATIO,
            ("Sortino", "mean(rᵢ) ÷ √mean(min(rᵢ, 0)²) × √Y; all days count below the root"),
            ("Сортино", "среднее(rᵢ) ÷ √среднее(min(rᵢ, 0)²) × √Y; под корнем все дни"),
        ),
        "calmar": _of(
            Unit.RATIO,
            ("Calmar", "CAGR ÷ maximum drawdown"),
            ("Кальмар", "CAGR ÷ максимальная просадка"),
        ),
        "max_drawdown": _of(
            Unit.FRACTION,
            ("Maximum drawdown", "Largest 1 − equity ÷ earlier peak, at the ends of days"),
            ("Максимальная просадка", "Наибольшее 1 − капитал ÷ прежний максимум, на концы дней"),
        ),
        "max_drawdown_periods": _of(
            Unit.DAYS,
            ("Longest drawdown", "Days of the longest stretch below a peak, recovered or not"),
            ("Самая долгая просадка", "Дней подряд ниже максимума, с восстановлением или без"),
        ),
        "win_rate": _of(
            Unit.FRACTION,
            ("Win rate", "Share of trades with gᵢ > 0"),
            ("Доля прибыльных", "Доля сделок с gᵢ > 0"),
        ),
        "average_win": _of(
            Unit.MONEY,
            ("Average win", "Mean of gᵢ > 0"),
            ("Средняя прибыль", "Среднее gᵢ > 0"),
        ),
        "average_loss": _of(
            Unit.MONEY,
            ("Average loss", "Mean of gᵢ < 0; a negative number"),
            ("Средний убыток", "Среднее gᵢ < 0; отрицательное число"),
        ),
        "payoff": _of(
            Unit.RATIO,
            ("Payoff", "Average win ÷ |average loss|"),
            ("Отношение прибыли к убытку", "Средняя прибыль ÷ |средний убыток|"),
        ),
        "profit_factor": _of(
            Unit.RATIO,
            ("Profit factor", "Σ wins ÷ |Σ losses|"),
            ("Профит-фактор", "Σ прибылей ÷ |Σ убытков|"),
        ),
        "expectancy": _of(
            Unit.MONEY,
            ("Expectancy", "Mean gᵢ: what a trade gains on average"),
            ("Матожидание", "Среднее gᵢ: сколько в среднем даёт сделка"),
        ),
        "expectancy_r": _of(
            Unit.RISKS,
            ("Expectancy, R", "Mean Rᵢ; Rᵢ = gᵢ ÷ (quantity × |entry price − initial stop|)"),
            ("Матожидание, R", "Среднее Rᵢ; Rᵢ = gᵢ ÷ (количество × |цена входа − первый стоп|)"),
        ),
        "sqn": _of(
            Unit.RATIO,
            ("SQN", "System quality number: √trades × mean(Rᵢ) ÷ sample standard deviation of Rᵢ"),
            ("SQN", "Качество системы: √сделок × среднее(Rᵢ) ÷ выборочное стандартное отклонение Rᵢ"),
        ),
        "exposure": _of(
            Unit.FRACTION,
            ("Exposure", "Share of candles in which a position was open, mean over the symbols"),
            ("Время в рынке", "Доля свечей с открытой позицией, среднее по инструментам"),
        ),
        "average_mfe": _of(
            Unit.FRACTION,
            ("Average MFE", "Mean largest move in favour of a position while it was open, of its entry price"),
            ("Средняя MFE", "Наибольшее движение в пользу позиции, пока она открыта, в долях цены входа; среднее"),
        ),
        "average_mae": _of(
            Unit.FRACTION,
            ("Average MAE", "Mean largest move against a position while it was open, of its entry price"),
            ("Средняя MAE", "Наибольшее движение против позиции, пока она открыта, в долях цены входа; среднее"),
        ),
        "average_mfe_r": _of(
            Unit.RISKS,
            ("Average MFE, R", "Mean largest favourable move ÷ initial risk"),
            ("Средняя MFE, R", "Наибольшее движение в пользу ÷ начальный риск; среднее"),
        ),
        "average_mae_r": _of(
            Unit.RISKS,
            ("Average MAE, R", "Mean largest adverse move ÷ initial risk"),
            ("Средняя MAE, R", "Наибольшее движение против ÷ начальный риск; среднее"),
        ),
    }
)


def shown(value: float | None, unit: Unit) -> str:
    """`value` as a text with its unit's digits; a dash where it is undefined."""
    if value is None:
        return "–"
    match unit:
        case Unit.COUNT | Unit.DAYS:
            return f"{value:,.0f}"
        case Unit.FRACTION:
            return f"{value * 100:,.2f} %"
        case Unit.MONEY | Unit.RATIO | Unit.RISKS:
            return f"{value:,.2f}"
