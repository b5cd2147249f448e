"""Signals to rows and back."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

import orjson

from tradewind.core.candles import Timeframe
from tradewind.core.ids import SignalId
from tradewind.core.outcome import Outcome, SignalEnd, SignalPhase, Tracking, result
from tradewind.core.plan import Breakeven, PlanAction, PlanState, Trailing, TrailingKind
from tradewind.core.signals import (
    Management,
    Rationale,
    Signal,
    SignalAddition,
    SignalScaleIn,
    SignalTarget,
    StrategyRef,
)
from tradewind.core.values import Instrument, Side
from tradewind.kit.clock import from_ms, to_ms

#: Columns fixed at creation, in the order of `content_values`.
CONTENT_COLUMNS = (
    "id",
    "revision",
    "venue",
    "symbol",
    "timeframe",
    "side",
    "strategy",
    "strategy_version",
    "strategy_hash",
    "created_at",
    "fresh_until",
    "expires_at",
    "zone_low",
    "zone_high",
    "stop",
    "targets",
    "management",
    "confidence",
    "leverage_cap",
    "rationale",
    "simulated",
)
#: Columns of what has become of it, in the order of `progress_values`.
PROGRESS_COLUMNS = (
    "phase",
    "current_stop",
    "targets_hit",
    "entry_price",
    "filled_at",
    "closed_at",
    "ending",
    "r",
    "pnl",
    "mfe_r",
    "mae_r",
    "win",
    "tracker",
)
_MEASURE = Decimal("0.000001")


def _json(value: object) -> str:
    return orjson.dumps(value).decode()


def content_values(signal: Signal) -> tuple[Any, ...]:
    """The signal itself as a row."""
    management = signal.management
    return (
        signal.id,
        signal.revision,
        signal.instrument.venue,
        signal.symbol,
        signal.timeframe.value,
        signal.side.value,
        signal.strategy.name,
        signal.strategy.version,
        signal.strategy.content_hash,
        from_ms(signal.created_at),
        from_ms(signal.fresh_until),
        from_ms(signal.expires_at),
        signal.zone_low.value,
        signal.zone_high.value,
        signal.stop.value,
        _json(target_items(signal)),
        _json(
            {
                "breakeven": management.breakeven and management.breakeven._asdict(),
                "trailing": management.trailing and management.trailing._asdict(),
                "max_age_ms": management.max_age_ms,
            }
            | _scale_in_item(signal.scale_in)
            | ({} if management.risk_scale == 1 else {"risk_scale": str(management.risk_scale)})
        ),
        signal.confidence,
        signal.leverage_cap,
        _json({"facts": signal.rationale.facts, "because": signal.rationale.because}),
        signal.simulated,
    )


def target_items(signal: Signal) -> list[dict[str, str]]:
    """The ladder as JSON values."""
    return [{"price": str(target.price), "share": str(target.share)} for target in signal.targets]


def _scale_in_item(ladder: SignalScaleIn | None) -> dict[str, Any]:
    if ladder is None:
        return {}
    additions = [
        {"price": str(each.price), "share": str(each.share)} | ({"target": str(each.target)} if each.target else {})
        for each in ladder.additions
    ]
    item = {"first": str(ladder.first), "additions": additions, "targets_from_average": ladder.targets_from_average}
    return {"scale_in": item}


def _scale_in_of(item: Mapping[str, Any] | None, instrument: Instrument) -> SignalScaleIn | None:
    if item is None:
        return None
    additions = (
        SignalAddition(
            instrument.price(Decimal(each["price"])),
            Decimal(each["share"]),
            instrument.price(Decimal(each["target"])) if "target" in each else None,
        )
        for each in item["additions"]
    )
    return SignalScaleIn(Decimal(item["first"]), tuple(additions), item["targets_from_average"])


def progress_values(spec: Tracking, outcome: Outcome, events: int) -> tuple[Any, ...]:
    """The outcome so far as a row.

    Args:
        spec: gives the scale of its numbers.
        events: how many events the signal has had, which names the next one.
    """
    plan = outcome.plan
    measures = result(spec, outcome)
    filled = outcome.phase in (SignalPhase.OPEN, SignalPhase.CLOSED)
    return (
        outcome.phase.value,
        _decimal(plan.stop if plan else spec.plan.stop),
        plan.targets_filled if plan else 0,
        _decimal(outcome.entry) if filled else None,
        from_ms(outcome.filled_at) if filled else None,
        from_ms(outcome.closed_at) if outcome.phase.final else None,
        outcome.end.value if outcome.end else None,
        _measure(measures.r) if measures else None,
        _measure(measures.pnl) if measures else None,
        _measure(measures.mfe_r) if measures else None,
        _measure(measures.mae_r) if measures else None,
        measures.win if measures else None,
        "{}" if outcome.phase.final else _json({"outcome": dump_outcome(outcome), "events": events}),
    )


def _decimal(value: float) -> Decimal:
    return Decimal(repr(value))


def _measure(value: float) -> Decimal:
    return Decimal(repr(value)).quantize(_MEASURE)


def dump_outcome(outcome: Outcome) -> dict[str, Any]:
    """The outcome as JSON values, complete; floats survive JSON exactly."""
    return outcome._asdict() | {"plan": outcome.plan._asdict() if outcome.plan else None}


def load_outcome(dumped: Mapping[str, Any]) -> Outcome:
    """What `dump_outcome` wrote."""
    return Outcome(
        **{
            **dumped,
            "phase": SignalPhase(dumped["phase"]),
            "plan": PlanState(**dumped["plan"]) if dumped["plan"] else None,
            "paid": tuple((price, fee_in) for price, fee_in in dumped.get("paid", ())),
            "stop_reason": PlanAction(dumped["stop_reason"]) if dumped["stop_reason"] else None,
            "end": SignalEnd(dumped["end"]) if dumped["end"] else None,
            "leaving": SignalEnd(dumped["leaving"]) if dumped.get("leaving") else None,
        }
    )


def signal_of(row: Mapping[str, Any], instrument_of: Callable[[str, float], Instrument]) -> Signal:
    """The signal in a row of its table.

    Args:
        instrument_of: the instrument by symbol and a recent price.
    """
    instrument = instrument_of(row["symbol"], float(row["stop"]))
    management, trailing = row["management"], row["management"]["trailing"]
    return Signal(
        id=SignalId(row["id"]),
        revision=row["revision"],
        instrument=instrument,
        timeframe=Timeframe(row["timeframe"]),
        side=Side(row["side"]),
        strategy=StrategyRef(row["strategy"], row["strategy_version"], row["strategy_hash"]),
        created_at=to_ms(row["created_at"]),
        zone_low=instrument.price(row["zone_low"]),
        zone_high=instrument.price(row["zone_high"]),
        stop=instrument.price(row["stop"]),
        targets=tuple(
            SignalTarget(instrument.price(Decimal(item["price"])), Decimal(item["share"])) for item in row["targets"]
        ),
        management=Management(
            breakeven=Breakeven(**management["breakeven"]) if management["breakeven"] else None,
            trailing=Trailing(**{**trailing, "kind": TrailingKind(trailing["kind"])}) if trailing else None,
            max_age_ms=management["max_age_ms"],
            risk_scale=Decimal(management.get("risk_scale", 1)),
        ),
        confidence=row["confidence"],
        leverage_cap=row["leverage_cap"],
        fresh_until=to_ms(row["fresh_until"]),
        expires_at=to_ms(row["expires_at"]),
        rationale=Rationale(
            facts=row["rationale"]["facts"],
            because={language: tuple(words) for language, words in row["rationale"]["because"].items()},
        ),
        simulated=row["simulated"],
        scale_in=_scale_in_of(management.get("scale_in"), instrument),
    )
