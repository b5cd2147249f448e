"""The route of market analysis."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Literal

from fastapi import Path, Query

from tradewind.core.analysis import LINE, NEEDED, Analysis, Phases, Readings, Shortage, Trend, VolumeProfile
from tradewind.core.candles import Timeframe
from tradewind.core.values import decimal_of
from tradewind.kit.clock import from_ms
from tradewind.market.analysis.schemas import (
    AnalysisReport,
    AverageDistanceItem,
    LevelItem,
    MarketAnalysis,
    ReadingsItem,
    RegimeItem,
    RegimePhaseItem,
    RegimeShareItem,
    TrendItem,
    VolumeProfileItem,
)
from tradewind.market.analysis.service import Found, MarketAnalyst
from tradewind.market.analysis.wording import sentences
from tradewind.platform.realtime.board import Board, BoardWatch
from tradewind.platform.web.errors import ErrorCode, problem
from tradewind.platform.web.language import Spoken
from tradewind.platform.web.parts import part
from tradewind.platform.web.routing import api_router
from tradewind.platform.web.subjects import Scope, requires
from tradewind.platform.web.units import Reading

router = api_router("/market", "Market")

Prices = Annotated[BoardWatch, part(BoardWatch)]
Analyst = Annotated[MarketAnalyst, part(MarketAnalyst)]

#: Phases that are told; there may be dozens.
_PHASES = 12
_DIRECTIONS: dict[int, Literal["up", "down", "flat"]] = {1: "up", -1: "down", 0: "flat"}


@router.get("/{symbol}/analysis", dependencies=[requires(Scope.MARKET_READ)])
async def get_market_analysis(
    session: Reading,
    prices: Prices,
    analyst: Analyst,
    language: Spoken,
    symbol: Annotated[str, Path(pattern=r"^[A-Za-z0-9_]{1,40}$")],
    timeframe: Annotated[Timeframe, Query()],
) -> MarketAnalysis:
    """Regime, levels, volume by price and agreement of timeframes, at the last closed candle."""
    symbol = symbol.upper()
    board = await prices.now()
    found = await analyst.find(session, symbol, timeframe, now=board.ms)
    if not found.candles:
        _refuse_unknown(board, symbol, timeframe)
    return MarketAnalysis(
        symbol=symbol,
        timeframe=timeframe,
        candles=found.candles,
        needs=NEEDED,
        sentences=list(sentences(found, language)),
        report=_report(found),
    )


def _refuse_unknown(board: Board, symbol: str, timeframe: Timeframe) -> None:
    """What will never have candles here is not there; what has none yet is no error."""
    if board.prices and symbol not in board.prices:
        raise problem(
            ErrorCode.NOT_FOUND, f"no market data for {symbol}; GET /api/v1/market/symbols lists what there is"
        )
    kept = board.market.get("timeframes", ())
    if kept and timeframe not in kept:
        raise problem(ErrorCode.NOT_FOUND, f"no {timeframe} candles of {symbol} here; there are {', '.join(kept)}")


def _report(found: Found) -> AnalysisReport | None:
    if isinstance(found.result, Shortage):
        return None
    analysis, digits = found.result, found.digits
    return AnalysisReport(
        candle=from_ms(analysis.ts),
        close=_rounded(analysis.close, digits),
        window=analysis.window,
        regime=_regime(analysis.phases),
        readings=_readings(analysis.readings, digits),
        levels=_levels(analysis, digits),
        profile=None if analysis.profile is None else _profile(analysis.profile, digits),
        trends=[_trend(trend) for trend in analysis.trends],
        agreement=_rounded_or_none(analysis.agreement, 4),
    )


def _regime(phases: Phases) -> RegimeItem:
    now = phases.now
    return RegimeItem(
        regime=now.regime,
        since=from_ms(now.since),
        candles=now.candles,
        began=phases.now_began,
        shares=[RegimeShareItem(regime=regime, share=_rounded(share, 4)) for regime, share in phases.shares.items()],
        phases=[
            RegimePhaseItem(regime=run.regime, since=from_ms(run.since), candles=run.candles)
            for run in phases.runs[-_PHASES:]
        ],
    )


def _readings(read: Readings, digits: int) -> ReadingsItem:
    return ReadingsItem(
        rsi=_rounded(read.rsi, 4),
        adx=_rounded(read.adx, 4),
        plus_di=_rounded(read.plus_di, 4),
        minus_di=_rounded(read.minus_di, 4),
        atr=_rounded(read.atr, digits + 1),
        atr_percent=_rounded(read.atr_percent, 4),
        volatility_rank=_rounded(read.volatility_rank, 4),
        volume_ratio=_rounded_or_none(read.volume_ratio, 4),
        averages=[
            AverageDistanceItem(period=each.period, percent=_rounded_or_none(each.percent, 4), needs=each.needs)
            for each in read.averages
        ],
        range_low=_rounded(read.range_low, digits),
        range_high=_rounded(read.range_high, digits),
        range_position=_rounded(read.range_position, 4),
    )


def _levels(analysis: Analysis, digits: int) -> list[LevelItem]:
    return [
        LevelItem(
            price=_rounded(level.price, digits),
            low=_rounded(level.low, digits),
            high=_rounded(level.high, digits),
            role=level.role,
            touches=level.touches,
            first_touch=from_ms(level.first_touch),
            last_touch=from_ms(level.last_touch),
            strength=_rounded(level.strength, 4),
            flipped=level.flipped,
        )
        for level in analysis.levels
    ]


def _profile(profile: VolumeProfile, digits: int) -> VolumeProfileItem:
    return VolumeProfileItem(
        low=_rounded(profile.low, digits),
        high=_rounded(profile.high, digits),
        volumes=[decimal_of(volume) for volume in profile.volumes],
        poc=_rounded(profile.poc, digits),
        value_low=_rounded(profile.value_low, digits),
        value_high=_rounded(profile.value_high, digits),
        high_nodes=[_rounded(node, digits) for node in profile.high_nodes],
        low_nodes=[_rounded(node, digits) for node in profile.low_nodes],
    )


def _trend(trend: Trend) -> TrendItem:
    return TrendItem(
        timeframe=trend.timeframe,
        candles=trend.candles,
        needs=LINE,
        direction=None if trend.direction is None else _DIRECTIONS[trend.direction],
        strength=_rounded_or_none(trend.strength, 4),
    )


def _rounded(value: float, digits: int) -> Decimal:
    return round(decimal_of(value), digits)


def _rounded_or_none(value: float | None, digits: int) -> Decimal | None:
    return None if value is None else _rounded(value, digits)
