"""A back-test that was kept as JSON values, as the result that it was: its reports are those of the day it was made."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tradewind.core.candles import Timeframe
from tradewind.core.strategy import Strategy
from tradewind.core.values import Side
from tradewind.kit.clock import to_ms
from tradewind.research.backtest import Assumption, BacktestResult, BacktestTrade, Profile
from tradewind.research.metrics import DailyReturns, Metrics
from tradewind.research.validation import Check, Doubt, Reason, Verdict


def daily_document(daily: DailyReturns) -> dict[str, Any]:
    """To be kept beside the document of a result, whose curve is of equity alone."""
    return {"first": daily.first, "returns": [None if math.isnan(each) else each for each in daily.values]}


def daily_of(document: Mapping[str, Any]) -> DailyReturns:
    """What `daily_document` wrote."""
    return DailyReturns(document["first"], tuple(math.nan if each is None else each for each in document["returns"]))


@dataclass(frozen=True, slots=True)
class KeptResult(BacktestResult):
    """A result that was read again. Its fingerprint is the one that was told: a database keeps no sign of a zero."""

    told: str = ""

    @property
    def fingerprint(self) -> str:
        return self.told


def kept_result(
    document: Mapping[str, Any],
    trades: Sequence[Mapping[str, Any]],
    strategy: Strategy,
    profile: Profile,
    year: float,
) -> tuple[KeptResult, Verdict]:
    """The result and the verdict that `reports.document` wrote.

    Args:
        document: with `daily`, see `daily_document`.
        trades: as `BacktestTrade.item` has them.
        strategy: with the parameters that were tested.
        year: days that made one.
    """
    metrics: dict[str, Any] = {
        name: math.nan if value is None else value for name, value in document["metrics"].items()
    }
    result = KeptResult(
        strategy=strategy,
        profile=profile,
        symbols=tuple(document["symbols"]),
        timeframe=Timeframe(document["timeframe"]),
        start=_ms(document["from"]),
        stop=_ms(document["to"]),
        candles=document["candles"],
        trades=[_trade(each) for each in trades],
        metrics=Metrics(**metrics),
        daily=daily_of(document["daily"]),
        year=year,
        assumptions=tuple(Assumption(**each) for each in document["assumptions"]),
        refused={each["filter"]: each["setups"] for each in document["refused"]},
        told=document["fingerprint"],
    )
    reasons = tuple(Reason(Doubt(each["key"]), each["facts"]) for each in document["warnings"])
    return result, Verdict(reasons, tuple(Check(each) for each in document["unchecked"]))


def _trade(item: Mapping[str, Any]) -> BacktestTrade:
    entered, multiple = _ms(item["entry_at"]), item["r_multiple"]
    return BacktestTrade(
        symbol=item["symbol"],
        side=Side(item["side"]),
        entry_at=entered,
        entry_price=item["entry_price"],
        exit_at=_ms(item["exit_at"]),
        exit_price=item["exit_price"],
        exit_reason=item["exit_reason"],
        quantity=item["quantity"],
        fees=item["fees"],
        pnl=item["pnl"],
        gained=item["return"],
        r_multiple=math.nan if multiple is None else multiple,
        mfe=item["mfe"],
        mae=item["mae"],
        risk=math.nan,  # is measured, and not told
        funding=item["funding"],
        waited=entered - _ms(item["signal_at"]),
    )


def _ms(moment: str) -> int:
    return to_ms(datetime.fromisoformat(moment))
