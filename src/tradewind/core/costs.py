"""What trading costs, and the price at which a position has paid for itself."""

from __future__ import annotations

from dataclasses import dataclass

#: No fill is worse than this beyond the price that was there, as a fraction.
MOST_WORSENING = 0.05


@dataclass(frozen=True, slots=True)
class Costs:
    """Rates as fractions of notional (0.0006 = 0.06 %).

    Attributes:
        maker: fee of an order that rested in the book.
        taker: fee of an order that took from it.
        half_spread: half the distance between bid and ask, paid by whoever takes.
        slippage: expected worsening of a market or stop fill beyond the spread.
        impact: further worsening when the order is as large as the whole volume of the candle (or tick).
        latency_ms: time from decision to the venue's book.
        participation: largest share of a candle's (or tick's) volume that a limit order gets.
        funding_rate: ASSUMED funding per interval, paid by longs when positive.
    """

    maker: float = 0.0002
    taker: float = 0.0006
    half_spread: float = 0.00005
    slippage: float = 0.0001
    impact: float = 0.001
    latency_ms: int = 250
    participation: float = 0.1
    funding_rate: float = 0.0001

    def __post_init__(self) -> None:
        for name in ("maker", "taker", "half_spread", "slippage", "impact", "participation", "latency_ms"):
            value = getattr(self, name)
            if not 0 <= value < float("inf"):
                raise ValueError(f"expected {name} of zero or more, got {value}")
        if not -1 < self.funding_rate < 1:
            raise ValueError(f"expected a funding_rate between -1 and 1, got {self.funding_rate}")

    def stop_worsening(self, parts: int = 1) -> float:
        """How far beyond its trigger a stop is expected to fill at worst, as a fraction: each of the `parts` that are
        held was entered with at most `participation` of a candle's volume, and all of them leave in one."""
        worse = self.half_spread + self.slippage + self.impact * min(self.participation * parts, 1.0)
        return min(worse, MOST_WORSENING)


def breakeven(side: int, entry: float, fee_in: float, fee_out: float, slippage: float, funding: float) -> float:
    """The exit price at which the remaining quantity neither gains nor loses, before rounding to the tick.

    Args:
        side: +1 long, −1 short.
        entry: average entry price.
        fee_in: fee rate paid on the entry.
        fee_out: fee rate the exit will pay (taker, for a stop).
        slippage: expected worsening of the exit, as a fraction.
        funding: funding paid so far per unit of base, quote currency; negative when received.

    Long: (entry·(1 + fee_in) + funding) ÷ (1 − fee_out − slippage); short mirrored.
    """
    return (entry * (1.0 + side * fee_in) + side * funding) / (1.0 - side * (fee_out + slippage))
