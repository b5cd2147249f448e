"""An analysis in words: the numbers are the analysis' own, and the grammar is right in both languages."""

from __future__ import annotations

import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tradewind.core.analysis import (
    NEEDED,
    Analysis,
    AverageDistance,
    Level,
    Phase,
    Phases,
    Readings,
    Role,
    Shortage,
    Trend,
    VolumeProfile,
)
from tradewind.core.candles import Candle, Timeframe
from tradewind.core.regime import Regime
from tradewind.kit.language import Language
from tradewind.market.analysis import REGIMES, ROLES, Found, found_in, sentences

_ADVICE = re.compile(
    r"\b(buy|sell|should|enter|recommend\w*|купи\w*|прода\w*|следует|стоит|рекоменд\w*)\b", re.IGNORECASE
)


def level(price: float, role: Role, touches: int) -> Level:
    return Level(price, price - 1, price + 1, role, touches, 0, 0, 0.5, flipped=False)


def analysis(
    regime: Regime = Regime.TREND_UP,
    *,
    candles: int = 14,
    began: bool = True,
    levels: tuple[Level, ...] = (),
    profile: VolumeProfile | None = None,
    trends: tuple[Trend, ...] = (),
    agreement: float | None = None,
) -> Found:
    runs = (Phase(Regime.RANGE, 0, 9),) if began else ()
    shares = dict.fromkeys(Regime, 0.25)
    read = Readings(
        rsi=61.96,
        adx=31.24,
        plus_di=30.0,
        minus_di=10.0,
        atr=510.0,
        atr_percent=0.833,
        volatility_rank=63.5416,
        averages=(AverageDistance(20, 0.1, 90),),
        volume_ratio=1.0,
        range_low=60_000.0,
        range_high=62_000.0,
        range_position=0.6,
    )
    return Found(
        "BTCUSDT",
        Timeframe.H1,
        1000,
        1,
        Analysis(
            timeframe=Timeframe.H1,
            ts=0,
            close=61_200.5,
            window=500,
            phases=Phases((*runs, Phase(regime, 0, candles)), shares),
            readings=read,
            levels=levels,
            profile=profile,
            trends=trends,
            agreement=agreement,
        ),
    )


BOTH = (level(60_800.0, Role.SUPPORT, 4), level(62_300.0, Role.RESISTANCE, 1))
PROFILE = VolumeProfile(59_000.0, 63_000.0, (1.0,), 61_000.0, 60_500.0, 62_100.0, (), ())
TRENDS = (
    Trend(Timeframe.H1, 1000, 1, 0.9),
    Trend(Timeframe.H4, 51, 1, 0.5),
    Trend(Timeframe.D1, 51, -1, 0.2),
)


def test_the_two_sentences_name_the_numbers() -> None:
    found = analysis(levels=BOTH, profile=PROFILE, trends=TRENDS, agreement=0.4)
    assert sentences(found, Language.EN) == (
        "BTCUSDT 1h has been trending up for 14 candles: ADX 31.2, RSI 62.0, ATR 0.83% of the price, volatility above "
        "64% of its recent values.",
        "The close at 61,200.5 lies between support at 60,800.0 (4 touches) and resistance at 62,300.0 (1 touch), "
        "inside the value area 60,500.0–62,100.0; trend agreement is +0.40: 1h and 4h up, 1d down.",
    )
    assert sentences(found, Language.RU) == (
        "BTCUSDT 1h: восходящий тренд уже 14 свечей; ADX 31,2, RSI 62,0, ATR 0,83\u202f% цены, волатильность выше "
        "64\u202f% недавних значений.",
        "Цена закрытия 61\u00a0200,5 — между поддержкой 60\u00a0800,0 (4 касания) и сопротивлением "
        "62\u00a0300,0 (1 касание), внутри зоны стоимости 60\u00a0500,0–62\u00a0100,0; согласие трендов "
        "+0,40: 1h и 4h вверх, 1d вниз.",
    )


@pytest.mark.parametrize(
    ("candles", "began", "english", "russian"),
    [
        (21, True, "for 21 candles", "уже 21 свечу"),
        (3, True, "for 3 candles", "уже 3 свечи"),
        (500, False, "for at least 500 candles", "уже не менее 500 свечей"),
        (401, False, "for at least 401 candles", "уже не менее 401 свечи"),
        (402, False, "for at least 402 candles", "уже не менее 402 свечей"),
    ],
)
def test_how_long_a_phase_lasts_is_said_in_the_right_case(
    candles: int, began: bool, english: str, russian: str
) -> None:
    found = analysis(candles=candles, began=began)
    assert f"{english}:" in sentences(found, Language.EN)[0]
    assert f"{russian};" in sentences(found, Language.RU)[0]


@pytest.mark.parametrize(
    ("levels", "english", "russian"),
    [
        (
            BOTH[:1],
            "above support at 60,800.0 (4 touches), without resistance",
            "выше поддержки 60\u00a0800,0 (4 касания)",
        ),
        (BOTH[1:], "below resistance at 62,300.0 (1 touch), without support", "ниже сопротивления 62\u00a0300,0"),
        ((), "has neither support nor resistance in 500 candles.", "нет ни поддержки, ни сопротивления."),
    ],
)
def test_levels_that_are_missing_are_said_to_be(levels: tuple[Level, ...], english: str, russian: str) -> None:
    found = analysis(levels=levels)
    assert english in sentences(found, Language.EN)[1]
    assert russian in sentences(found, Language.RU)[1]


def test_the_value_area_is_below_or_above() -> None:
    below = analysis(profile=PROFILE._replace(value_low=61_500.0))
    above = analysis(profile=PROFILE._replace(value_high=61_000.0))
    assert ", below the value area 61,500.0–62,100.0" in sentences(below, Language.EN)[1]
    assert ", выше зоны стоимости 60\u00a0500,0–61\u00a0000,0" in sentences(above, Language.RU)[1]


def test_timeframes_without_a_trend_are_left_out() -> None:
    trends = (Trend(Timeframe.H1, 100, 0, 0.0), Trend(Timeframe.D1, 12, None, None))
    found = analysis(trends=trends, agreement=0.0)
    assert sentences(found, Language.EN)[1].endswith("; trend agreement is 0.00: 1h flat.")
    assert sentences(found, Language.RU)[1].endswith("; согласие трендов 0,00: 1h без наклона.")
    slightly = analysis(trends=trends, agreement=-0.004)
    assert "is 0.00:" in sentences(slightly, Language.EN)[1], "no minus before nothing"


def test_too_few_candles_are_one_sentence() -> None:
    found = Found("BTCUSDT", Timeframe.H1, 1, 1, Shortage(NEEDED, 1))
    assert sentences(found, Language.EN) == (f"BTCUSDT 1h has 1 closed candle, and an analysis needs {NEEDED}.",)
    assert sentences(found, Language.RU) == (f"BTCUSDT 1h: закрытых свечей 1, для анализа нужно {NEEDED}.",)


def test_everything_has_a_name_in_every_language() -> None:
    for names in (*REGIMES.values(), *ROLES.values()):
        assert set(names) == set(Language)


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 2**32), rows=st.integers(0, 700), power=st.integers(-4, 4))
def test_sentences_are_whole_and_advise_nothing(seed: int, rows: int, power: int) -> None:
    walk = 10.0**power * np.exp(np.cumsum(np.random.default_rng(seed).normal(0.0, 0.003, rows)))
    candles = [Candle(row * 300_000, p, p * 1.001, p * 0.999, p, 1.0) for row, p in enumerate(walk.tolist())]
    found = found_in("ABCUSDT", Timeframe.M5, candles, {})
    for language in Language:
        told = sentences(found, language)
        assert len(told) == (2 if rows >= NEEDED else 1)
        for sentence in told:
            assert sentence.endswith(".")
            assert not re.search(r"[{}\[\]]|nan|inf|  |None", sentence)
            assert not _ADVICE.search(sentence)
