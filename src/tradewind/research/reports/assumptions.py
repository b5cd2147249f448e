"""What a back-test takes for granted, in words."""

from __future__ import annotations

from typing import NamedTuple

from tradewind.research.backtest import BacktestResult, Profile


class Assumption(NamedTuple):
    """One thing taken for granted: a stable key, its value, and a sentence in English and in Russian."""

    key: str
    value: str
    en: str
    ru: str


_IDEAL = (
    Assumption(
        "fills",
        "next_open",
        "A set-up at a candle's close is entered at the next open, in full, whatever the size.",
        "Сигнал на закрытии свечи исполняется по следующему открытию, целиком, при любом объёме.",
    ),
    Assumption(
        "inside_bars",
        "stop_first",
        "A candle that touches stop and target counts as the stop.",
        "Свеча, задевшая и стоп, и цель, считается стопом.",
    ),
    Assumption(
        "slippage",
        "none",
        "No spread, slippage, latency, tick or lot; one fee on both sides.",
        "Без спреда, проскальзывания, задержки, шага цены и лота; одна комиссия с обеих сторон.",
    ),
    Assumption(
        "funding",
        "none",
        "No funding, no margin and no liquidation.",
        "Без фандинга, маржи и ликвидации.",
    ),
    Assumption(
        "sizing",
        "all_in",
        "Every symbol has an equal share of the capital and puts all of it into every trade.",
        "У каждого инструмента равная доля капитала, и каждая сделка берёт её целиком.",
    ),
)
_PAPER = (
    Assumption(
        "fills",
        "paper",
        "Orders rest and fill as on the paper venue: at most a tenth of a candle's volume, 250 ms under way.",
        "Заявки стоят и исполняются как на учебной площадке: до десятой доли объёма свечи, 250 мс в пути.",
    ),
    Assumption(
        "inside_bars",
        "worst_way",
        "Prices inside a candle take the worst way for the position.",
        "Внутри свечи цена идёт худшим для позиции путём.",
    ),
    Assumption(
        "slippage",
        "modelled",
        "Maker 0.02 %, taker 0.06 %, half a spread of 0.005 %, slippage 0.01 % and impact on what takes.",
        "Мейкер 0,02 %, тейкер 0,06 %, половина спреда 0,005 %, проскальзывание 0,01 % и влияние на рынок.",
    ),
    Assumption(
        "funding",
        "constant",
        "Funding is a constant 0.01 % every 8 hours, not what was really paid.",
        "Фандинг — постоянные 0,01 % каждые 8 часов, а не то, что платили на деле.",
    ),
    Assumption(
        "sizing",
        "risk",
        "Half a percent of equity at the stop, at most 5 × equity in all, the venue's lot and minimum.",
        "Риск на сделку — полпроцента капитала до стопа, всего не больше 5 капиталов, лот и минимум площадки.",
    ),
)
_ALWAYS = (
    Assumption(
        "survivorship",
        "today",
        "Only symbols that have candles today; what was delisted is missing.",
        "Только инструменты, у которых свечи есть сегодня; исключённых из торгов нет.",
    ),
)


def assumptions_of(result: BacktestResult) -> tuple[Assumption, ...]:
    """What `result` takes for granted."""
    return (*(_IDEAL if result.profile is Profile.IDEAL else _PAPER), *_ALWAYS)
