"""From weights that are wanted to the orders that lead there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import NamedTuple

from tradewind.core.lots import Deal
from tradewind.core.portfolio.exposure import exposure
from tradewind.core.portfolio.model import RATIO, Holding, PortfolioError
from tradewind.core.values import EXACT, Instrument, Rounding, round_to

_ZERO = Decimal(0)


class RebalancingOrder(NamedTuple):
    """An order at market; nobody sends it.

    Attributes:
        quantity: base currency, on the lot grid, rounded down.
        notional: at the price it was computed with, quote currency.
        reduce_only: closes what is held, wholly or in part.
    """

    symbol: str
    deal: Deal
    quantity: Decimal
    notional: Decimal
    reduce_only: bool


class Rebalanced(NamedTuple):
    """One symbol of a rebalancing; weights are signed notional ÷ equity.

    Attributes:
        reached: the weight after the orders; off the target by what a lot or the venue's minimum does not allow.
    """

    symbol: str
    before: Decimal
    target: Decimal
    reached: Decimal
    orders: tuple[RebalancingOrder, ...]


def equal_weights(holdings: Sequence[Holding], equity: Decimal) -> dict[str, Decimal]:
    """The same gross exposure in equal parts: every symbol held keeps its side.

    Raises:
        PortfolioError: no positive equity.
    """
    _solvent(equity)
    signs = {holding.symbol: holding.side.sign for holding in holdings}
    if not signs:
        return {}
    share = RATIO.divide(exposure(holdings, equity).gross, EXACT.multiply(equity, Decimal(len(signs))))
    return {symbol: EXACT.multiply(share, Decimal(sign)) for symbol, sign in sorted(signs.items())}


def rebalance(
    holdings: Sequence[Holding],
    equity: Decimal,
    targets: Mapping[str, Decimal],
    instruments: Mapping[str, Instrument],
    prices: Mapping[str, Decimal],
) -> tuple[Rebalanced, ...]:
    """The orders that bring every symbol of `targets` to its weight; other symbols stay as they are.

    A change of side is two orders: what is held is closed, then the other side opened. What is below the venue's
    minimum is not ordered; only closing all of it always is.

    Args:
        holdings: of one account, at most one of a symbol.
        instruments, prices: of every symbol of `targets`.

    Raises:
        PortfolioError: no positive equity, or two holdings of one symbol.
    """
    _solvent(equity)
    held = {holding.symbol: holding for holding in holdings}
    if len(held) != len(holdings):
        raise PortfolioError("expected at most one holding of a symbol, got several; rebalance account by account")
    done = []
    for symbol, weight in sorted(targets.items()):
        price, instrument = prices[symbol], instruments[symbol]
        present = _ZERO
        if symbol in held:
            present = EXACT.multiply(held[symbol].quantity, Decimal(held[symbol].side.sign))
        wanted = RATIO.divide(RATIO.multiply(weight, equity), price)
        orders = tuple(_orders(present, wanted, instrument, price))
        reached = present
        for order in orders:
            change = order.quantity if order.deal is Deal.BUY else order.quantity.copy_negate()
            reached = EXACT.add(reached, change)
        before, after = (_weight(quantity, price, equity) for quantity in (present, reached))
        done.append(Rebalanced(symbol, before, weight, after, orders))
    return tuple(done)


def _orders(present: Decimal, wanted: Decimal, instrument: Instrument, price: Decimal) -> list[RebalancingOrder]:
    steps = [RATIO.subtract(wanted, present)]
    if present and wanted and present.is_signed() is not wanted.is_signed():
        steps = [present.copy_negate(), wanted]
    made = []
    for number, step in enumerate(steps):
        closing = bool(present) and number == 0 and step.is_signed() is not present.is_signed()
        whole = closing and step.copy_abs() == present.copy_abs()
        quantity = step.copy_abs() if whole else round_to(step.copy_abs(), instrument.lot, Rounding.DOWN)
        notional = EXACT.multiply(quantity, price)
        if not whole and (quantity < instrument.min_quantity or notional < instrument.min_notional):
            continue
        deal = Deal.SELL if step.is_signed() else Deal.BUY
        made.append(RebalancingOrder(instrument.symbol, deal, quantity, notional, closing))
    return made


def _weight(quantity: Decimal, price: Decimal, equity: Decimal) -> Decimal:
    return RATIO.divide(RATIO.multiply(quantity, price), equity)


def _solvent(equity: Decimal) -> None:
    if not equity.is_finite() or equity <= 0:
        raise PortfolioError(f"expected a positive equity to weigh against, got {equity}")
