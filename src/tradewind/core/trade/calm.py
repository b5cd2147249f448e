"""Between which prices a trade has nothing to do."""

from __future__ import annotations

from math import inf

from tradewind.core.matching import RESTLESS, Calm
from tradewind.core.plan import trails
from tradewind.core.positions import PositionStatus
from tradewind.core.trade.state import Trade
from tradewind.core.values import Side


def calm(trade: Trade) -> Calm:
    """Between which prices `handle` answers an `Observed` without ATR with the trade as it is, and no effects.

    What rests in the venue's book does not count here.
    """
    if trade.status is PositionStatus.CLOSING:
        return RESTLESS  # the way out may have to be asked for again
    signal, long = trade.mandate.signal, trade.side is Side.LONG
    low, high, until = -inf, inf, inf
    if trade.entry_ending is None and trade.entry_order is not None:
        until = signal.expires_at
        if not trade.entered:
            stop, target = float(signal.stop), float(signal.targets[0].price)
            low, high = (stop, target) if long else (target, stop)
    spec, plan = trade.mandate.spec, trade.plan
    if trade.status is PositionStatus.OPEN and plan is not None:
        if plan.trailing_on and trails(spec, plan):
            return RESTLESS
        if spec.max_age_ms:
            until = min(until, plan.opened_at + spec.max_age_ms)
        low, high = (low, min(high, plan.best)) if long else (max(low, plan.best), high)
    return Calm(low, high, until)
