"""Grids and minimums of the paper venue's instruments.

For the large pairs the steps are those of Binance USDT markets; any other symbol gets steps that fit its price, so that
a replay of any recorded market works.
"""

from __future__ import annotations

from decimal import Decimal

from tradewind.core.values import Instrument

VENUE = "paper"
#: Dollars, which count as the USDT that paper accounts are kept in. What is gained in another currency would have to be
#: converted before it is booked.
_QUOTES = ("USDT", "USDC", "FDUSD", "BUSD", "USD")
_MIN_NOTIONAL = Decimal(5)
#: Rate of the fee on a liquidation, as Binance's for BTCUSDT.
LIQUIDATION_FEE = Decimal("0.0125")

#: symbol → (tick, lot)
_KNOWN = {
    "BTCUSDT": ("0.01", "0.00001"),
    "ETHUSDT": ("0.01", "0.0001"),
    "SOLUSDT": ("0.01", "0.001"),
    "BNBUSDT": ("0.01", "0.001"),
    "LTCUSDT": ("0.01", "0.001"),
    "AVAXUSDT": ("0.01", "0.01"),
    "LINKUSDT": ("0.01", "0.01"),
    "ATOMUSDT": ("0.001", "0.01"),
    "NEARUSDT": ("0.001", "0.1"),
    "ARBUSDT": ("0.0001", "0.1"),
    "DOGEUSDT": ("0.00001", "1"),
    "XRPUSDT": ("0.0001", "0.1"),
    "ADAUSDT": ("0.0001", "0.1"),
}


def instrument_for(symbol: str, price: float) -> Instrument:
    """The instrument `symbol` on the paper venue; any recent `price` gives the scale of an unknown symbol's steps.

    Raises:
        ValueError: the symbol is not quoted in dollars.
    """
    quote = quote_of(symbol)
    tick, lot = map(Decimal, _KNOWN[symbol]) if symbol in _KNOWN else _steps(price)
    return Instrument(
        venue=VENUE,
        symbol=symbol,
        base=symbol.removesuffix(quote),
        quote=quote,
        tick=tick,
        lot=lot,
        min_quantity=lot,
        min_notional=_MIN_NOTIONAL,
    )


def quote_of(symbol: str) -> str:
    """The currency in which `symbol` is quoted.

    Raises:
        ValueError: not one in which the paper venue trades.
    """
    quote = next((quote for quote in _QUOTES if symbol.endswith(quote) and len(symbol) > len(quote)), None)
    if quote is None:
        raise ValueError(f"expected a symbol that ends in one of {', '.join(_QUOTES)}, got {symbol}")
    return quote


def _steps(price: float) -> tuple[Decimal, Decimal]:
    """A tick of about a basis point and a lot worth about ten cents, as powers of ten."""
    magnitude = Decimal(repr(price)).adjusted()
    return Decimal(1).scaleb(magnitude - 4), Decimal(1).scaleb(min(-1 - magnitude, 0) if magnitude >= 0 else 0)
