"""A back-test before the judge: the evidence in its own figures, and the detectors run on its strategy."""

from __future__ import annotations

import math
from collections.abc import Mapping
from decimal import Decimal

from tradewind.core.series import Columns
from tradewind.research.backtest import BacktestResult
from tradewind.research.metrics import monthly_returns
from tradewind.research.validation import (
    DocumentCheck,
    Evidence,
    ValidationError,
    Verdict,
    check_document,
    judge,
    sharpe_sample,
    shuffle_trades,
)

#: Candles of a symbol that the detectors look at: the latest, and enough for a few hundred decisions.
_LOOKED_AT = 10_000
_SEED = 1


def judged(result: BacktestResult, candles: Mapping[str, Columns] | None = None) -> tuple[Evidence, Verdict]:
    """What is known of `result`, and why it may be too good.

    Args:
        candles: by symbol, what it was tested on and what the strategy looked at beside. With them it is searched for
            a look ahead and for a warm-up that is too short, and its trades are put in other orders; else nobody looks.

    Raises:
        ValidationError: too few candles for the detectors.
    """
    evidence = evidence_of(result, candles)
    return evidence, judge(evidence)


def evidence_of(result: BacktestResult, candles: Mapping[str, Columns] | None = None) -> Evidence:
    """The figures of `result` as the judge asks for them; `candles` as for `judged`.

    Raises:
        ValidationError: too few candles for the detectors.
    """
    trades, metrics = result.trades, result.metrics
    check = None if candles is None else _detected(result, candles)
    gains = _on_equity(result)
    shuffle = shuffle_trades(gains, seed=_SEED) if check is not None and gains and min(gains) >= -1.0 else None
    return Evidence(
        profits=[_exact(trade.pnl) for trade in trades],
        costs=_exact(math.fsum(trade.fees + trade.funding for trade in trades)),
        days=float(len(result.daily.values)),
        sharpe=metrics.sharpe if math.isfinite(metrics.sharpe) else None,
        sample=sharpe_sample([value for value in result.daily.values if math.isfinite(value)]),
        months=_months(result),
        symbols=[
            _exact(math.fsum(trade.pnl for trade in trades if trade.symbol == symbol)) for symbol in result.symbols
        ],
        multiples=[trade.r_multiple for trade in trades if math.isfinite(trade.r_multiple)],
        inside=sum(trade.entry_at == trade.exit_at for trade in trades),
        changed=_changed(result),
        shuffle=shuffle,
        look_ahead=None if check is None else check.look_ahead,
        warm_up=None if check is None else check.warm_up,
    )


def _exact(value: float) -> Decimal:
    return Decimal(repr(value))


def _on_equity(result: BacktestResult) -> list[float]:
    """What every trade gained on the account before it, in the order in which they ended; up to where it was lost."""
    equity, gained = result.metrics.start_equity, []
    for trade in sorted(result.trades, key=lambda trade: (trade.exit_at, trade.symbol)):
        if equity <= 0.0:
            break
        gained.append(trade.pnl / equity)
        equity += trade.pnl
    return gained


def _months(result: BacktestResult) -> list[Decimal]:
    """What the account gained in every month, quote currency."""
    equity, gained = result.metrics.start_equity, []
    for month in monthly_returns(result.daily):
        gained.append(_exact(equity * month.gained))
        equity *= 1.0 + month.gained
    return gained


def _changed(result: BacktestResult) -> int:
    """Parameters and choices that are not as the document has them."""
    strategy, blueprint = result.strategy, result.strategy.blueprint
    numbers = sum(strategy.values[each.name] != each.range.default for each in blueprint.parameters)
    return numbers + sum(strategy.chosen[each.name] != each.default for each in blueprint.choices)


def _detected(result: BacktestResult, candles: Mapping[str, Columns]) -> DocumentCheck:
    """What the detectors say of the symbol that speaks most against the strategy."""
    found: list[DocumentCheck] = []
    for symbol in result.symbols:
        columns = candles[symbol]
        looked_at = columns.rows(max(len(columns) - _LOOKED_AT, 0), len(columns))
        try:
            found.append(check_document(result.strategy, looked_at, timeframe=result.timeframe, others=candles))
        except ValidationError as error:
            raise ValidationError(f"{symbol}: {error}") from None
    ahead = max((each.look_ahead for each in found), key=lambda each: each.differing)
    early = max((each.warm_up for each in found), key=lambda each: (each.biased, each.share, each.compared))
    return DocumentCheck(ahead, early)
