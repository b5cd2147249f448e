"""Candle files: what is wrong with one is said with file and row, and nothing less than all of it is believed."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from candle_maker import NAMES, START, candles, same, save, walk, without
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tradewind.core.candles import Timeframe
from tradewind.market import (
    CandleFileError,
    CandleFolder,
    CandleFolderError,
    IncidentKind,
    read_candles,
    repair_candles,
)

M5 = Timeframe.M5
WALK = walk(50)


def changed(column: str, row: int, value: float) -> dict[str, Any]:
    values = getattr(WALK, column).copy()
    values[row] = value
    return {column: values}


def refusal(path: Path) -> CandleFileError:
    with pytest.raises(CandleFileError) as caught:
        read_candles(path)
    assert caught.value.path == path
    assert str(path) in str(caught.value)
    return caught.value


def test_a_sound_file_is_read_to_the_bit(tmp_path: Path) -> None:
    assert same(read_candles(save(tmp_path, "BTCUSDT", M5, WALK)), WALK)


def test_the_order_of_the_columns_and_the_row_groups_do_not_matter(tmp_path: Path) -> None:
    table = pa.table(dict(zip(NAMES, WALK, strict=True))).select(list(reversed(NAMES)))
    pq.write_table(table, tmp_path / "BTCUSDT-5m.parquet", row_group_size=7)
    assert same(read_candles(tmp_path / "BTCUSDT-5m.parquet"), WALK)


def test_gaps_are_allowed(tmp_path: Path) -> None:
    gappy = without(WALK, 3, 4, 20)
    assert same(read_candles(save(tmp_path, "BTCUSDT", M5, gappy)), gappy)


@pytest.mark.parametrize(
    ("column", "value", "said"),
    [
        ("close", math.nan, "finite close"),
        ("open", math.inf, "finite open"),
        ("low", -math.inf, "finite low"),
        ("volume", math.nan, "finite volume"),
        ("low", 0.0, "positive low"),
        ("high", -1.0, "positive high"),
        ("volume", -0.5, "volume of zero or more"),
        ("high", 0.001, "high ≥ low"),
        ("low", 1e6, "high ≥ low"),
        ("close", 1e6, "high ≥ open and close"),
        ("open", 1e-6, "low ≤ open and close"),
        ("ts", START + 11 * M5.ms + 1, "grid"),
        ("ts", -M5.ms, "milliseconds since 1970"),
        ("ts", START * 1000, "milliseconds since 1970"),
        ("ts", START + 10 * M5.ms, "duplicate"),
        ("ts", START + 2 * M5.ms, "unsorted"),
    ],
)
def test_a_bad_row_is_named(tmp_path: Path, column: str, value: float, said: str) -> None:
    error = refusal(save(tmp_path, "BTCUSDT", M5, WALK, **changed(column, 11, value)))
    assert error.row == 12
    assert said in error.problem
    assert "got" in error.problem


def test_of_several_bad_rows_the_first_is_named(tmp_path: Path) -> None:
    path = save(tmp_path, "BTCUSDT", M5, WALK, **changed("close", 30, math.nan), **changed("volume", 7, -1.0))
    assert refusal(path).row == 8


def test_null_is_named(tmp_path: Path) -> None:
    closes = [None if row == 4 else value for row, value in enumerate(WALK.close.tolist())]
    error = refusal(save(tmp_path, "BTCUSDT", M5, WALK, close=closes))
    assert error.row == 5
    assert "null" in error.problem


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        ({"volume": None}, "no volume"),
        ({"trades": WALK.volume}, "unknown trades"),
        ({"close": None, "Close": WALK.close}, "no close, unknown Close"),
        ({"ts": WALK.ts.astype(np.float64)}, "ts as int64, got double"),
        ({"ts": pa.array(WALK.ts, pa.timestamp("ms"))}, "ts as int64, got timestamp"),
        ({"low": WALK.low.astype(np.float32)}, "low as double, got float"),
        ({"high": WALK.high.astype(str)}, "high as double, got string"),
    ],
)
def test_wrong_columns_are_named(tmp_path: Path, columns: dict[str, Any], said: str) -> None:
    error = refusal(save(tmp_path, "BTCUSDT", M5, WALK, **columns))
    assert error.row is None
    assert said in error.problem


def test_a_repeated_column_is_named(tmp_path: Path) -> None:
    schema = pa.schema([pa.field(name, pa.int64() if name == "ts" else pa.float64()) for name in (*NAMES, "ts")])
    path = tmp_path / "BTCUSDT-5m.parquet"
    pq.write_table(pa.Table.from_arrays([pa.array(column) for column in (*WALK, WALK.ts)], schema=schema), path)
    assert "repeated ts" in refusal(path).problem


def test_a_file_without_rows_is_refused(tmp_path: Path) -> None:
    assert "without rows" in refusal(save(tmp_path, "BTCUSDT", M5, walk(0))).problem


@pytest.mark.parametrize("name", ["BTCUSDT.parquet", "BTCUSDT-7m.parquet", "BTCUSDT-5m.csv", "-5m.parquet"])
def test_a_name_that_says_no_series_is_refused(tmp_path: Path, name: str) -> None:
    path = save(tmp_path, "BTCUSDT", M5, WALK).rename(tmp_path / name)
    assert "BTCUSDT-5m.parquet" in refusal(path).problem


def test_what_is_no_parquet_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "BTCUSDT-5m.parquet"
    path.write_text("ts,open,high,low,close,volume\n")
    assert "readable Parquet" in refusal(path).problem
    path.write_bytes(b"")
    assert "readable Parquet" in refusal(path).problem
    path.unlink()
    assert "readable Parquet" in refusal(path).problem
    path.mkdir()
    assert "readable Parquet" in refusal(path).problem


@given(data=st.data())
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_damaged_file_is_refused_or_still_sound(tmp_path: Path, data: st.DataObject) -> None:
    """Whatever bytes are lost or flipped: a named error, or candles that pass every check."""
    raw = bytearray(save(tmp_path, "BTCUSDT", M5, WALK).read_bytes())
    path = tmp_path / "DAMAGED-5m.parquet"
    if data.draw(st.booleans()):
        del raw[data.draw(st.integers(0, len(raw) - 1)) :]
    for place in data.draw(st.lists(st.integers(0, len(raw) - 1), max_size=8)) if raw else []:
        raw[place] ^= data.draw(st.integers(1, 255))
    path.write_bytes(raw)
    try:
        columns = read_candles(path)
    except CandleFileError:
        return
    path.unlink()
    assert same(read_candles(save(tmp_path, "DAMAGED", M5, columns)), columns)


# ------------------------------------------------------------------------------------------------------------- repair


def test_repair_leaves_a_sound_file_alone(tmp_path: Path) -> None:
    columns, incidents = repair_candles(save(tmp_path, "BTCUSDT", M5, WALK))
    assert same(columns, WALK)
    assert incidents == ()


def test_repair_drops_sorts_and_says_so(tmp_path: Path) -> None:
    rows = candles(WALK)
    rows[5] = rows[5]._replace(close=math.nan)
    rows[8], rows[9] = rows[9], rows[8]
    rows.insert(20, rows[12]._replace(volume=1.0))
    path = save(tmp_path, "BTCUSDT", M5, type(WALK).of(rows))
    columns, incidents = repair_candles(path)
    assert same(columns, without(WALK, 5))
    assert [(incident.kind, incident.ts) for incident in incidents] == [
        (IncidentKind.CANDLE_CORRUPT, WALK.ts[5]),
        (IncidentKind.CANDLE_LATE, WALK.ts[8]),
        (IncidentKind.CANDLE_DUPLICATE, WALK.ts[12]),
    ]
    assert "row 6" in incidents[0].detail
    assert "row 10" in incidents[1].detail
    assert "row 21" in incidents[2].detail
    assert all((incident.symbol, incident.timeframe) == ("BTCUSDT", M5) for incident in incidents)
    assert all(incident.at == incident.ts + M5.ms for incident in incidents)


def test_repair_takes_null_for_a_bad_row(tmp_path: Path) -> None:
    stamps = [None if row == 4 else value for row, value in enumerate(WALK.ts.tolist())]
    columns, incidents = repair_candles(save(tmp_path, "BTCUSDT", M5, WALK, ts=stamps))
    assert same(columns, without(WALK, 4))
    assert [incident.kind for incident in incidents] == [IncidentKind.CANDLE_CORRUPT]


def test_repair_of_nothing_but_bad_rows_is_an_error(tmp_path: Path) -> None:
    path = save(tmp_path, "BTCUSDT", M5, WALK, close=np.full(len(WALK), math.nan))
    with pytest.raises(CandleFileError, match="at least one sound row"):
        repair_candles(path)


def test_repair_does_not_help_against_wrong_columns(tmp_path: Path) -> None:
    with pytest.raises(CandleFileError, match="no volume"):
        repair_candles(save(tmp_path, "BTCUSDT", M5, WALK, volume=None))


@given(
    order=st.permutations(range(12)),
    repeats=st.lists(st.integers(0, 11), max_size=4),
    broken=st.sets(st.integers(0, 15), max_size=4),
)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_is_repaired_can_be_read(
    tmp_path: Path, order: list[int], repeats: list[int], broken: set[int]
) -> None:
    rows = [candles(walk(12))[index] for index in [*order, *repeats]]
    rows = [row._replace(low=-1.0) if index in broken else row for index, row in enumerate(rows)]
    path = save(tmp_path, "BTCUSDT", M5, type(WALK).of(rows))
    columns, incidents = repair_candles(path)
    assert same(read_candles(save(tmp_path, "REPAIRED", M5, columns)), columns)
    dropped = [incident for incident in incidents if incident.kind is not IncidentKind.CANDLE_LATE]
    assert len(columns) + len(dropped) == len(rows)
    assert set(columns.ts.tolist()) == {row.ts for row in rows if row.low > 0}


# ------------------------------------------------------------------------------------------------------------- folder


def test_a_folder_lists_its_series_by_name(tmp_path: Path) -> None:
    for symbol, timeframe in (("ETHUSDT", M5), ("BTCUSDT", M5), ("BTCUSDT", Timeframe.H1), ("1000SATSUSDT", M5)):
        save(tmp_path, symbol, timeframe, walk(3, timeframe))
    (tmp_path / "README.md").write_text("candles")
    (tmp_path / "notes.parquet").write_bytes(b"")
    folder = CandleFolder(tmp_path)
    assert folder.symbols(M5) == ("1000SATSUSDT", "BTCUSDT", "ETHUSDT")
    assert folder.symbols(Timeframe.M15) == ()
    assert folder.files(["BTCUSDT"], Timeframe.H1) == {"BTCUSDT": tmp_path / "BTCUSDT-1h.parquet"}
    assert list(folder.files([], M5)) == ["1000SATSUSDT", "BTCUSDT", "ETHUSDT"]
    assert folder.finest([]) is M5
    assert folder.finest(["ETHUSDT", "BTCUSDT"]) is M5


def test_the_finest_timeframe_is_one_that_all_wanted_symbols_have(tmp_path: Path) -> None:
    save(tmp_path, "BTCUSDT", M5, WALK)
    save(tmp_path, "BTCUSDT", Timeframe.H1, walk(5, Timeframe.H1))
    save(tmp_path, "AAVEUSDT", Timeframe.H1, walk(5, Timeframe.H1))
    folder = CandleFolder(tmp_path)
    assert folder.finest([]) is M5
    assert folder.finest(["AAVEUSDT", "BTCUSDT"]) is Timeframe.H1
    with pytest.raises(CandleFolderError, match="ETHUSDT"):
        folder.finest(["ETHUSDT"])


def test_what_a_folder_lacks_is_named_with_what_is_there(tmp_path: Path) -> None:
    with pytest.raises(CandleFolderError, match="nowhere"):
        CandleFolder(tmp_path / "nowhere")
    with pytest.raises(CandleFolderError, match="found nothing"):
        CandleFolder(tmp_path)
    (tmp_path / "BTCUSDT.csv").write_text("")
    with pytest.raises(CandleFolderError, match=r"found BTCUSDT\.csv"):
        CandleFolder(tmp_path)
    save(tmp_path, "BTCUSDT", M5, WALK)
    with pytest.raises(CandleFolderError, match=r"expected ETHUSDT-5m\.parquet, found 5m: BTCUSDT"):
        CandleFolder(tmp_path).files(["BTCUSDT", "ETHUSDT"], M5)
    with pytest.raises(CandleFolderError, match="expected SYMBOL-1h"):
        CandleFolder(tmp_path).files([], Timeframe.H1)
