"""Pre-trade risk: how large a position may be, or the named reason why there is none."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Self

from tradewind.core.costs import Costs
from tradewind.core.margin import margin
from tradewind.core.signals import Signal
from tradewind.core.values import EXACT, IllegalValueError, Price, Quantity, Rounding, Side, decimal_of, round_to

_ZERO, _ONE = Decimal(0), Decimal(1)


class DenyReason(StrEnum):
    """Why an intent was denied before anything was sent. The list is complete; clients may rely on the names."""

    SIGNAL_EXPIRED = "signal_expired"
    STALE_SIGNAL = "stale_signal"
    SIGNAL_CLOSED = "signal_closed"
    FEED_NOT_LIVE = "feed_not_live"
    ACCOUNT_READ_ONLY = "account_read_only"
    POSITION_ALREADY_OPEN = "position_already_open"
    OPPOSITE_SIDE_OPEN = "opposite_side_open"
    PRICE_BEYOND_STOP = "price_beyond_stop"
    STOP_BEYOND_LIQUIDATION = "stop_beyond_liquidation"
    NO_EQUITY = "no_equity"
    EXPOSURE_LIMIT = "exposure_limit"
    BELOW_MINIMUM = "below_minimum"


@dataclass(frozen=True, slots=True)
class RiskLimits:
    """What the account's owner allows.

    Attributes:
        risk_per_trade: most that one trade may lose when its stop is hit, as a fraction of equity; fees of both sides,
            spread and slippage included. A gap over the stop may cost more.
        max_leverage: most notional ÷ equity over all positions.
    """

    risk_per_trade: Decimal = Decimal("0.005")
    max_leverage: Decimal = Decimal(5)

    def __post_init__(self) -> None:
        if not 0 < self.risk_per_trade <= Decimal("0.1"):
            raise IllegalValueError(f"expected a risk per trade above 0 and up to 0.1, got {self.risk_per_trade}")
        if not 0 < self.max_leverage <= 125:
            raise IllegalValueError(f"expected a maximum leverage above 0 and up to 125, got {self.max_leverage}")

    @classmethod
    def read(cls, risk_per_trade: Decimal, max_leverage: Decimal) -> Self | None:
        """The limits on record, or None when they are none: nothing may be opened under them."""
        try:
            return cls(risk_per_trade, max_leverage)
        except (IllegalValueError, ArithmeticError):  # a NaN cannot even be compared
            return None


@dataclass(frozen=True, slots=True)
class AccountView:
    """What risk needs to know of an account at this moment.

    Attributes:
        equity: balance plus unrealised PnL, quote currency.
        exposure: Σ |notional| of open positions and working entries, quote currency.
        sides: side of the open position or working entry by symbol.
        real: money of a real venue rather than paper.
        margin: Σ isolated margin of open positions and working entries, quote currency; what backs one backs no other.
    """

    equity: Decimal
    exposure: Decimal
    sides: Mapping[str, Side]
    limits: RiskLimits
    real: bool = False
    margin: Decimal = _ZERO


@dataclass(frozen=True, slots=True)
class Sized:
    """A position that may be opened.

    Attributes:
        quantity: base currency, on the lot grid.
        risk: quote currency lost when the stop is hit; see `stopped_out`.
        leverage: of the position's isolated margin, at least 1.
        capped: whether the leverage limit rather than the risk per trade fixed the size.
    """

    quantity: Quantity
    risk: Decimal
    leverage: Decimal
    capped: bool


@dataclass(frozen=True, slots=True)
class Denial:
    """No position, and why; `detail` holds the numbers behind the reason."""

    reason: DenyReason
    detail: Mapping[str, str]


def stopped_out(signal: Signal, costs: Costs) -> Decimal:
    """What one unit loses, entered at the worst price that the signal allows and stopped out: the way to the stop, what
    a stop order pays beyond it, and the dearest fees. Quote currency per unit of base, exact.

    A unit of a signal that is entered in parts is entered by all of them, for they lie before the stop."""
    sign, instrument = signal.side.sign, signal.instrument
    entry, stop = signal.entry_limit.value, signal.stop.value
    if signal.scale_in is not None:
        entry = signal.scale_in.average(entry)
    worse = EXACT.multiply(stop, decimal_of(costs.stop_worsening(signal.parts)))
    if worse:
        worse = EXACT.add(worse, instrument.tick)  # the fill goes to the tick, away from us
    left_at = max(EXACT.subtract(stop, EXACT.multiply(worse, Decimal(sign))), instrument.tick)
    fee_in = EXACT.multiply(entry, decimal_of(max(costs.maker, costs.taker)))
    fee_out = EXACT.multiply(left_at, decimal_of(costs.taker))
    way = EXACT.multiply(EXACT.subtract(entry, left_at), Decimal(sign))
    return EXACT.add(way, EXACT.add(fee_in, fee_out))


def assess(
    signal: Signal,
    account: AccountView,
    price: Price,
    at: int,
    *,
    costs: Costs,
    feed_live: bool,
    by_hand: bool = False,
) -> Sized | Denial:
    """Size `signal` for `account` with the market at `price`, or say why not.

    Fixed-fraction sizing: quantity = equity × risk per trade × the signal's own scale ÷ what a unit loses at the stop
    (`stopped_out`), capped by the leverage limits, rounded down to the lot and never up to a minimum.

    Args:
        at: market time, UTC ms.
        costs: the venue's rates.
        feed_live: whether the prices are the account's own venue's live feed; real money trades on nothing else.
        by_hand: a person looked at it and wants it; it may be stale, for its limit still protects him, but not expired.
    """
    sign = signal.side.sign
    if account.real and not feed_live:
        return Denial(DenyReason.FEED_NOT_LIVE, {"venue": signal.instrument.venue})
    if at >= signal.expires_at:
        return Denial(DenyReason.SIGNAL_EXPIRED, {"expired_ms_ago": str(at - signal.expires_at)})
    if at > signal.fresh_until and not by_hand:
        return Denial(DenyReason.STALE_SIGNAL, {"stale_for_ms": str(at - signal.fresh_until)})
    held = account.sides.get(signal.symbol)
    if held is signal.side:
        return Denial(DenyReason.POSITION_ALREADY_OPEN, {"symbol": signal.symbol, "side": held.value})
    if held is not None:
        return Denial(DenyReason.OPPOSITE_SIDE_OPEN, {"symbol": signal.symbol, "side": held.value})
    if (price - signal.stop) * sign <= 0:
        return Denial(DenyReason.PRICE_BEYOND_STOP, {"price": str(price), "stop": str(signal.stop)})
    if account.equity <= 0:
        return Denial(DenyReason.NO_EQUITY, {"equity": str(account.equity)})

    entry, instrument = signal.entry_limit, signal.instrument
    leverage = min(account.limits.max_leverage, Decimal(signal.leverage_cap), Decimal(instrument.max_leverage))
    backed = max(leverage, _ONE)
    liquidation = margin(signal.side, entry.value, backed, instrument.maintenance_margin).liquidation
    # Without leverage a long falls to zero first, but a short is liquidated where the price has doubled.
    if (leverage > 1 or signal.side is Side.SHORT) and (signal.stop.value - liquidation) * sign <= 0:
        return Denial(
            DenyReason.STOP_BEYOND_LIQUIDATION,
            {
                "stop": str(signal.stop),
                "liquidation": str(round_to(liquidation, instrument.tick, Rounding.NEAREST)),
                "leverage": str(backed),
            },
        )

    unit_loss = stopped_out(signal, costs)
    by_risk = account.equity * account.limits.risk_per_trade * signal.management.risk_scale / unit_loss
    free = account.equity - account.margin
    headroom = min(account.equity * account.limits.max_leverage - account.exposure, free * leverage)
    if headroom <= 0:
        return Denial(DenyReason.EXPOSURE_LIMIT, {"exposure": str(account.exposure), "equity": str(account.equity)})
    # A short's further entries are dearer than its first.
    dearest = entry.value if signal.scale_in is None else max(entry.value, signal.scale_in.average(entry.value))
    by_leverage = headroom / dearest
    quantity = instrument.quantity(min(by_risk, by_leverage))
    first = quantity if signal.scale_in is None else quantity.portion(signal.scale_in.first)
    if not first or not instrument.tradable(entry, first):
        reason = DenyReason.EXPOSURE_LIMIT if by_leverage < by_risk else DenyReason.BELOW_MINIMUM
        return Denial(
            reason,
            {
                "quantity": str(first),
                "min_quantity": str(instrument.min_quantity),
                "min_notional": str(instrument.min_notional),
            },
        )
    risk = EXACT.multiply(quantity.value, unit_loss)
    return Sized(quantity, risk, leverage=backed, capped=by_leverage < by_risk)
