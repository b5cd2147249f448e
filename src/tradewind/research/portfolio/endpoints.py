"""Routes of portfolio analysis."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from tradewind.billing import Feature, require_feature
from tradewind.core.portfolio import PortfolioError
from tradewind.kit.problems import FieldProblem
from tradewind.market.record import CandleReader
from tradewind.platform.database import ReadSession
from tradewind.platform.realtime.board import BoardWatch
from tradewind.platform.web.errors import ErrorCode, problem
from tradewind.platform.web.language import Spoken
from tradewind.platform.web.parts import part
from tradewind.platform.web.routing import api_router
from tradewind.platform.web.subjects import TradingReader
from tradewind.platform.web.units import Reading
from tradewind.research.portfolio import queries
from tradewind.research.portfolio.queries import AccountRecord
from tradewind.research.portfolio.schemas import AccountPortfolio, Portfolio, RebalancePreview, RebalanceWish
from tradewind.research.portfolio.service import TooMuchLeverageError, UnknownSymbolError, analysed, rebalanced
from tradewind.research.portfolio.view import matrix_item, part_item, rebalancing_items

router = api_router("/portfolio", "Portfolio")

Prices = Annotated[BoardWatch, part(BoardWatch)]
Candles = Annotated[CandleReader, part(CandleReader)]


@router.get("")
async def get_portfolio(
    caller: TradingReader, session: Reading, prices: Prices, candles: Candles, language: Spoken
) -> Portfolio:
    """Exposure, diversification, correlations, risk, and what would lower it. Part of the Enterprise plan."""
    await require_feature(session, caller.tenant_id, Feature.PORTFOLIO_ANALYSIS)
    board = await prices.now()
    found = await analysed(session, candles, board, caller.user_id)
    currency = found.accounts[0][0].currency if found.accounts else "USDT"
    return Portfolio(
        at=board.at,
        currency=currency,
        total=part_item(found.total, currency, language),
        accounts=[
            AccountPortfolio(
                account_id=account.id,
                name=account.name,
                venue=account.venue,
                analysis=part_item(analysis, account.currency, language),
            )
            for account, analysis in found.accounts
        ],
        correlations=matrix_item(found.correlations, found.returns),
    )


@router.post("/rebalance")
async def preview_rebalancing(
    wish: RebalanceWish, caller: TradingReader, session: Reading, prices: Prices
) -> RebalancePreview:
    """The orders that would bring an account to the weights wanted. A preview: nothing is sent."""
    await require_feature(session, caller.tenant_id, Feature.PORTFOLIO_ANALYSIS)
    account = await _account(session, caller.user_id, wish.account_id)
    try:
        done = await rebalanced(session, await prices.now(), account, caller.user_id, wish.weights)
    except (UnknownSymbolError, TooMuchLeverageError, PortfolioError) as error:
        detail = str(error)
        raise problem(ErrorCode.VALIDATION_FAILED, detail, errors=[FieldProblem("#/weights", detail)]) from None
    return RebalancePreview(
        account_id=done.account_id, equity=done.equity, items=rebalancing_items(done.items, done.prices)
    )


async def _account(session: ReadSession, user_id: UUID, account_id: UUID | None) -> AccountRecord:
    accounts = await queries.accounts_of(session, user_id)
    if account_id is not None:
        accounts = [account for account in accounts if account.id == account_id]
    if not accounts:
        raise problem(ErrorCode.NOT_FOUND, "no trading account of yours has this id")
    if len(accounts) > 1:
        detail = "expected account_id, because there are several accounts"
        raise problem(ErrorCode.ACCOUNT_AMBIGUOUS, detail, errors=[FieldProblem("#/account_id", detail)])
    return accounts[0]
