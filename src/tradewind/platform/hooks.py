"""Ports through which a room tells rooms above it, inside its own transaction. `entrypoints.wiring` binds them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from uuid import UUID

from tradewind.platform.database import Session


@dataclass(frozen=True, slots=True)
class RegisteredUser:
    """A new person and the organisation made for him, which is his tenant."""

    user_id: UUID
    tenant_id: UUID
    email: str


@dataclass(slots=True)
class Hooks:
    """What runs in the transaction of a registration, in order; an error undoes the registration."""

    user_registered: list[Callable[[Session, RegisteredUser], Awaitable[None]]] = field(default_factory=list)
