"""What is done by the clock. Names only: `entrypoints.jobs` says what they do."""

from __future__ import annotations

from tradewind.platform.jobs import Daily, Every, Schedule

SCHEDULE: Schedule = (
    Every("telegram.sweep", seconds=3),
    Every("mail.deliver", seconds=2),
    Every("research.sweep", seconds=5),
    Every("market.compact", seconds=60),
    Every("housekeeping.prune", seconds=3600),
    Daily("housekeeping.verify_chains", hour=3, minute=17),
    Daily("record.publish_heads", hour=3, minute=47),
)
