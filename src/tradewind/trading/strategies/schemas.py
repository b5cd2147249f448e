"""HTTP shapes of strategies."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from tradewind.platform.web.schemas import Answer, DecimalText, Moment, Wish
from tradewind.trading.strategies.reading import MAX_TEXT


class ParameterItem(Answer):
    name: str
    title: str
    default: DecimalText
    min: DecimalText
    max: DecimalText
    whole: bool = Field(description="Whole numbers only.")


class ChoiceItem(Answer):
    """A word that may be set, as a parameter's number may."""

    name: str
    title: str
    default: str
    options: list[str]


class MeasuredItem(Answer):
    """What became of all its signals that are over, traded or not, after fees."""

    signals: int
    filled: int = Field(description="Signals whose entry zone was reached.")
    win_rate: DecimalText | None = Field(description="Percentage of the filled ones with a gain.")
    average_r: DecimalText | None = Field(description="Mean result of the filled ones in initial risks.")
    last_at: Moment | None


class StrategyItem(Answer):
    name: str
    version: int
    content_hash: str
    builtin: bool
    title: str
    description: str
    weakness: str = Field(description="When it loses.")
    sides: list[str]
    parameters: list[ParameterItem]
    measured: MeasuredItem


class ExplanationSection(Answer):
    title: str
    lines: list[str]


class ExplanationItem(Answer):
    """A strategy in words, in the language that was asked for."""

    name: str
    version: int
    content_hash: str
    title: str
    sections: list[ExplanationSection]


class DocumentItem(Answer):
    """A strategy document: its text, what may be set in it, and what it says in words."""

    name: str
    version: int
    content_hash: str
    text: str = Field(description="As its author wrote it.")
    parameters: list[ParameterItem]
    choices: list[ChoiceItem]
    explanation: ExplanationItem


class FaultItem(Answer):
    """One thing to repair in a document."""

    path: str = Field(description="Place such as `long.targets[1].share`; empty for the document as a whole.")
    line: int | None = Field(description="In the text, from 1, where it is known.")
    column: int | None = Field(description="In the expression at the path, from 1.")
    detail: str


class DocumentCheck(Answer):
    """What is wrong with a text, or what it says."""

    faults: list[FaultItem]
    document: DocumentItem | None = Field(description="null as long as there are faults.")


class DocumentSchema(Answer):
    """The format of strategy documents as JSON Schema, draft 2020-12."""

    json_schema: dict[str, Any]


class DocumentInput(Wish):
    """A strategy document as text, YAML or JSON."""

    document: str = Field(min_length=1, max_length=MAX_TEXT)


class VersionInput(Wish):
    version: int = Field(ge=1, le=1_000_000)


class OwnVersionItem(Answer):
    version: int
    content_hash: str
    active: bool
    created_at: Moment


class OwnStrategyItem(Answer):
    """A strategy of one's own; its versions are never changed, one of them is active."""

    name: str
    active_version: int
    document: dict[str, Any] = Field(description="The active version's.")
    versions: list[OwnVersionItem] = Field(description="Newest first.")


class OwnStrategyPage(Answer):
    """Strategies of one's own, and how much of the plan they take."""

    items: list[OwnStrategyItem]
    next_cursor: str | None
    counted: int
    limit: int | None = Field(description="Null = unlimited.")
