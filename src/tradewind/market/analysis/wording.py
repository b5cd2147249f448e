"""An analysis in two sentences: what the market does, and where the price stands.

They state numbers and advise nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from tradewind.core.analysis import Analysis, Level, Role, Shortage, Trend, VolumeProfile
from tradewind.core.regime import Regime
from tradewind.kit.language import Language, grouped, plural
from tradewind.market.analysis.service import Found

_Words = Mapping[Language, str]

#: What a regime is called.
REGIMES: Mapping[Regime, _Words] = {
    Regime.TREND_UP: {Language.EN: "uptrend", Language.RU: "восходящий тренд"},
    Regime.TREND_DOWN: {Language.EN: "downtrend", Language.RU: "нисходящий тренд"},
    Regime.RANGE: {Language.EN: "range", Language.RU: "боковик"},
    Regime.VOLATILE: {Language.EN: "volatile", Language.RU: "высокая волатильность"},
}

ROLES: Mapping[Role, _Words] = {
    Role.SUPPORT: {Language.EN: "support", Language.RU: "поддержка"},
    Role.RESISTANCE: {Language.EN: "resistance", Language.RU: "сопротивление"},
}

_PHASES: Mapping[Regime, _Words] = {
    Regime.TREND_UP: {Language.EN: "has been trending up", Language.RU: "восходящий тренд"},
    Regime.TREND_DOWN: {Language.EN: "has been trending down", Language.RU: "нисходящий тренд"},
    Regime.RANGE: {Language.EN: "has been moving sideways", Language.RU: "боковое движение"},
    Regime.VOLATILE: {Language.EN: "has been volatile", Language.RU: "высокая волатильность"},
}

_SHORTAGE: _Words = {
    Language.EN: "{symbol} {timeframe} has {has} closed {candles}, and an analysis needs {needs}.",
    Language.RU: "{symbol} {timeframe}: закрытых свечей {has}, для анализа нужно {needs}.",
}

_STATE: _Words = {
    Language.EN: "{symbol} {timeframe} {phase} for {least}{count} {candles}: ADX {adx}, RSI {rsi}, ATR {atr}% of the "
    "price, volatility above {rank}% of its recent values.",
    Language.RU: "{symbol} {timeframe}: {phase} уже {least}{count} {candles}; ADX {adx}, RSI {rsi}, ATR {atr}\u202f% "
    "цены, волатильность выше {rank}\u202f% недавних значений.",
}
_LEAST: _Words = {Language.EN: "at least ", Language.RU: "не менее "}
_CANDLES = {Language.EN: ("candle", "candles"), Language.RU: ("свечу", "свечи", "свечей")}
#: "at least" governs another case.
_LEAST_CANDLES = {Language.EN: ("candle", "candles"), Language.RU: ("свечи", "свечей", "свечей")}
_TOUCHES = {Language.EN: ("touch", "touches"), Language.RU: ("касание", "касания", "касаний")}


class _Place(NamedTuple):
    """Where the price stands among levels, by which of them there are."""

    both: str
    support: str
    resistance: str
    none: str


_PLACES: Mapping[Language, _Place] = {
    Language.EN: _Place(
        both="The close at {close} lies between support at {support} and resistance at {resistance}",
        support="The close at {close} lies above support at {support}, without resistance in {window} candles",
        resistance="The close at {close} lies below resistance at {resistance}, without support in {window} candles",
        none="The close at {close} has neither support nor resistance in {window} candles",
    ),
    Language.RU: _Place(
        both="Цена закрытия {close} — между поддержкой {support} и сопротивлением {resistance}",
        support="Цена закрытия {close} выше поддержки {support}, сопротивления за {window} {candles} нет",
        resistance="Цена закрытия {close} ниже сопротивления {resistance}, поддержки за {window} {candles} нет",
        none="У цены закрытия {close} за {window} {candles} нет ни поддержки, ни сопротивления",
    ),
}

_VALUE_AREA: Mapping[Language, tuple[str, str, str]] = {
    Language.EN: (", below the value area {area}", ", inside the value area {area}", ", above the value area {area}"),
    Language.RU: (", ниже зоны стоимости {area}", ", внутри зоны стоимости {area}", ", выше зоны стоимости {area}"),
}

_AGREEMENT: _Words = {
    Language.EN: "; trend agreement is {agreement}: {trends}.",
    Language.RU: "; согласие трендов {agreement}: {trends}.",
}
_DIRECTIONS: Mapping[int, _Words] = {
    1: {Language.EN: "up", Language.RU: "вверх"},
    -1: {Language.EN: "down", Language.RU: "вниз"},
    0: {Language.EN: "flat", Language.RU: "без наклона"},
}
_AND: _Words = {Language.EN: " and ", Language.RU: " и "}


def sentences(found: Found, language: Language) -> tuple[str, ...]:
    """The analysis in two sentences; one when there were not enough candles."""
    match found.result:
        case Shortage(needs, has):
            text = _SHORTAGE[language].format(
                symbol=found.symbol,
                timeframe=found.timeframe.value,
                has=grouped(str(has), language),
                candles=plural(has, language, *_CANDLES[language]),
                needs=grouped(str(needs), language),
            )
            return (text,)
        case analysis:
            return _state(found, analysis, language), _place(found, analysis, language)


def _state(found: Found, analysis: Analysis, language: Language) -> str:
    now, read = analysis.phases.now, analysis.readings
    began = analysis.phases.now_began
    return _STATE[language].format(
        symbol=found.symbol,
        timeframe=found.timeframe.value,
        phase=_PHASES[now.regime][language],
        least="" if began else _LEAST[language],
        count=grouped(str(now.candles), language),
        candles=plural(now.candles, language, *(_CANDLES if began else _LEAST_CANDLES)[language]),
        adx=_number(read.adx, 1, language),
        rsi=_number(read.rsi, 1, language),
        atr=_number(read.atr_percent, 2, language),
        rank=_number(read.volatility_rank, 0, language),
    )


def _place(found: Found, analysis: Analysis, language: Language) -> str:
    support, resistance = analysis.support, analysis.resistance
    places = _PLACES[language]
    if support and resistance:
        place = places.both
    elif support:
        place = places.support
    else:
        place = places.resistance if resistance else places.none

    def price(value: float) -> str:
        return _number(value, found.digits, language)

    def level(of: Level | None) -> str:
        if of is None:
            return ""
        return f"{price(of.price)} ({of.touches} {plural(of.touches, language, *_TOUCHES[language])})"

    text = place.format(
        close=price(analysis.close),
        support=level(support),
        resistance=level(resistance),
        window=grouped(str(analysis.window), language),
        candles=plural(analysis.window, language, *_CANDLES[language]),
    )
    if (profile := analysis.profile) is not None:
        area = f"{price(profile.value_low)}–{price(profile.value_high)}"
        text += _VALUE_AREA[language][_side(analysis.close, profile)].format(area=area)
    if analysis.agreement is None:
        return f"{text}."
    return text + _AGREEMENT[language].format(
        agreement=_signed(analysis.agreement, 2, language), trends=_trends(analysis.trends, language)
    )


def _side(close: float, profile: VolumeProfile) -> int:
    """0 below the value area, 1 inside, 2 above."""
    return 0 if close < profile.value_low else 2 if close > profile.value_high else 1


def _trends(trends: Sequence[Trend], language: Language) -> str:
    """Timeframes by where they point, such as "5m and 1h up, 4h down"; those without a trend are left out."""
    parts: list[str] = []
    for direction, words in _DIRECTIONS.items():
        names = [trend.timeframe.value for trend in trends if trend.direction == direction]
        if names:
            listed = _AND[language].join([part for part in (", ".join(names[:-1]), names[-1]) if part])
            parts.append(f"{listed} {words[language]}")
    return ", ".join(parts)


def _number(value: float, digits: int, language: Language) -> str:
    text = f"{value:.{digits}f}"
    # No minus before nothing.
    return grouped(text if float(text) else text.lstrip("-"), language)


def _signed(value: float, digits: int, language: Language) -> str:
    text = _number(value, digits, language)
    return f"+{text}" if float(f"{value:.{digits}f}") > 0.0 else text
