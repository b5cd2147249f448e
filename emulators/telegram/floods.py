"""Flood limits: how many messages a bot may send in a while."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Limits:
    """Messages per period; 0 = no limit. Telegram's own are about 1, 20 (groups and channels) and 30."""

    chat_per_second: int = 0
    chat_per_minute: int = 0
    total_per_second: int = 30


@dataclass(slots=True)
class _Window:
    """What was sent within the last `seconds`."""

    most: int
    seconds: float
    sent: deque[float] = field(default_factory=deque)

    def wait(self, now: float) -> float:
        """Seconds until one more is allowed; 0 = now."""
        while self.sent and self.sent[0] <= now - self.seconds:
            self.sent.popleft()
        return self.sent[0] + self.seconds - now if self.most and len(self.sent) >= self.most else 0.0


class Floods:
    """Counts what is sent. `clock` gives seconds and never goes back."""

    def __init__(self, limits: Limits, clock: Callable[[], float]) -> None:
        self._limits = limits
        self._clock = clock
        self._total = _Window(limits.total_per_second, 1.0)
        self._chats: dict[int, tuple[_Window, _Window]] = {}

    def take(self, chat_id: int) -> int | None:
        """Count a message to that chat, or say how many whole seconds the bot has to wait; then it is not counted."""
        limits = self._limits
        chat = self._chats.setdefault(
            chat_id, (_Window(limits.chat_per_second, 1.0), _Window(limits.chat_per_minute, 60.0))
        )
        now = self._clock()
        windows = (self._total, *chat)
        wait = max(window.wait(now) for window in windows)
        if wait > 0.0:
            return math.ceil(wait)
        for window in windows:
            if window.most:
                window.sent.append(now)
        return None
