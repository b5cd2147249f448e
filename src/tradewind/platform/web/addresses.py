"""Which machine a request comes from, where proxies stand between.

A proxy adds the address that it sees to the right of a header which came with whatever the client wrote into it. Read
from the right, each entry was therefore written by somebody whom the one before vouches for, as long as those are
trusted; the first that is not is the client, and what stands left of it is his own invention. Exactly one header is
read, the one that the installation's proxies write: the other passes them untouched.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from starlette.types import ASGIApp, Receive, Scope, Send

from tradewind.platform.settings import ProxyHeader

type Address = IPv4Address | IPv6Address
type Network = IPv4Network | IPv6Network

#: More hops than any installation has; a longer header is somebody's attempt to keep us busy.
_MOST_HOPS = 32
_SCHEMES = frozenset({"http", "https"})


def read_address(text: str | None) -> Address | None:
    """An address without port, zone or brackets; IPv4 written as IPv6 is IPv4. None for what is no address."""
    text = (text or "").strip().strip('"')
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        read = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    mapped = read.ipv4_mapped if isinstance(read, IPv6Address) else None
    return mapped or read


def network_of(address: str | None, *, v4: int = 32, v6: int = 64) -> str:
    """The network of an address, by default what one customer has of a provider; "nowhere" for what is no address."""
    read = read_address(address)
    if read is None:
        return "nowhere"
    return str(ip_network((read, v4 if read.version == 4 else v6), strict=False))


@dataclass(frozen=True, slots=True)
class Hop:
    """What a proxy says of whoever spoke to it."""

    address: Address | None
    scheme: str | None


class ClientAddress:
    """Outermost: puts the client's own address and scheme in place of the proxy's, if the proxy is trusted."""

    def __init__(self, app: ASGIApp, trusted: Sequence[Network], header: ProxyHeader) -> None:
        self._app = app
        self._trusted = tuple(trusted)
        self._header = header

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self._trusted and scope["type"] != "lifespan" and scope.get("client"):
            self._rewrite(scope)
        await self._app(scope, receive, send)

    def _rewrite(self, scope: Scope) -> None:
        host, port = scope["client"]
        if not self._trusts(client := read_address(host)):
            return
        scheme: str | None = None
        for hop in reversed(_hops(scope, self._header)):
            # The nearest proxy alone knows how the request reached this installation's edge.
            scheme = scheme or hop.scheme
            if hop.address is None:
                break
            client, port = hop.address, 0
            if not self._trusts(client):
                break
        scope["client"] = (str(client), port)
        if scheme is not None:
            secure = scheme == "https"
            scope["scheme"] = ("wss" if secure else "ws") if scope["type"] == "websocket" else scheme

    def _trusts(self, address: Address | None) -> bool:
        return address is not None and any(address in network for network in self._trusted)


def _hops(scope: Scope, header: ProxyHeader) -> list[Hop]:
    """What the proxies say, the nearest one last."""
    entries = _entries(scope, header.value.encode())
    if header is ProxyHeader.FORWARDED:
        return [_forwarded(entry) for entry in entries]
    schemes = _entries(scope, b"x-forwarded-proto")
    hops = [Hop(read_address(entry), None) for entry in entries] or [Hop(None, None)]
    hops[-1] = Hop(hops[-1].address, _scheme(schemes[-1]) if schemes else None)
    return hops


def _entries(scope: Scope, name: bytes) -> list[str]:
    """The elements of a list header, however many lines it has; only the last ones of a long list."""
    lines = [value.decode("latin-1") for key, value in scope["headers"] if key == name]
    return ",".join(lines).rsplit(",", _MOST_HOPS)[-_MOST_HOPS:] if lines else []


def _forwarded(entry: str) -> Hop:
    """An element of `Forwarded` (RFC 7239)."""
    pairs = (pair.partition("=") for pair in entry.split(";"))
    given = {name.strip().lower(): value.strip() for name, _, value in pairs}
    return Hop(read_address(given.get("for")), _scheme(given.get("proto", "")))


def _scheme(text: str) -> str | None:
    scheme = text.strip().strip('"').lower()
    return scheme if scheme in _SCHEMES else None
