"""The offline lists: passwords that everybody tries first, and mail domains that are thrown away after use."""

from __future__ import annotations

import gzip
from functools import cache
from importlib.resources import files


@cache
def common_passwords() -> frozenset[str]:
    """Common passwords, case folded."""
    return _lines("common-passwords.txt.gz")


@cache
def _disposable_domains() -> frozenset[str]:
    return _lines("disposable-domains.txt.gz")


def is_disposable(email: str) -> bool:
    """Whether the (normal) address is of a domain, or below one, that gives out throw-away mailboxes."""
    labels = email.rpartition("@")[2].split(".")
    domains = _disposable_domains()
    return any(".".join(labels[first:]) in domains for first in range(len(labels) - 1))


def _lines(name: str) -> frozenset[str]:
    packed = files("tradewind.accounts").joinpath("data", name).read_bytes()
    return frozenset(gzip.decompress(packed).decode().splitlines())
