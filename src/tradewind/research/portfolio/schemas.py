"""HTTP shapes of portfolio analysis. Ratios have six digits, money those in which it is booked."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from tradewind.core.lots import Deal
from tradewind.core.portfolio import RiskAspect, SuggestionCode
from tradewind.platform.web.schemas import Answer, DecimalText, GivenDecimal, Moment, Wish


class UnderlyingItem(Answer):
    underlying: str
    long: DecimalText
    short: DecimalText
    net: DecimalText = Field(description="long − short: what is held of one underlying nets out.")
    weight: DecimalText = Field(description="|net| ÷ Σ |net|; 0 when everything nets out.")


class VenueItem(Answer):
    venue: str
    long: DecimalText
    short: DecimalText
    gross: DecimalText
    net: DecimalText


class ExposureItem(Answer):
    """Notional at the present prices."""

    long: DecimalText
    short: DecimalText
    gross: DecimalText
    net: DecimalText
    leverage: DecimalText | None = Field(description="gross ÷ equity; null without equity.")
    net_leverage: DecimalText | None
    by_underlying: list[UnderlyingItem] = Field(description="The largest |net| first.")
    by_venue: list[VenueItem]


class DiversificationItem(Answer):
    """Of the Herfindahl index H of w = |net| ÷ Σ |net| over the N underlyings that do not net out."""

    score: DecimalText = Field(description="(1 − H) ÷ (1 − 1/N), 0 to 1; 0 for a single underlying.")
    effective: DecimalText = Field(description="1 ÷ H: as many equal positions would be as concentrated.")
    herfindahl: DecimalText


class RiskComponent(Answer):
    aspect: RiskAspect
    subject: str = Field(description="The symbol or underlying it is about; empty for the whole.")
    level: DecimalText
    arithmetic: str = Field(description="Such as `6 ÷ 5 = 1.2 → 1`.")


class RiskItem(Answer):
    """From 0 to 1: the level of the worst aspect."""

    level: DecimalText
    warning: bool = Field(description="Whether the level is above the threshold.")
    threshold: DecimalText
    components: list[RiskComponent] = Field(description="The worst first.")


class TailItem(Answer):
    """What an hour loses at worst, as a fraction of equity and in money; positive is a loss."""

    var: DecimalText
    cvar: DecimalText
    var_amount: DecimalText
    cvar_amount: DecimalText


class TailWarning(StrEnum):
    """What to know of the figures beside. The list is complete; clients may rely on the names."""

    NO_EQUITY = "no_equity"
    TOO_FEW_OBSERVATIONS = "too_few_observations"
    CORNISH_FISHER_OUT_OF_DOMAIN = "cornish_fisher_out_of_domain"


class TailRiskItem(Answer):
    """Value at risk and expected shortfall: today's holdings over the hours that were."""

    horizon: str
    confidence: DecimalText
    observations: int = Field(description="Hours for which everything that is held has a return.")
    historical: TailItem | None
    cornish_fisher: TailItem | None = Field(description="Null outside the domain of the expansion.")
    skewness: DecimalText | None
    excess_kurtosis: DecimalText | None
    warnings: list[TailWarning]


class LiquidationItem(Answer):
    position_id: UUID
    account_id: UUID
    symbol: str
    side: Literal["long", "short"]
    quantity: DecimalText
    notional: DecimalText
    mark_price: DecimalText
    liquidation_price: DecimalText | None = Field(description="Null for a long without leverage.")
    distance: DecimalText | None = Field(description="The adverse move that is left, as a fraction of the price.")


class SuggestionItem(Answer):
    code: SuggestionCode
    subjects: list[str]
    facts: dict[str, DecimalText]
    arithmetic: str
    words: str = Field(description="In the language of the request.")


class PortfolioPart(Answer):
    """The analysis of one account, or of all together."""

    balance: DecimalText
    equity: DecimalText
    exposure: ExposureItem
    diversification: DiversificationItem | None = Field(description="Null while nothing is held.")
    risk: RiskItem
    tail: TailRiskItem
    liquidations: list[LiquidationItem] = Field(description="Of every position, the nearest first.")
    suggestions: list[SuggestionItem]


class AccountPortfolio(Answer):
    account_id: UUID
    name: str
    venue: str
    analysis: PortfolioPart


class CorrelationMatrix(Answer):
    """Pearson correlations of hourly returns, pairwise over the hours that both have."""

    timeframe: str
    since: Moment | None
    until: Moment | None
    names: list[str]
    matrix: list[list[DecimalText | None]] = Field(description="Null: too few common hours, or no movement.")
    observations: list[list[int]]


class Portfolio(Answer):
    """What is held at the present prices."""

    at: Moment | None
    currency: str
    total: PortfolioPart
    accounts: list[AccountPortfolio]
    correlations: CorrelationMatrix


class RebalanceWish(Wish):
    account_id: UUID | None = Field(None, description="May be left out by who has one account.")
    weights: dict[Annotated[str, Field(pattern=r"^[A-Z0-9_]{1,40}$")], GivenDecimal] | None = Field(
        None,
        max_length=100,
        description="Signed notional ÷ equity by symbol, negative = short; symbols that are not named stay as they "
        "are. Left out: the present gross exposure in equal parts.",
    )


class RebalancingOrderItem(Answer):
    symbol: str
    side: Deal
    quantity: DecimalText
    notional: DecimalText
    reduce_only: bool


class RebalancingItem(Answer):
    symbol: str
    price: DecimalText
    weight_before: DecimalText
    weight_target: DecimalText
    weight_after: DecimalText = Field(description="Off the target by what lots and the venue's minimum do not allow.")
    orders: list[RebalancingOrderItem]


class RebalancePreview(Answer):
    """Orders at market that would lead there. Nothing is sent."""

    account_id: UUID
    equity: DecimalText
    items: list[RebalancingItem]
