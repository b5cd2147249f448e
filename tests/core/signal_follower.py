"""Follows one signal candle by candle, and keeps what was told of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from decimal import Decimal

from tests.simulation.trade_driver import CANDLE, START, signal_of
from tradewind.core.costs import Costs
from tradewind.core.matching import Stretch
from tradewind.core.outcome import WAITING, Result, SignalEnd, SignalEvent, SignalPhase, result, track, tracking
from tradewind.core.signals import Management, SignalScaleIn
from tradewind.core.values import Instrument, Side

FEE = 0.0006
PLAIN = Management()
#: No spread, slippage, impact or latency, one fee, any volume: what an outcome assumes.
IDEAL = Costs(
    maker=FEE, taker=FEE, half_spread=0, slippage=0, impact=0, latency_ms=0, participation=1e12, funding_rate=0
)
INSTRUMENT = Instrument(
    "paper", "BTCUSDT", "BTC", "USDT", Decimal("0.5"), Decimal("0.001"), Decimal("0.001"), Decimal(5)
)


class Followed:
    """A signal with its limit at 1000, its stop at 980, targets at 1020 and 1040; for a short mirrored at 1000."""

    def __init__(
        self,
        side: Side = Side.LONG,
        *,
        management: Management = PLAIN,
        shares: Iterable[str] = ("0.5", "0.5"),
        scale_in: SignalScaleIn | None = None,
        costs: Costs = IDEAL,
    ) -> None:
        self.side = side
        targets = [(2000 + side.sign * 40 * number, share) for number, share in enumerate(shares, 1)]
        self.signal = signal_of(
            INSTRUMENT, side, (2000, 2000), 2000 - side.sign * 40, targets, management=management,
            expires_at=START + 5 * CANDLE,
        )  # fmt: skip
        self.signal = replace(self.signal, scale_in=scale_in)
        self.spec, self.outcome = tracking(self.signal, costs), WAITING
        self.at = START
        self.events: list[SignalEvent] = []

    def level(self, value: float) -> float:
        return value if self.side is Side.LONG else 2000.0 - value

    def candle(
        self, opened: float, best: float, worst: float, close: float, *, gap: int = 0, atr: float | None = None
    ) -> list[str]:
        """What happened in a candle; `best` and `worst` as the position sees it."""
        self.at += gap
        values = [self.level(value) for value in (opened, best, worst, close)]
        stretch = Stretch(self.at, self.at + CANDLE, values[0], max(values), min(values), values[3], 1.0)
        self.at += CANDLE
        self.outcome, events = track(self.spec, self.outcome, stretch, atr)
        self.events += events
        return [event.kind.value for event in events]

    @property
    def end(self) -> tuple[SignalPhase, SignalEnd | None]:
        return self.outcome.phase, self.outcome.end

    @property
    def result(self) -> Result:
        measures = result(self.spec, self.outcome)
        assert measures is not None
        return measures

    def net(self, *exits: tuple[float, float], entry: float = 1000.0) -> float:
        """R of (share, price) exits, prices as in the mirror."""
        risk = abs(entry - 980.0)
        entry_at = self.level(entry)
        gains = [share * ((price - entry) - FEE * (self.level(price) + entry_at)) for share, price in exits]
        return sum(gains) / risk
