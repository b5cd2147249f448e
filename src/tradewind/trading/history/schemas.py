"""HTTP shapes of balances, results and tax lots."""

from __future__ import annotations

from typing import Literal, Self
from uuid import UUID

from pydantic import Field

from tradewind.core.lots import LotMethod
from tradewind.kit.clock import from_ms
from tradewind.platform.web.schemas import Answer, DecimalText, Moment
from tradewind.trading.history.lots import Disposal, Totals
from tradewind.trading.history.queries import Grouping


class AccountBooks(Answer):
    """The double-entry books of an account: Σ debits − Σ credits of each. Together they are zero, always."""

    account_id: UUID
    name: str
    currency: str
    cash: DecimalText = Field(description="The balance.")
    capital: DecimalText = Field(description="Minus what was paid in.")
    trading: DecimalText = Field(description="Minus realised PnL before costs.")
    fees: DecimalText = Field(description="Fees paid.")
    funding: DecimalText = Field(description="Funding paid.")


class ResultItem(Answer):
    name: str = Field(description="Account id, symbol, strategy, day or month; empty for the total.")
    currency: str
    pnl: DecimalText = Field(description="Realised, before costs.")
    fees: DecimalText = Field(description="Paid; negative for a rebate.")
    funding: DecimalText = Field(description="Paid; negative when received.")
    net: DecimalText = Field(description="pnl − fees − funding: what the balance gained.")


class Results(Answer):
    """What trading brought, as the ledger has it."""

    by: Grouping
    since: Moment | None
    until: Moment | None
    items: list[ResultItem]


class TaxLotItem(Answer):
    """What one closing fill took of one lot. Money in the account's currency."""

    id: UUID
    account_id: UUID
    currency: str
    symbol: str
    side: Literal["long", "short"]
    quantity: DecimalText
    opened_at: Moment
    closed_at: Moment
    held_days: DecimalText
    proceeds: DecimalText = Field(description="Of the sale: the exit of a long, the entry of a short.")
    basis: DecimalText = Field(description="Of the purchase: the entry of a long, the exit of a short.")
    gain: DecimalText = Field(description="proceeds − basis.")
    fees: DecimalText = Field(description="The parts of both fills' fees that fall to this quantity.")
    net_gain: DecimalText = Field(description="gain − fees.")
    opened_by: UUID = Field(description="The fill that opened the lot.")
    closed_by: UUID = Field(description="The fill that closed it.")

    @classmethod
    def of(cls, disposal: Disposal) -> Self:
        lot = disposal.lot
        return cls(
            id=disposal.id,
            account_id=disposal.account.id,
            currency=disposal.account.currency,
            symbol=lot.symbol,
            side=lot.side.value,
            quantity=lot.quantity,
            opened_at=from_ms(lot.opened_at),
            closed_at=from_ms(lot.closed_at),
            held_days=lot.held_days,
            proceeds=lot.proceeds,
            basis=lot.basis,
            gain=lot.gain,
            fees=lot.fees,
            net_gain=lot.net_gain,
            opened_by=UUID(lot.opened_by),
            closed_by=UUID(lot.closed_by),
        )


class TaxTotals(Answer):
    """Sums over the whole year (or all time), in one currency."""

    currency: str
    disposals: int
    proceeds: DecimalText
    basis: DecimalText
    gain: DecimalText
    fees: DecimalText
    net_gain: DecimalText
    funding: DecimalText = Field(description="Paid, a line of its own beside the lots; negative when received.")
    result: DecimalText = Field(description="net_gain − funding.")

    @classmethod
    def of(cls, totals: Totals) -> Self:
        return cls(
            currency=totals.currency,
            disposals=totals.disposals,
            proceeds=totals.proceeds,
            basis=totals.basis,
            gain=totals.gain,
            fees=totals.fees,
            net_gain=totals.net_gain,
            funding=totals.funding,
            result=totals.result,
        )


class TaxLotPage(Answer):
    """Disposals, the last first, and the sums over all of them."""

    method: LotMethod
    year: int | None
    totals: list[TaxTotals]
    items: list[TaxLotItem]
    next_cursor: str | None
