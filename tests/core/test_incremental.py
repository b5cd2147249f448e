"""Incremental forms: the values of the whole columns, candle by candle, and the same bits in any company."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from strategy_maker import random_columns, recorded

from tradewind.core.indicators import CATALOGUE, Indicator, Unit
from tradewind.core.indicators.incremental import FORMS, Memory, memory, running
from tradewind.core.series import Columns, Floats

#: One entry per kernel: sister outputs are compared together.
KERNELS = {each.kernel: each for each in reversed(CATALOGUE.values())}
ENTRIES = pytest.mark.parametrize("indicator", KERNELS.values(), ids=lambda each: each.name)
WITH_SERIES = [each for each in KERNELS.values() if each.series]
AGREES = 1e-9
#: How a value grows with the price, where its unit does not say; its rounding does as well.
PRICE_DEGREE = {"variance": 2, "force_index": 1, "market_facilitation": 1}
#: Quotients by the window's own spread: of a few values that nearly agree they magnify the rounding of the inputs.
MAGNIFYING = {"zscore", "cci", "bb_percent_b", "correlation", "beta", "r_squared", "hurst"}


def inputs_of(indicator: Indicator, columns: Columns) -> list[Floats]:
    series = (columns.close, columns.open)[: indicator.series]
    return [*series, *(field.of(columns) for field in indicator.fields)]


def whole(indicator: Indicator, inputs: Sequence[Floats], arguments: Sequence[float]) -> tuple[Floats, ...]:
    return indicator.kernel.run(inputs, arguments, indicator.warmup(*arguments))


def stepped(
    indicator: Indicator,
    batch: Sequence[Sequence[Floats]],
    arguments: Sequence[float],
    present: NDArray[np.bool_] | None = None,
) -> NDArray[np.float64]:
    """Outputs by (output, symbol, row of that symbol); in a step the symbols `present` take their next row each."""
    rows, symbols = len(batch[0][0]), len(batch)
    part = running(indicator.kernel, arguments, indicator.warmup(*arguments), symbols)
    taken = np.zeros(symbols, dtype=np.intp)
    results = np.full((indicator.kernel.outputs, symbols, rows), np.inf)
    columns = [np.array([inputs[place] for inputs in batch]) for place in range(len(batch[0]))]
    for step in range(rows if present is None else len(present)):
        index = np.arange(symbols) if present is None else np.flatnonzero(present[step])
        if not len(index):
            continue
        at = taken[index]
        with np.errstate(all="ignore"):
            outputs = part.update([column[index, at] for column in columns], slice(None) if present is None else index)
        for output, values in enumerate(outputs):
            results[output, index, at] = values
        taken[index] += 1
    return results


def magnified(indicator: Indicator, inputs: Sequence[Floats], arguments: Sequence[float]) -> tuple[Floats, ...]:
    """By how much the outputs change when the inputs do by their last bit; equal values stay equal."""
    outputs = whole(indicator, inputs, arguments)
    changes = tuple(np.zeros(len(inputs[0])) for _ in outputs)
    for phase in range(10):
        shaken = [np.nextafter(each, each * (1.0 + np.sin(1e12 * each / each[0] + phase))) for each in inputs]
        for change, before, after in zip(changes, outputs, whole(indicator, shaken, arguments), strict=True):
            np.fmax(change, np.abs(after - before), out=change)
    return changes


def assert_agrees(
    indicator: Indicator, got: Floats, expected: Floats, price: float, magnified: Floats | float = 0.0
) -> None:
    """Undefined in the same rows; elsewhere equal to 1e-9 of the value or, if that is more, of what it is a part of.

    Where inputs `magnified` their rounding, no form can be nearer to another than that; some times it are granted.
    """
    defined = ~np.isnan(expected)
    np.testing.assert_array_equal(~np.isnan(got), defined)
    if not defined.any():
        return
    degree = PRICE_DEGREE.get(indicator.name, 1 if indicator.unit in {None, Unit.PRICE} else 0)
    size = np.abs(expected[defined]).max() if indicator.unit is Unit.VOLUME else price**degree
    error = np.abs(got - expected)[defined]
    bound = AGREES * np.maximum(np.abs(expected[defined]), size) + 50.0 * np.broadcast_to(magnified, len(got))[defined]
    assert (error <= bound).all(), f"row {np.flatnonzero(defined)[np.argmax(error / bound)]}: off by {error.max()}"


@st.composite
def arguments_for(draw: st.DrawFn, indicator: Indicator) -> tuple[float, ...]:
    # Two values have no spread but their difference: nearly equal, they leave nothing that two forms could agree on.
    least = 5 if indicator.name in MAGNIFYING else 1
    drawn = (
        draw(st.integers(max(int(each.low), least), min(int(each.high), 50)))
        if each.whole
        else draw(st.floats(each.low, each.high))
        for each in indicator.arguments
    )
    return indicator.checked(tuple(drawn))


def test_every_kernel_has_a_form() -> None:
    assert set(FORMS) == {indicator.kernel for indicator in CATALOGUE.values()}


@ENTRIES
@settings(max_examples=4, deadline=None)
@given(data=st.data(), seed=st.integers(0, 2**32))
def test_candle_by_candle_gives_what_the_whole_gives(indicator: Indicator, data: st.DataObject, seed: int) -> None:
    arguments = data.draw(arguments_for(indicator))
    rows = indicator.warmup(*arguments) + 80
    markets = [
        random_columns(seed + place, rows, price=price, calm=calm)
        for place, (price, calm) in enumerate([(100.0, False), (6e4, True), (1e-6, True), (1e-6, False)])
    ]
    batch = [inputs_of(indicator, columns) for columns in markets]
    results = stepped(indicator, batch, arguments)
    for symbol, (inputs, columns) in enumerate(zip(batch, markets, strict=True)):
        slack = magnified(indicator, inputs, arguments) if indicator.name in MAGNIFYING else [0.0] * len(results)
        for output, expected in enumerate(whole(indicator, inputs, arguments)):
            assert_agrees(indicator, results[output, symbol], expected, float(columns.high.max()), slack[output])


@ENTRIES
def test_recorded_candles_give_what_the_whole_gives(indicator: Indicator) -> None:
    arguments = indicator.checked(())
    markets = [recorded(symbol, "5m", 4_000).rows(3_200, 4_000) for symbol in ("BTCUSDT", "SOLUSDT")]
    batch = [inputs_of(indicator, columns) for columns in markets]
    results = stepped(indicator, batch, arguments)
    for symbol, (inputs, columns) in enumerate(zip(batch, markets, strict=True)):
        for output, expected in enumerate(whole(indicator, inputs, arguments)):
            assert_agrees(indicator, results[output, symbol], expected, float(columns.high.max()))


@pytest.mark.parametrize("indicator", WITH_SERIES, ids=lambda each: each.name)
@settings(max_examples=3, deadline=None)
@given(data=st.data(), seed=st.integers(0, 2**32))
def test_behind_a_gap_everything_begins_anew(indicator: Indicator, data: st.DataObject, seed: int) -> None:
    arguments = tuple(min(each.default, max(each.low, 7)) for each in indicator.arguments)
    rows = 2 * indicator.warmup(*arguments) + 60
    markets = [random_columns(seed + place, rows) for place in range(3)]
    batch = [[values.copy() for values in inputs_of(indicator, columns)] for columns in markets]
    for inputs in batch[:2]:
        gaps = sorted(data.draw(st.sets(st.integers(0, rows - 1), max_size=3)))
        inputs[data.draw(st.integers(0, indicator.series - 1))][gaps] = data.draw(st.sampled_from([np.nan, np.inf]))
    results = stepped(indicator, batch, arguments)
    for symbol, (inputs, columns) in enumerate(zip(batch, markets, strict=True)):
        for output, expected in enumerate(whole(indicator, inputs, arguments)):
            assert_agrees(indicator, results[output, symbol], expected, float(columns.high.max()))


@ENTRIES
@settings(max_examples=2, deadline=None)
@given(seed=st.integers(0, 2**32))
def test_a_symbol_has_the_same_bits_in_any_company(indicator: Indicator, seed: int) -> None:
    """Alone, or in a batch of which some close a candle while others miss one."""
    arguments = tuple(min(each.default, max(each.low, 7)) for each in indicator.arguments)
    symbols, rows = 5, indicator.warmup(*arguments) + 30
    markets = [random_columns(seed + place, rows, price=10.0**place) for place in range(symbols)]
    batch = [inputs_of(indicator, columns) for columns in markets]
    # Each symbol misses some steps and catches up in a few at the end, which others do not have.
    present = np.zeros((rows + 20, symbols), dtype=np.bool_)
    rng = np.random.default_rng(seed)
    for symbol in range(symbols):
        present[np.sort(rng.permutation(rows + 20)[:rows]), symbol] = True
    together = stepped(indicator, batch, arguments, present)
    for symbol, inputs in enumerate(batch):
        alone = stepped(indicator, [inputs], arguments)
        assert together[:, symbol].tobytes() == alone[:, 0].tobytes()


@pytest.mark.parametrize(
    "indicator",
    [each for each in KERNELS.values() if memory(each) is Memory.WINDOW],
    ids=lambda each: each.name,
)
def test_a_window_form_remembers_its_warm_up_and_no_more(indicator: Indicator) -> None:
    arguments = indicator.checked(())
    warmup = indicator.warmup(*arguments)
    columns = random_columns(4, 2 * warmup + 60)
    inputs = inputs_of(indicator, columns)
    start = len(columns) - warmup - 1
    early = stepped(indicator, [inputs], arguments)[:, 0, -1]
    late = stepped(indicator, [[values[start:] for values in inputs]], arguments)[:, 0, -1]
    assert np.isfinite(late).all()
    assert early.tobytes() == late.tobytes()


def test_state_does_not_grow() -> None:
    for indicator in KERNELS.values():
        part = running(indicator.kernel, indicator.checked(()), indicator.warmup(), 3)
        before = part.state.nbytes
        columns = random_columns(1, 3)
        with np.errstate(all="ignore"):
            part.update(inputs_of(indicator, columns))
        assert part.state.nbytes == before > 0
