"""What is open on a symbol: in order, with where it came from and what hangs by an ATR."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

from tests.simulation.trade_driver import INSTRUMENTS, START, signal_of
from tradewind.core.candles import Timeframe
from tradewind.core.plan import Trailing, TrailingKind
from tradewind.core.signals import Management, Signal
from tradewind.core.values import Side
from tradewind.trading.desk.state import OnSymbols

M5 = Timeframe.M5


def made(side: Side, period: int) -> Signal:
    trailing = Trailing(TrailingKind.CHANDELIER, 2.0, period=period) if period else None
    sign = side.sign
    signal = signal_of(
        INSTRUMENTS[0], side, tuple(sorted((1000, 1000 - 5 * sign))), 1000 - 50 * sign, [(1000 + 50 * sign, "1")]
    )
    return replace(signal, created_at=START, management=Management(trailing=trailing))


def test_sources_and_periods_are_there_as_long_as_anything_of_theirs_is() -> None:
    things = OnSymbols[str]()
    long, again, short = made(Side.LONG, 14), made(Side.LONG, 14), made(Side.SHORT, 0)
    assert (things["BTCUSDT"], set(things.sources("BTCUSDT")), things.periods("BTCUSDT", M5)) == ([], set(), set())
    for number, (name, signal) in enumerate((("one", long), ("two", short), ("three", again))):
        things.add(UUID(int=number), name, signal)
    assert things["BTCUSDT"] == ["one", "two", "three"]
    assert things["ETHUSDT"] == []
    assert things.sources("BTCUSDT") == {long.source, short.source}
    assert things.periods("BTCUSDT", M5) == {14}
    assert things.periods("BTCUSDT", Timeframe.H1) == set()
    assert things.hanging("BTCUSDT", M5, 14) == ["one", "three"]
    assert things.hanging("BTCUSDT", M5, 21) == things.hanging("ETHUSDT", M5, 14) == []
    things.drop(UUID(int=0), long)
    assert things.sources("BTCUSDT") == {long.source, short.source}
    assert things.hanging("BTCUSDT", M5, 14) == ["three"]
    things.drop(UUID(int=2), again)
    assert things["BTCUSDT"] == ["two"]
    assert things.sources("BTCUSDT") == {short.source}
    assert things.periods("BTCUSDT", M5) == set()
    things.drop(UUID(int=1), short)
    assert (things["BTCUSDT"], set(things.sources("BTCUSDT"))) == ([], set())
