"""Whose address a request is taken to come from, with and without proxies, honest and forged."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.types import Receive, Scope, Send

from tests.support.http import PASSWORD, Api, running_api
from tradewind.platform.settings import ProxyHeader, SettingError, Settings, get_settings, networks
from tradewind.platform.web.addresses import ClientAddress, network_of

PROXIES = "10.0.0.0/8, 192.0.2.7, 2001:db8:ffff::/48"
CLIENT = "203.0.113.9"


def seen(
    peer: str | None,
    *headers: tuple[str, str],
    trusted: str = PROXIES,
    header: ProxyHeader = ProxyHeader.X_FORWARDED_FOR,
    kind: str = "http",
) -> tuple[str | None, str]:
    """Address and scheme as the application sees them."""
    found: list[Scope] = []

    async def app(scope: Scope, _receive: Receive, _send: Send) -> None:
        found.append(scope)

    raw = [(name.lower().encode(), value.encode("latin-1")) for name, value in headers]
    client = (peer, 4711) if peer is not None else None
    scheme = "http" if kind == "http" else "ws"
    scope: dict[str, Any] = {"type": kind, "client": client, "headers": raw, "scheme": scheme}
    middleware: Any = ClientAddress(app, networks(trusted), header)
    asyncio.run(middleware(scope, None, None))
    return (found[0]["client"][0] if found[0]["client"] else None), found[0]["scheme"]


def xff(value: str) -> tuple[str, str]:
    return "X-Forwarded-For", value


@pytest.mark.parametrize("peer", [CLIENT, "127.0.0.1", "2001:db8::1", None])
def test_who_is_no_trusted_proxy_says_nothing_of_addresses(peer: str | None) -> None:
    told = [xff("198.51.100.1"), ("X-Forwarded-Proto", "https"), ("Forwarded", "for=198.51.100.1;proto=https")]
    assert seen(peer, *told) == (peer, "http")
    assert seen(peer, *told, trusted="") == (peer, "http")


@pytest.mark.parametrize(
    ("line", "client"),
    [
        (CLIENT, CLIENT),
        (f"198.51.100.1, {CLIENT}", CLIENT),
        (f"10.9.9.9, {CLIENT}, 10.1.1.1", CLIENT),
        (f"{CLIENT}, 192.0.2.7,10.1.1.1", CLIENT),
        (f"{CLIENT}:5511", CLIENT),
        (f"::ffff:{CLIENT}", CLIENT),
        ("2001:db8::42", "2001:db8::42"),
        ("[2001:db8::42]:5511", "2001:db8::42"),
        ("10.3.3.3, 10.2.2.2", "10.3.3.3"),
        # What is no address ends what can be known: the nearest proxy that is known to have spoken.
        ("unknown", "10.0.0.1"),
        (f"{CLIENT}, garbage, 10.2.2.2", "10.2.2.2"),
        ("", "10.0.0.1"),
        (",,,", "10.0.0.1"),
    ],
)
def test_the_rightmost_that_is_not_trusted_is_the_client(line: str, client: str) -> None:
    assert seen("10.0.0.1", xff(line))[0] == client
    assert seen("::ffff:10.0.0.1", xff(line))[0] == client


def test_lines_of_the_header_are_one_list() -> None:
    assert seen("10.0.0.1", xff("198.51.100.1"), xff(f"{CLIENT}, 10.2.2.2"))[0] == CLIENT


def test_without_the_header_it_is_the_proxy() -> None:
    assert seen("10.0.0.1") == ("10.0.0.1", "http")


def test_the_header_that_proxies_do_not_write_is_the_clients_own() -> None:
    forged = ("Forwarded", "for=198.51.100.1;proto=https")
    assert seen("10.0.0.1", forged, xff(CLIENT)) == (CLIENT, "http")
    forged = xff("198.51.100.1")
    honest = ("Forwarded", f"for={CLIENT};proto=https")
    proto = ("X-Forwarded-Proto", "http")
    assert seen("10.0.0.1", forged, proto, honest, header=ProxyHeader.FORWARDED) == (CLIENT, "https")


@pytest.mark.parametrize(
    ("line", "client", "scheme"),
    [
        (f"for={CLIENT}", CLIENT, "http"),
        (f'For="{CLIENT}:47011"; Proto=HTTPS ;by=10.0.0.1', CLIENT, "https"),
        ('for="[2001:db8:cafe::17]:4711";proto=https', "2001:db8:cafe::17", "https"),
        (f'for="198.51.100.1", for={CLIENT};proto=https, for=10.2.2.2', CLIENT, "https"),
        ("for=_hidden;proto=https", "10.0.0.1", "https"),
        (f'for="1.1.1.1, for={CLIENT}', CLIENT, "http"),
        ("proto=gopher", "10.0.0.1", "http"),
    ],
)
def test_forwarded(line: str, client: str, scheme: str) -> None:
    assert seen("10.0.0.1", ("Forwarded", line), header=ProxyHeader.FORWARDED) == (client, scheme)


def test_the_scheme_is_what_the_nearest_proxy_says() -> None:
    assert seen("10.0.0.1", xff(CLIENT), ("X-Forwarded-Proto", "https"))[1] == "https"
    assert seen("10.0.0.1", xff(CLIENT), ("X-Forwarded-Proto", "http, https"))[1] == "https"
    assert seen("10.0.0.1", xff(CLIENT), ("X-Forwarded-Proto", "javascript"))[1] == "http"
    assert seen("10.0.0.1", xff(CLIENT), ("X-Forwarded-Proto", "https"), kind="websocket") == (CLIENT, "wss")


ADDRESSES = st.one_of(st.ip_addresses(v=4), st.ip_addresses(v=6)).map(str)


@given(st.lists(st.one_of(st.text(st.characters(codec="latin-1"), max_size=30), ADDRESSES), max_size=40))
def test_whatever_a_client_writes_it_is_his_own_address_that_counts(forged: list[str]) -> None:
    """The proxy adds what it sees to the right of it."""
    line = ", ".join([*forged, CLIENT])
    assert seen("10.0.0.1", xff(line))[0] == CLIENT
    assert seen("10.0.0.1", *(xff(each) for each in forged), xff(CLIENT))[0] == CLIENT
    forwarded = ", ".join([*forged, f"for={CLIENT}"])
    assert seen("10.0.0.1", ("Forwarded", forwarded), header=ProxyHeader.FORWARDED)[0] == CLIENT


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("203.0.113.9", "203.0.113.9/32"),
        ("::ffff:203.0.113.9", "203.0.113.9/32"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::1%eth0", "2001:db8:1:2::/64"),
        ("testclient", "nowhere"),
        (None, "nowhere"),
    ],
)
def test_networks(address: str | None, network: str) -> None:
    assert network_of(address) == network


@pytest.mark.parametrize("wrong", ["*", "10.0.0.1/8", "proxy.example", "10.0.0.0/8 127.0.0.1"])
def test_what_is_no_network_is_refused_at_the_start(monkeypatch: pytest.MonkeyPatch, wrong: str) -> None:
    monkeypatch.setenv("TRADEWIND_TRUSTED_PROXIES", wrong)
    get_settings.cache_clear()
    with pytest.raises(SettingError, match="TRADEWIND_TRUSTED_PROXIES"):
        get_settings()
    get_settings.cache_clear()


async def address_of_session(settings: Settings, forwarded: str) -> str:
    """What the list of sessions says of a log-in that came with this header."""
    async with running_api(settings) as api:
        person = await api.register()
        return await logged_in_from(api, person.email, forwarded)


async def logged_in_from(api: Api, email: str, forwarded: str) -> str:
    client = api.client()
    wish = {"email": email, "password": PASSWORD}
    told = await client.ok("POST", "/api/v1/auth/login", json=wish, headers={"X-Forwarded-For": forwarded})
    client.headers["Authorization"] = f"Bearer {told['access_token']}"
    sessions = (await client.ok("GET", "/api/v1/auth/sessions"))["items"]
    (address,) = (each["ip_address"] for each in sessions if each["current"])
    return str(address)


async def test_as_it_is_served_nobody_is_believed_until_he_is_trusted(settings: Settings) -> None:
    assert await address_of_session(settings, CLIENT) == "127.0.0.1"


async def test_as_it_is_served_a_trusted_proxy_is_believed(settings: Settings) -> None:
    behind = settings.model_copy(update={"trusted_proxies": "127.0.0.1"})
    assert await address_of_session(behind, f"198.51.100.1, {CLIENT}") == CLIENT
