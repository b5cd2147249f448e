"""The chart picture of a signal: the candles before it, the entry zone, the stop and the targets, as a PNG.

matplotlib is imported with the first picture and not before: it takes some 40 MB. Figures are made without pyplot, so
that nothing but the caller holds on to them.
"""

from __future__ import annotations

import asyncio
import gc
import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from tradewind.core.candles import Timeframe
from tradewind.core.series import Columns
from tradewind.core.values import Side
from tradewind.messaging.telegram.card import Card
from tradewind.messaging.telegram.texts import Voice

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure
    from matplotlib.text import Text

#: Candles shown, and the fewest that are worth a picture.
CANDLES = 80
FEWEST = 20
#: Where the plan is small beside what happened before, fewer candles are shown, so that its levels stay apart.
_FEW_CANDLES = 40
_MOST_SPANS = 6.0

_WIDTH, _HEIGHT, _DPI = 1000, 620, 100
#: Where the plot lies, px from the left and from the bottom; right of it stand the prices.
_LEFT, _RIGHT, _BOTTOM, _TOP = 14, 792, 44, 548
#: Room to the right of the newest candle, where the levels are drawn, as a share of what the candles take.
_FUTURE = 0.275
#: Least distance of two price tags, px.
_GAP = 31
#: Share of the plot's height that volumes may take.
_VOLUME = 0.13

# One dark card that stands well on Telegram's light and on its dark background.
_BACK, _PLOT, _GRID = "#151c25", "#11171f", "#1d2733"
_INK, _SOFT, _AMBER = "#e8eef4", "#8594a3", "#f5b94d"
_UP, _DOWN = "#2fb59a", "#ef5d5d"
_ENTRY, _STOP, _TARGET = "#5aa2ff", "#ff6b6b", "#35c28f"


@dataclass(frozen=True, slots=True)
class _Level:
    """A horizontal line with its tag; the name stands before the price."""

    price: float
    name: str
    shown: str
    colour: str


class ChartPainter:
    """Draws pictures one at a time in a thread of its own, so that the event loop goes on meanwhile."""

    def __init__(self, cache: Path) -> None:
        """`cache` is where matplotlib keeps what it found out about fonts; the home folder may not be writable."""
        self._cache = cache
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="chart")

    async def paint(self, card: Card, candles: Columns, voice: Voice) -> bytes | None:
        """The picture, or None when there are too few candles for one."""
        if len(candles) < FEWEST:
            return None
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._thread, self._paint, card, candles, voice)

    def close(self) -> None:
        """Draw no more; a picture that is being drawn is finished first."""
        self._thread.shutdown(wait=False, cancel_futures=True)

    def _paint(self, card: Card, candles: Columns, voice: Voice) -> bytes:
        os.environ.setdefault("MPLCONFIGDIR", str(self._cache))
        return paint(card, candles, voice)


def paint(card: Card, candles: Columns, voice: Voice) -> bytes:
    """The picture, 1000 × 620 px; of `candles` the newest `CANDLES` are shown."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg  # noqa: PLC0415 - see the module's docstring
    from matplotlib.figure import Figure  # noqa: PLC0415

    levels = _levels(card, voice)
    shown = _worth_showing(candles, levels)
    figure = Figure(figsize=(_WIDTH / _DPI, _HEIGHT / _DPI), dpi=_DPI, facecolor=_BACK)
    canvas = FigureCanvasAgg(figure)
    axes = figure.add_axes(
        (_LEFT / _WIDTH, _BOTTOM / _HEIGHT, (_RIGHT - _LEFT) / _WIDTH, (_TOP - _BOTTOM) / _HEIGHT), facecolor=_PLOT
    )
    try:
        low, high = _scale(shown, levels)
        end = len(shown) * (1.0 + _FUTURE)
        axes.set_xlim(-1.0, end)
        axes.set_ylim(low, high)
        axes.set_xticks([])
        axes.set_yticks([])
        for spine in axes.spines.values():
            spine.set_visible(False)
        if voice.label(card):
            _watermark(axes, voice, card)
        ticks = _price_steps(low, high)
        axes.hlines(ticks, -1.0, end, colors=_GRID, linewidth=1.0, zorder=0)
        _draw_plan(axes, card, len(shown) - 0.5, end)
        _draw_candles(axes, shown, low, high)
        _draw_arrow(axes, card, shown, (high - low) / (_TOP - _BOTTOM))
        _write_times(axes, shown, card.timeframe)
        _write_prices(figure, levels, ticks, low, high, card)
        _write_title(figure, canvas, card, voice)
        out = BytesIO()
        canvas.print_png(out)  # type: ignore[no-untyped-call]
        return out.getvalue()
    finally:
        figure.clear()
        vars(canvas).pop("renderer", None)  # 2.5 MB
        # A figure is full of cycles; left to themselves they let the process grow by 50 MB. This takes 4 ms.
        gc.collect(1)


# ------------------------------------------------------------------------------------------------------------ geometry


def _levels(card: Card, voice: Voice) -> list[_Level]:
    words = voice.words
    levels = [
        _Level(float(target.price), f"TP{number}", str(target.price), _TARGET)
        for number, target in enumerate(card.targets, start=1)
    ]
    levels.append(_Level(float(card.stop), words.stop, str(card.stop), _STOP))
    levels.append(_Level(float(card.entry), words.entry, str(card.entry), _ENTRY))
    other = card.zone_low if card.side is Side.LONG else card.zone_high
    if other != card.entry:
        levels.append(_Level(float(other), "", str(other), _ENTRY))
    return levels


def _worth_showing(candles: Columns, levels: Sequence[_Level]) -> Columns:
    span = max(level.price for level in levels) - min(level.price for level in levels)
    count = min(CANDLES, len(candles))
    while True:
        shown = candles.rows(len(candles) - count, len(candles))
        if count <= _FEW_CANDLES or float(shown.high.max() - shown.low.min()) <= _MOST_SPANS * span:
            return shown
        count -= 10


def _scale(candles: Columns, levels: Sequence[_Level]) -> tuple[float, float]:
    """The lowest and highest price of the plot: everything is in it, with air around and room for volumes below."""
    low = min(float(candles.low.min()), *(level.price for level in levels))
    high = max(float(candles.high.max()), *(level.price for level in levels))
    span = (high - low) or abs(high) or 1.0
    return low - span * (0.05 + _VOLUME), high + span * 0.06


def _price_steps(low: float, high: float) -> list[float]:
    """Round prices for some grid lines."""
    raw = (high - low) / 6
    magnitude = 10.0 ** np.floor(np.log10(raw))
    step = float(next(factor for factor in (1, 2, 2.5, 5, 10) if factor * magnitude >= raw) * magnitude)
    first = int(np.ceil(low / step))
    return [number * step for number in range(first, int(np.floor(high / step)) + 1)]


def spread(places: Sequence[float], gap: float, low: float, high: float) -> list[float]:
    """`places` moved apart as little as needed to be `gap` from each other, between `low` and `high` if they fit.

    Groups of tags that touch are centred on where they belong, like beads that push each other along a string.
    """
    order = sorted(range(len(places)), key=lambda index: places[index])
    groups: list[list[int]] = []
    starts: list[float] = []
    for index in order:
        groups.append([index])
        starts.append(places[index])
        while len(groups) > 1 and starts[-2] + gap * len(groups[-2]) > starts[-1]:
            merged = groups.pop(-2) + groups.pop()
            del starts[-2:]
            groups.append(merged)
            starts.append(float(np.mean([places[member] - gap * at for at, member in enumerate(merged)])))
        starts[-1] = max(starts[-1], low)
    answer = [0.0] * len(places)
    ceiling = high
    for start, group in zip(reversed(starts), reversed(groups), strict=True):
        begin = min(start, ceiling - gap * (len(group) - 1))
        for at, member in enumerate(group):
            answer[member] = begin + gap * at
        ceiling = begin - gap
    return answer


# ------------------------------------------------------------------------------------------------------------- drawing


def _draw_candles(axes: Axes, candles: Columns, low: float, high: float) -> None:
    at = np.arange(len(candles))
    up = candles.close >= candles.open
    colours = np.where(up, _UP, _DOWN)
    tallest = float(candles.volume.max())
    if tallest > 0.0:
        heights = candles.volume / tallest * (high - low) * _VOLUME
        axes.bar(at, heights, width=0.72, bottom=low, color=colours, alpha=0.28, zorder=1, linewidth=0)
    axes.vlines(at, candles.low, candles.high, colors=colours.tolist(), linewidth=1.5, zorder=3)
    # A candle that closed where it opened still is a line.
    bodies = np.maximum(np.abs(candles.close - candles.open), (high - low) * 0.0025)
    bottoms = np.minimum(candles.close, candles.open)
    axes.bar(at, bodies, width=0.72, bottom=bottoms, color=colours, zorder=4, linewidth=0)


def _draw_plan(axes: Axes, card: Card, start: float, end: float) -> None:
    """Risk and reward as areas from the signal on, the zone over the whole width."""
    low, high = float(card.zone_low), float(card.zone_high)
    entry, stop, last = float(card.entry), float(card.stop), float(card.targets[-1].price)
    axes.fill_between([start, end], entry, last, color=_TARGET, alpha=0.13, zorder=1, linewidth=0)
    axes.fill_between([start, end], entry, stop, color=_STOP, alpha=0.15, zorder=1, linewidth=0)
    axes.fill_between([-1.0, start], low, high, color=_ENTRY, alpha=0.14, zorder=1, linewidth=0)
    axes.fill_between([start, end], low, high, color=_ENTRY, alpha=0.42, zorder=2, linewidth=0)
    axes.hlines([low, high], start, end, colors=_ENTRY, linewidth=1.4, zorder=2)
    axes.hlines([stop], start, end, colors=_STOP, linewidth=2.6, zorder=5)
    prices = [float(target.price) for target in card.targets]
    axes.hlines(prices, start, end, colors=_TARGET, linewidth=2.2, linestyles=(0, (5, 2)), zorder=5)
    axes.axvline(start, color=_SOFT, linewidth=1.0, linestyle=(0, (2, 3)), zorder=2)


def _draw_arrow(axes: Axes, card: Card, candles: Columns, price_per_px: float) -> None:
    """A mark at the candle that made the signal, on the side from which the price shall move."""
    long = card.side is Side.LONG
    at = float(candles.low[-1]) - 15 * price_per_px if long else float(candles.high[-1]) + 15 * price_per_px
    axes.scatter([len(candles) - 1], [at], marker="^" if long else "v", s=190, color=_ENTRY, edgecolors=_PLOT, zorder=6)


def _watermark(axes: Axes, voice: Voice, card: Card) -> None:
    words = (voice.tag(card) or "").upper()
    axes.text(
        0.5,
        0.52,
        words,
        transform=axes.transAxes,
        ha="center",
        va="center",
        rotation=24,
        fontsize=44,
        fontweight="bold",
        color="#ffffff",
        alpha=0.06,
        zorder=1.5,
    )


# ------------------------------------------------------------------------------------------------------------- writing


def _write(figure: Figure, x: float, y: float, text: str, *, size: float, colour: str, **more: Any) -> Text:
    """Put `text` at px from the left and from the bottom; dollars in it are dollars, not formulas."""
    style: dict[str, Any] = {"va": "center", "color": colour, "fontsize": size * 72 / _DPI, "parse_math": False, **more}
    return figure.text(x / _WIDTH, y / _HEIGHT, text, **style)


def _write_title(figure: Figure, canvas: FigureCanvasAgg, card: Card, voice: Voice) -> None:
    y = (_TOP + _HEIGHT) / 2
    long = card.side is Side.LONG

    def end_of(text: Text) -> float:
        return float(text.get_window_extent(canvas.get_renderer()).x1)  # type: ignore[no-untyped-call]

    x = end_of(_write(figure, 20, y, card.symbol, size=30, colour=_INK, fontweight="bold"))
    pill = {"boxstyle": "round,pad=0.28", "facecolor": _UP if long else _DOWN, "edgecolor": "none"}
    side = voice.words.side[card.side].upper()
    x = end_of(_write(figure, x + 24, y, side, size=22, colour="#ffffff", fontweight="bold", bbox=pill))
    _write(figure, x + 26, y, f"{card.timeframe}  ·  {card.strategy}", size=22, colour=_SOFT)
    if label := voice.tag(card):
        _write(figure, _WIDTH - 18, y, label.upper(), size=18, colour=_AMBER, fontweight="bold", ha="right")


def _write_prices(
    figure: Figure, levels: Sequence[_Level], ticks: Sequence[float], low: float, high: float, card: Card
) -> None:
    """Tags at the right edge, moved apart where levels are close, and the grid's prices where there is room."""
    px = (_TOP - _BOTTOM) / (high - low)
    wanted = [_BOTTOM + (level.price - low) * px for level in levels]
    places = spread(wanted, _GAP, _BOTTOM + _GAP / 2, _TOP - _GAP / 2)
    longest = max(len(level.name) + 1 + len(level.shown) for level in levels)
    size = min(20.0, (_WIDTH - _RIGHT - 34) / (longest * 0.602))
    from matplotlib.lines import Line2D  # noqa: PLC0415 - see the module's docstring

    for level, y, true in zip(levels, places, wanted, strict=True):
        # From the level to its tag, which may have been moved.
        xs, ys = [_RIGHT / _WIDTH, (_RIGHT + 13) / _WIDTH], [true / _HEIGHT, y / _HEIGHT]
        figure.add_artist(Line2D(xs, ys, color=level.colour, linewidth=1.6))
        box = {"boxstyle": "round,pad=0.22,rounding_size=0.25", "facecolor": level.colour, "edgecolor": "none"}
        name = level.name.ljust(longest - len(level.shown))
        style = {"family": "DejaVu Sans Mono", "fontweight": "bold", "bbox": box}
        _write(figure, _RIGHT + 18, y, name + level.shown, size=size, colour="#0b1016", **style)
    right = _RIGHT + 18 + longest * size * 0.602
    for tick in ticks:
        y = _BOTTOM + (tick - low) * px
        if all(abs(y - place) > _GAP for place in places) and _BOTTOM + 8 < y < _TOP - 8:
            style = {"family": "DejaVu Sans Mono", "ha": "right"}
            _write(figure, right, y, card.price(tick), size=size * 0.86, colour=_SOFT, **style)


def _write_times(axes: Axes, candles: Columns, timeframe: Timeframe) -> None:
    pattern = "%H:%M" if timeframe.ms < 1_800_000 else "%m-%d %H:%M" if timeframe.ms < 14_400_000 else "%m-%d"
    style: dict[str, Any] = {"va": "top", "color": _SOFT, "fontsize": 18 * 72 / _DPI}
    for row in range(len(candles) // 10, len(candles), max(1, len(candles) // 4)):
        at = datetime.fromtimestamp(int(candles.ts[row]) / 1000, UTC)
        axes.text(row, -0.022, f"{at:{pattern}}", transform=axes.get_xaxis_transform(), ha="center", **style)
    axes.text(1.0, -0.022, "UTC", transform=axes.transAxes, ha="right", **style)
