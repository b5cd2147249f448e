"""What is known of a signal's outcome: phases, steps, state and measures."""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple

from tradewind.core.costs import Costs
from tradewind.core.plan import PlanAction, PlanSpec, PlanState


class SignalPhase(StrEnum):
    """How far a signal has come."""

    WAITING = "waiting"
    """The zone has not been touched yet."""
    OPEN = "open"
    CLOSED = "closed"
    NOT_FILLED = "not_filled"

    @property
    def final(self) -> bool:
        return self in (SignalPhase.CLOSED, SignalPhase.NOT_FILLED)


class SignalEnd(StrEnum):
    """Why a signal is over."""

    STOP = "stop"
    BREAKEVEN = "breakeven"
    TRAILING = "trailing"
    TARGET = "target"
    TIME_STOP = "time_stop"
    EXIT_CONDITION = "exit_condition"
    """The strategy's own condition to leave."""
    EXPIRED = "expired"
    INVALIDATED = "invalidated"
    """The stop was reached before the zone."""
    MISSED = "missed"
    """The first target was reached before the zone."""


class SignalEventKind(StrEnum):
    """What can happen to a signal."""

    FILLED = "filled"
    ADDED = "added"
    ROUND_TRIP = "round_trip"
    """A part of a grid has left at its own target; its entry waits again."""
    TARGET_HIT = "target_hit"
    STOP_MOVED = "stop_moved"
    CLOSED = "closed"
    NOT_FILLED = "not_filled"


class SignalEvent(NamedTuple):
    """One step of a signal's life.

    Attributes:
        price: of the fill, target or exit; the new level of a moved stop; 0 when not filled.
        rung: which target or addition (that of a round trip too); 0 for all else.
        before: the level a stop was moved from.
        why: what moved the stop or ended the signal.
    """

    kind: SignalEventKind
    at: int
    price: float
    rung: int = 0
    before: float = 0.0
    why: str = ""


class Tracking(NamedTuple):
    """What a signal's outcome depends on."""

    plan: PlanSpec
    entry_limit: float
    expires_at: int
    tick: Decimal
    costs: Costs


class Outcome(NamedTuple):
    """How far the signal has come.

    Attributes:
        entry: average fill price.
        left: share of the whole size that is held.
        gained: Σ share × (exit − entry), signed for the side, after fees, quote currency per unit of the whole size.
        best, worst: most and least favourable price while open.
        end: why it is over.
        resting: prices have been seen since the entry order was sent, so that it rests in the book.
        leaving: why it is being left at market.
        fee_in: average rate paid on the entry: the maker's where the price came to the order, else the taker's.
        entered: share of the whole size that was entered; of a grid, that is held.
        added: further entries filled, from the first; of a grid, those that are held.
        paid: of a grid, price and fee rate of every part held, in the order of entry.
        round_trips: how often a part of a grid has left at its own target.
    """

    phase: SignalPhase
    entry: float
    plan: PlanState | None
    left: float
    gained: float
    best: float
    worst: float
    stop_reason: PlanAction | None
    filled_at: int
    closed_at: int
    end: SignalEnd | None
    resting: bool = False
    leaving: SignalEnd | None = None
    fee_in: float = 0.0
    entered: float = 1.0
    added: int = 0
    paid: tuple[tuple[float, float], ...] = ()
    round_trips: int = 0


class Result(NamedTuple):
    """The measures of a signal that was filled and is over.

    Attributes:
        r: gain ÷ initial risk, after fees. Where the plan is entered in parts the risk is that of all of them, whether
            all were entered or not: it is what the size was agreed by.
        pnl: gain ÷ entry, after fees, as a fraction; of the whole size, whether all of it was entered or not.
        mfe_r, mae_r: largest favourable and adverse excursion, in R; both zero or more.
        duration_ms: from fill to close.
        win: net gain above zero.
    """

    r: float
    pnl: float
    mfe_r: float
    mae_r: float
    duration_ms: int
    win: bool


WAITING = Outcome(SignalPhase.WAITING, 0.0, None, 1.0, 0.0, 0.0, 0.0, None, 0, 0, None)
