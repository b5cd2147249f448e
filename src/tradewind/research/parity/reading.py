"""Trades from the reports that back-tests and replays write."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple

from tradewind.core.candles import Timeframe
from tradewind.core.values import Side
from tradewind.kit.clock import to_ms
from tradewind.research.parity.trades import ParityTrade


class ReportError(ValueError):
    """Not a report that can be compared: what was expected and what came, in one line."""


class Run(NamedTuple):
    """The closed trades of one run of a strategy.

    Attributes:
        strategy: its name.
        symbols: what it watched.
    """

    strategy: str
    timeframe: Timeframe
    symbols: frozenset[str]
    trades: Sequence[ParityTrade]


def read_run(document: Any, strategy: str | None = None) -> Run:
    """The run that `document` reports, the JSON of `tradewind backtest --json` or `tradewind replay --report`.

    Figures are read with the digits of a double, which is what a back-test writes.

    Args:
        strategy: whose trades, where a replay ran several.

    Raises:
        ReportError: neither of the two, of several strategies with none named, or of several accounts.
    """
    try:
        if isinstance(document, Mapping) and "trades" in document and "strategy" in document:
            return _backtest(document)
        if isinstance(document, Mapping) and "positions" in document and "signals" in document:
            return _replay(document, strategy)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        if isinstance(error, ReportError):
            raise
        raise ReportError(f"expected a whole report, got one with something missing or wrong: {error!r}") from None
    raise ReportError('expected the JSON of "tradewind backtest --json" or "tradewind replay --report", got another')


def _backtest(document: Mapping[str, Any]) -> Run:
    return Run(
        document["strategy"],
        Timeframe(document["timeframe"]),
        frozenset(document["symbols"]),
        [
            ParityTrade(
                symbol=row["symbol"],
                side=Side(row["side"]),
                signal_at=_ms(row["signal_at"]),
                entry_at=_ms(row["entry_at"]),
                entry_price=_number(row["entry_price"]),
                exit_at=_ms(row["exit_at"]),
                exit_price=_number(row["exit_price"]),
                exit_reason=row["exit_reason"],
                quantity=_number(row["quantity"]),
                fees=_number(row["fees"]),
                funding=_number(row["funding"]),
                pnl=_number(row["pnl"]),
            )
            for row in document["trades"]
        ],
    )


def _replay(document: Mapping[str, Any], strategy: str | None) -> Run:
    inputs = document["inputs"]
    names: list[str] = [each["name"] for each in inputs["strategies"]]
    chosen = strategy or (names[0] if len(names) == 1 else None)
    if chosen is None or chosen not in names:
        raise ReportError(f"expected a replay of {strategy or 'one strategy'}, got one of {', '.join(names)}")
    if inputs["followers"] != 1:
        raise ReportError(f"expected a replay with one follower, got {inputs['followers']}; replay with --followers 1")
    timeframe = Timeframe(inputs["timeframe"])
    made = {row["id"]: _ms(row["created_at"]) for row in document["signals"] if row["strategy"] == chosen}
    trades = [
        _position(row, made[row["signal_id"]], timeframe)
        for row in document["positions"]
        if row["status"] == "closed" and row["signal_id"] in made
    ]
    return Run(chosen, timeframe, frozenset(inputs["symbols"]), trades)


def _position(row: Mapping[str, Any], signal_at: int, timeframe: Timeframe) -> ParityTrade:
    fees, funding = Decimal(row["fees"]), Decimal(row["funding"])
    return ParityTrade(
        symbol=row["symbol"],
        side=Side(row["side"]),
        signal_at=signal_at,
        # A fill at a candle's end belongs to it.
        entry_at=timeframe.open_of(_ms(row["opened_at"]) - 1),
        entry_price=_number(row["entry_price"]),
        exit_at=timeframe.open_of(_ms(row["closed_at"]) - 1),
        exit_price=_number(row["exit_price"]),
        exit_reason=row["exit_reason"],
        quantity=_number(row["entered"]),
        fees=_number(fees),
        funding=_number(funding),
        pnl=_number(Decimal(row["realised_pnl"]) - fees - funding),
    )


def _ms(text: str) -> int:
    return to_ms(datetime.fromisoformat(text))


def _number(value: Any) -> Decimal:
    """With the digits of a double; not so large or small that no market could mean it."""
    number = float(value)
    if not math.isfinite(number) or abs(number) > 1e18 or 0.0 < abs(number) < 1e-18:
        raise ReportError(f"expected an amount or a price, got {value}")
    return Decimal(repr(number))
