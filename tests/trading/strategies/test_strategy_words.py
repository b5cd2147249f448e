"""Strategies in words, and the format as JSON Schema."""

from __future__ import annotations

import json
import re

import jsonschema_rs
import pytest
import yaml

from tests.core.strategy_maker import strategy_of
from tests.support.http import Api
from tradewind.core.expressions import Kind, parse, parse_definitions
from tradewind.core.values import Side
from tradewind.kit.language import Language
from tradewind.trading.strategies import (
    DocumentError,
    builtin_names,
    builtin_text,
    explain,
    json_schema,
    load_builtin,
    parse_document,
)
from tradewind.trading.strategies.speaking import Speaker

LANGUAGES = pytest.mark.parametrize("language", list(Language))


@LANGUAGES
@pytest.mark.parametrize("name", builtin_names())
def test_every_built_in_is_explained(name: str, language: Language) -> None:
    strategy = load_builtin(name)
    explained = explain(strategy, language)
    text = explained.text()
    assert strategy.blueprint.weakness[language].strip() in text
    for parameter in strategy.blueprint.parameters:
        assert f"{parameter.name} = " in text
    assert str(strategy.warmup) in text
    assert "{" not in text
    letters = re.search("[а-яА-Я]", "".join(section.title for section in explained.sections))
    assert bool(letters) == (language is Language.RU)


def test_both_languages_say_as_much() -> None:
    for name in builtin_names():
        one, other = (explain(load_builtin(name), language) for language in Language)
        assert [len(section.lines) for section in one.sections] == [len(section.lines) for section in other.sections]


def test_what_a_document_may_ask_for_is_said() -> None:
    strategy = strategy_of(
        long="on(1h, close > ema(close, 50)) and on(BTCUSDT, regime()) == trend_up and session(8, 16)",
        exits={Side.LONG: "close < previous(low, 3)"},
        filters={"busy": ("volume > 0", Side.LONG)},
        risk_scale="clip(volume, 0.2, 1)",
        time_stop="12",
    )
    text = explain(strategy, Language.EN).text()
    for said in (
        "its symbol's 1h candles",
        "BTCUSDT, candles as long as its own",
        "[on 1h candles: the close is above EMA(the close, 50)]",
        "[on BTCUSDT: the market's regime] is an uptrend",
        "the candle closes between 8 and 16 o'clock UTC",
        "a long is left at market when the close is below (the low 3 candle(s) ago)",
        "busy (longs): the volume is above 0. busy",
        "from 0 to 1: the volume held between 0.2 and 1",
        "it is closed after 12 candles at the latest",
        "on 5m candles: ",
    ):
        assert said in text
    assert "on 2h candles" not in text


@pytest.mark.parametrize(
    ("text", "kind", "said"),
    [
        ("50 < rsi(close, fast)", Kind.CONDITION, "RSI(the close, 12) is above 50"),
        (
            "not (low > 2 or high < 1)",
            Kind.CONDITION,
            "it does not hold that (the low is above 2 or the high is below 1)",
        ),
        ("(close - open) / atr(14)", Kind.NUMBER, "(the close − the open) ÷ ATR(14)"),
        ("clip(abs(close), 0, 5) / 25", Kind.NUMBER, "((the size of the close) held between 0 and 5) ÷ 25"),
        ("max(fast, trend, -2)", Kind.NUMBER, "the largest of (12; trend; −2)"),
        ("crosses_below(trend, 1e-7)", Kind.CONDITION, "trend crosses below 1e−07"),
    ],
)
def test_expressions_in_words(text: str, kind: Kind, said: str) -> None:
    definitions, _ = parse_definitions({"trend": "ema(close, fast)"}, parameters={"fast"})
    node = parse("it", text, kind, parameters={"fast"}, definitions=definitions).root
    assert Speaker(Language.EN, {"fast": 12.0}).phrase(node) == said


VALIDATOR = jsonschema_rs.Draft202012Validator(json_schema())


@pytest.mark.parametrize("name", builtin_names())
def test_the_schema_holds_for_every_built_in(name: str) -> None:
    VALIDATOR.validate(yaml.safe_load(builtin_text(name)))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("format: 1", "format: 2"),
        ("version: 1", "version: one"),
        ("fresh_for: 1", "freshfor: 1"),
        ("leverage_cap: 5", "leverage_cap: 0"),
        ("min: 2, max: 200", "min: two, max: 200"),
        ("when: crosses_above", "wenn: crosses_above"),
        ("share: 1}", "share: 3}"),
    ],
)
def test_what_the_schema_refuses_the_platform_refuses(old: str, new: str) -> None:
    text = builtin_text("ema_rsi_atr")
    assert old in text
    changed = text.replace(old, new, 1)
    assert not VALIDATOR.is_valid(yaml.safe_load(changed))
    with pytest.raises(DocumentError):
        parse_document(changed)


def test_the_schema_says_what_it_is() -> None:
    schema = json_schema()
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    jsonschema_rs.meta.validate(schema)
    json.dumps(schema)
    for name, definition in schema["$defs"].items():
        assert definition.get("description"), name


async def test_over_http(api: Api) -> None:
    person = await api.register()
    served = await person.ok("GET", "/strategies/schema")
    assert served["json_schema"] == json_schema()
    for language, title in (("en", "When it loses"), ("ru", "Когда теряет")):
        answer = await person.ok("GET", "/strategies/ema_trend/explain", headers={"Accept-Language": language})
        assert answer["sections"][-1]["title"] == title
    missing = await person.get("/strategies/ema_trnd/explain")
    assert missing.status == 404
    assert 'did you mean "ema_trend"' in missing.json["detail"]
