"""`python -m tradewind.research.studies`: one calculator, for the process that started it."""

from __future__ import annotations

import contextlib
import os
import sys
from typing import Any

import orjson

from tradewind.kit.memory import keep_freed_memory

#: How much less than the rest of the machine a calculator insists on the processor.
_NICE = 10


def main() -> None:
    """Do the tasks that come in until there are no more."""
    # Nothing here multiplies matrices, and the threads kept ready for it cost more than a batch.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    os.nice(_NICE)
    from tradewind.research.studies.tasks import REFUSALS, Tasks  # noqa: PLC0415 - behind the environment it reads

    keep_freed_memory()
    tasks = Tasks()
    # What a library prints must not come between the answers.
    answers, sys.stdout = sys.stdout.buffer, sys.stderr
    for line in sys.stdin.buffer:
        asked = orjson.loads(line)
        try:
            answer: dict[str, Any] = {"answer": tasks.do(asked["task"], asked["arguments"])}
        except REFUSALS as error:
            answer = {"error": str(error), "refused": True}
        except Exception as error:
            answer = {"error": f"{type(error).__name__}: {error}", "refused": False}
        answers.write(orjson.dumps(answer) + b"\n")
        answers.flush()


if __name__ == "__main__":
    with contextlib.suppress(BrokenPipeError, KeyboardInterrupt):
        main()
