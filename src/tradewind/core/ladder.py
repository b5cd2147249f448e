"""How a quantity is spread over the rungs of a take-profit ladder when the venue has minimums."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from tradewind.core.signals import SignalTarget
from tradewind.core.values import Instrument, Price, Quantity


class Rung(NamedTuple):
    """One order of the ladder: `number` counts from 1 along the signal's targets."""

    number: int
    price: Price
    quantity: Quantity


def allocate(quantity: Quantity, targets: Sequence[SignalTarget], instrument: Instrument) -> list[Rung]:
    """Spread `quantity` over `targets`; the quantities of the answer sum to it exactly.

    Shares are rounded down to the lot and the last rung takes the rest. A rung too small for the venue is merged into
    the next one, the last into the one before, so fewer rungs than targets may come back. With no tradable rung at
    all, the whole quantity goes to the last target.
    """
    rungs: list[Rung] = []
    carried = quantity.zero()
    left = quantity
    for number, target in enumerate(targets, start=1):
        last = number == len(targets)
        planned = left if last else quantity.portion(target.share) + carried
        if last or instrument.tradable(target.price, planned):
            rungs.append(Rung(number, target.price, planned))
            left = left - planned
            carried = quantity.zero()
        else:
            carried = planned
    if len(rungs) > 1 and not instrument.tradable(rungs[-1].price, rungs[-1].quantity):
        tail = rungs.pop()
        rungs[-1] = rungs[-1]._replace(quantity=rungs[-1].quantity + tail.quantity)
    return [rung for rung in rungs if rung.quantity]
