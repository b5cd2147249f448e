"""The position's state machine: every pair of state and event."""

from __future__ import annotations

import pytest

from tradewind.core.orders import IllegalTransitionError
from tradewind.core.positions import TRANSITIONS, ExitReason, PositionEvent, PositionStatus, transition

S, E = PositionStatus, PositionEvent

#: The life of a position as told to a new colleague. What is not here cannot happen.
LIFE = {
    S.ENTERING: {E.ENTRY_FILLED: S.OPEN, E.ENTRY_ENDED: S.ABANDONED, E.EXIT_REQUESTED: S.ENTERING},
    S.OPEN: {
        E.ENTRY_FILLED: S.OPEN,
        E.ENTRY_ENDED: S.OPEN,
        E.REDUCED: S.OPEN,
        E.EMPTIED: S.CLOSED,
        E.EXIT_REQUESTED: S.CLOSING,
    },
    S.CLOSING: {
        E.ENTRY_FILLED: S.CLOSING,
        E.ENTRY_ENDED: S.CLOSING,
        E.REDUCED: S.CLOSING,
        E.EMPTIED: S.CLOSED,
        E.EXIT_REQUESTED: S.CLOSING,
    },
    S.CLOSED: {E.ENTRY_ENDED: S.CLOSED, E.ENTRY_FILLED: S.CLOSING},
    S.ABANDONED: {E.ENTRY_FILLED: S.CLOSING},
}


@pytest.mark.parametrize("event", PositionEvent)
@pytest.mark.parametrize("status", PositionStatus)
def test_every_pair_of_status_and_event(status: PositionStatus, event: PositionEvent) -> None:
    expected = LIFE[status].get(event)
    assert TRANSITIONS.get((status, event)) is expected
    if expected is None:
        with pytest.raises(IllegalTransitionError, match=f"{event} cannot happen to a position that is {status}"):
            transition(status, event)
    else:
        assert transition(status, event) is expected


def test_what_ends_a_position() -> None:
    assert {status for status in PositionStatus if status.final} == {S.CLOSED, S.ABANDONED}
    for (before, event), after in TRANSITIONS.items():
        if before.final and not after.final:
            assert event is E.ENTRY_FILLED, "only a late fill of the entry brings a position back"
            assert after is S.CLOSING, "and it is flattened at once"
        if after is S.CLOSED and before is not S.CLOSED:
            assert event is E.EMPTIED


def test_every_reason_has_its_own_name() -> None:
    assert len({reason.value for reason in ExitReason}) == len(ExitReason)
