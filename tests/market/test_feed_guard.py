"""Admission control: the same verdict in words and at array speed, and only sound candles in order get through."""

from __future__ import annotations

import math

import numpy as np
import pytest
from candle_maker import START, candles, walk
from hypothesis import given
from hypothesis import strategies as st

from tradewind.core.candles import Candle, Timeframe
from tradewind.core.series import Columns
from tradewind.market.feeds.guard import Guard, flaw_of, gaps_in, sound_rows
from tradewind.market.feeds.port import Incident, IncidentKind

M5 = Timeframe.M5
MS = M5.ms
LATER = START + 10_000 * MS
ROWS = candles(walk(20))

levels = st.one_of(
    st.sampled_from([0.0, -1.0, math.nan, math.inf, -math.inf, 1.0, 2.0, 5e-324]), st.floats(0.5, 2.0), st.floats()
)
stamps = st.one_of(
    st.integers(0, 40).map(lambda row: START + row * MS),
    st.sampled_from([-MS, START + 1, START * 1000]),
    st.integers(-(2**63), 2**63 - 1),
)
any_candles = st.builds(Candle, stamps, levels, levels, levels, levels, levels)
sound_candles = st.integers(0, 40).map(lambda row: ROWS[row % 20]._replace(ts=START + row * MS))


def kinds(incidents: tuple[Incident, ...]) -> list[IncidentKind]:
    return [incident.kind for incident in incidents]


@given(st.lists(any_candles, min_size=1, max_size=20))
def test_words_and_arrays_agree_on_what_is_sound(rows: list[Candle]) -> None:
    verdicts = sound_rows(Columns.of(rows), M5).tolist()
    assert verdicts == [flaw_of(row, M5) is None for row in rows]


def test_candles_in_order_pass() -> None:
    guard = Guard("BTCUSDT", M5)
    for row in ROWS:
        assert guard.admit(row, LATER) == (True, ())
    assert guard.last == ROWS[-1].ts


def test_a_gap_passes_the_candle_and_names_the_first_missing_one() -> None:
    guard = Guard("BTCUSDT", M5, last=ROWS[2].ts)
    assert list(guard.missing_before(ROWS[6].ts)) == [row.ts for row in ROWS[3:6]]
    passed, (incident,) = guard.admit(ROWS[6], LATER)
    assert passed
    assert (incident.kind, incident.symbol, incident.timeframe) == (IncidentKind.CANDLE_GAP, "BTCUSDT", M5)
    assert (incident.at, incident.ts) == (LATER, ROWS[3].ts)
    assert "3 missing" in incident.detail


@pytest.mark.parametrize(
    ("candle", "kind"),
    [
        (ROWS[5], IncidentKind.CANDLE_DUPLICATE),
        (ROWS[5]._replace(volume=0.0), IncidentKind.CANDLE_DUPLICATE),
        (ROWS[3], IncidentKind.CANDLE_LATE),
        (ROWS[6]._replace(high=0.1), IncidentKind.CANDLE_CORRUPT),
        (ROWS[6]._replace(close=math.nan), IncidentKind.CANDLE_CORRUPT),
        (ROWS[6]._replace(ts=ROWS[6].ts + 1), IncidentKind.CANDLE_CORRUPT),
        (ROWS[6]._replace(ts=LATER + MS), IncidentKind.CANDLE_CORRUPT),
    ],
)
def test_what_is_refused_is_named_and_changes_nothing(candle: Candle, kind: IncidentKind) -> None:
    guard = Guard("BTCUSDT", M5, last=ROWS[5].ts)
    passed, incidents = guard.admit(candle, LATER)
    assert not passed
    assert kinds(incidents) == [kind]
    assert incidents[0].ts == candle.ts
    assert guard.admit(ROWS[6], LATER) == (True, ())


@given(st.lists(st.one_of(sound_candles, any_candles), max_size=30))
def test_only_sound_and_rising_candles_get_through_and_everything_else_has_a_name(rows: list[Candle]) -> None:
    guard = Guard("BTCUSDT", M5)
    passed: list[Candle] = []
    for row in rows:
        admitted, incidents = guard.admit(row, LATER)
        if admitted:
            passed.append(row)
            assert set(kinds(incidents)) <= {IncidentKind.CANDLE_GAP}
        else:
            assert len(incidents) == 1
            assert incidents[0].kind is not IncidentKind.CANDLE_GAP
    ts = [row.ts for row in passed]
    assert ts == sorted(set(ts))
    assert all(flaw_of(row, M5) is None for row in passed)


@given(st.sets(st.integers(0, 60), min_size=1))
def test_recorded_gaps_are_those_that_the_guard_would_have_found(places: set[int]) -> None:
    ts = np.array(sorted(START + place * MS for place in places), dtype=np.int64)
    guard = Guard("BTCUSDT", M5)
    found = [
        incident for stamp in ts.tolist() for incident in guard.admit(ROWS[0]._replace(ts=stamp), stamp + MS).incidents
    ]
    assert list(gaps_in("BTCUSDT", M5, ts)) == found
