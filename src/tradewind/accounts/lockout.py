"""Which counters an attempt is charged to, so that guessing is slow and nobody can lock another person out.

A log-in counts for the account at its network and for the network (one password tried on many accounts); from networks
that the account does not know also for the account as a whole (a botnet). A browser that the account knows has a
counter of its own, which no stranger can reach. An address of this machine names no network: behind a proxy it would be
everybody's.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from tradewind.platform.attempts import BackOff, Counter
from tradewind.platform.web.addresses import network_of, read_address

_HOUR = timedelta(hours=1)
_QUARTER = timedelta(minutes=15)
_DAY = timedelta(days=1)
_MINUTE = timedelta(minutes=1)
_SECOND = timedelta(seconds=1)

_ACCOUNT_AT_NETWORK = BackOff(free=5, first=5 * _SECOND, most=_QUARTER, forget=_HOUR)
_KNOWN_DEVICE = BackOff(free=10, first=_SECOND, most=_QUARTER, forget=_HOUR)
#: Looser than one network can reach in the time in which it forgets.
_ACCOUNT = BackOff(free=60, first=_SECOND, most=_MINUTE, forget=_HOUR)
_NETWORK = BackOff(free=40, first=_SECOND, most=_QUARTER, forget=_HOUR)
_REGISTRATIONS = BackOff(free=20, first=_MINUTE, most=_HOUR, forget=_DAY)
_RESETS = BackOff(free=5, first=_MINUTE, most=_HOUR, forget=_DAY)
_RESETS_OF_NETWORK = BackOff(free=20, first=_MINUTE, most=_HOUR, forget=_DAY)
_MAILS_OF_PERSON = BackOff(free=3, first=_MINUTE, most=_HOUR, forget=_DAY)
_OWN_PASSWORD = BackOff(free=5, first=_SECOND, most=_QUARTER, forget=_HOUR)
_LINKS = BackOff(free=40, first=_SECOND, most=_QUARTER, forget=_HOUR)


def login_counters(email: str, address: str | None, device: bytes | None = None) -> list[Counter]:
    """What a log-in counts for; the first of them is about this account and this place alone.

    Args:
        device: names the browser by which the account knows the caller, if it does.
    """
    if device is not None:
        return [Counter(f"login {email} with {device.hex()}", _KNOWN_DEVICE)]
    return [
        Counter(f"login {email} at {network_of(address)}", _ACCOUNT_AT_NETWORK),
        *_of_network("login", address, _NETWORK),
    ]


def stranger_counters(email: str) -> list[Counter]:
    """What a log-in counts for as well that comes from a device and a network that the account does not know."""
    return [Counter(f"login {email}", _ACCOUNT)]


def registration_counters(address: str | None) -> Sequence[Counter]:
    """What a registration counts for."""
    return _of_network("register", address, _REGISTRATIONS)


def reset_counters(email: str, address: str | None) -> Sequence[Counter]:
    """What asking for a new password counts for; that somebody else asks does not keep the owner from it."""
    return [
        Counter(f"reset {email} at {network_of(address)}", _RESETS),
        *_of_network("reset", address, _RESETS_OF_NETWORK),
    ]


def mail_counters(person: str) -> Sequence[Counter]:
    """What a person counts for who has mail sent to an address that he names, or sent again."""
    return [Counter(f"mail {person}", _MAILS_OF_PERSON)]


def own_password_counters(person: str) -> Sequence[Counter]:
    """What giving the present password inside a session counts for: the session may be stolen."""
    return [Counter(f"password {person}", _OWN_PASSWORD)]


def link_counters(address: str | None) -> Sequence[Counter]:
    """What following a link of a mail counts for."""
    return _of_network("link", address, _LINKS)


def _of_network(what: str, address: str | None, rule: BackOff) -> list[Counter]:
    read = read_address(address)
    if read is None or read.is_loopback:
        return []
    return [Counter(f"{what} from {network_of(address)}", rule)]
