"""What each role in an organisation may do."""

from __future__ import annotations

from tradewind.platform.web.subjects import Scope

_VIEW = frozenset({Scope.ACCOUNT_READ, Scope.ACCOUNT_WRITE, Scope.TRADING_READ, Scope.MARKET_READ})
_TRADE = _VIEW | {Scope.TRADING_WRITE}

_SCOPES: dict[str, frozenset[Scope]] = {"viewer": _VIEW, "trader": _TRADE, "admin": _TRADE, "owner": _TRADE}


def scopes_of(role: str) -> frozenset[Scope]:
    """The scopes of a role; a person's own account is his in every role."""
    return _SCOPES[role]
