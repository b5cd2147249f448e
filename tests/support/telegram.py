"""The Telegram stand-in as a process, and what a test wants to know of it."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import aiohttp

TOKEN = "1000000001:test-token-of-the-local-stand-in-00"
_DEADLINE = 20.0

Message = dict[str, Any]


@dataclass(frozen=True)
class Emulator:
    """A running stand-in. Every test has a channel of its own, so that tests do not see each other."""

    url: str
    process: subprocess.Popen[str]

    async def get(self, path: str) -> Any:
        async with aiohttp.request("GET", self.url + path) as response:
            response.raise_for_status()
            return await response.json()

    async def post(self, path: str, body: Any) -> Any:
        async with aiohttp.request("POST", self.url + path, json=body) as response:
            response.raise_for_status()
            return await response.json()

    async def call(self, method: str, *, token: str = TOKEN, **fields: Any) -> tuple[int, Any]:
        """Call the Bot API with JSON: status and answer."""
        async with aiohttp.request("POST", f"{self.url}/bot{token}/{method}", json=fields) as response:
            return response.status, await response.json()

    async def open(self, channel: str) -> str:
        """Make a channel."""
        await self.post("/api/chats", {"username": channel})
        return channel

    async def fault(self, kind: str, **details: Any) -> None:
        """Order trouble; see `emulators.telegram.faults`."""
        await self.post("/api/faults", {"kind": kind, **details})

    async def release(self) -> None:
        """No more trouble; held answers go out."""
        async with aiohttp.request("DELETE", self.url + "/api/faults") as response:
            response.raise_for_status()

    async def messages(self, chat: str) -> list[Message]:
        """The chat's messages, the oldest first."""
        answer = await self.get(f"/api/messages?chat={chat}")
        return [message for message in answer["messages"] if not message.get("deleted")]

    async def until(self, chat: str, condition: Callable[[list[Message]], object]) -> list[Message]:
        """Wait for the chat's messages to be as wanted."""
        deadline = time.monotonic() + _DEADLINE
        while True:
            version = (await self.get(f"/api/messages?chat={chat}"))["version"]
            messages = await self.messages(chat)
            if condition(messages):
                return messages
            assert time.monotonic() < deadline, f"it did not happen in time: {[each['text'] for each in messages]}"
            await self.get(f"/api/messages?chat={chat}&since={version}&wait=2")


@contextmanager
def running_emulator(*options: str) -> Iterator[Emulator]:
    """Run a stand-in of one's own."""
    process = subprocess.Popen(
        [sys.executable, "-m", "emulators.telegram", "--port", "0", "--token", TOKEN, *options],
        cwd=Path(__file__).parents[2],
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        port = urlsplit(line.split()[-1]).port
        yield Emulator(f"http://127.0.0.1:{port}", process)
    finally:
        process.kill()
        process.communicate()


async def eventually(condition: Callable[[], Any]) -> Any:
    """What `condition` answers once that is true; it may be a coroutine function."""
    deadline = time.monotonic() + _DEADLINE
    while True:
        answer = condition()
        if asyncio.iscoroutine(answer):
            answer = await answer
        if answer:
            return answer
        assert time.monotonic() < deadline, "it did not happen in time"
        await asyncio.sleep(0.01)
