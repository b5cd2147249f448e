"""Log-in, tokens, browser sessions: who gets in, how long, and how it ends."""

from __future__ import annotations

import asyncio
import base64
import json
from typing import Any

import pytest
from sqlalchemy import text

from tests.support.http import PASSWORD, Answer, Api, Person, running_api
from tradewind.platform.database import Database
from tradewind.platform.settings import Settings

AUTH = "/api/v1/auth"


async def login(api: Api, person: Person) -> dict[str, Any]:
    tokens: dict[str, Any] = await api.client().ok(
        "POST", f"{AUTH}/login", json={"email": person.email, "password": PASSWORD}
    )
    return tokens


async def me(api: Api, token: str) -> Answer:
    return await api.client().get("/api/v1/user/me", headers={"Authorization": f"Bearer {token}"})


async def refresh(api: Api, token: str) -> Answer:
    return await api.client().post(f"{AUTH}/refresh", {"refresh_token": token})


# ---------------------------------------------------------------------------------------------------------- logging in


async def test_the_oauth2_form_and_json_are_the_same(api: Api, person: Person) -> None:
    form = {"grant_type": "password", "username": person.email, "password": PASSWORD}
    by_form = await api.client().request("POST", f"{AUTH}/login", data=form)
    assert by_form.status == 200
    for tokens in (by_form.json, await login(api, person)):
        assert set(tokens) == {"access_token", "token_type", "expires_in", "refresh_token"}
        assert tokens["token_type"] == "bearer"
        assert tokens["expires_in"] == 15 * 60
        assert (await me(api, tokens["access_token"])).status == 200


async def test_another_kind_of_body_is_refused(api: Api) -> None:
    answer = await api.client().request("POST", f"{AUTH}/login", data=b"<login/>", headers={"Content-Type": "text/xml"})
    assert (answer.status, answer.code) == (415, "unsupported_media_type")


async def test_an_unknown_account_and_a_wrong_password_look_the_same(api: Api, person: Person) -> None:
    wrong = await api.client().post(f"{AUTH}/login", {"email": person.email, "password": "wrong" * 4})
    unknown = await api.client().post(f"{AUTH}/login", {"email": "nobody@tests.example", "password": PASSWORD})
    assert (wrong.status, wrong.code) == (401, "invalid_credentials")
    assert wrong.json | {"request_id": ""} == unknown.json | {"request_id": ""}


async def test_attempts_are_recorded_for_both(own_api: Api, system_database: Database) -> None:
    person = await own_api.register()
    for email in (person.email, "nobody@tests.example"):
        await own_api.client().post(f"{AUTH}/login", {"email": email, "password": "wrong" * 4})
    async with system_database.reading() as session:
        rows = (await session.execute(text("select tenant_id from events where type = 'security_login_failed'"))).all()
    assert {str(row.tenant_id) for row in rows} == {str(person.tenant_id), "00000000-0000-0000-0000-000000000000"}


async def test_somebody_who_was_shut_out_does_not_get_in(own_api: Api, system_database: Database) -> None:
    person = await own_api.register()
    async with system_database.writing() as session:
        await session.execute(text("update users set is_active = false"))
    answer = await own_api.client().post(f"{AUTH}/login", {"email": person.email, "password": PASSWORD})
    assert answer.code == "invalid_credentials"


# -------------------------------------------------------------------------------------------------------- access tokens


async def test_a_token_names_user_tenant_and_session(person: Person) -> None:
    header, claims, _ = person.tokens["access_token"].split(".")
    decoded = [json.loads(base64.urlsafe_b64decode(part + "==")) for part in (header, claims)]
    assert decoded[0]["alg"] == "HS256"
    assert decoded[0]["kid"]
    assert decoded[1]["sub"] == str(person.id)
    assert decoded[1]["tid"] == str(person.tenant_id)
    assert decoded[1]["exp"] - decoded[1]["iat"] == 15 * 60
    assert decoded[1]["sid"]
    assert decoded[1]["jti"]


def _forged(token: str, **claims: Any) -> str:
    header, body, signature = token.split(".")
    changed = json.loads(base64.urlsafe_b64decode(body + "==")) | claims
    return ".".join((header, _part(changed), signature))


def _part(content: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(content).encode()).rstrip(b"=").decode()


async def test_a_token_that_was_changed_is_refused(api: Api, person: Person) -> None:
    token = person.tokens["access_token"]
    other = await api.register()
    unsigned = f"{_part({'alg': 'none', 'typ': 'at+jwt'})}.{token.split('.')[1]}."
    for wrong in (_forged(token, sub=str(other.id)), _forged(token, exp=9_999_999_999), unsigned, token[:-4], "a.b.c"):
        answer = await me(api, wrong)
        assert (answer.status, answer.code) == (401, "not_authenticated"), wrong
        assert answer.headers["WWW-Authenticate"] == 'Bearer error="invalid_token"'


@pytest.mark.parametrize("header", ["Basic dTpw", "Bearer", "Bearer ", "nonsense"])
async def test_other_credentials_are_nobody(api: Api, header: str) -> None:
    answer = await api.client().get("/api/v1/user/me", headers={"Authorization": header})
    assert (answer.status, answer.code) == (401, "not_authenticated")


async def test_nobody_is_told_how_to_log_in(api: Api) -> None:
    answer = await api.client().get("/api/v1/user/me")
    assert (answer.status, answer.headers["WWW-Authenticate"]) == (401, "Bearer")


# ------------------------------------------------------------------------------------------------------ refresh tokens


async def test_a_refresh_token_is_replaced_by_its_use(api: Api, person: Person) -> None:
    first = person.tokens
    answer = await refresh(api, first["refresh_token"])
    assert answer.status == 200
    assert answer.json["refresh_token"] != first["refresh_token"]
    assert (await me(api, answer.json["access_token"])).status == 200


async def test_using_one_twice_ends_the_whole_session(own_api: Api, system_database: Database) -> None:
    person = await own_api.register()
    old = person.tokens["refresh_token"]
    new = (await refresh(own_api, old)).json
    answer = await refresh(own_api, old)
    assert (answer.status, answer.code) == (401, "token_reused")
    assert (await me(own_api, new["access_token"])).status == 401, "the access token ends with its session, at once"
    assert (await me(own_api, person.tokens["access_token"])).status == 401
    assert (await refresh(own_api, new["refresh_token"])).code == "invalid_refresh_token"
    async with system_database.reading() as session:
        kinds = (await session.scalars(text("select type from events where type like 'security_token%'"))).all()
    assert list(kinds) == ["security_token_reused"]


async def test_a_token_of_many_uses_ago_is_known_too(api: Api, person: Person) -> None:
    oldest = token = person.tokens["refresh_token"]
    for _ in range(3):
        token = (await refresh(api, token)).json["refresh_token"]
    assert (await refresh(api, oldest)).code == "token_reused"
    assert (await refresh(api, token)).code == "invalid_refresh_token"


async def test_of_uses_at_the_same_time_one_succeeds_and_the_session_ends(api: Api, person: Person) -> None:
    answers = await asyncio.gather(*(refresh(api, person.tokens["refresh_token"]) for _ in range(5)))
    (winner,) = (answer for answer in answers if answer.status == 200)
    assert (await refresh(api, winner.json["refresh_token"])).status == 401, (
        "one of them was a thief, and who knows which"
    )


@pytest.mark.parametrize("token", ["twr_", "twr_AAAA", "nonsense", "twr_" + "A" * 86])
async def test_made_up_tokens_end_nobodys_session(api: Api, person: Person, token: str) -> None:
    assert (await refresh(api, token)).code == "invalid_refresh_token"
    assert (await person.get("/user/me")).status == 200


async def test_only_digests_are_stored(own_api: Api, system_database: Database) -> None:
    person = await own_api.register()
    await own_api.browser(person)
    async with system_database.reading() as session:
        rows = (await session.execute(text("select kind, encode(secret_hash, 'hex') as hash from sessions"))).all()
        stored = str((await session.execute(text("select * from sessions"))).all())
    assert {row.kind for row in rows} == {"api", "browser"}
    assert all(len(row.hash) == 64 for row in rows)
    assert person.tokens["refresh_token"] not in stored


# --------------------------------------------------------------------------------------------------- browser sessions


async def test_a_browser_gets_a_cookie_that_scripts_cannot_read(api: Api, person: Person) -> None:
    client = api.client()
    answer = await client.post(f"{AUTH}/sessions", {"email": person.email, "password": PASSWORD})
    assert answer.status == 201
    cookie = answer.headers["Set-Cookie"]
    assert cookie.startswith("tradewind_session=")
    for attribute in ("HttpOnly", "SameSite=lax", "Path=/", "Max-Age=1209600"):
        assert attribute in cookie
    assert "Secure" not in cookie, "the test's site is not https"
    assert answer.json["user"]["id"] == str(person.id)
    mine = await client.ok("GET", "/api/v1/user/me")
    assert mine["csrf_token"] == answer.json["csrf_token"], "a page that was loaded again learns it here"


async def test_over_https_the_cookie_is_of_this_host_and_tls_alone(settings: Settings) -> None:
    async with running_api(settings.model_copy(update={"public_url": "https://trade.tests.example"})) as api:
        person = await api.register()
        credentials = {"email": person.email, "password": PASSWORD}
        answer = await api.client().post(f"{AUTH}/sessions", credentials)
        cookie = answer.headers["Set-Cookie"]
        assert cookie.startswith("__Host-tradewind_session=")
        assert {"Secure", "HttpOnly", "Path=/"} <= set(cookie.split("; "))
        assert "Domain" not in cookie
        assert answer.headers["Strict-Transport-Security"].startswith("max-age=31536000")
        kept, csrf = cookie.partition(";")[0], answer.json["csrf_token"]
        assert (await api.client().get("/api/v1/user/me", headers={"Cookie": kept})).status == 200
        planted = {"Cookie": kept.removeprefix("__Host-")}
        assert (await api.client().get("/api/v1/user/me", headers=planted)).status == 401
        gone = await api.client().post(f"{AUTH}/logout", headers={"Cookie": kept, "X-CSRF-Token": csrf})
        assert gone.headers["Set-Cookie"].startswith('__Host-tradewind_session="";')
        assert {"Secure", "Max-Age=0"} <= set(gone.headers["Set-Cookie"].split("; ")), "browsers ignore it otherwise"


async def test_a_change_by_cookie_needs_the_csrf_token(api: Api, person: Person) -> None:
    browser = await api.browser(person)
    path = f"/api/v1/trading-accounts/{person.account_id}"
    right = browser.headers.pop("X-CSRF-Token")
    for wrong in ({}, {"X-CSRF-Token": "wrong"}, {"X-CSRF-Token": right[:-1]}):
        answer = await browser.request("PATCH", path, json={"name": "Stolen"}, headers=wrong)
        assert (answer.status, answer.code) == (403, "csrf_failed"), wrong
    answer = await browser.request("PATCH", path, json={"name": "Mine"}, headers={"X-CSRF-Token": right})
    assert answer.status == 200
    assert (await browser.get("/api/v1/trading-accounts")).json["items"][0]["name"] == "Mine"


async def test_another_sites_page_can_change_nothing(api: Api, person: Person) -> None:
    browser = await api.browser(person)
    path = f"/api/v1/trading-accounts/{person.account_id}"
    for foreign in (
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://["},
        {"Sec-Fetch-Site": "cross-site"},
    ):
        answer = await browser.request("PATCH", path, json={"name": "Stolen"}, headers=foreign)
        assert (answer.status, answer.code) == (403, "origin_not_allowed"), foreign
    own = await browser.request("PATCH", path, json={"name": "Mine"}, headers={"Origin": api.base})
    assert own.status == 200


async def test_another_site_cannot_log_a_browser_in(api: Api, person: Person) -> None:
    answer = await api.client().post(
        f"{AUTH}/sessions",
        {"email": person.email, "password": PASSWORD},
        headers={"Origin": "https://evil.example"},
    )
    assert (answer.status, answer.code) == (403, "origin_not_allowed")
    assert "Set-Cookie" not in answer.headers


async def test_logging_out_ends_the_session_at_once(api: Api, person: Person) -> None:
    browser = await api.browser(person)
    assert (await browser.get("/api/v1/user/me")).status == 200
    cookie = browser.http.cookie_jar.filter_cookies(browser.http._base_url)["tradewind_session"].value  # type: ignore[arg-type]
    answer = await browser.post(f"{AUTH}/logout")
    assert answer.status == 204
    assert 'tradewind_session=""' in answer.headers["Set-Cookie"]
    again = await api.client().get("/api/v1/user/me", headers={"Cookie": f"tradewind_session={cookie}"})
    assert again.status == 401


async def test_an_access_token_ends_with_its_log_out(api: Api, person: Person) -> None:
    assert (await person.post("/auth/logout")).status == 204
    assert (await person.get("/user/me")).status == 401
    assert (await refresh(api, person.tokens["refresh_token"])).code == "invalid_refresh_token"


# --------------------------------------------------------------------------------------------------- list and revoke


async def test_sessions_are_listed_and_ended_one_by_one(api: Api, person: Person) -> None:
    browser = await api.browser(person)
    items = (await person.ok("GET", "/auth/sessions"))["items"]
    assert {(item["kind"], item["current"]) for item in items} == {("api", True), ("browser", False)}
    assert all(item["ip_address"] == "127.0.0.1" and "aiohttp" in item["user_agent"] for item in items)
    other = next(item["id"] for item in items if not item["current"])
    assert (await person.client.request("DELETE", f"{AUTH}/sessions/{other}")).status == 204
    assert (await browser.get("/api/v1/user/me")).status == 401
    assert (await person.client.request("DELETE", f"{AUTH}/sessions/{other}")).status == 404
    assert len((await person.ok("GET", "/auth/sessions"))["items"]) == 1


async def test_nobody_ends_another_users_session(api: Api, person: Person) -> None:
    victim = await api.register()
    theirs = (await victim.ok("GET", "/auth/sessions"))["items"][0]["id"]
    answer = await person.client.request("DELETE", f"{AUTH}/sessions/{theirs}")
    assert (answer.status, answer.code) == (404, "not_found")
    assert (await victim.get("/user/me")).status == 200


async def test_a_session_that_ran_out_is_nobodys(own_api: Api, system_database: Database) -> None:
    person = await own_api.register()
    async with system_database.writing() as session:
        await session.execute(text("update sessions set expires_at = now() - interval '1 second'"))
    tokens = person.tokens
    assert (await refresh(own_api, tokens["refresh_token"])).code == "invalid_refresh_token"
    answer = await own_api.client().post(f"{AUTH}/login", {"email": person.email, "password": PASSWORD})
    assert answer.status == 200


async def test_a_viewer_may_look_but_not_trade(own_api: Api, system_database: Database) -> None:
    person = await own_api.register()
    async with system_database.writing() as session:
        await session.execute(text("update memberships set role = 'viewer'"))
    viewer = await own_api.browser(person)
    assert (await viewer.get("/api/v1/positions")).status == 200
    answer = await viewer.request("PATCH", f"/api/v1/trading-accounts/{person.account_id}", json={"name": "X"})
    assert (answer.status, answer.code) == (403, "forbidden")
