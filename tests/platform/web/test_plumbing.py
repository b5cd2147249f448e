"""What every request passes through: ids, limits, headers, problems."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator

import aiohttp
import pytest

from tests.support.http import Api, Person
from tradewind.accounts.identity.registrar import Registrar
from tradewind.platform.database import Session
from tradewind.platform.hooks import RegisteredUser
from tradewind.platform.metrics import REGISTRY

SANE = re.compile(r"[A-Za-z0-9._-]{8,128}")


async def test_a_sane_request_id_is_echoed(api: Api) -> None:
    answer = await api.client().get("/healthz", headers={"X-Request-ID": "client-made-0001"})
    assert answer.headers["X-Request-ID"] == "client-made-0001"


@pytest.mark.parametrize("given", ["short", "white space in it", "x" * 200, '"><script>'])
async def test_any_other_request_id_is_replaced(api: Api, given: str) -> None:
    answer = await api.client().get("/healthz", headers={"X-Request-ID": given})
    assert answer.headers["X-Request-ID"] != given
    assert SANE.fullmatch(answer.headers["X-Request-ID"])


@pytest.mark.parametrize("path", ["/healthz", "/api/v1/user/me", "/api/docs", "/", "/api/v1/nothing-here"])
async def test_every_answer_says_what_browsers_may_do_with_it(api: Api, path: str) -> None:
    headers = (await api.client().get(path, headers={"Accept": "text/html"})).headers
    policy = dict(part.split(" ", 1) for part in headers["Content-Security-Policy"].split("; "))
    assert policy["script-src"] == "'self'"
    assert policy["default-src"] == "'self'"
    assert policy["frame-ancestors"] == "'none'"
    assert policy["object-src"] == "'none'"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Referrer-Policy"]


@pytest.mark.parametrize(
    "path", ["/api/v1/user/me", "/api/v1/nothing", "/healthz", "/readyz", "/metrics", "/nothing", "/assets/gone.js"]
)
async def test_what_does_not_say_how_long_it_holds_is_not_kept(person: Person, path: str) -> None:
    assert (await person.client.get(path)).headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("path", ["/api/v1/user/me/", "/api/docs/", "/api/v1/signals/"])
async def test_an_address_is_right_or_nothing(person: Person, path: str) -> None:
    """A redirect would lead to whatever host the request names."""
    answer = await person.client.get(path, headers={"Host": "evil.example"})
    assert (answer.status, answer.code) == (404, "not_found")
    assert "Location" not in answer.headers


async def test_an_unknown_path_is_a_problem(api: Api) -> None:
    answer = await api.client().get("/api/v1/nothing-here")
    assert answer.status == 404
    assert answer.headers["Content-Type"] == "application/problem+json"
    document = answer.json
    assert document["code"] == "not_found"
    assert document["instance"] == "/api/v1/nothing-here"
    assert document["request_id"] == answer.headers["X-Request-ID"]
    assert document["type"].startswith("urn:tradewind:problem:")
    assert document["errors"] == []


async def test_a_wrong_method_is_a_problem(api: Api) -> None:
    answer = await api.client().request("PUT", "/api/v1/auth/login")
    assert (answer.status, answer.code) == (405, "method_not_allowed")
    assert answer.headers["Allow"] == "POST"
    answer = await api.client().request("PUT", "/api/v1/auth/sessions")
    assert answer.headers["Allow"] == "DELETE, GET, POST"


async def test_every_error_of_a_body_has_its_pointer(api: Api) -> None:
    wrong = {"email": "no address", "password": "short", "colour": "blue"}
    answer = await api.client().post("/api/v1/auth/register", wrong)
    assert (answer.status, answer.code) == (422, "validation_failed")
    assert {error["pointer"] for error in answer.json["errors"]} == {"#/email", "#/password", "#/colour"}
    assert all(error["detail"] for error in answer.json["errors"])
    assert "short" not in answer.raw.decode(), "what was sent may be a secret"


async def test_an_error_of_a_parameter_has_its_pointer(person: Person) -> None:
    answer = await person.get("/signals?limit=0&status=nonsense")
    assert answer.status == 422
    assert {error["pointer"] for error in answer.json["errors"]} == {"#/query/limit", "#/query/status"}


@pytest.mark.parametrize("body", [b"{nonsense", b"\xff\xfe", b"[" * 30])
async def test_a_body_that_is_no_json_is_a_problem(api: Api, body: bytes) -> None:
    for path in ("register", "login"):
        answer = await api.client().request(
            "POST", f"/api/v1/auth/{path}", data=body, headers={"Content-Type": "application/json"}
        )
        assert (answer.status, answer.code) == (400, "invalid_json"), path


@pytest.mark.parametrize("kind", ["text/plain", "application/xml", "multipart/form-data; boundary=x"])
@pytest.mark.parametrize("path", ["/auth/register", "/auth/sessions", "/auth/refresh"])
async def test_a_body_of_another_kind_is_refused(api: Api, path: str, kind: str) -> None:
    answer = await api.client().request("POST", "/api/v1" + path, data=b"{}", headers={"Content-Type": kind})
    assert (answer.status, answer.code) == (415, "unsupported_media_type")


@pytest.mark.parametrize("path", ["/api/v1/signals?symbol=BTC%00", "/api/v1/positions/%00", "/%00"])
async def test_nul_characters_never_come_through(person: Person, path: str) -> None:
    answer = await person.client.get(path)
    assert (answer.status, answer.code) == (400, "invalid_request")


@pytest.mark.parametrize("unkept", ["\0", "\ud800"])
async def test_text_that_cannot_be_kept_is_refused(api: Api, unkept: str) -> None:
    """NUL characters, and halves of surrogate pairs, which JSON can say and UTF-8 cannot."""
    body = {"email": "nul@tests.example", "password": f"long enough{unkept}, really", "full_name": f"A{unkept}B"}
    answer = await api.client().post("/api/v1/auth/register", body)
    assert (answer.status, answer.code) == (422, "validation_failed")
    assert {error["pointer"] for error in answer.json["errors"]} == {"#/password", "#/full_name"}


async def test_a_body_that_is_too_large_is_refused(api: Api) -> None:
    answer = await api.client().request("POST", "/api/v1/auth/login", data=b"x" * 300_000)
    assert (answer.status, answer.code) == (413, "body_too_large")


async def test_a_body_that_does_not_tell_its_length_is_refused_too(api: Api) -> None:
    async def endless() -> AsyncIterator[bytes]:
        for _ in range(100):
            yield b"x" * 8192

    try:
        answer = await api.client().request("POST", "/api/v1/auth/login", data=endless())
    except aiohttp.ClientError:
        return  # cut off while still sending
    assert (answer.status, answer.code) == (413, "body_too_large")


async def test_a_small_body_in_chunks_is_read(api: Api) -> None:
    person = await api.register()

    async def chunks() -> AsyncIterator[bytes]:
        for part in (b'{"email": "', person.email.encode(), b'", "password": "correct ', b'horse battery"}'):
            yield part

    answer = await api.client().request(
        "POST", "/api/v1/auth/login", data=chunks(), headers={"Content-Type": "application/json"}
    )
    assert answer.status == 200


async def test_a_fault_of_ours_is_told_without_its_insides(own_api: Api) -> None:
    async def fails(_session: Session, _user: RegisteredUser) -> None:
        raise RuntimeError("select hunter2 from nowhere")

    own_api.parts[Registrar].hooks.user_registered.append(fails)
    body = {"email": "fault@tests.example", "password": "long enough, really"}
    answer = await own_api.client().post("/api/v1/auth/register", body, headers={"X-Request-ID": "the-broken-one"})
    assert (answer.status, answer.code) == (500, "internal_error")
    assert answer.json["request_id"] == answer.headers["X-Request-ID"] == "the-broken-one"
    for inside in ("hunter2", "RuntimeError", "Traceback", "/src/"):
        assert inside not in answer.raw.decode()
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


async def test_requests_are_counted_by_route_not_by_address(api: Api, person: Person) -> None:
    def counted(status: str) -> float:
        labels = {"endpoint": "/api/v1/signals/{signal_id}", "method": "GET", "status": status}
        return REGISTRY.get_sample_value("api_requests_total", labels) or 0.0

    before = counted("404")
    for number in range(3):
        assert (await person.get(f"/signals/00000000-0000-0000-0000-{number:012}")).status == 404
    async with asyncio.timeout(5):  # an answer is counted once its last byte is on its way
        while counted("404") < before + 3:
            await api.client().get("/healthz")
    assert counted("404") == before + 3
    exposed = (await api.client().get("/metrics")).raw.decode()
    assert 'api_requests_total{endpoint="/api/v1/signals/{signal_id}",method="GET",status="404"}' in exposed
    assert "api_request_seconds_bucket" in exposed
