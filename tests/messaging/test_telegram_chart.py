"""The picture of a signal."""

from __future__ import annotations

from io import BytesIO
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from cards import short_payload, signal_payload
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageChops

from tradewind.core.candles import Timeframe
from tradewind.core.series import Columns
from tradewind.kit.language import Language
from tradewind.messaging.telegram.card import card_of
from tradewind.messaging.telegram.chart import FEWEST, ChartPainter, paint, spread
from tradewind.messaging.telegram.texts import Voice
from tradewind.platform.settings import MarketSource

VOICE = Voice(Language.EN, MarketSource.SIMULATED)


def candles_around(price: float, count: int = 80, move: float = 0.002, seed: int = 1) -> Columns:
    random = np.random.default_rng(seed)
    close = price * np.exp(np.cumsum(random.normal(0.0, move, count)))
    opened = np.concatenate(([price], close[:-1]))
    high, low = np.maximum(opened, close) * (1 + move / 2), np.minimum(opened, close) * (1 - move / 2)
    ts = 1_767_600_000_000 + np.arange(count, dtype=np.int64) * Timeframe.M15.ms
    return Columns(ts, opened, high, low, close, random.random(count))


def picture(payload: dict[str, Any], candles: Columns, voice: Voice = VOICE) -> Image.Image:
    content = paint(card_of(payload), candles, voice)
    assert len(content) <= 200_000
    image = Image.open(BytesIO(content), formats=("PNG",))
    image.load()
    assert image.size == (1000, 620)
    return image.convert("RGB")


def differ(one: Image.Image, other: Image.Image) -> bool:
    return ImageChops.difference(one, other).getbbox() is not None


@pytest.fixture(scope="module")
def usual() -> Image.Image:
    return picture(signal_payload(), candles_around(61_200.0))


def test_the_same_signal_gives_the_same_picture(usual: Image.Image) -> None:
    assert not differ(usual, picture(signal_payload(), candles_around(61_200.0)))


@pytest.mark.parametrize(
    "changed",
    [
        {"stop_loss": "60500.00"},
        {"entry_zone": {"low": "61100.00", "high": "61300.00"}},
        {"take_profit": [{"price": "62035.60", "share": "0.5"}, {"price": "63500.00", "share": "0.5"}]},
        {"symbol": "ETHUSDT"},
        {"timeframe": "5m"},
        {"simulated": False},
    ],
    ids=lambda changed: next(iter(changed)),
)
def test_the_picture_shows_what_the_signal_says(usual: Image.Image, changed: dict[str, Any]) -> None:
    voice = Voice(Language.EN, MarketSource.LIVE)
    assert differ(usual, picture(signal_payload(**changed), candles_around(61_200.0), voice))


def test_the_words_follow_the_language(usual: Image.Image) -> None:
    russian = Voice(Language.RU, MarketSource.SIMULATED)
    assert differ(usual, picture(signal_payload(), candles_around(61_200.0), russian))


def test_levels_have_their_colours(usual: Image.Image) -> None:
    seen = {colour for _, colour in usual.getcolors(1 << 20) or []}
    for colour in ((0x5A, 0xA2, 0xFF), (0xFF, 0x6B, 0x6B), (0x35, 0xC2, 0x8F)):
        assert colour in seen


@pytest.mark.parametrize(
    ("payload", "candles"),
    [
        (short_payload(), candles_around(3_125.0)),
        (short_payload(), candles_around(3_125.0, move=0.05)),
        (signal_payload(), candles_around(61_200.0, count=FEWEST)),
        (signal_payload(symbol="$A$B_{x}"), candles_around(61_200.0)),
        (signal_payload(entry_zone={"low": "61300.00", "high": "61300.00"}), candles_around(61_200.0, move=0.0)),
        (
            signal_payload(
                entry_zone={"low": "0.0000001229", "high": "0.0000001234"},
                stop_loss="0.0000001200",
                take_profit=[{"price": f"0.00000012{40 + rung}", "share": "0.1"} for rung in range(10)],
            ),
            candles_around(1.23e-7),
        ),
        (
            signal_payload(
                entry_zone={"low": "987654321.5", "high": "987654322.0"},
                stop_loss="987654320.0",
                take_profit=[{"price": "987654330.0", "share": "1"}],
            ),
            candles_around(987_654_321.0, move=1e-9),
        ),
    ],
    ids=["short", "wild", "few candles", "dollars", "flat", "tiny prices", "huge prices"],
)
def test_odd_signals_make_pictures_too(payload: dict[str, Any], candles: Columns) -> None:
    assert len(picture(payload, candles).getcolors(1 << 20) or []) > 50


async def test_too_few_candles_make_no_picture(tmp_path: Path) -> None:
    painter = ChartPainter(tmp_path)
    card = card_of(signal_payload())
    assert await painter.paint(card, candles_around(61_200.0, FEWEST - 1), VOICE) is None
    assert await painter.paint(card, Columns.of(()), VOICE) is None
    assert await painter.paint(card, candles_around(61_200.0, FEWEST), VOICE) is not None
    painter.close()


@given(st.lists(st.floats(0, 500), min_size=1, max_size=12), st.floats(1, 40))
def test_tags_are_moved_apart_and_keep_their_order(places: list[float], gap: float) -> None:
    moved = spread(places, gap, 0.0, 500.0)
    order = sorted(range(len(places)), key=lambda index: (places[index], moved[index]))
    for lower, upper in pairwise(order):
        assert moved[upper] - moved[lower] >= gap - 1e-6
    assert max(moved) <= 500.0 + 1e-6
    if gap * len(places) <= 500.0:
        assert min(moved) >= -1e-6


def test_tags_with_room_stay_where_they_are() -> None:
    assert spread([100.0, 50.0, 200.0], 30.0, 0.0, 500.0) == [100.0, 50.0, 200.0]
    assert spread([100.0, 100.0], 30.0, 0.0, 500.0) == [85.0, 115.0]
