"""A signal as people and programs outside see it; the API, realtime frames, Telegram and webhooks share the shape."""

from __future__ import annotations

from typing import Any

from tradewind.core.outcome import Outcome, SignalPhase, Tracking, result
from tradewind.core.signals import Signal
from tradewind.kit.clock import from_ms
from tradewind.trading.signals.mapping import target_items


def signal_item(signal: Signal, spec: Tracking, outcome: Outcome) -> dict[str, Any]:
    """The signal as JSON values; every price on its tick."""
    return signal_content(signal) | signal_progress(signal, spec, outcome)


def signal_content(signal: Signal) -> dict[str, Any]:
    """The part of the shape that never changes."""
    return signal_levels(signal) | {
        "rationale": {language: list(words) for language, words in signal.rationale.because.items()},
        "facts": signal.rationale.facts,
    }


def signal_levels(signal: Signal) -> dict[str, Any]:
    """The part that never changes without its words, which are long and told once."""
    return {
        "id": str(signal.id),
        "revision": signal.revision,
        "venue": signal.instrument.venue,
        "symbol": signal.symbol,
        "timeframe": signal.timeframe.value,
        "side": signal.side.value,
        "strategy": signal.strategy.name,
        "strategy_version": signal.strategy.version,
        "created_at": from_ms(signal.created_at).isoformat(),
        "fresh_until": from_ms(signal.fresh_until).isoformat(),
        "expires_at": from_ms(signal.expires_at).isoformat(),
        "entry_zone": {"low": str(signal.zone_low), "high": str(signal.zone_high)},
        "stop_loss": str(signal.stop),
        "take_profit": target_items(signal),
        "confidence": str(signal.confidence),
        "leverage_cap": signal.leverage_cap,
        "simulated": signal.simulated,
    }


def signal_progress(signal: Signal, spec: Tracking, outcome: Outcome) -> dict[str, Any]:
    """The part of the shape that says what has become of it."""
    plan = outcome.plan
    filled = outcome.phase in (SignalPhase.OPEN, SignalPhase.CLOSED)
    measures = result(spec, outcome)
    return {
        "status": outcome.phase.value,
        "current_stop": _level(signal, plan.stop) if plan else str(signal.stop),
        "entry_price": _level(signal, outcome.entry) if filled else None,
        "targets_hit": plan.targets_filled if plan else 0,
        "end": outcome.end.value if outcome.end else None,
        "closed_at": from_ms(outcome.closed_at).isoformat() if outcome.phase.final else None,
        "r": f"{measures.r:.4f}" if measures else None,
        "pnl_pct": f"{measures.pnl * 100:.4f}" if measures else None,
    }


def _level(signal: Signal, level: float) -> str:
    decimals = max(0, -int(signal.instrument.tick.normalize().as_tuple().exponent))
    return f"{level:.{decimals}f}"
