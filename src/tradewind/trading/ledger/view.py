"""Decisions as people see them."""

from __future__ import annotations

from collections.abc import Iterable

from tradewind.core.decisions import DecisionCode
from tradewind.kit.language import Language
from tradewind.trading.ledger.models import DecisionRow
from tradewind.trading.ledger.schemas import DecisionItem
from tradewind.trading.wording import render


def decision_items(rows: Iterable[DecisionRow], language: Language) -> list[DecisionItem]:
    """The decisions with their words."""
    return [_item(row, language) for row in rows]


def _item(row: DecisionRow, language: Language) -> DecisionItem:
    code = DecisionCode(row.code)
    return DecisionItem(
        intent_id=row.intent_id,
        seq=row.seq,
        at=row.at,
        code=code,
        data=row.data,
        words=render(code, row.data, language),
    )
