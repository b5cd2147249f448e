"""Tax lots of a user's accounts: what every disposal gained, and what funding cost beside it.

Funding belongs to no lot: it is paid for time, on whatever is held, and which lots those are depends on the method. It
is income or expense of its own on the day it was booked, one line per booking. So, for every account in which nothing
is held, the net gains of its disposals less its funding are what its balance gained beyond deposits, to the last digit
and by every method.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple
from uuid import UUID

from tradewind.core.lots import Deal, LotFill, LotMethod, RealisedLot, tax_lots
from tradewind.core.orders import OrderPurpose
from tradewind.core.values import Side
from tradewind.kit.clock import from_ms, to_ms
from tradewind.kit.ids import derive_id
from tradewind.kit.pages import Place
from tradewind.platform.database import ReadPool
from tradewind.trading.history import queries
from tradewind.trading.history.queries import AccountRecord, EntryRecord, FillRecord, Span

_ZERO = Decimal(0)


class Disposal(NamedTuple):
    """A lot, or a piece of one, that a fill closed."""

    id: UUID
    account: AccountRecord
    lot: RealisedLot

    @property
    def place(self) -> Place:
        """Where it stands in a list by time."""
        return Place(from_ms(self.lot.closed_at), self.id)


class FundingLine(NamedTuple):
    """Funding paid, or received when `paid` is negative."""

    account: AccountRecord
    entry: EntryRecord

    @property
    def paid(self) -> Decimal:
        return self.entry.amount if self.entry.credit == "cash" else -self.entry.amount


@dataclass(frozen=True, slots=True)
class Totals:
    """Sums over disposals and funding in one currency."""

    currency: str
    disposals: int
    proceeds: Decimal
    basis: Decimal
    gain: Decimal
    fees: Decimal
    net_gain: Decimal
    funding: Decimal

    @property
    def result(self) -> Decimal:
        """What all of it brought."""
        return self.net_gain - self.funding


@dataclass(frozen=True, slots=True)
class TaxReport:
    """Disposals and funding within a span, each in order of time."""

    disposals: Sequence[Disposal]
    funding: Sequence[FundingLine]

    def totals(self) -> list[Totals]:
        """The sums by currency, in the order of its name."""
        accounts = [*(each.account for each in self.disposals), *(line.account for line in self.funding)]
        currencies = {account.currency for account in accounts}
        return [self._totals(currency) for currency in sorted(currencies)]

    def _totals(self, currency: str) -> Totals:
        lots = [each.lot for each in self.disposals if each.account.currency == currency]
        paid = [line.paid for line in self.funding if line.account.currency == currency]
        return Totals(
            currency=currency,
            disposals=len(lots),
            proceeds=sum((lot.proceeds for lot in lots), _ZERO),
            basis=sum((lot.basis for lot in lots), _ZERO),
            gain=sum((lot.gain for lot in lots), _ZERO),
            fees=sum((lot.fees for lot in lots), _ZERO),
            net_gain=sum((lot.net_gain for lot in lots), _ZERO),
            funding=sum(paid, _ZERO),
        )


async def tax_report(
    pool: ReadPool, tenant_id: UUID, accounts: Sequence[AccountRecord], method: LotMethod, span: Span
) -> TaxReport:
    """What the accounts disposed of and paid for funding within the span.

    The fills of all time before its end are read: which lots a disposal gives up depends on all before it.
    """
    disposals: list[Disposal] = []
    funding: list[FundingLine] = []
    for account in accounts:
        filled = [row async for row in queries.fills(pool, tenant_id, account.id, Span(until=span.until))]
        # Seconds of work for a long history: not on the loop that others wait for.
        disposals += await asyncio.to_thread(_disposals, account, filled, method, span)
        async with pool.reading(tenant_id) as reader:
            booked = await queries.funding_of(reader, account.id, span)
        funding += [FundingLine(account, entry) for entry in booked]
    disposals.sort(key=lambda each: each.place)
    funding.sort(key=lambda line: line.entry.at)
    return TaxReport(disposals, funding)


def _disposals(account: AccountRecord, filled: Sequence[FillRecord], method: LotMethod, span: Span) -> list[Disposal]:
    # Within a symbol the ledger's order is that of time; between symbols of one step it need not be.
    events = sorted((_event(fill) for fill in filled), key=lambda event: event.at)
    return [
        Disposal(derive_id("disposal", lot.opened_by, lot.closed_by), account, lot)
        for lot in tax_lots(events, method).realised
        if span.holds(from_ms(lot.closed_at))
    ]


def _event(fill: FillRecord) -> LotFill:
    entering = fill.purpose == OrderPurpose.ENTRY
    buys = entering is (fill.side == Side.LONG)
    return LotFill(
        at=to_ms(fill.at),
        symbol=fill.symbol,
        deal=Deal.BUY if buys else Deal.SELL,
        price=fill.price,
        quantity=fill.quantity,
        fee=fill.fee,
        reference=str(fill.id),
    )
