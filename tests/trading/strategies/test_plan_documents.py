"""What a document says of trailing, breakeven and entering in parts: compiled, refused by name, made into signals."""

from __future__ import annotations

import re
from decimal import Decimal
from itertools import pairwise

import numpy as np
import orjson
import pytest

from tradewind.core.candles import Timeframe
from tradewind.core.costs import Costs
from tradewind.core.plan import TrailingKind
from tradewind.core.series import Columns
from tradewind.core.signals import Signal
from tradewind.core.strategy import Refused, evaluate, signal
from tradewind.trading.signals.mapping import CONTENT_COLUMNS, content_values, signal_of
from tradewind.trading.strategies import DocumentError, builtin_text, load_builtin, parse_document
from tradewind.venues.paper import instrument_for


def with_exits(text: str) -> str:
    return re.sub(r"(?ms)^exits:.*?(?=^\S)", f"exits:\n  {text}\n", builtin_text("ema_trend"))


def with_ladder(text: str) -> str:
    return re.sub(r"(?m)^scale_in:.*$", f"scale_in: {text}", builtin_text("dca_dip"))


@pytest.mark.parametrize(
    ("text", "kind", "factor", "after", "period"),
    [
        ("{chandelier: 3, atr_period: 22}", TrailingKind.CHANDELIER, 3.0, 0, 22),
        ("{moving_target: 2}", TrailingKind.MOVING_TARGET, 0.0, 2, 0),
        ("{percent: 2, after_target: 1}", TrailingKind.PERCENT, 0.02, 1, 0),
    ],
)
def test_every_way_of_trailing(text: str, kind: TrailingKind, factor: float, after: int, period: int) -> None:
    rule = parse_document(with_exits(f"trailing: {text}")).exits.trailing
    assert rule is not None
    assert (rule.kind, rule.factor, rule.after_target, rule.period) == (kind, factor, after, period)


@pytest.mark.parametrize(
    ("text", "path", "said"),
    [
        ("{chandelier: 3}", "exits.trailing", '"chandelier" and "atr_period" together'),
        ("{percent: 1, atr_period: 9}", "exits.trailing", '"chandelier" and "atr_period" together'),
        ("{chandelier: 3, atr_period: 9, percent: 1}", "exits.trailing", 'either "distance" or'),
        ("{chandelier: 0, atr_period: 9}", "exits.trailing.chandelier", "above 0"),
        ("{chandelier: 3, atr_period: 2.5}", "exits.trailing.atr_period", "whole number of candles"),
        ("{chandelier: 3, atr_period: 1}", "exits.trailing.atr_period", "from 2 to 1000"),
        ("{moving_target: 9}", "exits.trailing.moving_target", "one of 3 targets"),
        ("{moving_target: 1, at_r: 1}", "exits.trailing", 'neither "after_target" nor "at_r"'),
    ],
)
def test_trailing_that_makes_no_sense_is_refused(text: str, path: str, said: str) -> None:
    with pytest.raises(DocumentError) as caught:
        parse_document(with_exits(f"trailing: {text}"))
    assert any(problem.path == path and said in problem.detail for problem in caught.value.problems)


@pytest.mark.parametrize(
    ("text", "path", "said"),
    [
        ("{orders: 2.5, deviation: swing}", "scale_in.orders", "whole number of orders"),
        ("{orders: 11, deviation: swing}", "scale_in.orders", "up to 10"),
        ("{orders: 2, deviation: swing, step: 0}", "scale_in.step", "above 0"),
        ("{orders: 10, deviation: swing, size: 100}", "scale_in.size", "parts of at least"),
        ("{orders: 2}", "scale_in.deviation", "missing"),
        ("{orders: 2, deviation: nothing}", "scale_in.deviation", "nothing"),
        ("{orders: 2, deviation: swing, targets: moon}", "scale_in.targets", "expected 'average' or 'fixed'"),
    ],
)
def test_ladders_that_make_no_sense_are_refused(text: str, path: str, said: str) -> None:
    with pytest.raises(DocumentError) as caught:
        parse_document(with_ladder(text))
    assert any(problem.path == path and said in problem.detail for problem in caught.value.problems)


def dip(seed: int) -> Columns:
    rng = np.random.default_rng(seed)
    close = 100.0 * np.exp(np.cumsum(rng.normal(0.0, 3e-3, 1500)))
    open_ = np.concatenate([close[:1], close[:-1]])
    high, low = np.maximum(open_, close) * 1.001, np.minimum(open_, close) * 0.999
    return Columns(np.arange(1500, dtype=np.int64) * Timeframe.M5.ms, open_, high, low, close, np.ones(1500))


def answers(name_or_text: str, **overrides: float) -> list[Signal | Refused | None]:
    strategy = parse_document(name_or_text).with_parameters(overrides)
    evaluation = evaluate(strategy, dip(4))
    instrument = instrument_for("BTCUSDT", 100.0)
    rows = evaluation.long_rows.tolist()
    return [signal(evaluation, row, instrument=instrument, timeframe=Timeframe.M5, simulated=True) for row in rows]


def test_a_dca_signal_has_its_whole_ladder_before_the_stop() -> None:
    made = [each for each in answers(builtin_text("dca_dip")) if isinstance(each, Signal)]
    assert len(made) > 3
    for each in made:
        ladder = each.scale_in
        assert ladder is not None
        assert len(ladder.additions) == 4
        assert ladder.first + sum(part.share for part in ladder.additions) == 1
        levels = [each.entry_limit, *(part.price for part in ladder.additions), each.stop]
        assert levels == sorted(levels, reverse=True)
        sizes = [ladder.first, *(part.share for part in ladder.additions)]
        assert [float(after / before) for before, after in pairwise(sizes)] == pytest.approx([1.4] * 4, rel=1e-3)
        assert each.plan.scale_in is not None
        assert each.plan.scale_in.targets_from == float(each.entry_limit)


def test_a_ladder_that_reaches_the_stop_makes_no_signal() -> None:
    reasons = {
        each.reason.value for each in answers(builtin_text("dca_dip"), stop_atr=4.0) if isinstance(each, Refused)
    }
    assert reasons == {"addition_beyond_stop"}


def test_it_is_for_research_only() -> None:
    strategy = load_builtin("dca_dip")
    assert strategy.blueprint.research_only
    assert strategy.scale_in is not None
    assert sum(strategy.scale_in.shares, strategy.scale_in.first) == Decimal(1)


def with_grid(text: str) -> str:
    return re.sub(r"(?m)^grid:.*$", text, builtin_text("grid_range"))


@pytest.mark.parametrize(
    ("text", "path", "said"),
    [
        ("grid: {levels: 2.5, range: swing}", "grid.levels", "whole number of levels"),
        ("grid: {levels: 11, range: swing}", "grid.levels", "up to 10"),
        ("grid: {levels: 4, range: swing, size: 0}", "grid.size", "above 0"),
        ("grid: {levels: 4}", "grid.range", "missing"),
        ("grid: {levels: 4, range: swing}\nscale_in: {orders: 1, deviation: swing}", "grid", "got both"),
    ],
)
def test_grids_that_make_no_sense_are_refused(text: str, path: str, said: str) -> None:
    with pytest.raises(DocumentError) as caught:
        parse_document(with_grid(text))
    assert any(problem.path == path and said in problem.detail for problem in caught.value.problems)


def test_a_grid_has_one_target_and_a_stop_that_stays() -> None:
    text = builtin_text("grid_range").replace("exits:\n", "exits:\n  breakeven: {after_target: 1}\n")
    text = text.replace("levels, share: 1}\n", "levels, share: 0.5}\n    - {distance: 99 * swing, share: 0.5}\n", 1)
    with pytest.raises(DocumentError) as caught:
        parse_document(text)
    assert {problem.path for problem in caught.value.problems} == {"exits.breakeven", "long.targets"}


def test_every_part_of_a_grid_leaves_one_level_on_and_pays_for_its_costs() -> None:
    unfiltered = re.sub(r"(?ms)^filters:.*?(?=^long:)", "", builtin_text("grid_range"))
    made = answers(unfiltered, range_atr=12, beyond_atr=3)
    signals = [each for each in made if isinstance(each, Signal)]
    assert len(signals) > 3
    costs = Costs()
    for each in signals:
        ladder = each.scale_in
        assert ladder is not None
        levels = [each.targets[0].price, each.entry_limit, *(part.price for part in ladder.additions)]
        assert [part.target for part in ladder.additions] == levels[1:-1]
        assert all(level > each.stop for level in levels)
        for sold, bought in pairwise(map(float, levels)):
            assert sold - bought - costs.taker * (sold + bought) > 0, "whatever its fees, a round trip gains"
    refused = {each.reason.value for each in answers(unfiltered, range_atr=1.5) if isinstance(each, Refused)}
    assert refused == {"grid_below_costs"}


def test_a_grid_survives_the_database() -> None:
    unfiltered = re.sub(r"(?ms)^filters:.*?(?=^long:)", "", builtin_text("grid_range"))
    made = next(each for each in answers(unfiltered, range_atr=12) if isinstance(each, Signal))
    values = content_values(made)
    row = dict(zip(CONTENT_COLUMNS, values, strict=True))
    row |= {name: orjson.loads(row[name]) for name in ("targets", "management", "rationale")}
    assert signal_of(row, lambda *_: made.instrument) == made
