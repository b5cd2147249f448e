"""What the format says beside prices: distances from an anchor, choices, a warm-up, and who may trade."""

from __future__ import annotations

import numpy as np
import pytest

from tests.core.strategy_maker import INSTRUMENT, TIMEFRAME, random_columns
from tradewind.core.signals import Signal
from tradewind.core.strategy import LANGUAGES, Anchor, StrategyError, evaluate, signal
from tradewind.trading.strategies import (
    DocumentError,
    builtin_strategies,
    builtin_text,
    load_builtin,
    parse_document,
)

NAME = "ema_rsi_atr"


def problems(*changes: tuple[str, str]) -> str:
    text = builtin_text(NAME)
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new, 1)
    with pytest.raises(DocumentError) as caught:
        parse_document(text)
    return str(caught.value)


def test_it_is_for_research_alone() -> None:
    assert NAME not in builtin_strategies()
    assert load_builtin(NAME).blueprint.research_only
    assert all(not strategy.blueprint.research_only for strategy in builtin_strategies().values())


def test_the_document_is_what_a_user_could_have_written() -> None:
    strategy = load_builtin(NAME)
    assert parse_document(builtin_text(NAME)).ref == strategy.ref
    blueprint = strategy.blueprint
    texts = [blueprint.title, blueprint.description, blueprint.weakness]
    texts += [each.title for each in (*blueprint.parameters, *blueprint.choices)]
    for text in texts:
        assert set(text) == set(LANGUAGES)
        assert any("а" <= letter <= "я" for letter in text["ru"].lower())


def test_it_waits_for_its_warm_up() -> None:
    strategy = load_builtin(NAME)
    assert strategy.warmup == 500
    assert strategy.with_parameters({"slow": 400}).warmup > 1000
    columns = random_columns(1, 700)
    assert min(evaluate(strategy, columns).long_rows) >= 500


def test_a_choice_is_part_of_the_content() -> None:
    strategy = load_builtin(NAME)
    assert strategy.anchor is Anchor.FILL
    other = strategy.with_parameters({"anchor": "close"})
    assert other.anchor is Anchor.CLOSE
    assert other.ref.content_hash != strategy.ref.content_hash
    assert other.with_parameters({"anchor": "fill"}).ref == strategy.ref
    assert other.with_parameters({"fast": 10}).anchor is Anchor.CLOSE


@pytest.mark.parametrize("value", ["open", 1.0, ""])
def test_a_choice_takes_its_options_alone(value: object) -> None:
    with pytest.raises(StrategyError, match="anchor: expected one of fill, close"):
        load_builtin(NAME).with_parameters({"anchor": value})


@pytest.mark.parametrize("anchor", ["fill", "close"])
def test_a_signal_counts_distances_from_the_anchor(anchor: str) -> None:
    """Before anything is filled, the fill is the worst one that the zone allows."""
    strategy = load_builtin(NAME).with_parameters({"anchor": anchor})
    columns = random_columns(3, 4000)
    evaluation = evaluate(strategy, columns)
    assert len(evaluation.long_rows) > 10
    (setup,) = strategy.setups
    for row in evaluation.long_rows.tolist():
        made = signal(evaluation, row, instrument=INSTRUMENT, timeframe=TIMEFRAME, simulated=True)
        assert isinstance(made, Signal)
        high = evaluation.number(setup.zone_high, row)
        base = high if anchor == "fill" else columns.close[row]
        assert float(made.stop) == pytest.approx(base - evaluation.number(setup.stop, row), abs=0.011)
        assert float(made.targets[0].price) == pytest.approx(
            base + evaluation.number(setup.rungs[0].root, row), abs=0.011
        )


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("anchor: anchor\n", ""), "anchor: expected this key, since distances count from it"),
        (("anchor: anchor\n", "anchor: opening\n"), "anchor: expected fill, close or the name of a choice between"),
        (("options: [fill, close]", "options: [fill, open]"), "choices.anchor.options: expected options among fill"),
        (("default: fill", "default: both"), "choices.anchor: expected the default among the options, got both"),
        (("options: [fill, close]", "options: [fill, close, fill]"), "choices.anchor: expected each option once"),
        (("  stop_distance: stop_atr * swing\n", ""), 'long: expected either "stop" or "stop_distance"'),
        (("stop_distance: stop_atr", "stop: close\n  stop_distance: stop_atr"), 'expected either "stop" or "stop_dist'),
        (("stop_distance: stop_atr * swing", "stop_distance: stop_art"), 'long.stop_distance: column 1: unknown name'),
        (("{distance: target_atr", "{r: 1, distance: target_atr"), 'long.targets[0]: expected either "at" or "r" or'),
        (("momentum < overbought", "momentum < anchor"), 'long.when: column 50: unknown name "anchor"'),
        (("warmup: 500", "warmup: 0"), "warmup: expected"),
        (("warmup: 500", "warmup: 10001"), "warmup: expected"),
        (("choices:\n  anchor:", "choices:\n  fast:"), 'choices.fast: "fast" is a parameter or a definition already'),
        (("choices:\n  anchor:", "choices:\n  stop:"), 'choices.stop: "stop" means something already'),
    ],
)  # fmt: skip
def test_errors_say_where_and_what(change: tuple[str, str], said: str) -> None:
    assert said in problems(change)


def test_what_stands_in_documents_of_before_means_the_same() -> None:
    """Keys that came later are left out of the content hash where they are not used."""
    assert load_builtin("ema_trend").ref.content_hash.startswith("9776eb701c2c")
    assert np.array_equal(load_builtin("ema_trend").warmup, load_builtin("ema_trend").program.settled)
