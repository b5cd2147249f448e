"""Processes that compute: the work of studies, away from the event loop and from everything that is live.

One task at a time and process, as lines of JSON over its pipes. A calculator whose parent is gone reads the end of its
input and goes too; one that was ended in the middle of a task has left nothing behind.
"""

from __future__ import annotations

import asyncio
import contextlib
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import orjson

#: Bytes of one answer: a back-test of some hundred thousand trades.
_LONGEST_LINE = 256 << 20


class CalculatorError(Exception):
    """A task that was not done.

    Attributes:
        refused: it cannot be, whoever tries, and the message says why; else the calculator died or has a fault.
    """

    def __init__(self, message: str, *, refused: bool) -> None:
        super().__init__(message)
        self.refused = refused


class Calculators:
    """Up to `most` calculators, started when they are needed and kept until `close`."""

    def __init__(self, most: int) -> None:
        self._free = asyncio.Semaphore(most)
        self._idle: list[Process] = []

    async def do(self, task: str, **arguments: Any) -> Any:
        """The answer of `task` (see `tasks.Tasks`). When this is cancelled, the calculator is killed at its work.

        Raises:
            CalculatorError: there is none.
        """
        async with self._borrowed() as process:
            assert process.stdin is not None, "opened with pipes"
            assert process.stdout is not None, "opened with pipes"
            try:
                process.stdin.write(orjson.dumps({"task": task, "arguments": arguments}) + b"\n")
                await process.stdin.drain()
                line = await process.stdout.readline()
            except (OSError, ValueError) as error:
                raise CalculatorError(f"a calculator cannot be talked to: {error}", refused=False) from None
            if not line:
                raise CalculatorError(f"a calculator died at the task {task}", refused=False)
        answer = orjson.loads(line)
        if "error" in answer:
            raise CalculatorError(answer["error"], refused=answer["refused"])
        return answer["answer"]

    async def close(self) -> None:
        """End those that are idle."""
        while self._idle:
            await _ended(self._idle.pop())

    @asynccontextmanager
    async def _borrowed(self) -> AsyncIterator[Process]:
        """A calculator of one's own; what was interrupted at its work or died is not used again."""
        async with self._free:
            process = self._idle.pop() if self._idle else await _started()
            try:
                yield process
            except BaseException:
                await _ended(process)
                raise
            self._idle.append(process)


async def _started() -> Process:
    # In a session of its own: Ctrl-C is for the parent, who may want it to sum up.
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tradewind.research.studies"),
        stdin=PIPE,
        stdout=PIPE,
        limit=_LONGEST_LINE,
        start_new_session=True,
    )


async def _ended(process: Process) -> None:
    with contextlib.suppress(ProcessLookupError):
        process.kill()
    assert process.stdin is not None, "opened with pipes"
    assert process.stdout is not None, "opened with pipes"
    process.stdin.close()
    await process.stdout.read()  # to its end, so that the pipes are closed while there is a loop to do it
    await process.wait()
