"""Strategy documents: one meaning, one hash, and errors that say where."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from tradewind.core.strategy import Strategy
from tradewind.trading.strategies import DocumentError, json_schema, parse_document

TEXT = """\
format: 1
name: sample
version: 3
title: {en: Sample, ru: Пример}
description: {en: Something to test with., ru: Для проверки.}
weakness: {en: It does not trade., ru: Не торгует.}
parameters:
  fast: {type: integer, default: 5, min: 2, max: 50, title: {en: Fast, ru: Быстрая}}
  reach: {type: number, default: 2.5, min: 1, max: 9}
define:
  pace: ema(close, fast)
  swing: atr(14)
long:
  when: close > pace and rsi(close) < 70
  zone: {low: close - swing, high: close}
  stop: close - reach * swing
  targets:
    - {r: 1, share: 0.6}
    - {at: close + 4 * swing, share: 0.4}
  confidence: 0.5
  because:
    en: ["{close} is above {pace}."]
    ru: ["{close} выше {pace}."]
exits:
  breakeven: {after_target: 1, at_r: 1.5}
  trailing: {distance: 2 * swing, after_target: 2, step: swing / 4}
  time_stop: 48
fresh_for: 2
expires_after: 3
leverage_cap: 5
"""


def changed(*replacements: tuple[str, str]) -> str:
    text = TEXT
    for old, new in replacements:
        assert old in text, old
        text = text.replace(old, new, 1)
    return text


def problems(text: str) -> str:
    with pytest.raises(DocumentError) as caught:
        parse_document(text)
    assert caught.value.problems
    return str(caught.value)


def content_hash(text: str) -> str:
    return parse_document(text).ref.content_hash


def test_a_document_becomes_a_strategy() -> None:
    strategy = parse_document(TEXT)
    assert isinstance(strategy, Strategy)
    assert (strategy.ref.name, strategy.ref.version) == ("sample", 3)
    assert re.fullmatch(r"[0-9a-f]{64}", strategy.ref.content_hash)
    assert strategy.values == {"fast": 5.0, "reach": 2.5}
    blueprint = strategy.blueprint
    assert blueprint.title == {"en": "Sample", "ru": "Пример"}
    assert blueprint.parameters[0].title["ru"] == "Быстрая"
    assert (blueprint.fresh_for, blueprint.expires_after, blueprint.leverage_cap) == (2, 3, 5)
    assert [setup.side for setup in blueprint.setups] == ["long"]


def reordered(data: Any) -> Any:
    if isinstance(data, dict):
        return {key: reordered(data[key]) for key in reversed(data)}
    return [reordered(each) for each in data] if isinstance(data, list) else data


SAME = {
    "json": json.dumps(yaml.safe_load(TEXT), indent=2),
    "another order": yaml.safe_dump(reordered(yaml.safe_load(TEXT)), sort_keys=False, allow_unicode=True),
    "comments": "# A comment\n" + TEXT.replace("fresh_for", "# another\nfresh_for"),
    "spacing": changed(("close > pace and rsi(close) < 70", "(close>pace)   and  (rsi( close )<70)")),
    "a folded expression": changed(("when: close > pace and", "when: >-\n    close > pace\n    and")),
    "defaults written out": changed(("rsi(close)", "rsi(close, period=14)")),
    "numbers": changed(("r: 1,", "r: 1.0,"), ("default: 5,", "default: 5.0,"), ("< 70", "< 70.00")),
    "a folded text": changed(("{en: Something to test with.,", "{en: 'Something\n  to   test with.',")),
}


@pytest.mark.parametrize("text", SAME.values(), ids=SAME.keys())
def test_the_way_of_writing_does_not_change_the_hash(text: str) -> None:
    assert content_hash(text) == content_hash(TEXT)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("version: 3", "version: 4"),
        ("< 70", "< 71"),
        ("share: 0.6}", "share: 0.5}\n    - {r: 1.5, share: 0.1}"),
        ("default: 5,", "default: 6,"),
        ("max: 50", "max: 51"),
        ("fresh_for: 2", "fresh_for: 1"),
        ("en: Sample", "en: Simple"),
        ("  time_stop: 48\n", ""),
        ("pace: ema(close, fast)", "pace: ema(open, fast)"),
    ],
)
def test_another_meaning_has_another_hash(old: str, new: str) -> None:
    assert content_hash(changed((old, new))) != content_hash(TEXT)


def test_the_hash_is_pinned() -> None:
    """Published records name strategies by it: a change here is a new `format`."""
    assert content_hash(TEXT) == "49a6e0e7b5b0d8a245bef6b62c1918d2d91c0b4a8f05d3a540ece7b02b4518ea"


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (
            "ema(close, fast)",
            "emma(close, fast)",
            'define.pace: column 1: unknown indicator "emma"; did you mean "ema"?',
        ),
        (
            "ema(close, fast)",
            "ema(close, -5)",
            "define.pace: column 12: expected a whole number from 2 to 1000 for period",
        ),
        ("ema(close, fast)", "ema(close, 99999)", "for period, got 99999 in ema"),
        ("ema(close, fast)", "ema(close, reach)", "define.pace: column 12: expected a whole number from 2 to 1000"),
        ("ema(close, fast)", "ema(swing, fast) + pace", "define.pace: defined by itself: pace → pace"),
        ("atr(14)", "ema(pace, 3)\n  tail: swing > 1 < 2 + tail", "define.tail: defined by itself: tail → tail"),
        ("close > pace and", "close + pace and", 'long.when: column 1: expected a condition for "and", got a number'),
        ("stop: close - reach * swing", "stop: close < reach", "long.stop: expected a number, got a condition"),
        (
            "stop: close - reach",
            "stop: clse - reach",
            'long.stop: column 1: unknown name "clse"; did you mean "close"?',
        ),
        ("stop: close - reach * swing", "stop: [1]", "long.stop: expected text, got a list"),
        ("stop: close - reach * swing", "stop: true", "long.stop: expected text, got True"),
        ("share: 0.6", "share: 0.7", "long.targets: expected shares that sum to 1, got 0.7 + 0.4 = 1.1"),
        ("share: 0.6", "share: 1.6", "long.targets[0].share: expected less than or equal to 1, got 1.6"),
        ("r: 1,", "r: 1, at: close,", 'long.targets[0]: expected either "at" or "r"'),
        ("r: 1,", "r: 0,", "long.targets[0].r: expected a number above 0, got 0"),
        ("r: 1,", "r: close,", "long.targets[0].r: column 1: expected a constant"),
        (
            "fresh_for: 2",
            "fresh_fr: 2",
            'fresh_fr: unknown key; did you mean "fresh_for"?; expected anchor, choices, define, description',
        ),
        ("fresh_for: 2", "", "fresh_for: expected this key, it is missing"),
        ("  confidence: 0.5", "  confidenc: 0.5", 'long.confidenc: unknown key; did you mean "confidence"?'),
        ("share: 0.6", "share: 0.6, size: 1", "long.targets[0].size: unknown key; expected at, distance, r, share"),
        ("min: 2, max: 50", "min: 2, max: 50, step: 1", "parameters.fast.step: unknown key; expected default, max"),
        ("fresh_for: 2", "fresh_for: 2\nfresh_for: 2", 'expected each key once, got "fresh_for" again at line 29'),
        ("default: 5,", "default: 1,", "parameters.fast: expected min ≤ default ≤ max, got 2, 1, 50"),
        ("default: 5,", "default: 5.5,", "parameters.fast: expected whole numbers for an integer"),
        ("default: 5,", "default: .inf,", "parameters.fast.default: expected a finite number, got inf"),
        ("default: 5,", "default: five,", "parameters.fast.default: expected a number, got 'five'"),
        ("  fast:", "  close:", 'parameters.close: "close" means something already'),
        ("  fast:", "  Fast:", "parameters.Fast: expected lower-case letters, digits and underscores"),
        ("  swing: atr(14)", "  swing: atr(14)\n  reach: close", 'define.reach: "reach" is a parameter already'),
        ("  swing: atr(14)", "  swing: atr(14)\n  risk: close", 'define.risk: "risk" means something already'),
        (
            "{close} is above",
            "{clse} is above",
            'long.because.en[0]: unknown name "clse" in braces; did you mean "close"?',
        ),
        ("{close} выше", "{close выше", "long.because.ru[0]: expected a name between braces"),
        ("ru: Пример", "ru: ''", "title.ru: string should have at least 1 character"),
        (", ru: Пример", "", "title.ru: expected this key, it is missing"),
        ("en: Sample", 'en: "Sam\\x07ple"', "title.en: expected printable text, got a control character"),
        ("after_target: 1,", "after_target: 3,", "exits.breakeven.after_target: expected one of 2 targets, got 3"),
        ("{after_target: 1, at_r: 1.5}", "{}", 'exits.breakeven: expected "after_target" or "at_r"'),
        ("{distance: 2", "{percent: 1, distance: 2", 'exits.trailing: expected either "distance" or "percent"'),
        ("fresh_for: 2", "fresh_for: 9", "fresh_for: expected no more than expires_after, got 9 > 3"),
        ("fresh_for: 2", "fresh_for: 2.0", "fresh_for: expected a whole number, got 2.0"),
        ("leverage_cap: 5", "leverage_cap: 0", "leverage_cap: expected greater than or equal to 1, got 0"),
        (
            "version: 3",
            f"version: {'9' * 90}",
            "version: expected less than or equal to 1000000, got a gigantic number",
        ),
        ("format: 1", "format: 2", "format: expected 1, got 2"),
        ("name: sample", "name: Sample Strategy", "name: expected lower-case letters, digits and underscores"),
        ("title:", "title: &anchor", "expected no anchors and aliases, got one at line 4"),
        ("title:", "title: *anchor #", "expected no anchors and aliases, got one at line 4"),
        (
            "name: sample",
            "name: !!python/name:os.system x",
            "expected no tags, got tag:yaml.org,2002:python/name:os.system",
        ),
        ("name: sample", "name: !mine x", "expected no tags, got !mine at line 2"),
        ("leverage_cap: 5", "leverage_cap: 5\n---\na: 1", "expected one document, got another"),
        ("format: 1", "format: 1\n# " + "x" * 33_000, "expected at most 32768 characters"),
        ("name: sample", "name: " + "[" * 20 + "]" * 20, "expected at most 12 levels of nesting, got more at line 2"),
        ("format: 1", "format: [" + "1," * 5000 + "]", "expected at most 4000 keys and values"),
        ("name: sample", "name: 2024-99-99", "expected YAML, got something that cannot be read: ValueError"),
        ("name: sample", "name: [", "expected YAML, got something else at line"),
    ],
)
def test_errors_say_where_and_what(old: str, new: str, said: str) -> None:
    assert said in problems(changed((old, new)))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "expected a mapping of keys, got NoneType"),
        ("- a", "expected a mapping of keys, got list"),
        ('{"a": 1, "a": 2}', 'expected each key once, got "a" twice'),
        ('{"a": NaN}', "expected finite numbers, got NaN"),
        ('{"a": 1', "expected JSON, got something else at line 1"),
        ('{"a":' * 9000, "expected"),
        ('{"a": ' + "1" * 5000 + "}", "expected numbers that fit, got a gigantic one"),
        ("\x00", "expected YAML"),
        ("\ud800", "expected YAML"),
    ],
)
def test_what_is_no_document_at_all(text: str, said: str) -> None:
    assert said in problems(text)


def test_everything_that_is_wrong_is_said_at_once() -> None:
    text = changed(
        ("ema(close, fast)", "emma(close, fast)"), ("stop: close", "stop: clos"), ("share: 0.6", "share: 0.5"),
        ("after_target: 1,", "after_target: 7,"),
    )  # fmt: skip
    with pytest.raises(DocumentError) as caught:
        parse_document(text)
    # What is wrong with `pace` is said where it is defined and not again where it is used.
    assert [problem.path for problem in caught.value.problems] == [
        "define.pace",
        "long.stop",
        "long.targets",
        "exits.breakeven.after_target",
    ]
    assert caught.value.problems[0].column == 1


def test_a_short_side_alone_is_a_strategy_and_none_is_not() -> None:
    flipped = changed(("long:", "short:"), ("close - reach", "close + reach"), ("close + 4", "close - 4"))
    assert [setup.side for setup in parse_document(flipped).blueprint.setups] == ["short"]
    data = yaml.safe_load(TEXT)
    del data["long"]
    assert 'expected "long", "short" or both' in problems(json.dumps(data))


def test_the_schema_describes_the_document() -> None:
    schema = json_schema()
    assert set(yaml.safe_load(TEXT)) <= set(schema["properties"])
    assert schema["additionalProperties"] is False
    assert "format" in schema["required"]
    expression = schema["$defs"]["SetupShape"]["properties"]["when"]
    assert expression["type"] == ["string", "number"]
    json.dumps(schema)


def scalars(path: tuple[Any, ...], data: Any) -> list[tuple[Any, ...]]:
    if isinstance(data, dict):
        return [path, *(leaf for key, each in data.items() for leaf in scalars((*path, key), each))]
    if isinstance(data, list):
        return [path, *(leaf for place, each in enumerate(data) for leaf in scalars((*path, place), each))]
    return [path]


PLACES = scalars((), yaml.safe_load(TEXT))[1:]
JUNK = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=20)),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=8), inner, max_size=3)),
    max_leaves=6,
)


def outcome(text: str) -> Strategy | None:
    """Whatever `text` is: a strategy, or a DocumentError and nothing else."""
    try:
        return parse_document(text)
    except DocumentError as error:
        if not error.problems or not str(error):
            pytest.fail("expected at least one problem")
        return None


@settings(max_examples=150, deadline=None)
@given(text=st.text(max_size=300))
def test_any_text_is_a_strategy_or_a_named_error(text: str) -> None:
    outcome(text)
    outcome("{" + text)
    outcome(TEXT + text)


@settings(max_examples=250, deadline=None)
@given(place=st.sampled_from(PLACES), junk=JUNK, as_json=st.booleans())
def test_any_value_in_any_place_is_a_strategy_or_a_named_error(
    place: tuple[Any, ...], junk: Any, as_json: bool
) -> None:
    data = yaml.safe_load(TEXT)
    inner = data
    for key in place[:-1]:
        inner = inner[key]
    inner[place[-1]] = junk
    outcome(json.dumps(data) if as_json else yaml.safe_dump(data, allow_unicode=True))


@settings(max_examples=150, deadline=None)
@given(start=st.integers(0, len(TEXT)), length=st.integers(0, 40), put=st.text(max_size=12))
def test_any_damage_is_a_strategy_or_a_named_error(start: int, length: int, put: str) -> None:
    outcome(TEXT[:start] + put + TEXT[start + length :])
