"""What a portfolio is, may lose and could do better: `core.portfolio` applied to what is held at the present prices."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import NamedTuple

from tradewind.core.portfolio import (
    USUAL_SCALE,
    CornishFisher,
    Diversification,
    Exposure,
    Holding,
    Liquidation,
    RiskLevel,
    Suggestion,
    TailRisk,
    cornish_fisher,
    correlations,
    diversification,
    exposure,
    historical,
    liquidation,
    portfolio_returns,
    reductions,
    risk_level,
    suggestions,
)
from tradewind.core.values import MONEY_STEP, Instrument, Rounding, Side, decimal_of, round_to
from tradewind.research.portfolio.queries import AccountRecord, PositionRecord
from tradewind.research.portfolio.returns import Floats
from tradewind.venues.paper import instrument_for

#: Confidence of value at risk and expected shortfall.
CONFIDENCE = 0.95
#: The scale's tail is of a day, ours of an hour: by the square root of time, 10 % a day are 2 % an hour.
SCALE = replace(USUAL_SCALE, tail=Decimal("0.02"))


class Held(NamedTuple):
    """A position, and how analysis sees it."""

    record: PositionRecord
    venue: str
    holding: Holding


class Part(NamedTuple):
    """The analysis of one account, or of all together."""

    balance: Decimal
    equity: Decimal
    held: Sequence[Held]
    exposure: Exposure
    by_venue: Mapping[str, Exposure]
    diversification: Diversification | None
    risk: RiskLevel
    observations: int
    tail: TailRisk | None
    cornish_fisher: CornishFisher | None
    liquidations: Sequence[Liquidation | None]
    suggestions: Sequence[Suggestion]


def held_at(account: AccountRecord, positions: Iterable[PositionRecord], prices: Mapping[str, float]) -> list[Held]:
    """What the account holds at the board's prices; a symbol without a price counts as unchanged since entry."""
    return [
        Held(record, account.venue, _holding(record, prices)) for record in positions if record.account_id == account.id
    ]


def instrument_of(symbol: str, price: Decimal) -> Instrument:
    """The instrument on the account's venue."""
    return instrument_for(symbol, float(price))


def _holding(record: PositionRecord, prices: Mapping[str, float]) -> Holding:
    price = prices.get(record.symbol)
    instrument = instrument_of(record.symbol, record.entry_price)
    return Holding(
        symbol=record.symbol,
        underlying=instrument.base,
        side=Side(record.side),
        quantity=record.quantity,
        entry_price=record.entry_price,
        mark_price=record.entry_price if price is None else decimal_of(price),
        leverage=record.leverage,
        maintenance_margin=instrument.maintenance_margin,
        lot=instrument.lot,
    )


def analyse(balance: Decimal, held: Sequence[Held], returns: Mapping[str, Floats]) -> Part:
    """Everything about what is held against `balance`.

    Args:
        returns: aligned, by underlying; of everything that is held.
    """
    holdings = [each.holding for each in held]
    equity = equity_of(balance, holdings)
    past = portfolio_returns(holdings, equity, returns) if equity > 0 else None
    tail = None if past is None else historical(past, CONFIDENCE)
    known = {name: returns[name] for name in sorted({each.underlying for each in holdings})}
    correlated = correlations(known)
    reducing = reductions(holdings, equity, returns=returns if tail is not None else None, scale=SCALE)
    advice = suggestions(holdings, equity, tail=tail, correlated=correlated, scale=SCALE)
    venues = sorted({each.venue for each in held})
    return Part(
        balance=balance,
        equity=equity,
        held=held,
        exposure=exposure(holdings, equity),
        by_venue={venue: exposure([each.holding for each in held if each.venue == venue], equity) for venue in venues},
        diversification=diversification(holdings),
        risk=risk_level(holdings, equity, tail, SCALE),
        observations=0 if past is None else len(past),
        tail=tail,
        cornish_fisher=None if past is None or tail is None else cornish_fisher(past, CONFIDENCE),
        liquidations=[liquidation(each) for each in holdings],
        suggestions=[*reducing, *advice],
    )


def equity_of(balance: Decimal, holdings: Iterable[Holding]) -> Decimal:
    """Balance plus unrealised PnL, on the step in which money is booked."""
    total = balance
    for each in holdings:
        total += (each.mark_price - each.entry_price) * each.quantity * each.side.sign
    return round_to(total, MONEY_STEP, Rounding.NEAREST)


def representatives(held: Iterable[Held]) -> dict[str, str]:
    """The symbol whose candles stand for each underlying: the first by name of those that are held."""
    found: dict[str, str] = {}
    for each in sorted(held, key=lambda each: each.holding.symbol, reverse=True):
        found[each.holding.underlying] = each.holding.symbol
    return dict(sorted(found.items()))
