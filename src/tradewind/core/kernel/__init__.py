"""The plan kernel: one compiled step of a position's plan, over plain arrays, for three drivers.

`backtest` takes many bars for a series of entries, `sweep` and `step_bar` many plans, `Guardian` one tick for a million
positions. `layout` has the arrays, `inputs` and `plans` the way into them. What the step does is what `core.plan` and
`core.outcome` do, to the last bit. Importing this imports Numba: 1.3 s and 140 MB that live processes do without.
"""

from tradewind.core.kernel.drivers import (
    Entries,
    backtest,
    backtest_in_parts,
    entries,
    place,
    step_bar,
    step_bar_in_parts,
    sweep,
)
from tradewind.core.kernel.guardian import Guardian
from tradewind.core.kernel.guards import GUARDED, TRIGGER
from tradewind.core.kernel.inputs import assumptions, bars, states
from tradewind.core.kernel.ladders import LADDER, SCALE, checked_ladders, ladders
from tradewind.core.kernel.layout import ASSUMPTIONS, PLAN, STATE, SUMMARY, TRADE, Bars, KernelInputError
from tradewind.core.kernel.plans import checked_plans, plans, template
from tradewind.core.kernel.sets import PlanSets, Ridden, backtest_sets

__all__ = [
    "ASSUMPTIONS",
    "GUARDED",
    "LADDER",
    "PLAN",
    "SCALE",
    "STATE",
    "SUMMARY",
    "TRADE",
    "TRIGGER",
    "Bars",
    "Entries",
    "Guardian",
    "KernelInputError",
    "PlanSets",
    "Ridden",
    "assumptions",
    "backtest",
    "backtest_in_parts",
    "backtest_sets",
    "bars",
    "checked_ladders",
    "checked_plans",
    "entries",
    "ladders",
    "place",
    "plans",
    "states",
    "step_bar",
    "step_bar_in_parts",
    "sweep",
    "template",
]
