"""Putting a user's portfolio together: what he holds, at the present prices, with the returns of the last weeks."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple
from uuid import UUID

from tradewind.core.portfolio import Correlations, Rebalanced, correlations, equal_weights, rebalance
from tradewind.core.values import decimal_of
from tradewind.market.record import CandleReader
from tradewind.platform.database import ReadSession
from tradewind.platform.realtime.board import Board
from tradewind.research.portfolio import queries
from tradewind.research.portfolio.analysis import (
    Held,
    Part,
    analyse,
    equity_of,
    held_at,
    instrument_of,
    representatives,
)
from tradewind.research.portfolio.queries import AccountRecord
from tradewind.research.portfolio.returns import Returns, hourly_returns


@dataclass(frozen=True, slots=True)
class Analysed:
    """All of a user's accounts together, each by itself, and how what is held moves together."""

    total: Part
    accounts: Sequence[tuple[AccountRecord, Part]]
    returns: Returns
    correlations: Correlations


async def analysed(session: ReadSession, reader: CandleReader, board: Board, user_id: UUID) -> Analysed:
    """The user's portfolio at the board's prices."""
    accounts = await queries.accounts_of(session, user_id)
    positions = await queries.held_by(session, user_id)
    held = {account.id: held_at(account, positions, board.prices) for account in accounts}
    everything = [each for account in accounts for each in held[account.id]]
    returns = await hourly_returns(reader, session, representatives(everything), board.ms or 0)

    def work() -> Analysed:
        balance = sum((account.balance for account in accounts), Decimal(0))
        total = analyse(balance, everything, returns.of)
        # Who has one account has it analysed once.
        parts = (
            [total] if len(accounts) == 1 else [analyse(each.balance, held[each.id], returns.of) for each in accounts]
        )
        return Analysed(total, list(zip(accounts, parts, strict=True)), returns, correlations(returns.of))

    # Statistics and the search for what to reduce: not on the loop that others wait for.
    return await asyncio.to_thread(work)


class Rebalancing(NamedTuple):
    """Orders that would bring an account to its weights, and what they were computed with."""

    account_id: UUID
    equity: Decimal
    prices: dict[str, Decimal]
    items: Sequence[Rebalanced]


class UnknownSymbolError(LookupError):
    """A symbol that has no price here."""


class TooMuchLeverageError(ValueError):
    """Weights beyond what the account's owner allows."""


async def rebalanced(
    session: ReadSession, board: Board, account: AccountRecord, user_id: UUID, weights: Mapping[str, Decimal] | None
) -> Rebalancing:
    """What would bring `account` to `weights`; equal ones when there are none.

    Raises:
        UnknownSymbolError: a symbol without a price, or one that its venue does not trade.
        TooMuchLeverageError: Σ |weight| of everything, named or not, is above the account's limit.
        PortfolioError: the account has no equity.
    """
    positions = await queries.held_by(session, user_id)
    held: list[Held] = held_at(account, positions, board.prices)
    holdings = [each.holding for each in held]
    equity = equity_of(account.balance, holdings)
    targets = equal_weights(holdings, equity) if weights is None else dict(weights)
    marks = {each.symbol: each.mark_price for each in holdings}
    prices = {symbol: _price(symbol, board, marks) for symbol in targets}
    try:
        instruments = {symbol: instrument_of(symbol, price) for symbol, price in prices.items()}
    except ValueError as error:
        raise UnknownSymbolError(str(error)) from None
    items = rebalance(holdings, equity, targets, instruments, prices)
    kept = sum((each.notional for each in holdings if each.symbol not in targets), Decimal(0)) / equity
    wanted = kept + sum((abs(weight) for weight in targets.values()), Decimal(0))
    if weights is not None and wanted > account.max_leverage:
        raise TooMuchLeverageError(
            f"expected weights within the account's leverage limit of {account.max_leverage:f}, got {wanted:f} in all"
        )
    return Rebalancing(account.id, equity, prices, items)


def _price(symbol: str, board: Board, marks: Mapping[str, Decimal]) -> Decimal:
    if symbol in board.prices:
        return decimal_of(board.prices[symbol])
    if symbol in marks:
        return marks[symbol]
    raise UnknownSymbolError(f"no price for {symbol}; GET /api/v1/market/symbols lists what there is")
