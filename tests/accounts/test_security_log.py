"""Everybody reads what happened to his own security, in both languages, and nobody else's."""

from __future__ import annotations

from tests.support.http import Api, Person
from tradewind.accounts.security_log.words import WORDS
from tradewind.kit.language import Language
from tradewind.platform.spine import EventType


def test_every_event_of_security_has_words_in_every_language() -> None:
    security = {kind for kind in EventType if kind.value.startswith("security_")}
    assert set(WORDS) == security
    for words in WORDS.values():
        assert set(words) == set(Language)
        assert all(words.values())


async def test_what_happened_when_and_from_where(api: Api, person: Person) -> None:
    wrong = {"email": person.email, "password": "not the right one"}
    failed = await api.client().post("/api/v1/auth/login", wrong, headers={"User-Agent": "thief/1.0"})
    assert failed.status == 401
    log = await person.ok("GET", "/user/security-log")
    assert [item["type"] for item in log["items"]] == [
        "security_login_failed",
        "security_logged_in",
        "security_registered",
    ]
    latest = log["items"][0]
    assert (latest["ip_address"], latest["user_agent"]) == ("127.0.0.1", "thief/1.0")
    assert latest["words"]["en"] == "Somebody tried to log in and failed"
    assert latest["words"]["ru"] == "Неудачная попытка входа"
    assert person.email not in str(log)


async def test_it_is_read_page_by_page(api: Api, person: Person) -> None:
    everything = (await person.ok("GET", "/user/security-log"))["items"]
    first = await person.ok("GET", "/user/security-log?limit=1")
    second = await person.ok("GET", f"/user/security-log?limit=1&cursor={first['next_cursor']}")
    assert [*first["items"], *second["items"]] == everything
    assert second["next_cursor"] is None


async def test_anothers_is_not_there(api: Api, person: Person) -> None:
    other = await api.register()
    mine = {item["id"] for item in (await person.ok("GET", "/user/security-log"))["items"]}
    theirs = {item["id"] for item in (await other.ok("GET", "/user/security-log"))["items"]}
    assert not mine & theirs
    page = await person.ok("GET", "/user/security-log?limit=1")
    answer = await other.get(f"/user/security-log?cursor={page['next_cursor']}")
    assert (answer.status, answer.code) == (400, "invalid_cursor")
