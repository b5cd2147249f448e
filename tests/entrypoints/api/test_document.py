"""The OpenAPI document: valid, complete, fit for generating clients; and what it says is what comes."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import jsonschema_rs
import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute

from tests.market.candle_maker import walk
from tests.support.http import Api, Person
from tests.support.market import TestMarket
from tradewind.core.candles import Timeframe
from tradewind.entrypoints.api import create_app
from tradewind.entrypoints.api.guard import PUBLIC, UnguardedRouteError, api_routes, check_requirements, scopes_required
from tradewind.market import CandleStore
from tradewind.platform.settings import Settings
from tradewind.platform.web.routing import api_router
from tradewind.trading.strategies import builtin_text

METHODS = {"get", "post", "put", "patch", "delete"}


@pytest.fixture(scope="module")
def app() -> FastAPI:
    return create_app(Settings())


@pytest.fixture(scope="module")
def document(app: FastAPI) -> dict[str, Any]:
    return json.loads(json.dumps(app.openapi()))  # type: ignore[no-any-return]


def operations(document: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    return [
        (path, method, operation)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
        if method in METHODS
    ]


# ------------------------------------------------------------------------------------------------------------ guarding


def test_every_route_requires_a_caller_or_stands_on_the_public_list(app: FastAPI) -> None:
    listed = set()
    for route in api_routes(app):
        for method in route.methods or ():
            if scopes_required(route) is None:
                listed.add((method, route.path_format))
    assert listed == PUBLIC


def test_nothing_is_served_beside_the_routes_and_the_pages(app: FastAPI) -> None:
    others = {getattr(route, "path", None) for route in app.routes if not isinstance(route, APIRoute)}
    assert others == {"/ws/user/{user_id}", "/api/openapi.json", "/api/docs", "/api/docs/start.js"}


def test_a_route_that_somebody_forgot_to_guard_stops_the_start() -> None:
    router = api_router("/forgotten", "Forgotten")

    @router.get("")
    async def forgotten() -> None: ...

    app = create_app(Settings())
    app.router.routes.extend(router.routes)
    with pytest.raises(UnguardedRouteError, match="GET /api/v1/forgotten"):
        check_requirements(app)


async def test_every_guarded_route_refuses_nobody(api: Api, app: FastAPI) -> None:
    client = api.client()
    for route in api_routes(app):
        path = route.path_format
        for name in ("session_id", "signal_id", "intent_id", "position_id", "account_id"):
            path = path.replace(f"{{{name}}}", "00000000-0000-0000-0000-000000000000")
        for method in route.methods or ():
            if (method, route.path_format) not in PUBLIC:
                answer = await client.request(method, path)
                assert (answer.status, answer.code) == (401, "not_authenticated"), f"{method} {path}"


# ------------------------------------------------------------------------------------------------------------ document


def test_it_is_openapi_3_1(document: dict[str, Any]) -> None:
    assert document["openapi"].startswith("3.1")
    schemas = {"$schema": "https://json-schema.org/draft/2020-12/schema", "$defs": document["components"]["schemas"]}
    text = json.dumps(schemas).replace("#/components/schemas/", "#/$defs/")
    jsonschema_rs.meta.validate(json.loads(text))


def test_no_reference_leads_nowhere(document: dict[str, Any]) -> None:
    known = {f"#/components/schemas/{name}" for name in document["components"]["schemas"]}

    def references(value: Any) -> set[str]:
        if isinstance(value, dict):
            own = {value["$ref"]} if isinstance(value.get("$ref"), str) else set()
            return own.union(*map(references, value.values()))
        return set().union(*map(references, value)) if isinstance(value, list) else set()

    used = references(document)
    assert used <= known
    assert {name for name in known if name not in used} == set(), "no schema is left over"


def test_every_operation_has_what_clients_are_made_from(document: dict[str, Any]) -> None:
    found = operations(document)
    ids = [operation["operationId"] for _, _, operation in found]
    assert len(ids) == len(set(ids))
    for path, method, operation in found:
        name = f"{method} {path}"
        assert operation["operationId"].isidentifier(), name
        assert operation["tags"], name
        assert operation["description"], name
        assert "422" not in operation["responses"], name
        problem = operation["responses"]["default"]["content"]["application/problem+json"]["schema"]
        assert problem == {"$ref": "#/components/schemas/ProblemDocument"}, name
        if path.startswith("/api/v1/") and (method.upper(), path) not in PUBLIC:
            assert [set(each) for each in operation["security"]] == [{"bearer"}, {"session"}], name
        else:
            assert "security" not in operation, name


def test_orders_and_money_are_moved_with_idempotency_keys(document: dict[str, Any]) -> None:
    for path in ("/api/v1/signals/{signal_id}/execute", "/api/v1/positions/{position_id}/close"):
        names = {parameter["name"].lower() for parameter in document["paths"][path]["post"]["parameters"]}
        assert "idempotency-key" in names, path


def test_answers_always_have_all_their_fields(document: dict[str, Any]) -> None:
    """Whatever is sent is required, so that generated types are not falsely optional."""
    wishes = {"Registration", "Login", "Refresh", "Execution", "RebalanceWish", "TradingAccountChange"}
    wishes |= {"BacktestWish", "SweepWish", "ValidationWish", "VaryRange"}
    wishes |= {"AlertWish", "AlertChange", "AlertCheckWish", "TelegramChatWish", "TelegramCode", "StepUp"}
    not_ours = {"AssertionResponse", "AttestationResponse"}  # WebAuthn's, which grow with its levels
    for name, schema in document["components"]["schemas"].items():
        if schema.get("type") == "object" and name not in wishes | not_ours:
            assert set(schema.get("required", ())) == set(schema["properties"]), name
        if name in wishes:
            assert schema["additionalProperties"] is False, name


def test_money_prices_and_quantities_are_decimal_strings(document: dict[str, Any]) -> None:
    def numbers(value: Any, where: str) -> list[str]:
        if isinstance(value, dict):
            found = [where] if value.get("type") == "number" else []
            return found + [each for key, inner in value.items() for each in numbers(inner, f"{where}/{key}")]
        if isinstance(value, list):
            return [each for number, inner in enumerate(value) for each in numbers(inner, f"{where}/{number}")]
        return []

    assert numbers(document["components"]["schemas"], "#") == []


def test_the_contract_of_positions_and_stats(document: dict[str, Any]) -> None:
    schemas = document["components"]["schemas"]
    wanted = (
        "id symbol side status quantity entry_price stop_loss take_profit protection pnl pnl_pct opened_at closed_at "
        "signal_id"
    )
    assert set(wanted.split()) <= set(schemas["PositionItem"]["properties"])
    assert schemas["Protection"]["properties"]["state"]["enum"] == ["live", "placing", "flattening", "none"]
    stats = "balance equity open_positions today_pnl today_pnl_pct total_pnl win_rate"
    assert set(stats.split()) <= set(schemas["StatsAnswer"]["properties"])
    assert {"items", "next_cursor", "total", "limit"} == set(schemas["SignalPage"]["properties"])
    assert {"id", "status", "deny_reason", "position_id"} <= set(schemas["IntentItem"]["properties"])
    assert set(schemas["Tokens"]["properties"]) == {"access_token", "token_type", "expires_in", "refresh_token"}


def test_the_command_prints_the_same_document(document: dict[str, Any]) -> None:
    printed = subprocess.run(
        [sys.executable, "-m", "tradewind", "openapi"], capture_output=True, text=True, check=True
    ).stdout
    assert json.loads(printed) == document


# ------------------------------------------------------------------------------------------- what it says is what comes


class _Checker:
    """Checks answers against the document."""

    def __init__(self, document: dict[str, Any]) -> None:
        self._document = document
        text = json.dumps(document["components"]["schemas"]).replace("#/components/schemas/", "#/$defs/")
        self._schemas = json.loads(text)

    def check(self, path: str, method: str, status: int, body: Any) -> None:
        responses = self._document["paths"][path][method]["responses"]
        content = (responses.get(str(status)) or responses["default"])["content"]
        schema = json.loads(
            json.dumps(next(iter(content.values()))["schema"]).replace("#/components/schemas/", "#/$defs/")
        )
        jsonschema_rs.validator_for({**schema, "$defs": self._schemas}).validate(body)


async def test_every_answer_is_as_the_document_says(
    own_api: Api, trader: Person, market: TestMarket, document: dict[str, Any]
) -> None:
    signal = await market.publish()
    intent = (await trader.post(f"/signals/{signal.id}/execute")).json
    await market.enter()
    intent = await trader.ok("GET", f"/intents/{intent['id']}")
    for _ in range(4):
        await market.publish()  # some of them locked
    await market.subscribe(trader.tenant_id, "ENTERPRISE")  # every route answers
    session = (await trader.ok("GET", "/auth/sessions"))["items"][0]["id"]
    CandleStore(own_api.settings.data / "candles").append("BTCUSDT", Timeframe.M5, walk(2000))
    asked = {"strategy": "ema_rsi_atr", "symbols": ["BTCUSDT"], "timeframe": "5m"}
    backtest = (await trader.post("/backtests", asked)).json["id"]
    sweep = (await trader.post("/backtests/sweeps", asked | {"vary": {"fast": ["8", "9"]}})).json["id"]
    own = builtin_text("ema_rsi_atr").replace("name: ema_rsi_atr", "name: mine")
    await trader.ok("POST", "/strategies/own", json={"document": own})
    made = await trader.ok("POST", "/alerts", json={"symbol": "BTCUSDT", "price": "61000"})
    await market.attend()
    await market.move(BTCUSDT=62_000.0)
    known = {
        "signal_id": str(signal.id),
        "intent_id": intent["id"],
        "position_id": intent["position_id"],
        "session_id": session,
        "account_id": str(trader.account_id),
        "strategy": "ema_trend",
        "own_name": "mine",
        "symbol": "BTCUSDT",
        "alert_id": made["id"],
    }
    queries = {
        "/api/v1/market/{symbol}/analysis": "?timeframe=1m",
        "/api/v1/market/candles": "?symbol=BTCUSDT&timeframe=1m",
        "/api/v1/decisions": f"?intent_id={intent['id']}",
    }
    checker, checked = _Checker(document), 0
    for path, method, operation in operations(document):
        if method != "get" or "application/json" not in operation["responses"]["200"].get("content", {}):
            continue
        known["run_id"] = sweep if path.endswith(("/trials", "/heatmap")) else backtest
        answer = await trader.client.get(path.format(**known) + queries.get(path, ""))
        assert answer.status == 200, f"{path}: {answer.raw.decode()}"
        checker.check(path, method, answer.status, answer.json)
        refused = await own_api.client().get(path.format(**known))
        if refused.status >= 400:
            checker.check(path, method, refused.status, refused.json)
        checked += 1
    assert checked >= 18
    closing = "/api/v1/positions/{position_id}/close"
    answer = await trader.client.post(closing.format(**known))
    checker.check(closing, "post", answer.status, answer.json)
