"""The candle store: any order of appends is the merged set, and readers never see half a file."""

from __future__ import annotations

import multiprocessing
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from candle_maker import candles, same, walk
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tradewind.core.candles import Candle, Timeframe
from tradewind.core.series import Columns
from tradewind.market import CandleFileError, CandleStore

M1, H1, H12 = Timeframe.M1, Timeframe.H1, Timeframe.H12
#: 2024-01-31 00:00 UTC: a day before a month ends.
LATE_JANUARY = 1_706_659_200_000


def test_what_was_appended_is_read_back_to_the_bit(tmp_path: Path) -> None:
    store = CandleStore(tmp_path / "candles")
    columns = walk(100, H1, start=LATE_JANUARY)
    store.append("BTCUSDT", H1, columns)
    assert same(store.read("BTCUSDT", H1), columns)
    assert same(CandleStore(tmp_path / "candles").read("BTCUSDT", H1), columns)


def test_months_are_files_and_series_are_folders(tmp_path: Path) -> None:
    store = CandleStore(tmp_path)
    store.append("BTCUSDT", H1, walk(24 * 31, H1, start=LATE_JANUARY))
    store.append("BTCUSDT", M1, walk(3, M1, start=LATE_JANUARY))
    files = sorted(str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*.*"))
    assert files == [
        "BTCUSDT-1h/2024-01.parquet",
        "BTCUSDT-1h/2024-02.parquet",
        "BTCUSDT-1h/2024-03.parquet",
        "BTCUSDT-1m/2024-01.parquet",
    ]
    assert pq.read_schema(tmp_path / files[0]).names == ["ts", "open", "high", "low", "close", "volume"]


def test_an_empty_store_has_no_candles(tmp_path: Path) -> None:
    store = CandleStore(tmp_path / "nowhere")
    assert len(store.read("BTCUSDT", M1, limit=10)) == 0
    store.append("BTCUSDT", M1, walk(0))
    assert not (tmp_path / "nowhere").exists()


def test_a_later_append_replaces_a_candle(tmp_path: Path) -> None:
    store = CandleStore(tmp_path)
    columns = walk(10, H1)
    store.append("BTCUSDT", H1, columns)
    better = columns.candle(4)._replace(volume=123.0)
    store.append("BTCUSDT", H1, Columns.of([better]))
    assert store.read("BTCUSDT", H1).candle(4) == better
    assert len(store.read("BTCUSDT", H1)) == 10


def test_reading_is_bounded_by_time_and_number(tmp_path: Path) -> None:
    store = CandleStore(tmp_path)
    columns = walk(10_000, M1, start=LATE_JANUARY)  # several row groups and two months
    store.append("BTCUSDT", M1, columns)
    ts = columns.ts.tolist()
    assert same(store.read("BTCUSDT", M1, limit=500), columns.rows(9500, 10_000))
    assert same(store.read("BTCUSDT", M1, since=ts[1000], until=ts[9000]), columns.rows(1000, 9000))
    assert same(store.read("BTCUSDT", M1, until=ts[1500], limit=200), columns.rows(1300, 1500))
    assert same(store.read("BTCUSDT", M1, since=ts[9990], limit=200), columns.rows(9990, 10_000))
    assert len(store.read("BTCUSDT", M1, limit=0)) == 0
    assert len(store.read("BTCUSDT", M1, since=ts[-1] + 1)) == 0
    assert len(store.read("BTCUSDT", M1, until=ts[0])) == 0


def test_an_impossible_candle_is_refused_and_nothing_is_written(tmp_path: Path) -> None:
    store = CandleStore(tmp_path)
    rows = candles(walk(5, H1))
    rows[3] = rows[3]._replace(high=float("nan"))
    with pytest.raises(ValueError, match="finite high"):
        store.append("BTCUSDT", H1, Columns.of(rows))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("symbol", ["", "../BTCUSDT", "BTC/USDT", ".hidden", "a b"])
def test_a_symbol_that_cannot_name_a_folder_is_refused(tmp_path: Path, symbol: str) -> None:
    store = CandleStore(tmp_path)
    with pytest.raises(ValueError, match="letters and digits"):
        store.append(symbol, H1, walk(5, H1))
    with pytest.raises(ValueError, match="letters and digits"):
        store.read(symbol, H1)


def test_a_damaged_file_is_named(tmp_path: Path) -> None:
    store = CandleStore(tmp_path)
    store.append("BTCUSDT", H1, walk(5, H1))
    path = tmp_path / "BTCUSDT-1h" / "2024-01.parquet"
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(CandleFileError, match=r"2024-01\.parquet"):
        store.read("BTCUSDT", H1)
    with pytest.raises(CandleFileError, match=r"2024-01\.parquet"):
        store.append("BTCUSDT", H1, walk(6, H1))


def test_what_a_killed_writer_left_behind_does_no_harm(tmp_path: Path) -> None:
    store = CandleStore(tmp_path)
    store.append("BTCUSDT", H1, walk(5, H1))
    (tmp_path / "BTCUSDT-1h" / "2024-01.partial").write_bytes(b"half a file")
    assert len(store.read("BTCUSDT", H1)) == 5
    store.append("BTCUSDT", H1, walk(9, H1))
    assert same(store.read("BTCUSDT", H1), walk(9, H1))
    assert [path.name for path in (tmp_path / "BTCUSDT-1h").iterdir()] == ["2024-01.parquet"]


@given(
    appends=st.lists(
        st.lists(st.tuples(st.integers(0, 150), st.integers(0, 3)), min_size=1, max_size=12), min_size=1, max_size=6
    ),
    window=st.tuples(st.integers(0, 150), st.integers(0, 150)),
    limit=st.integers(0, 40),
)
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_sequence_of_appends_is_the_merged_set(
    tmp_path_factory: pytest.TempPathFactory,
    appends: list[list[tuple[int, int]]],
    window: tuple[int, int],
    limit: int,
) -> None:
    base = candles(walk(151, H12, start=LATE_JANUARY))
    store = CandleStore(tmp_path_factory.mktemp("store"))
    merged: dict[int, Candle] = {}
    for rows in appends:
        batch = [base[place]._replace(volume=float(volume)) for place, volume in rows]
        store.append("BTCUSDT", H12, Columns.of(batch))
        store.append("BTCUSDT", H12, Columns.of(batch))
        merged |= {candle.ts: candle for candle in batch}
    expected = [merged[ts] for ts in sorted(merged)]
    assert candles(store.read("BTCUSDT", H12)) == expected
    since, until = base[window[0]].ts, base[window[1]].ts
    within = [candle for candle in expected if since <= candle.ts < until]
    found = candles(store.read("BTCUSDT", H12, since=since, until=until, limit=limit))
    assert found == within[max(0, len(within) - limit) :]


def _write(root: Path, start: int) -> None:
    """Append candle by candle, in a process of its own."""
    columns = walk(240, H1, start=LATE_JANUARY)
    store = CandleStore(root)
    for row in range(start, 240, 2):
        store.append("BTCUSDT", H1, columns.rows(row, row + 1))


def test_a_reader_in_another_process_never_sees_half_a_file_and_writers_lose_nothing(tmp_path: Path) -> None:
    columns = walk(240, H1, start=LATE_JANUARY)
    spawned = multiprocessing.get_context("spawn")
    writers = [spawned.Process(target=_write, args=(tmp_path, start)) for start in (0, 1)]
    for writer in writers:
        writer.start()
    store = CandleStore(tmp_path)
    known = {candle.ts: candle for candle in candles(columns)}
    seen = 0
    while any(writer.is_alive() for writer in writers):
        found = store.read("BTCUSDT", H1)
        assert len(found) >= seen
        seen = len(found)
        assert bool(np.all(np.diff(found.ts) > 0))
        assert all(known[candle.ts] == candle for candle in candles(found))
    assert [writer.exitcode for writer in writers] == [0, 0]
    assert same(store.read("BTCUSDT", H1), columns)
