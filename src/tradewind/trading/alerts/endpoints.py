"""Routes of alerts."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import Query

from tradewind.billing import entitlements
from tradewind.core.alerts import Condition, Move
from tradewind.core.candles import Timeframe
from tradewind.core.expressions import ExpressionError
from tradewind.core.values import decimal_of
from tradewind.kit.clock import from_ms
from tradewind.kit.language import Language
from tradewind.kit.pages import Place
from tradewind.kit.problems import FieldProblem
from tradewind.market.record import CandleReader
from tradewind.platform.realtime.board import Board, BoardWatch
from tradewind.platform.web.errors import ErrorCode, problem
from tradewind.platform.web.language import Spoken
from tradewind.platform.web.paging import Paged
from tradewind.platform.web.parts import part
from tradewind.platform.web.routing import api_router
from tradewind.platform.web.schemas import PageOf
from tradewind.platform.web.subjects import Scope, TradingReader, TradingWriter, requires
from tradewind.platform.web.units import Reading, Writing
from tradewind.trading.accounts.service import market_time
from tradewind.trading.alerts import queries
from tradewind.trading.alerts.models import AlertRow
from tradewind.trading.alerts.schemas import (
    AlertChange,
    AlertCheck,
    AlertCheckHit,
    AlertCheckWish,
    AlertItem,
    AlertPage,
    AlertTriggerItem,
    AlertWish,
)
from tradewind.trading.alerts.service import AlertRefusal, change_alert, make_alert, try_condition
from tradewind.trading.alerts.states import AlertState
from tradewind.trading.alerts.wording import condition_awaited, condition_seen, level_awaited

router = api_router("/alerts", "Alerts")

Prices = Annotated[BoardWatch, part(BoardWatch)]
Candles = Annotated[CandleReader, part(CandleReader)]

#: Hits that a check tells of.
_MOST_HITS = 20


@router.get("")
async def list_alerts(
    caller: TradingReader,
    session: Reading,
    paging: Paged,
    language: Spoken,
    symbol: Annotated[str | None, Query(pattern=r"^[A-Z0-9_]{1,40}$", description="Only on this symbol.")] = None,
) -> AlertPage:
    """The caller's alerts, the newest first."""
    listing = f"alerts {symbol}"
    rows = await queries.list_alerts(
        session, caller.user_id, symbol=symbol, after=paging.after(listing), limit=paging.read
    )
    page = paging.page(listing, rows, lambda row: Place(row.created_at, row.id))
    return AlertPage(
        items=[_item(row, language) for row in page.items],
        next_cursor=page.next_cursor,
        counted=await queries.count_alerts(session, caller.user_id),
        limit=(await entitlements(session, caller.tenant_id)).max_alerts,
    )


@router.get("/history")
async def list_alert_triggers(
    caller: TradingReader,
    session: Reading,
    paging: Paged,
    language: Spoken,
    alert_id: Annotated[UUID | None, Query(description="Only of this alert.")] = None,
) -> PageOf[AlertTriggerItem]:
    """When the caller's alerts triggered and what they saw, the latest first."""
    listing = f"alert history {alert_id}"
    rows = await queries.list_triggers(
        session, caller.user_id, alert_id=alert_id, after=paging.after(listing), limit=paging.read
    )
    page = paging.page(listing, rows, lambda row: Place(row[0].at, row[0].id))
    items = [
        AlertTriggerItem(
            id=trigger.id,
            alert_id=trigger.alert_id,
            name=name,
            symbol=symbol,
            at=trigger.at,
            price=trigger.price,
            text=trigger.words[language.value],
        )
        for trigger, name, symbol in page.items
    ]
    return PageOf(items=items, next_cursor=page.next_cursor)


@router.post("", status_code=201)
async def create_alert(
    wish: AlertWish, caller: TradingWriter, session: Writing, prices: Prices, language: Spoken
) -> AlertItem:
    """Make an alert on a price level, or on a condition at the close of candles. It watches from now on.

    A level counts when the price comes to it from the other side. A condition triggers at every close at which it
    holds, at most once per candle and not while it cools down.
    """
    board = await prices.now()
    _check_wish(wish, board)
    if wish.expires_at is not None and wish.expires_at <= await market_time(session):
        raise _invalid("#/expires_at", "expected a time in the future of the market clock")
    made = await make_alert(session, wish, user_id=caller.user_id, tenant_id=caller.tenant_id)
    if isinstance(made, AlertRefusal):
        raise _refused(made)
    return _item(made, language)


@router.post("/check", dependencies=[requires(Scope.TRADING_READ)])
async def check_alert(
    wish: AlertCheckWish,
    session: Reading,
    prices: Prices,
    reader: Candles,
    language: Spoken,
) -> AlertCheck:
    """Try a condition without making an alert: what was understood, and when it held on the last candles on record."""
    board = await prices.now()
    _check_symbol(wish.symbol, board)
    condition = _condition(wish.expression, wish.timeframe, board)
    # A recording knows the future; a candle counts once it has closed.
    before = (1 << 52) if board.ms is None else board.ms - wish.timeframe.ms + 1
    tried = await try_condition(
        session, reader, condition, wish.symbol, wish.timeframe, before=before, last=wish.candles
    )
    columns, timeframe = tried.columns, wish.timeframe
    hits = [
        AlertCheckHit(
            at=from_ms(int(columns.ts[seen.row]) + timeframe.ms),
            price=decimal_of(float(columns.close[seen.row])),
            text=condition_seen(condition, seen, float(columns.close[seen.row]), language),
        )
        for seen in reversed(tried.held[-_MOST_HITS:])
    ]
    return AlertCheck(
        condition=condition_awaited(condition, language),
        warmup=condition.warmup_on(timeframe),
        on_record=len(columns),
        judged=tried.judged,
        held=len(tried.held),
        hits=hits,
        holds_now=bool(tried.held) and tried.held[-1].row == len(columns) - 1,
    )


@router.get("/{alert_id}")
async def get_alert(alert_id: UUID, caller: TradingReader, session: Reading, language: Spoken) -> AlertItem:
    """One of the caller's alerts."""
    row = await queries.alert_of(session, caller.user_id, alert_id)
    if row is None:
        raise _refused(AlertRefusal.NOT_FOUND)
    return _item(row, language)


@router.patch("/{alert_id}")
async def patch_alert(
    alert_id: UUID, change: AlertChange, caller: TradingWriter, session: Writing, language: Spoken
) -> AlertItem:
    """Rename an alert, pause it, or have it watch again."""
    changed = await change_alert(
        session,
        alert_id,
        user_id=caller.user_id,
        tenant_id=caller.tenant_id,
        name=change.name,
        state=None if change.state is None else AlertState(change.state),
        version=change.version,
        market_at=await market_time(session),
    )
    if isinstance(changed, AlertRefusal):
        raise _refused(changed)
    return _item(changed, language)


@router.delete("/{alert_id}", status_code=204)
async def delete_alert(alert_id: UUID, caller: TradingWriter, session: Writing) -> None:
    """Delete an alert with its history."""
    gone = await change_alert(
        session, alert_id, user_id=caller.user_id, tenant_id=caller.tenant_id, state=AlertState.DELETED
    )
    if isinstance(gone, AlertRefusal):
        raise _refused(gone)


# ------------------------------------------------------------------------------------------------------------- checks


def _check_wish(wish: AlertWish, board: Board) -> None:
    """
    Raises:
        Problem: it is neither a level nor a condition, or this market does not have what it asks for.
    """
    _check_symbol(wish.symbol, board)
    if wish.price is not None:
        if wish.expression is not None:
            raise _invalid("#/expression", "expected either a price or an expression, got both")
        return
    if wish.expression is None:
        raise _invalid("#/expression", "expected a price or an expression, got neither")
    if wish.timeframe is None:
        raise _invalid("#/timeframe", "expected the timeframe at whose closes the condition is judged")
    _condition(wish.expression, wish.timeframe, board)


def _check_symbol(symbol: str, board: Board) -> None:
    if board.prices and symbol not in _symbols(board):
        raise _invalid("#/symbol", f"expected one of {', '.join(sorted(_symbols(board)))}; got {symbol}")


def _symbols(board: Board) -> set[str]:
    return set(board.market.get("symbols", ())) | board.prices.keys()


def _condition(text: str, timeframe: Timeframe, board: Board) -> Condition:
    """
    Raises:
        Problem: no condition that can be judged at the closes of such candles, with the place in its text.
    """
    closing = board.market.get("timeframes", ())
    if closing and timeframe.value not in closing:
        raise _invalid("#/timeframe", f"expected one of {', '.join(closing)}; got {timeframe}")
    try:
        condition = Condition.of(text)
        condition.warmup_on(timeframe)
    except ExpressionError as error:
        where = "" if error.column is None else f"column {error.column}: "
        raise _invalid("#/expression", where + error.problem) from None
    if board.prices and (unknown := sorted(condition.symbols_read() - _symbols(board))):
        raise _invalid("#/expression", f"expected symbols that are traded here, got {', '.join(unknown)}")
    return condition


def _invalid(pointer: str, detail: str) -> Exception:
    return problem(ErrorCode.VALIDATION_FAILED, detail, errors=[FieldProblem(pointer, detail)])


def _refused(refusal: AlertRefusal) -> Exception:
    match refusal:
        case AlertRefusal.NOT_FOUND:
            return problem(ErrorCode.NOT_FOUND, "no alert of yours has this id")
        case AlertRefusal.LIMIT:
            return problem(
                ErrorCode.PLAN_LIMIT_REACHED,
                "the plan has no room for another alert; delete one, or change to a larger plan",
            )
        case AlertRefusal.CHANGED:
            return problem(ErrorCode.ALERT_CHANGED, "the alert was changed meanwhile; get it and decide again")
        case AlertRefusal.PAST:
            return problem(ErrorCode.ALERT_EXPIRED, "its time is over on the market clock; make a new alert")


def _item(row: AlertRow, language: Language) -> AlertItem:
    return AlertItem.model_validate(
        {
            "id": row.id,
            "name": row.name,
            "symbol": row.symbol,
            "timeframe": row.timeframe,
            "expression": row.expression,
            "price": row.price,
            "move": row.move,
            "condition": _awaited(row, language),
            "repeat": row.repeat,
            "cooldown_minutes": row.cooldown_seconds // 60,
            "channels": row.channels,
            "expires_at": row.expires_at,
            "state": row.state,
            "version": row.version,
            "times": row.times,
            "last_triggered_at": row.last_triggered_at,
            "created_at": row.created_at,
        }
    )


def _awaited(row: AlertRow, language: Language) -> str:
    if row.price is not None and row.move is not None:
        return level_awaited(row.symbol, row.price, Move(row.move), language)
    assert row.expression is not None, "the table holds either"
    try:
        return condition_awaited(Condition.of(row.expression), language)
    except ExpressionError:
        return row.expression  # the language has changed since it was written
