"""HTTP shapes of market analysis."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from tradewind.core.analysis import Role
from tradewind.core.candles import Timeframe
from tradewind.core.regime import Regime
from tradewind.platform.web.schemas import Answer, DecimalText, Moment


class RegimePhaseItem(Answer):
    """An unbroken run of candles in one regime."""

    regime: Regime
    since: Moment = Field(description="When its first candle opened.")
    candles: int


class RegimeShareItem(Answer):
    regime: Regime
    share: DecimalText = Field(description="Of the candles in the window, 0 to 1.")


class RegimeItem(Answer):
    """Trend, range or volatile: two thresholds each, and three candles in a row confirm a change."""

    regime: Regime
    since: Moment = Field(description="When its first candle opened.")
    candles: int = Field(description="How long it has lasted; at least that long when `began` is false.")
    began: bool = Field(description="Whether its beginning lies in the window.")
    shares: list[RegimeShareItem]
    phases: list[RegimePhaseItem] = Field(description="The last ones, oldest first; the last is the present one.")


class AverageDistanceItem(Answer):
    """How far the price is from an exponential average."""

    period: int
    percent: DecimalText | None = Field(description="Of the average; null while it has not settled.")
    needs: int = Field(description="Candles until it has settled.")


class ReadingsItem(Answer):
    """Figures at the close of the last candle; of 14 candles where nothing else is said."""

    rsi: DecimalText
    adx: DecimalText
    plus_di: DecimalText
    minus_di: DecimalText
    atr: DecimalText = Field(description="Average true range, in price.")
    atr_percent: DecimalText
    volatility_rank: DecimalText = Field(
        description="Share of the 288 candles before whose realised volatility was lower, 0 to 100."
    )
    volume_ratio: DecimalText | None = Field(description="Volume ÷ median of 100 candles; null where that is 0.")
    averages: list[AverageDistanceItem]
    range_low: DecimalText = Field(description="Lowest low of 100 candles.")
    range_high: DecimalText
    range_position: DecimalText = Field(description="Where the close lies between them, 0 to 1.")


class LevelItem(Answer):
    """Swing highs and lows within one usual true range of each other, two at least."""

    price: DecimalText = Field(description="Mean of the touches.")
    low: DecimalText
    high: DecimalText
    role: Role
    touches: int
    first_touch: Moment
    last_touch: Moment
    strength: DecimalText = Field(description="0 to 1, by number and age of the touches; no probability.")
    flipped: bool = Field(description="Its last touch was from the other side; the price has gone through it since.")


class VolumeProfileItem(Answer):
    """Volume by price; a candle's volume is spread evenly over its range."""

    low: DecimalText
    high: DecimalText
    volumes: list[DecimalText] = Field(description="Of bins of equal height, from the lowest price up; base currency.")
    poc: DecimalText = Field(description="Point of control: middle of the bin that traded most.")
    value_low: DecimalText = Field(description="The value area holds 70 % of the volume around the point of control.")
    value_high: DecimalText
    high_nodes: list[DecimalText]
    low_nodes: list[DecimalText]


class TrendItem(Answer):
    """Least-squares line through the last closes of a timeframe."""

    timeframe: Timeframe
    candles: int = Field(description="Closed ones that were looked at.")
    needs: int
    direction: Literal["up", "down", "flat"] | None = Field(description="Null with too few candles.")
    strength: DecimalText | None = Field(description="R²: how straight it is, 0 to 1.")


class AnalysisReport(Answer):
    candle: Moment = Field(description="When the last closed candle opened.")
    close: DecimalText
    window: int = Field(description="Candles in which phases, levels and volume were looked for.")
    regime: RegimeItem
    readings: ReadingsItem
    levels: list[LevelItem] = Field(description="The nearest three on either side of the close, in order of price.")
    profile: VolumeProfileItem | None = Field(description="Null where nothing was traded.")
    trends: list[TrendItem] = Field(description="Of this timeframe and longer ones, the shortest first.")
    agreement: DecimalText | None = Field(
        description="Mean of direction × strength over the timeframes, −1 (all down) to 1 (all up)."
    )


class MarketAnalysis(Answer):
    symbol: str
    timeframe: Timeframe
    candles: int = Field(description="Closed candles that were looked at.")
    needs: int = Field(description="Closed candles that an analysis needs.")
    sentences: list[str] = Field(description="What the market does and where the price stands; facts, no advice.")
    report: AnalysisReport | None = Field(description="Null until there are enough candles.")
