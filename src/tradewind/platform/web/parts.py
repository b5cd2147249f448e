"""What a running API process is made of, by type: each room asks for its own parts, and nobody lists them all."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fastapi import Depends
from starlette.requests import HTTPConnection


class Parts:
    """The parts, filled while the process starts."""

    def __init__(self) -> None:
        self._parts: dict[type, object] = {}

    def add[T](self, kind: type[T], part: T) -> T:
        self._parts[kind] = part
        return part

    def __getitem__[T](self, kind: type[T]) -> T:
        part = self._parts[kind]
        assert isinstance(part, kind)
        return part


def parts_of(connection: HTTPConnection) -> Parts:
    """The parts of the process that answers `connection`."""
    parts: Parts = connection.app.state.parts
    return parts


def part[T](kind: type[T]) -> Any:
    """A dependency that is the process's part of this type."""

    async def provide(connection: HTTPConnection) -> T:
        return parts_of(connection)[kind]

    provider: Callable[..., Any] = provide
    return Depends(provider)
