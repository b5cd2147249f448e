"""The life of a position as an explicit state machine, from the intent to enter to the last exit."""

from __future__ import annotations

from enum import StrEnum

from tradewind.core.orders import IllegalTransitionError


class PositionStatus(StrEnum):
    """Where a position stands; see `TRANSITIONS`."""

    ENTERING = "entering"
    """The entry order is on its way; nothing is held yet."""
    OPEN = "open"
    CLOSING = "closing"
    """An exit at market was asked for; the protective stop stays until nothing is held."""
    CLOSED = "closed"
    ABANDONED = "abandoned"
    """The entry ended without a fill; there never was a position."""

    @property
    def final(self) -> bool:
        return self in (PositionStatus.CLOSED, PositionStatus.ABANDONED)


class PositionEvent(StrEnum):
    """What can happen to a position."""

    ENTRY_FILLED = "entry_filled"
    ENTRY_ENDED = "entry_ended"
    """The entry order is over: filled completely, cancelled, expired or refused."""
    REDUCED = "reduced"
    EMPTIED = "emptied"
    EXIT_REQUESTED = "exit_requested"


class ExitReason(StrEnum):
    """What took the last quantity out."""

    STOP = "stop"
    BREAKEVEN = "breakeven"
    TRAILING = "trailing"
    TARGET = "target"
    TIME_STOP = "time_stop"
    EXIT_CONDITION = "exit_condition"
    MANUAL = "manual"
    PROTECTION_FAILED = "protection_failed"
    LATE_ENTRY = "late_entry"
    LIQUIDATED = "liquidated"
    """The venue took the position when its margin was used up."""


_S, _E = PositionStatus, PositionEvent

#: Every legal transition. What is not here is an error.
TRANSITIONS: dict[tuple[PositionStatus, PositionEvent], PositionStatus] = {
    (_S.ENTERING, _E.ENTRY_FILLED): _S.OPEN,
    (_S.ENTERING, _E.ENTRY_ENDED): _S.ABANDONED,
    # The entry is being cancelled on request; if it fills on the way, what was filled is protected, then closed.
    (_S.ENTERING, _E.EXIT_REQUESTED): _S.ENTERING,
    (_S.OPEN, _E.ENTRY_FILLED): _S.OPEN,
    (_S.OPEN, _E.ENTRY_ENDED): _S.OPEN,
    (_S.OPEN, _E.REDUCED): _S.OPEN,
    (_S.OPEN, _E.EMPTIED): _S.CLOSED,
    (_S.OPEN, _E.EXIT_REQUESTED): _S.CLOSING,
    (_S.CLOSING, _E.ENTRY_FILLED): _S.CLOSING,
    (_S.CLOSING, _E.ENTRY_ENDED): _S.CLOSING,
    (_S.CLOSING, _E.REDUCED): _S.CLOSING,
    (_S.CLOSING, _E.EMPTIED): _S.CLOSED,
    (_S.CLOSING, _E.EXIT_REQUESTED): _S.CLOSING,
    # The entry order may outlive the position by the time its cancel takes.
    (_S.CLOSED, _E.ENTRY_ENDED): _S.CLOSED,
    # Seen on real venues: a fill after the cancel was acknowledged. It holds no slot any more, so it is flattened.
    (_S.CLOSED, _E.ENTRY_FILLED): _S.CLOSING,
    (_S.ABANDONED, _E.ENTRY_FILLED): _S.CLOSING,
}


def transition(status: PositionStatus, event: PositionEvent) -> PositionStatus:
    """The status after `event`.

    Raises:
        IllegalTransitionError: `event` cannot happen in this status.
    """
    after = TRANSITIONS.get((status, event))
    if after is None:
        raise IllegalTransitionError(f"{event} cannot happen to a position that is {status}")
    return after
