"""HTTP shapes of back-tests and sweeps."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any
from uuid import UUID

from pydantic import BeforeValidator, Field, StringConstraints

from tradewind.core.candles import Timeframe
from tradewind.core.values import decimal_of
from tradewind.platform.web.schemas import Answer, DecimalText, GivenDecimal, GivenMoment, Moment, Wish
from tradewind.research.backtest import Profile
from tradewind.research.runs.service import RunKind, RunState
from tradewind.research.sweeps.heatmap import Fold
from tradewind.research.sweeps.honesty import SweepDoubt
from tradewind.research.sweeps.objective import MIN_TRADES, Measure
from tradewind.research.sweeps.samplers import SamplerKind
from tradewind.research.validation import Doubt

#: A name, a choice's word, or what a parameter is set to: a number as a decimal string.
Word = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_.+-]{1,64}$")]
Symbol = Annotated[str, StringConstraints(pattern=r"^[A-Z0-9_]{1,40}$")]

#: A measure as a decimal string; null where it is undefined.
Figure = Annotated[DecimalText | None, BeforeValidator(lambda value: None if value is None else decimal_of(value))]


class BacktestWish(Wish):
    """A strategy on stored candles."""

    strategy: Word = Field(description="A built-in strategy's name.")
    parameters: Annotated[dict[Word, Word], Field(max_length=40)] = Field(
        default={}, description="Parameters and choices that are not to be at their defaults."
    )
    symbols: Annotated[list[Symbol], Field(min_length=1, max_length=20)]
    timeframe: Timeframe
    since: GivenMoment | None = Field(
        default=None, alias="from", description="First open time; as far back as candles go when not given."
    )
    to: GivenMoment | None = Field(default=None, description="Open time to stop before; now when not given.")
    profile: Profile | None = Field(
        default=None, description="How orders fill: paper, but ideal for a yardstick and for sweeps."
    )
    fee: GivenDecimal | None = Field(default=None, ge=0, le=0.1, description="Rate paid on either side; ideal only.")


class VaryRange(Wish):
    """Numbers from, to and by how much."""

    low: GivenDecimal = Field(alias="from")
    high: GivenDecimal = Field(alias="to")
    step: GivenDecimal | None = Field(
        default=None, description="1 for whole numbers, a twentieth of the range for others, when not given."
    )


class SweepWish(BacktestWish):
    """A strategy on stored candles, with many parameter sets."""

    vary: Annotated[
        dict[Word, VaryRange | Annotated[list[Word], Field(min_length=1, max_length=1000)] | None],
        Field(min_length=1, max_length=10),
    ] = Field(description="What varies: a range, these values, or (null) all that the document allows.")
    sampler: SamplerKind = SamplerKind.GRID
    trials: Annotated[int | None, Field(ge=1, le=1_000_000)] = Field(
        default=None, description="Parameter sets to try; the whole grid, or 100 of other samplers, when not given."
    )
    seed: Annotated[int, Field(ge=0, lt=2**31)] = 1
    objective: Measure = Measure.SHARPE
    min_trades: Annotated[int, Field(ge=1, le=100_000)] = Field(
        default=MIN_TRADES, description="Closed trades below which a set has no score."
    )


class AxisItem(Answer):
    name: str
    values: list[str] = Field(description="Numbers as decimal strings, or words.")


class SweepItem(Answer):
    """What a sweep tries."""

    axes: list[AxisItem]
    size: int = Field(description="Combinations of the axes' values.")
    sampler: SamplerKind
    trials: int
    seed: int
    objective: Measure
    min_trades: int


class RunItem(Answer):
    """A back-test or a sweep."""

    id: UUID
    kind: RunKind
    state: RunState
    strategy: str
    strategy_version: int
    document_hash: str
    parameters: dict[str, str] = Field(description="Those that are not at their defaults.")
    symbols: list[str]
    timeframe: Timeframe
    since: Moment = Field(alias="from")
    to: Moment
    profile: Profile
    fee: DecimalText | None = Field(description="Rate paid on either side, ideal profile; null = the paper venue's.")
    done: int = Field(description="Trials that are computed.")
    total: int = Field(description="Trials there will be; a back-test is one.")
    sweep: SweepItem | None
    error: str | None = Field(description="Why it failed.")
    created_at: Moment
    started_at: Moment | None
    finished_at: Moment | None


class MetricsItem(Answer):
    """Measures as `docs/backtests.md` defines them; null where undefined. Fractions, not percentages."""

    trades: int
    start_equity: Figure
    end_equity: Figure
    fees: Figure
    total_return: Figure
    cagr: Figure
    volatility: Figure
    sharpe: Figure
    sortino: Figure
    calmar: Figure
    max_drawdown: Figure
    max_drawdown_periods: int
    win_rate: Figure
    average_win: Figure
    average_loss: Figure
    payoff: Figure
    profit_factor: Figure
    expectancy: Figure
    expectancy_r: Figure
    sqn: Figure
    exposure: Figure
    average_mfe: Figure
    average_mae: Figure
    average_mfe_r: Figure
    average_mae_r: Figure


class TrialItem(Answer):
    """One parameter set."""

    number: int = Field(description="In the order of the sampler, from 0.")
    parameters: dict[str, str]
    score: Figure = Field(description="The objective; null with too few trades, or where it is undefined.")
    metrics: MetricsItem | None = Field(description="null when the document refuses the set.")
    error: str | None


class NeighbourhoodItem(Answer):
    """The sets one step or less from the best."""

    trials: int
    scored: int
    median: Figure
    lone_peak: bool | None = Field(
        description="The best's edge is more than twice theirs; null where too few are known."
    )


class WarningItem(Answer):
    code: SweepDoubt
    text: str


class HonestyItem(Answer):
    """What the best of so many trials is worth."""

    trials: int
    effective_trials: Figure = Field(description="Independent trials they are worth, by the correlation of returns.")
    deflated_sharpe: Figure = Field(description="Probability of an edge behind the best, the search reckoned with.")
    luck_sharpe: Figure = Field(description="Sharpe ratio per period that the best would show without any edge.")
    best_sharpe: Figure = Field(description="That of the best, per period.")
    periods: int | None
    pbo: Figure = Field(description="Probability of back-test overfitting (CSCV), by Sharpe ratio.")
    pbo_loss_probability: Figure
    neighbourhood: NeighbourhoodItem | None
    warnings: list[WarningItem]


class AssumptionItem(Answer):
    """One thing that a back-test took for granted."""

    key: str
    value: str | None = Field(description="A word, or a number as a decimal string; rates as fractions.")
    text: str


class DoubtItem(Answer):
    """Why the result may be too good."""

    code: Doubt
    text: str


class RunDetail(RunItem):
    """A run with what came of it."""

    candles: int | None = Field(description="Of all symbols; null until it is known, and of sweeps.")
    fingerprint: str | None = Field(description="SHA-256 over every trade of a back-test.")
    metrics: MetricsItem | None = Field(description="Of a back-test.")
    assumptions: list[AssumptionItem] = Field(description="Of a back-test.")
    warnings: list[DoubtItem] = Field(description="Of a back-test: why it may be too good.")
    best: TrialItem | None = Field(description="Of a sweep that is over.")
    honesty: HonestyItem | None = Field(description="Of a sweep that is over.")


class BacktestTradeItem(Answer):
    """A closed trade; `entry_at` and `exit_at` are open times of candles."""

    symbol: str
    side: str
    entry_at: Moment
    entry_price: Figure
    exit_at: Moment
    exit_price: Figure
    exit_reason: str
    quantity: Figure
    fees: Figure
    pnl: Figure
    gained: Figure = Field(alias="return", description="PnL ÷ what the entry cost with its fee.")
    r_multiple: Figure


class DayItem(Answer):
    """The account at the end of a UTC day, open positions at the close."""

    day: date
    equity: Figure


class HeatMapAnswer(Answer):
    """The score over two parameters."""

    x: AxisItem
    y: AxisItem | None = Field(description="null when one parameter varies; then there is one row.")
    fold: Fold = Field(description="What stands for the sets that differ in other parameters.")
    objective: Measure
    cells: list[list[Figure]] = Field(description="Rows by y, columns by x; null where no set has a score.")
    trials: list[list[int]] = Field(description="Computed sets under each cell.")


def shown(value: Any) -> str:
    """A parameter's number as a decimal string, or a choice's word."""
    return value if isinstance(value, str) else format(decimal_of(value).normalize(), "f")
