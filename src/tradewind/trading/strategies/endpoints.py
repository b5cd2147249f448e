"""Routes of strategies."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated
from uuid import UUID

from tradewind.core.strategy import Strategy
from tradewind.core.values import Rounding, decimal_of, round_to
from tradewind.kit.clock import WallClock
from tradewind.kit.language import Language
from tradewind.kit.problems import FieldProblem
from tradewind.platform.database import Session
from tradewind.platform.web.errors import ErrorCode, problem
from tradewind.platform.web.language import Spoken
from tradewind.platform.web.parts import part
from tradewind.platform.web.routing import api_router
from tradewind.platform.web.schemas import PageOf
from tradewind.platform.web.subjects import Scope, TradingReader, TradingWriter, requires
from tradewind.platform.web.units import QuickReading, Reading, Writing
from tradewind.trading.performance.figures import percent
from tradewind.trading.signals.queries import StrategyRecord, StrategyRecords
from tradewind.trading.strategies import (
    DocumentError,
    UnknownStrategyError,
    builtin_names,
    builtin_strategies,
    explain,
    json_schema,
    load_builtin,
    parse_document,
)
from tradewind.trading.strategies.own.service import (
    MAX_VERSIONS,
    OwnStrategy,
    SaveRefusal,
    activate,
    delete,
    own_strategies,
    save,
)
from tradewind.trading.strategies.schemas import (
    DocumentInput,
    DocumentSchema,
    ExplanationItem,
    ExplanationSection,
    MeasuredItem,
    OwnStrategyItem,
    OwnVersionItem,
    ParameterItem,
    StrategyItem,
    VersionInput,
)

router = api_router("/strategies", "Strategies")

Wall = Annotated[WallClock, part(WallClock)]
Records = Annotated[StrategyRecords, part(StrategyRecords)]

_R_STEP = Decimal("0.0001")


@router.get("", dependencies=[requires(Scope.TRADING_READ)])
async def list_strategies(reader: QuickReading, records: Records, language: Spoken) -> PageOf[StrategyItem]:
    """Every strategy, what it does, when it loses, and what became of its signals."""
    measured = await records.all(reader)
    items = [_item(strategy, measured.get(name), language) for name, strategy in builtin_strategies().items()]
    return PageOf(items=items, next_cursor=None)


@router.get("/schema", dependencies=[requires(Scope.TRADING_READ)])
async def get_document_schema() -> DocumentSchema:
    """The format of strategy documents, for editors and forms."""
    return DocumentSchema(json_schema=json_schema())


@router.get("/own")
async def list_own_strategies(caller: TradingReader, session: Reading) -> PageOf[OwnStrategyItem]:
    """The caller's own strategy documents with all their versions."""
    found = await own_strategies(session, caller.tenant_id)
    return PageOf(items=[_own_item(each) for each in found], next_cursor=None)


@router.post("/own")
async def save_own_strategy(
    wish: DocumentInput, caller: TradingWriter, session: Writing, clock: Wall
) -> OwnStrategyItem:
    """Keep a document as a new version of the strategy that it names, and make it the active one. Content that is
    kept already is not kept twice. Back-tests know it as `own:NAME`; the platform does not trade it yet."""
    try:
        strategy = parse_document(wish.document)
    except DocumentError as error:
        faults = [FieldProblem("#/document", str(each)) for each in error.problems]
        raise problem(ErrorCode.VALIDATION_FAILED, "the document is not sound", errors=faults) from None
    name = strategy.ref.name
    if name in builtin_names():
        raise _unsound(f"name: expected a name of its own, {name} is a built-in strategy")
    refused = await save(session, caller.tenant_id, strategy, wish.document, clock.now())
    if refused is SaveRefusal.PLAN_LIMIT:
        raise problem(ErrorCode.PLAN_LIMIT_REACHED, "the plan allows no further strategy of your own")
    if refused is SaveRefusal.VERSION_TAKEN:
        raise _unsound(f"version: expected one above all that are kept, got {strategy.ref.version} with other content")
    if refused is SaveRefusal.TOO_MANY_VERSIONS:
        raise _unsound(f"version: expected at most {MAX_VERSIONS} versions of a strategy")
    return await _own(session, caller.tenant_id, name)


@router.post("/own/{own_name}/activate")
async def activate_own_strategy(
    own_name: str, wish: VersionInput, caller: TradingWriter, session: Writing, clock: Wall
) -> OwnStrategyItem:
    """Make a kept version the active one: to roll back, name an older one."""
    if not await activate(session, caller.tenant_id, own_name, wish.version, clock.now()):
        raise _no_own()
    return await _own(session, caller.tenant_id, own_name)


@router.delete("/own/{own_name}", status_code=204)
async def delete_own_strategy(own_name: str, caller: TradingWriter, session: Writing, clock: Wall) -> None:
    """Put a strategy out of sight and free its place in the plan. Back-tests made with it keep the document that they
    ran; saved again under this name, it has the versions that it had."""
    if not await delete(session, caller.tenant_id, own_name, clock.now()):
        raise _no_own()


async def _own(session: Session, tenant_id: UUID, name: str) -> OwnStrategyItem:
    (found,) = await own_strategies(session, tenant_id, name)
    return _own_item(found)


def _own_item(own: OwnStrategy) -> OwnStrategyItem:
    return OwnStrategyItem(
        name=own.name,
        active_version=own.active_version,
        document=own.active.document,
        versions=[
            OwnVersionItem(
                version=each.version,
                content_hash=each.content_hash,
                active=each.version == own.active_version,
                created_at=each.created_at,
            )
            for each in own.versions
        ],
    )


def _no_own() -> Exception:
    return problem(ErrorCode.NOT_FOUND, "no strategy of yours has this name and version")


def _unsound(detail: str) -> Exception:
    return problem(
        ErrorCode.VALIDATION_FAILED, "the document is not sound", errors=[FieldProblem("#/document", detail)]
    )


@router.get("/{strategy}/explain", dependencies=[requires(Scope.TRADING_READ)])
async def explain_strategy(strategy: str, language: Spoken) -> ExplanationItem:
    """A built-in strategy in words: when it enters, how it manages a position, what it needs and when it loses."""
    try:
        found = load_builtin(strategy)
    except UnknownStrategyError as error:
        raise problem(ErrorCode.NOT_FOUND, str(error)) from None
    words = explain(found, language)
    return ExplanationItem(
        name=found.ref.name,
        version=found.ref.version,
        content_hash=found.ref.content_hash,
        title=words.title,
        sections=[ExplanationSection(title=each.title, lines=list(each.lines)) for each in words.sections],
    )


def _item(strategy: Strategy, record: StrategyRecord | None, language: Language) -> StrategyItem:
    blueprint = strategy.blueprint
    return StrategyItem(
        name=blueprint.name,
        version=blueprint.version,
        content_hash=blueprint.document_hash,
        builtin=True,
        title=blueprint.title[language],
        description=blueprint.description[language],
        weakness=blueprint.weakness[language],
        sides=[setup.side.value for setup in blueprint.setups],
        parameters=[
            ParameterItem(
                name=parameter.name,
                title=_title(parameter.title, language, parameter.name),
                default=decimal_of(parameter.range.default),
                min=decimal_of(parameter.range.low),
                max=decimal_of(parameter.range.high),
                whole=parameter.range.whole,
            )
            for parameter in blueprint.parameters
        ],
        measured=_measured(record),
    )


def _title(titles: Mapping[str, str], language: Language, name: str) -> str:
    return titles.get(language) or name


def _measured(record: StrategyRecord | None) -> MeasuredItem:
    if record is None:
        return MeasuredItem(signals=0, filled=0, win_rate=None, average_r=None, last_at=None)
    average = record.average_r
    return MeasuredItem(
        signals=record.signals,
        filled=record.filled,
        win_rate=percent(Decimal(record.wins), Decimal(record.filled)),
        average_r=None if average is None else round_to(average, _R_STEP, Rounding.NEAREST),
        last_at=record.last_at,
    )
