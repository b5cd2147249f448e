"""Research as jobs: one when somebody asks for a run, and a sweep for what a worker left behind."""

from __future__ import annotations

from tradewind.platform.jobs import LONGEST_JOB, JobContext, job
from tradewind.research.runs.researcher import Researcher
from tradewind.research.runs.service import sweep_runs

#: Jobs that are put on the queue together; each takes batches until there are none.
_MOST_WAKES = 4


@job("research.work", timeout=LONGEST_JOB)
async def research(context: JobContext) -> None:
    """Take trials of whatever runs there are, until there are no more."""
    researcher = context.tool(Researcher)
    if researcher is not None and await researcher.work():
        await context.queue.put(research)


@job("research.sweep", timeout=20.0)
async def sweep_research(context: JobContext) -> None:
    """Have runs worked on that nobody works on."""
    async with context.database.writing() as session:
        waiting = await sweep_runs(session)
    for _ in range(min(waiting, _MOST_WAKES)):
        await context.queue.put(research)
