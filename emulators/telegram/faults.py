"""Faults on demand: what a network and a busy Telegram do to a request, for tests and for trying things out."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from emulators.telegram.errors import ApiError


class FaultKind(StrEnum):
    REFUSE = "refuse"
    """Answer with `code`, `description` and perhaps `retry_after`; nothing is carried out."""
    LOSE_REQUEST = "lose_request"
    """Close the connection before anything is carried out."""
    LOSE_ANSWER = "lose_answer"
    """Carry out, then close the connection without an answer."""
    HOLD_ANSWER = "hold_answer"
    """Carry out, then keep the answer back until faults are cleared."""


@dataclass(slots=True)
class Fault:
    """One kind of trouble for the next `times` calls of `method` (any, when empty) to `chat` (any, when empty)."""

    kind: FaultKind
    method: str = ""
    chat: str = ""
    times: int = 1
    code: int = 500
    description: str = "Internal Server Error"
    retry_after: int | None = None

    @property
    def error(self) -> ApiError:
        return ApiError(self.code, self.description, retry_after=self.retry_after)


@dataclass(slots=True)
class Faults:
    """The faults ordered so far."""

    _ordered: list[Fault] = field(default_factory=list)
    _released: asyncio.Event = field(default_factory=asyncio.Event)

    def order(self, wish: dict[str, Any]) -> None:
        """Order a fault.

        Raises:
            TypeError, ValueError: that is no fault.
        """
        self._released.clear()
        self._ordered.append(Fault(**{**wish, "kind": FaultKind(wish["kind"])}))

    def clear(self) -> None:
        """No more faults; answers that are held go out."""
        self._ordered.clear()
        self._released.set()

    def take(self, method: str, chat: str) -> Fault | None:
        """The fault of this call, if it shall have one."""
        for fault in self._ordered:
            if fault.method.lower() in ("", method.lower()) and fault.chat in ("", chat):
                fault.times -= 1
                if fault.times <= 0:
                    self._ordered.remove(fault)
                return fault
        return None

    async def released(self) -> None:
        """Wait until held answers may go."""
        await self._released.wait()
