"""Matching the trades of two runs and splitting what separates them.

Trades are matched by signal: symbol, side and the moment it was made. Of a pair, with quantity q, entry e, exit x, sign
s (+1 long, −1 short) and gross gain g = s·q·(x − e), the gap in PnL is

    quantity    (q′ − q)·s·(x − e)              more or less of the expected trade
    entry       −q′·s·(e′ − e)                  slippage in the expected candle, latency in another
    exit        g′ − g − quantity − entry       slippage for the expected reason, else the reason's
    fees        −(fees′ − fees)
    funding     −(funding′ − funding)

where ′ is the actual run. The exit takes what is left, which is q′·s·(x′ − x) but for the rounding of average prices,
so that the parts add up to the gap to the last digit. Inside one candle reports cannot tell slippage from latency.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import reduce
from itertools import zip_longest
from typing import Any

from tradewind.kit.clock import from_ms
from tradewind.kit.language import Language
from tradewind.research.parity.trades import PRECISE, ParityTrade
from tradewind.research.parity.wording import Part, explanation, title

_ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Pair:
    """One signal in both runs; None where it was not traded.

    Attributes:
        parts: those that are not zero; they add up to `gap`.
    """

    expected: ParityTrade | None
    actual: ParityTrade | None
    parts: Mapping[Part, Decimal]

    @property
    def gap(self) -> Decimal:
        """Actual PnL less expected."""
        return _less(self.actual.pnl if self.actual else _ZERO, self.expected.pnl if self.expected else _ZERO)

    @property
    def same(self) -> bool:
        """Whether it is one trade: the same candles, prices, quantity, costs and reason."""
        return self.expected == self.actual

    def item(self) -> dict[str, Any]:
        """As JSON values; amounts are texts, exact."""
        trade = self.expected or self.actual
        assert trade is not None, "a pair has a trade"
        return {
            "symbol": trade.symbol,
            "side": trade.side.value,
            "signal_at": from_ms(trade.signal_at).isoformat().replace("+00:00", "Z"),
            "expected": None if self.expected is None else _text(self.expected.pnl),
            "actual": None if self.actual is None else _text(self.actual.pnl),
            "gap": _text(self.gap),
            "parts": {part.value: _text(amount) for part, amount in self.parts.items()},
        }


@dataclass(frozen=True, slots=True)
class Parity:
    """Two runs against each other, quote currency.

    Attributes:
        pairs: by the time of their signals.
    """

    pairs: Sequence[Pair]

    @property
    def expected(self) -> Decimal:
        """Net PnL of the expected run."""
        return _sum(pair.expected.pnl for pair in self.pairs if pair.expected)

    @property
    def actual(self) -> Decimal:
        """Net PnL of the actual run."""
        return _sum(pair.actual.pnl for pair in self.pairs if pair.actual)

    @property
    def gap(self) -> Decimal:
        """Actual less expected."""
        return _less(self.actual, self.expected)

    @property
    def parts(self) -> dict[Part, Decimal]:
        """Every part over all pairs, zeros too; they add up to `gap`."""
        return {part: _sum(pair.parts.get(part, _ZERO) for pair in self.pairs) for part in Part}

    @property
    def same(self) -> bool:
        """Whether both runs made the same trades."""
        return all(pair.same for pair in self.pairs)

    def document(self) -> dict[str, Any]:
        """As JSON values; amounts are texts, exact. Pairs that are the same are counted, not listed."""
        counts = {part: sum(part in pair.parts for pair in self.pairs) for part in Part}
        return {
            "same": self.same,
            "trades": {
                "expected": sum(pair.expected is not None for pair in self.pairs),
                "actual": sum(pair.actual is not None for pair in self.pairs),
                "same": sum(pair.same for pair in self.pairs),
            },
            "expected": _text(self.expected),
            "actual": _text(self.actual),
            "gap": _text(self.gap),
            "parts": [
                {
                    "key": part.value,
                    "amount": _text(amount),
                    "trades": counts[part],
                    **{
                        language.value: f"{title(part, language)}: {explanation(part, language)}"
                        for language in Language
                    },
                }
                for part, amount in self.parts.items()
            ],
            "differences": [pair.item() for pair in self.pairs if not pair.same],
        }


def compare(expected: Iterable[ParityTrade], actual: Iterable[ParityTrade]) -> Parity:
    """What separates `actual` from `expected`, trade by trade."""
    found: dict[tuple[int, str, str], tuple[list[ParityTrade], list[ParityTrade]]] = defaultdict(lambda: ([], []))
    for place, trades in enumerate((expected, actual)):
        for trade in trades:
            found[trade.signal][place].append(trade)
    return Parity(
        [
            Pair(left, right, _parts(left, right))
            for signal in sorted(found)
            for left, right in zip_longest(*(sorted(side) for side in found[signal]))
        ]
    )


def _parts(expected: ParityTrade | None, actual: ParityTrade | None) -> dict[Part, Decimal]:
    if actual is None:
        assert expected is not None, "a pair has a trade"
        parts = {Part.MISSED: PRECISE.minus(expected.pnl)}
    elif expected is None:
        parts = {Part.EXTRA: actual.pnl}
    else:
        parts = _split(expected, actual)
    return {part: amount for part, amount in parts.items() if amount}


def _split(expected: ParityTrade, actual: ParityTrade) -> dict[Part, Decimal]:
    sign = Decimal(expected.side.sign)
    more = _less(actual.quantity, expected.quantity)
    quantity = _times(more, sign, _less(expected.exit_price, expected.entry_price))
    entry = _times(actual.quantity, sign, _less(expected.entry_price, actual.entry_price))
    leave = _less(_less(_less(actual.gross, expected.gross), quantity), entry)
    return {
        Part.ENTRY_SLIPPAGE if actual.entry_at == expected.entry_at else Part.LATENCY: entry,
        Part.EXIT_SLIPPAGE if actual.exit_reason == expected.exit_reason else Part.EXIT_REASON: leave,
        Part.FEES: _less(expected.fees, actual.fees),
        Part.FUNDING: _less(expected.funding, actual.funding),
        Part.QUANTITY: quantity,
    }


def _less(left: Decimal, right: Decimal) -> Decimal:
    return PRECISE.subtract(left, right)


def _times(*factors: Decimal) -> Decimal:
    return reduce(PRECISE.multiply, factors)


def _sum(amounts: Iterable[Decimal]) -> Decimal:
    return reduce(PRECISE.add, amounts, _ZERO)


def _text(amount: Decimal) -> str:
    return format(amount.normalize(PRECISE), "f") if amount else "0"
