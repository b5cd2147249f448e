"""The analysis as the API tells it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from decimal import Decimal

from tradewind.core.portfolio import (
    Correlations,
    Exposure,
    Rebalanced,
    TailRisk,
    amount_at_risk,
)
from tradewind.core.values import EXACT, MONEY_STEP, Rounding, Side, decimal_of, round_to
from tradewind.kit.language import Language
from tradewind.research.portfolio.analysis import CONFIDENCE, SCALE, Part
from tradewind.research.portfolio.returns import PERIOD, Returns
from tradewind.research.portfolio.schemas import (
    CorrelationMatrix,
    DiversificationItem,
    ExposureItem,
    LiquidationItem,
    PortfolioPart,
    RebalancingItem,
    RebalancingOrderItem,
    RiskComponent,
    RiskItem,
    SuggestionItem,
    TailItem,
    TailRiskItem,
    TailWarning,
    UnderlyingItem,
    VenueItem,
)
from tradewind.trading.wording import suggest

_RATIO_STEP = Decimal("0.000001")
_ZERO = Decimal(0)


def part_item(part: Part, currency: str, language: Language) -> PortfolioPart:
    """One account, or all together."""
    spread = part.diversification
    return PortfolioPart(
        balance=part.balance,
        equity=_money(part.equity),
        exposure=_exposure(part),
        diversification=None
        if spread is None
        else DiversificationItem(
            score=_ratio(spread.score), effective=_ratio(spread.effective), herfindahl=_ratio(spread.herfindahl)
        ),
        risk=RiskItem(
            level=_ratio(part.risk.level),
            warning=part.risk.warning,
            threshold=SCALE.warning,
            components=[
                RiskComponent(
                    aspect=each.aspect, subject=each.subject, level=_ratio(each.level), arithmetic=each.arithmetic
                )
                for each in part.risk.components
            ],
        ),
        tail=_tail(part),
        liquidations=_liquidations(part),
        suggestions=[
            SuggestionItem(
                code=each.code,
                subjects=list(each.subjects),
                facts={name: round_to(fact, MONEY_STEP, Rounding.NEAREST) for name, fact in each.facts.items()},
                arithmetic=each.arithmetic,
                words=suggest(each, currency, language),
            )
            for each in part.suggestions
        ],
    )


def _exposure(part: Part) -> ExposureItem:
    found = part.exposure
    weights = {} if part.diversification is None else part.diversification.weights
    sides: dict[str, dict[Side, Decimal]] = {}
    for each in part.held:
        of = sides.setdefault(each.holding.underlying, dict.fromkeys(Side, _ZERO))
        of[each.holding.side] = EXACT.add(of[each.holding.side], each.holding.notional)
    names = sorted(found.by_underlying, key=lambda name: (-weights.get(name, _ZERO), name))
    return ExposureItem(
        long=_money(found.long),
        short=_money(found.short),
        gross=_money(found.gross),
        net=_money(found.net),
        leverage=_maybe(found.leverage),
        net_leverage=_maybe(found.net_leverage),
        by_underlying=[
            UnderlyingItem(
                underlying=name,
                long=_money(sides[name][Side.LONG]),
                short=_money(sides[name][Side.SHORT]),
                net=_money(found.by_underlying[name]),
                weight=_ratio(weights.get(name, _ZERO)),
            )
            for name in names
        ],
        by_venue=[_venue(venue, of) for venue, of in part.by_venue.items()],
    )


def _venue(venue: str, of: Exposure) -> VenueItem:
    return VenueItem(
        venue=venue, long=_money(of.long), short=_money(of.short), gross=_money(of.gross), net=_money(of.net)
    )


def _tail(part: Part) -> TailRiskItem:
    expanded = part.cornish_fisher
    warnings = []
    if part.equity <= 0:
        warnings.append(TailWarning.NO_EQUITY)
    elif part.tail is None and part.held:
        warnings.append(TailWarning.TOO_FEW_OBSERVATIONS)
    if expanded is not None and expanded.tail is None:
        warnings.append(TailWarning.CORNISH_FISHER_OUT_OF_DOMAIN)
    return TailRiskItem(
        horizon=PERIOD.value,
        confidence=decimal_of(CONFIDENCE),
        observations=part.observations,
        historical=_losses(part.tail, part.equity),
        cornish_fisher=None if expanded is None else _losses(expanded.tail, part.equity),
        skewness=None if expanded is None else _ratio(decimal_of(expanded.skewness)),
        excess_kurtosis=None if expanded is None else _ratio(decimal_of(expanded.excess_kurtosis)),
        warnings=warnings,
    )


def _losses(tail: TailRisk | None, equity: Decimal) -> TailItem | None:
    if tail is None:
        return None
    return TailItem(
        var=_ratio(decimal_of(tail.var)),
        cvar=_ratio(decimal_of(tail.cvar)),
        var_amount=amount_at_risk(equity, tail.var),
        cvar_amount=amount_at_risk(equity, tail.cvar),
    )


def _liquidations(part: Part) -> list[LiquidationItem]:
    items = []
    for (record, _, holding), met in zip(part.held, part.liquidations, strict=True):
        items.append(
            LiquidationItem(
                position_id=record.id,
                account_id=record.account_id,
                symbol=record.symbol,
                side=holding.side.value,
                quantity=holding.quantity,
                notional=_money(holding.notional),
                mark_price=holding.mark_price,
                liquidation_price=None if met is None else _money(met.price),
                distance=None if met is None else _ratio(met.distance),
            )
        )
    return sorted(items, key=lambda item: (item.distance is None, item.distance or _ZERO))


def matrix_item(found: Correlations, returns: Returns) -> CorrelationMatrix:
    """The correlations and what they were estimated from."""
    return CorrelationMatrix(
        timeframe=PERIOD.value,
        since=returns.since,
        until=returns.until,
        names=list(found.names),
        matrix=[
            [None if math.isnan(value) else _ratio(decimal_of(value)) for value in row] for row in found.matrix.tolist()
        ],
        observations=found.overlap.tolist(),
    )


def rebalancing_items(done: Sequence[Rebalanced], prices: dict[str, Decimal]) -> list[RebalancingItem]:
    """Where the orders lead, symbol by symbol."""
    return [
        RebalancingItem(
            symbol=each.symbol,
            price=prices[each.symbol],
            weight_before=_ratio(each.before),
            weight_target=_ratio(each.target),
            weight_after=_ratio(each.reached),
            orders=[
                RebalancingOrderItem(
                    symbol=order.symbol,
                    side=order.deal,
                    quantity=order.quantity,
                    notional=_money(order.notional),
                    reduce_only=order.reduce_only,
                )
                for order in each.orders
            ],
        )
        for each in done
    ]


def _ratio(value: Decimal) -> Decimal:
    return round_to(value, _RATIO_STEP, Rounding.NEAREST)


def _maybe(value: Decimal | None) -> Decimal | None:
    return None if value is None else _ratio(value)


def _money(amount: Decimal) -> Decimal:
    return round_to(amount, MONEY_STEP, Rounding.NEAREST)
