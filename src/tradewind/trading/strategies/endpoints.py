"""Routes of strategies."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated

from tradewind.core.strategy import Strategy
from tradewind.core.values import Rounding, decimal_of, round_to
from tradewind.kit.language import Language
from tradewind.platform.web.errors import ErrorCode, problem
from tradewind.platform.web.language import Spoken
from tradewind.platform.web.parts import part
from tradewind.platform.web.routing import api_router
from tradewind.platform.web.schemas import PageOf
from tradewind.platform.web.subjects import Scope, requires
from tradewind.platform.web.units import QuickReading
from tradewind.trading.performance.figures import percent
from tradewind.trading.signals.queries import StrategyRecord, StrategyRecords
from tradewind.trading.strategies import (
    UnknownStrategyError,
    builtin_strategies,
    explain,
    json_schema,
    load_builtin,
)
from tradewind.trading.strategies.schemas import (
    DocumentSchema,
    ExplanationItem,
    ExplanationSection,
    MeasuredItem,
    ParameterItem,
    StrategyItem,
)

router = api_router("/strategies", "Strategies")

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


@router.get("/{name}/explain", dependencies=[requires(Scope.TRADING_READ)])
async def explain_strategy(name: str, language: Spoken) -> ExplanationItem:
    """A built-in strategy in words: when it enters, how it manages a position, what it needs and when it loses."""
    try:
        strategy = load_builtin(name)
    except UnknownStrategyError as error:
        raise problem(ErrorCode.NOT_FOUND, str(error)) from None
    words = explain(strategy, language)
    return ExplanationItem(
        name=strategy.ref.name,
        version=strategy.ref.version,
        content_hash=strategy.ref.content_hash,
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
