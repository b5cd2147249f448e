"""HTTP shapes of back-tests, sweeps and validations."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

from pydantic import BeforeValidator, Field, StringConstraints

from tradewind.core.candles import Timeframe
from tradewind.core.values import decimal_of
from tradewind.platform.web.schemas import Answer, DecimalText, GivenDecimal, GivenMoment, Moment, Wish
from tradewind.research.backtest import Profile
from tradewind.research.reports.validating import Gate, State
from tradewind.research.runs.service import RunKind, RunState
from tradewind.research.sweeps.heatmap import Fold
from tradewind.research.sweeps.honesty import SweepDoubt
from tradewind.research.sweeps.objective import MIN_TRADES, Measure
from tradewind.research.sweeps.samplers import SamplerKind
from tradewind.research.validation import Check, Doubt, Resampling, WalkForward

#: A name, a choice's word, or what a parameter is set to: a number as a decimal string.
Word = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_.+-]{1,64}$")]
#: What a document of one's own is called by.
OWN = "own:"
Reference = Annotated[str, StringConstraints(pattern=rf"^({OWN})?[A-Za-z0-9_.+-]{{1,64}}$")]
Symbol = Annotated[str, StringConstraints(pattern=r"^[A-Z0-9_]{1,40}$")]

#: A measure as a decimal string; null where it is undefined.
Figure = Annotated[DecimalText | None, BeforeValidator(lambda value: None if value is None else decimal_of(value))]


class BacktestWish(Wish):
    """A strategy on stored candles."""

    strategy: Reference = Field(description="A built-in strategy's name, or `own:NAME` for a document of one's own.")
    version: Annotated[int | None, Field(ge=1, le=1_000_000)] = Field(
        default=None, description="Of a document of one's own; the active one when not given."
    )
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


type Variation = VaryRange | Annotated[list[Word], Field(min_length=1, max_length=1000)] | None


class SearchWish(BacktestWish):
    """How parameter sets are drawn, and what makes one the best."""

    sampler: SamplerKind = SamplerKind.GRID
    trials: Annotated[int | None, Field(ge=1, le=1_000_000)] = Field(
        default=None, description="Parameter sets to try; the whole grid, or 100 of other samplers, when not given."
    )
    seed: Annotated[int, Field(ge=0, lt=2**31)] = 1
    objective: Measure = Measure.SHARPE
    min_trades: Annotated[int, Field(ge=1, le=100_000)] = Field(
        default=MIN_TRADES, description="Closed trades below which a set has no score."
    )


class SweepWish(SearchWish):
    """A strategy on stored candles, with many parameter sets."""

    vary: Annotated[dict[Word, Variation], Field(min_length=1, max_length=10)] = Field(
        description="What varies: a range, these values, or (null) all that the document allows."
    )


class ValidationWish(SearchWish):
    """A strategy on stored candles, looked at from all sides. Fills are those of the ideal profile."""

    vary: Annotated[dict[Word, Variation], Field(max_length=10)] = Field(
        default={},
        description="As of a sweep: the best set is judged, and what the search was worth. Where nothing varies the "
        "document is judged as it is, without a walk-forward.",
    )
    folds: Annotated[int, Field(ge=1, le=100)] = Field(default=5, description="Windows of the walk-forward.")
    mode: WalkForward = Field(
        default=WalkForward.ROLLING, description="Where training begins: at the first candle, or as long as the first."
    )
    purge: Annotated[int, Field(ge=0, le=1000)] = Field(
        default=0, description="Days left out between training and test."
    )
    paths: Annotated[int, Field(ge=1, le=100_000)] = Field(default=2000, description="Of the bootstrap.")
    ruin: GivenDecimal = Field(
        default=Decimal("0.5"), ge=Decimal("0.01"), le=1, description="Drawdown that counts as ruin, a fraction."
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


class ValidationPlanItem(Answer):
    """How hard a validation looks."""

    folds: int = Field(description="Windows of the walk-forward; there is none where nothing varies.")
    mode: WalkForward
    purge: int = Field(description="Days left out between training and test.")
    paths: int = Field(description="Of the bootstrap.")
    ruin: Figure = Field(description="Drawdown that counts as ruin, a fraction.")
    seed: int


class RunItem(Answer):
    """A back-test, a sweep or a validation."""

    id: UUID
    kind: RunKind
    state: RunState
    strategy: str = Field(description="The document's name.")
    own: bool = Field(description="It is a document of one's own; the run keeps it as it was.")
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
    total: int = Field(
        description="Trials there will be; a back-test is one, a validation its windows and its verdict."
    )
    sweep: SweepItem | None = Field(description="What varies.")
    validation: ValidationPlanItem | None
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


class RefusalItem(Answer):
    """Set-ups that stood and that a filter of the document refused."""

    filter: str
    setups: int
    text: str


class CheckItem(Answer):
    """One thing that was looked at."""

    check: Gate
    state: State
    numbers: list[Figure] = Field(description="Those of the text, in its order.")
    text: str


class MonteCarloItem(Answer):
    """How else it could have come. Fractions; `final_return` and `max_drawdown` are the values of `percentiles`."""

    resampling: Resampling
    paths: int
    block: int = Field(description="Length of blocks, the mean where it varies; 1 for a shuffle.")
    seed: int
    percentiles: list[Figure] = Field(description="Rising.")
    final_return: list[Figure]
    max_drawdown: list[Figure]
    observed_return: Figure
    observed_drawdown: Figure
    loss_share: Figure = Field(description="Share of the paths that ended with a loss.")
    deeper_share: Figure = Field(description="Share of the paths with a drawdown at least as deep as the observed.")
    ruin: Figure
    ruin_share: Figure = Field(description="Share of the paths whose drawdown reaches it.")


class WindowItem(Answer):
    """One choice of the walk-forward and what it came to. Spans are of open times, their ends outside."""

    train_from: Moment
    train_to: Moment
    test_from: Moment
    test_to: Moment
    parameters: dict[str, str] | None = Field(description="The chosen set; null where no set had a score.")
    in_sample_sharpe: Figure
    out_of_sample_sharpe: Figure
    gained: Figure = Field(alias="return", description="Of the test.")
    trades: int = Field(description="Of the test.")


class WalkForwardItem(Answer):
    """Parameters chosen on what was known and traded on what came next; Sharpe ratios a year."""

    mode: WalkForward
    in_sample_sharpe: Figure = Field(description="Mean of the chosen sets in training.")
    out_of_sample_sharpe: Figure = Field(description="Of the tests' curve.")
    efficiency: Figure = Field(description="Out of sample ÷ in sample.")
    drift: Figure = Field(description="How far the choice moves between windows; 0 = never.")
    total_return: Figure
    max_drawdown: Figure
    fingerprint: str = Field(description="SHA-256 over every choice and every trade of the tests.")
    windows: list[WindowItem]


class VerdictItem(Answer):
    """Whether a back-test may be believed."""

    state: State = Field(description="The worst of the checks.")
    text: str
    parameters: dict[str, str] = Field(description="All of the set that was judged.")
    checks: list[CheckItem]
    unchecked: list[Check] = Field(description="What nobody looked at.")
    probabilistic_sharpe: Figure = Field(description="Probability that the true Sharpe ratio is above zero.")
    minimum_track_record_days: Figure = Field(description="Days to be 95 % sure of that.")
    shuffle: MonteCarloItem | None = Field(description="The trades in other orders.")
    bootstrap: MonteCarloItem | None = Field(description="The days drawn again.")
    walk_forward: WalkForwardItem | None = Field(description="null where nothing varied.")


class RunDetail(RunItem):
    """A run with what came of it. What is said of a back-test, a validation says of the set that it judged."""

    candles: int | None = Field(description="Of all symbols; null until it is known, and of sweeps.")
    fingerprint: str | None = Field(description="SHA-256 over every trade of a back-test.")
    metrics: MetricsItem | None = Field(description="Of a back-test.")
    assumptions: list[AssumptionItem] = Field(description="Of a back-test.")
    warnings: list[DoubtItem] = Field(description="Of a back-test: why it may be too good.")
    refusals: list[RefusalItem] = Field(description="Of a back-test, by the document's filters in their order.")
    best: TrialItem | None = Field(description="Of a sweep that is over.")
    honesty: HonestyItem | None = Field(description="Of a sweep that is over, or of a validation's.")
    verdict: VerdictItem | None = Field(description="Of a validation that is done.")


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
