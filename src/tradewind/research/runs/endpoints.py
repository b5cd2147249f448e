"""Routes of back-tests, sweeps and validations."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import Annotated, Any
from uuid import UUID

from fastapi import Query, Response
from fastapi.responses import HTMLResponse, StreamingResponse

from tradewind.billing import PLANS, entitlements
from tradewind.kit.clock import WallClock
from tradewind.kit.language import Language
from tradewind.kit.pages import Place
from tradewind.kit.problems import FieldProblem
from tradewind.platform.database import Reader, ReadPool, Session
from tradewind.platform.settings import Settings
from tradewind.platform.web.csv_files import CSV, Row, csv_answer, one_by_one
from tradewind.platform.web.errors import ErrorCode, problem
from tradewind.platform.web.language import Spoken
from tradewind.platform.web.once import OnlyOnce
from tradewind.platform.web.paging import Paged, Paging
from tradewind.platform.web.parts import part
from tradewind.platform.web.routing import api_router
from tradewind.platform.web.schemas import PageOf
from tradewind.platform.web.subjects import AuthSubject, TradingReader, TradingWriter
from tradewind.platform.web.units import QuickReading, Writing
from tradewind.research.backtest import TRADE_KEYS
from tradewind.research.reports.tables import EQUITY_KEYS, trade_row
from tradewind.research.runs import queries
from tradewind.research.runs.asking import document_of, study_of
from tradewind.research.runs.queries import Run, TrialOrder, fresh_run
from tradewind.research.runs.reporting import MOST_TRADES, KeptRun, ReportBuilder, ReportError, equity_table
from tradewind.research.runs.schemas import (
    BacktestTradeItem,
    BacktestWish,
    DayItem,
    HeatMapAnswer,
    RunDetail,
    RunItem,
    SweepWish,
    TrialItem,
    ValidationWish,
)
from tradewind.research.runs.service import RunKind, cancel_run, start_run
from tradewind.research.runs.view import heat_map_answer, run_detail, run_item, trial_item
from tradewind.research.studies import CandleArchive, SweepPlan
from tradewind.research.sweeps.errors import SweepError
from tradewind.research.sweeps.heatmap import Fold, heat_map
from tradewind.research.sweeps.samplers import Scored

router = api_router("/backtests", "Back-tests")

#: Kinds of runs that have trades and a curve.
_TRADED = (RunKind.BACKTEST, RunKind.VALIDATION)

#: Trades that are in memory at a time while a file is sent.
_TRADES_READ = 5_000
HTML: dict[int | str, dict[str, Any]] = {
    200: {"content": {"text/html": {"schema": {"type": "string"}}}, "description": "The file."}
}

Pool = Annotated[ReadPool, part(ReadPool)]
Builder = Annotated[ReportBuilder, part(ReportBuilder)]
Config = Annotated[Settings, part(Settings)]
Wall = Annotated[WallClock, part(WallClock)]


@router.post("", status_code=202, response_model=RunItem)
async def start_backtest(
    wish: BacktestWish, caller: TradingWriter, session: Writing, once: OnlyOnce, settings: Config, clock: Wall
) -> Response:
    """Back-test a strategy on the candles that this installation keeps. A worker takes it at once: follow it at
    `backtests/{id}`, or wait for the notice on the WebSocket."""
    return await once.answer(session, 202, lambda: _started(wish, caller, session, settings, clock))


@router.post("/sweeps", status_code=202, response_model=RunItem)
async def start_sweep(
    wish: SweepWish, caller: TradingWriter, session: Writing, once: OnlyOnce, settings: Config, clock: Wall
) -> Response:
    """Back-test many parameter sets, on all workers that there are. The sets of a grid or of random draws come to the
    same result whatever the number of workers."""
    return await once.answer(session, 202, lambda: _started(wish, caller, session, settings, clock))


@router.post("/validations", status_code=202, response_model=RunItem)
async def start_validation(
    wish: ValidationWish, caller: TradingWriter, session: Writing, once: OnlyOnce, settings: Config, clock: Wall
) -> Response:
    """Whether a back-test may be believed: a look ahead, the warm-up, resampled days, and where something varies a
    walk-forward and what the search was worth; with a verdict."""
    return await once.answer(session, 202, lambda: _started(wish, caller, session, settings, clock))


@router.get("")
async def list_backtests(caller: TradingReader, reader: QuickReading, paging: Paged) -> PageOf[RunItem]:
    """The caller's back-tests, sweeps and validations, the newest first."""
    listing = "backtests"
    rows = await queries.list_runs(reader, caller.user_id, after=paging.after(listing), limit=paging.read)
    page = paging.page(listing, rows, lambda run: run.place)
    return PageOf(items=[run_item(run) for run in page.items], next_cursor=page.next_cursor)


@router.get("/{run_id}")
async def get_backtest(run_id: UUID, caller: TradingReader, reader: QuickReading, language: Spoken) -> RunDetail:
    """A back-test, sweep or validation: how far it is, and what came of it."""
    run = await _run(reader, caller, run_id)
    best = (run.result or {}).get("best")
    trial = None if best is None else await queries.trial_of(reader, caller.user_id, run_id, best)
    return run_detail(run, trial, language)


@router.get("/{run_id}/trades")
async def list_backtest_trades(
    run_id: UUID, caller: TradingReader, reader: QuickReading, paging: Paged
) -> PageOf[BacktestTradeItem]:
    """The trades of a back-test, or of the one that a validation judged, by the time of their entry; none before it is
    done."""
    run = await _run(reader, caller, run_id, *_TRADED)
    listing = f"backtest trades {run_id}"
    after = _passed(paging, listing)
    rows = await queries.trades_of(reader, caller.user_id, run_id, after=after, limit=paging.read)
    page = paging.page(listing, list(enumerate(rows, after + 1)), lambda row: _place(run, row[0]))
    items = [BacktestTradeItem.model_validate(row) for _, row in page.items]
    return PageOf(items=items, next_cursor=page.next_cursor)


@router.get("/{run_id}/equity")
async def get_backtest_equity(run_id: UUID, caller: TradingReader, reader: QuickReading) -> PageOf[DayItem]:
    """The equity curve of a back-test, or of the one that a validation judged, day by day; empty before it is done."""
    run = await _run(reader, caller, run_id, *_TRADED)
    items = [DayItem.model_validate(day) for day in (run.result or {}).get("equity", ())]
    return PageOf(items=items, next_cursor=None)


@router.get("/{run_id}/report.html", response_class=HTMLResponse, responses=HTML)
async def export_report(
    run_id: UUID,
    caller: TradingReader,
    pool: Pool,
    builder: Builder,
    spoken: Spoken,
    language: Annotated[Language | None, Query(description="Of the page; the caller's when not given.")] = None,
) -> Response:
    """The report of a back-test or validation as one HTML file that needs no network: equity, months, trades on the
    chart, and what speaks against it."""
    async with pool.reading(caller.tenant_id) as reader:
        run, kept = await _kept(reader, caller, run_id)
    if kept.result["metrics"]["trades"] > MOST_TRADES:
        found = f"{kept.result['metrics']['trades']:,}"
        raise _no_report(f"a page shows at most {MOST_TRADES:,} trades, this run has {found}; take trades.csv")

    async def trades() -> Sequence[dict[str, Any]]:
        async with pool.reading(caller.tenant_id) as reader:
            return await queries.trades_of(reader, caller.user_id, run_id, after=0, limit=MOST_TRADES)

    try:
        page = await builder.page(kept, trades, language or spoken)
    except ReportError as error:
        raise _no_report(str(error)) from None
    headers = {"Content-Disposition": f'attachment; filename="{_name(run)}.html"', "Cache-Control": "no-store"}
    return HTMLResponse(page, headers=headers)


@router.get("/{run_id}/trades.csv", response_class=StreamingResponse, responses=CSV)
async def export_backtest_trades(run_id: UUID, caller: TradingReader, pool: Pool) -> StreamingResponse:
    """The trades with all their digits, as `tradewind backtest --csv` writes them."""
    async with pool.reading(caller.tenant_id) as reader:
        run, _ = await _kept(reader, caller, run_id)

    async def rows() -> AsyncIterator[Row]:
        after = 0
        while True:
            async with pool.reading(caller.tenant_id) as reader:
                items = await queries.trades_of(reader, caller.user_id, run_id, after=after, limit=_TRADES_READ)
            for item in items:
                yield trade_row(item)
            after += len(items)
            if len(items) < _TRADES_READ:
                return

    return csv_answer(f"{_name(run)}-trades", TRADE_KEYS, rows())


@router.get("/{run_id}/equity.csv", response_class=StreamingResponse, responses=CSV)
async def export_backtest_equity(run_id: UUID, caller: TradingReader, pool: Pool) -> StreamingResponse:
    """The equity curve day by day with all its digits, as `tradewind backtest --equity-csv` writes it."""
    async with pool.reading(caller.tenant_id) as reader:
        run, kept = await _kept(reader, caller, run_id)
    try:
        rows = equity_table(kept.result)
    except ReportError as error:
        raise _no_report(str(error)) from None
    return csv_answer(f"{_name(run)}-equity", EQUITY_KEYS, one_by_one(rows))


@router.get("/{run_id}/trials")
async def list_sweep_trials(
    run_id: UUID,
    caller: TradingReader,
    reader: QuickReading,
    paging: Paged,
    order: Annotated[TrialOrder, Query()] = TrialOrder.SCORE,
) -> PageOf[TrialItem]:
    """The parameter sets of a sweep that are computed so far, with all their measures."""
    run = await _run(reader, caller, run_id, RunKind.SWEEP)
    listing = f"sweep trials {run_id} {order}"
    after = _passed(paging, listing)
    rows = await queries.trials_of(reader, caller.user_id, run_id, order, after=after, limit=paging.read)
    page = paging.page(listing, list(enumerate(rows, after + 1)), lambda row: _place(run, row[0]))
    space = _plan(run).sampler.space
    return PageOf(items=[trial_item(row, space) for _, row in page.items], next_cursor=page.next_cursor)


@router.get("/{run_id}/heatmap")
async def get_sweep_heat_map(
    run_id: UUID,
    caller: TradingReader,
    reader: QuickReading,
    x: Annotated[str | None, Query(max_length=64, description="Parameter of the columns.")] = None,
    y: Annotated[str | None, Query(max_length=64, description="Parameter of the rows.")] = None,
    fold: Annotated[Fold, Query(description="What stands for sets that differ in other parameters.")] = Fold.MAX,
) -> HeatMapAnswer:
    """The score over two parameters, of what is computed so far; over those with the most values, when none is
    named."""
    run = await _run(reader, caller, run_id, RunKind.SWEEP)
    plan = _plan(run)
    tried = [Scored(*each) for each in await queries.scores_of(reader, caller.user_id, run_id)]
    try:
        return heat_map_answer(heat_map(plan.sampler.space, tried, x, y, fold), plan)
    except SweepError as error:
        pointer = "#/query/x" if x is not None and error.path == f"axes.{x}" else "#/query/y"
        raise problem(
            ErrorCode.VALIDATION_FAILED, f"{pointer}: {error.problem}", errors=[FieldProblem(pointer, error.problem)]
        ) from None


@router.post("/{run_id}/cancel", status_code=202, response_model=RunItem)
async def cancel_backtest(
    run_id: UUID, caller: TradingWriter, session: Writing, once: OnlyOnce, clock: Wall
) -> Response:
    """End a run; what is being computed is left off within seconds. What a sweep has come to stays."""

    async def work() -> RunItem:
        asked = await cancel_run(session, run_id, caller.user_id, clock.now())
        run = await fresh_run(session, caller.user_id, run_id)
        if run is None:
            raise _not_found()
        if not asked:
            raise problem(ErrorCode.RUN_OVER, f"this run is {run.state} already; there is nothing to cancel")
        return run_item(run)

    return await once.answer(session, 202, work)


async def _started(
    wish: BacktestWish, caller: AuthSubject, session: Session, settings: Settings, clock: WallClock
) -> RunItem:
    allowed = await entitlements(session, caller.tenant_id)
    if not allowed.may_open:
        raise problem(
            ErrorCode.ACCOUNT_READ_ONLY, "your subscription has ended, so nothing new is computed; subscribe to go on"
        )
    limits = PLANS[allowed.plan].research
    text = await document_of(session, caller.tenant_id, wish)
    strategy, study = await asyncio.to_thread(study_of, wish, text, CandleArchive.of(settings), limits)
    run_id = await start_run(session, caller.tenant_id, caller.user_id, strategy, study, limits, clock.now())
    if run_id is None:
        raise problem(
            ErrorCode.PLAN_LIMIT_REACHED,
            f"your plan computes {limits.runs} at a time; wait for one to end, cancel one, or choose a larger plan",
        )
    run = await fresh_run(session, caller.user_id, run_id)
    assert run is not None, "it was started in this transaction"
    return run_item(run)


async def _run(reader: Reader, caller: AuthSubject, run_id: UUID, *kinds: RunKind) -> Run:
    """The caller's run of that id, of one of `kinds` where some are named."""
    run = await queries.run_of(reader, caller.user_id, run_id)
    if run is None or (kinds and run.kind not in kinds):
        raise _not_found()
    return run


async def _kept(reader: Reader, caller: AuthSubject, run_id: UUID) -> tuple[Run, KeptRun]:
    """The caller's back-test or validation, which must be done."""
    run = await _run(reader, caller, run_id, *_TRADED)
    kept = await queries.kept_run(reader, caller.user_id, run_id)
    if kept is None:
        raise _no_report(f"expected a run that is done, this one is {run.state}")
    return run, kept


def _no_report(detail: str) -> Exception:
    return problem(ErrorCode.REPORT_NOT_POSSIBLE, detail)


def _name(run: Run) -> str:
    """Of the run's files. A document may be called as it likes, but only by letters, digits and underscores."""
    return f"tradewind-{run.kind}-{run.strategy}-{run.created_at:%Y%m%d-%H%M%S}"


def _plan(run: Run) -> SweepPlan:
    assert run.study.sweep is not None, "sweeps have one"
    return run.study.sweep


def _passed(paging: Paging, listing: str) -> int:
    """How many rows come before the page."""
    place = paging.after(listing)
    return 0 if place is None else place.id.int


def _place(run: Run, number: int) -> Place:
    """Where row `number` stands: rows of one run have no ids of their own."""
    return Place(run.created_at, UUID(int=number))


def _not_found() -> Exception:
    return problem(ErrorCode.NOT_FOUND, "no such back-test, sweep or validation of yours has this id")
