"""Guessing is slow, and nobody locks another person out."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest
from redis.asyncio import Redis

from tests.support.http import PASSWORD, Api, Person
from tests.support.mail import HandClock
from tradewind.accounts.factors.proving import Given
from tradewind.accounts.sessions.entrance import Entrance
from tradewind.accounts.sessions.service import SessionKind
from tradewind.platform.attempts import Attempts, TooManyAttemptsError
from tradewind.platform.spine import RequestOrigin
from tradewind.platform.web.addresses import network_of

LOGIN = "/api/v1/auth/login"
WRONG = "not the password at all"
HOME, OFFICE = "203.0.113.7", "198.51.100.20"


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def door(own_api: Api, broker: Redis, clock: HandClock) -> Entrance:
    """The API's door, with a clock that is set by hand."""
    return replace(own_api.parts[Entrance], clock=clock, attempts=Attempts(broker, clock, b"k" * 32))


async def try_at(door: Entrance, email: str, password: str, address: str, device: str | None = None) -> str:
    """How a log-in from that address ends: in, wrong, or wait."""
    try:
        origin = RequestOrigin(address, "test")
        entered = await door.log_in(email, password, Given(), SessionKind.BROWSER, origin, device=device)
    except TooManyAttemptsError:
        return "wait"
    return "in" if entered else "wrong"


async def test_guesses_from_one_network_have_to_wait_longer_and_longer(
    door: Entrance, own_api: Api, clock: HandClock
) -> None:
    person = await own_api.register()
    made = 0
    began = clock.now()
    while (clock.now() - began).total_seconds() < 24 * 3600:
        if await try_at(door, person.email, WRONG, HOME) == "wrong":
            made += 1
        clock.pass_by(seconds=60)
    assert made < 120, "a day's guesses of a machine that never rests"


async def test_the_right_password_has_to_wait_as_well_and_then_opens(
    door: Entrance, own_api: Api, clock: HandClock
) -> None:
    person = await own_api.register()
    assert [await try_at(door, person.email, WRONG, HOME) for _ in range(6)] == ["wrong"] * 5 + ["wait"]
    assert await try_at(door, person.email, PASSWORD, HOME) == "wait", "or a guess could be told by it"
    clock.pass_by(seconds=5)
    assert await try_at(door, person.email, PASSWORD, HOME) == "in"


async def test_who_guesses_does_not_lock_out_the_owner_elsewhere(door: Entrance, own_api: Api) -> None:
    person = await own_api.register()
    for _ in range(30):
        await try_at(door, person.email, WRONG, HOME)
    assert await try_at(door, person.email, WRONG, HOME) == "wait"
    assert await try_at(door, person.email, PASSWORD, OFFICE) == "in"


async def test_a_known_device_gets_in_where_a_guesser_sits_at_the_same_network(door: Entrance, own_api: Api) -> None:
    person = await own_api.register()
    assert await try_at(door, person.email, PASSWORD, OFFICE, "my browser") == "in"
    for _ in range(30):
        await try_at(door, person.email, WRONG, HOME)
    assert await try_at(door, person.email, PASSWORD, HOME) == "wait"
    assert await try_at(door, person.email, PASSWORD, HOME, "my browser") == "in"


async def test_neither_does_a_botnet_lock_out_a_known_device(door: Entrance, own_api: Api) -> None:
    person = await own_api.register()
    assert await try_at(door, person.email, PASSWORD, OFFICE, "my browser") == "in"
    for number in range(70):
        await try_at(door, person.email, WRONG, f"192.0.2.{number}")
    assert await try_at(door, person.email, WRONG, "192.0.2.200") == "wait", "strangers wait, wherever they come from"
    assert await try_at(door, person.email, PASSWORD, "192.0.2.201", "my browser") == "in"


async def test_one_password_on_many_accounts_is_stopped_at_the_network(door: Entrance) -> None:
    ends = [await try_at(door, f"{number}@tests.example", WRONG, HOME) for number in range(45)]
    assert ends == ["wrong"] * 40 + ["wait"] * 5
    assert await try_at(door, "fresh@tests.example", WRONG, OFFICE) == "wrong"


async def test_neither_does_it_lock_out_a_known_network(door: Entrance, own_api: Api) -> None:
    person = await own_api.register()
    assert await try_at(door, person.email, PASSWORD, OFFICE) == "in"
    for number in range(70):
        await try_at(door, person.email, WRONG, f"192.0.2.{number}")
    assert await try_at(door, person.email, PASSWORD, OFFICE) == "in"


async def test_people_who_are_right_do_not_use_up_their_network(door: Entrance, own_api: Api) -> None:
    person = await own_api.register()
    for number in range(60):
        assert await try_at(door, person.email, PASSWORD, HOME, f"browser {number}") == "in"


async def test_over_http_it_is_told_when_to_come_back_for_accounts_that_are_and_are_not(
    api: Api, person: Person
) -> None:
    for email in (person.email, f"nobody-{person.email}"):
        body = {"email": email, "password": WRONG}
        answers = [await api.client().post(LOGIN, body) for _ in range(6)]
        assert [answer.code for answer in answers] == ["invalid_credentials"] * 5 + ["too_many_attempts"], email
        assert answers[-1].status == 429
        assert 1 <= int(answers[-1].headers["Retry-After"]) <= 5


async def test_many_at_once_get_no_further(own_api: Api) -> None:
    body = {"email": "nobody@tests.example", "password": WRONG}
    client = own_api.client()
    answers = await asyncio.gather(*(client.post(LOGIN, body) for _ in range(30)))
    assert [answer.status for answer in answers].count(401) == 5


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("203.0.113.7", "203.0.113.7/32"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("::ffff:203.0.113.7", "203.0.113.7/32"),
        ("fe80::1%eth0", "fe80::/64"),
        ("nonsense", "nowhere"),
        (None, "nowhere"),
    ],
)
def test_networks_are_what_one_customer_has(address: str | None, network: str) -> None:
    assert network_of(address) == network
