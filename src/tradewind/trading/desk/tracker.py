"""Following every signal to its end, whether anybody trades it or not."""

from __future__ import annotations

from collections.abc import Set
from typing import Any
from uuid import UUID

from tradewind.core.candles import Timeframe
from tradewind.core.costs import Costs
from tradewind.core.matching import Stretch, is_past
from tradewind.core.outcome import (
    WAITING,
    Outcome,
    SignalEnd,
    SignalEvent,
    SignalEventKind,
    candle_closed,
    leave,
    result,
    since,
    track,
    tracking,
)
from tradewind.core.signals import Signal, SignalSource
from tradewind.platform.spine import EventType
from tradewind.trading.desk.port import TradingRecord
from tradewind.trading.desk.state import OnSymbols, TrackedSignal
from tradewind.trading.signals.view import signal_content, signal_levels, signal_progress

_EVENT_TYPES = {
    SignalEventKind.CLOSED: EventType.SIGNAL_CLOSED,
    SignalEventKind.NOT_FILLED: EventType.SIGNAL_CLOSED,
}


class SignalTracker:
    """Active signals by symbol."""

    def __init__(self, costs: Costs, journal: TradingRecord) -> None:
        self._costs = costs
        self._journal = journal
        self._active: dict[UUID, TrackedSignal] = {}
        self._by_symbol = OnSymbols[TrackedSignal]()
        self._occupied: set[tuple[str, str, str]] = set()

    def __len__(self) -> int:
        return len(self._active)

    def signal(self, signal_id: UUID) -> Signal | None:
        """The signal while it is active."""
        tracked = self._active.get(signal_id)
        return tracked.signal if tracked else None

    def occupied(self, strategy: str, symbol: str, timeframe: str) -> bool:
        """Whether the strategy has an active signal there; it makes no second one before that is over."""
        return (strategy, symbol, timeframe) in self._occupied

    def add(self, signal: Signal) -> None:
        """Start following a new signal and tell of it."""
        tracked = TrackedSignal(signal, tracking(signal, self._costs), WAITING, signal_levels(signal))
        self._hold(tracked)
        self._journal.signal_created(tracked)
        self._tell(tracked, EventType.SIGNAL_CREATED, signal.created_at, signal_content(signal))

    def restore(self, signal: Signal, outcome: Outcome, events: int) -> None:
        """Take back a signal that was active when the engine stopped."""
        self._hold(TrackedSignal(signal, tracking(signal, self._costs), outcome, signal_levels(signal), events))

    def advance(self, symbol: str, stretch: Stretch) -> None:
        """Let every active signal of `symbol` live through `stretch`."""
        for tracked in self._by_symbol[symbol]:
            if tracked.calm.covers(stretch):
                continue
            if is_past(stretch, since(tracked.signal, tracked.outcome)):
                continue
            self._go_on(tracked, *track(tracked.spec, tracked.outcome, stretch))

    def sources(self, symbol: str) -> Set[SignalSource]:
        """What made the active signals of `symbol`."""
        return self._by_symbol.sources(symbol)

    def periods(self, symbol: str, timeframe: Timeframe) -> Set[int]:
        """Over how many candles the chandeliers of active signals take their ATR."""
        return self._by_symbol.periods(symbol, timeframe)

    def candle_closed(self, symbol: str, timeframe: Timeframe, at: int, market: float, period: int, atr: float) -> None:
        """Move the chandeliers that hang by the ATR over `period` candles, with the market at `market`."""
        for tracked in self._by_symbol.hanging(symbol, timeframe, period):
            if at > since(tracked.signal, tracked.outcome):
                self._go_on(tracked, *candle_closed(tracked.spec, tracked.outcome, at, market, atr))

    def leave(self, source: SignalSource, at: int) -> None:
        """End the active signals of `source` at market, because its strategy's condition to leave holds at `at`."""
        for tracked in self._by_symbol[source.symbol]:
            if tracked.signal.source == source:
                self._go_on(tracked, *leave(tracked.outcome, SignalEnd.EXIT_CONDITION, at))

    def _go_on(self, tracked: TrackedSignal, outcome: Outcome, events: list[SignalEvent]) -> None:
        if outcome is tracked.outcome:
            return
        tracked.outcome = outcome
        self._journal.signal_changed(tracked)
        for event in events:
            self._happened(tracked, event)
        if outcome.phase.final:
            self._drop(tracked)

    def _happened(self, tracked: TrackedSignal, event: SignalEvent) -> None:
        self._journal.signal_event(tracked.signal, tracked.events + 1, event)
        kind = _EVENT_TYPES.get(event.kind, EventType.SIGNAL_UPDATED)
        self._tell(tracked, kind, event.at, {"change": _change(tracked, event)})

    def _tell(self, tracked: TrackedSignal, kind: EventType, at: int, extra: dict[str, Any]) -> None:
        tracked.events += 1
        progress = signal_progress(tracked.signal, tracked.spec, tracked.outcome)
        payload = tracked.levels | progress | extra
        self._journal.event(kind, None, tracked.signal.id, at, payload, tracked.events)

    def _hold(self, tracked: TrackedSignal) -> None:
        signal = tracked.signal
        self._active[signal.id] = tracked
        self._by_symbol.add(signal.id, tracked, signal)
        self._occupied.add((signal.strategy.name, signal.symbol, signal.timeframe.value))

    def _drop(self, tracked: TrackedSignal) -> None:
        signal = tracked.signal
        del self._active[signal.id]
        self._by_symbol.drop(signal.id, signal)
        self._occupied.discard((signal.strategy.name, signal.symbol, signal.timeframe.value))


def _change(tracked: TrackedSignal, event: SignalEvent) -> dict[str, Any]:
    change: dict[str, Any] = {"kind": event.kind.value, "price": repr(event.price) if event.price else None}
    if event.kind in (SignalEventKind.ADDED, SignalEventKind.ROUND_TRIP) and tracked.signal.scale_in is not None:
        addition = tracked.signal.scale_in.additions[event.rung - 1]
        change |= {"rung": event.rung, "share": str(addition.share)}
    elif event.rung:
        change |= {"rung": event.rung, "share": str(tracked.signal.targets[event.rung - 1].share)}
    if event.before:
        change["before"] = repr(event.before)
    if event.why:
        change["why"] = event.why
    measures = result(tracked.spec, tracked.outcome)
    if measures is not None and event.kind is SignalEventKind.CLOSED:
        change |= {"r": f"{measures.r:.2f}", "pnl_pct": f"{measures.pnl * 100:.2f}"}
    return change
