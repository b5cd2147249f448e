"""Background jobs: async functions that Celery hands to whichever worker is free, some of them by the clock.

A job is told little and finds its work in the database, so that one that is lost, late or done twice does no harm. This
package stays light, because `tradewind beat` needs no more than names and times; `jobs.running` and `jobs.beat` hold
the processes.
"""

from tradewind.platform.jobs.broker import JobQueue, celery_app
from tradewind.platform.jobs.model import LONGEST_JOB, Job, JobContext, job
from tradewind.platform.jobs.schedule import Daily, Every, Schedule

__all__ = [
    "LONGEST_JOB",
    "Daily",
    "Every",
    "Job",
    "JobContext",
    "JobQueue",
    "Schedule",
    "celery_app",
    "job",
]
