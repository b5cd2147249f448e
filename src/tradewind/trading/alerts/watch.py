"""Watching alerts: prices pass, candles close, time goes by, and some of them trigger. No database here."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import NamedTuple
from uuid import UUID

from tradewind.core.alerts import BLOCK, Condition, Holding, Move, holding, level_reached
from tradewind.core.candles import Timeframe
from tradewind.core.matching import Stretch
from tradewind.core.series import Columns, Series
from tradewind.market import Closed, SeriesKey


class Level(NamedTuple):
    """A price, reached from a side."""

    price: Decimal
    move: Move


@dataclass(frozen=True, slots=True)
class Alert:
    """An active alert as the engine knows it.

    Attributes:
        timeframe: of the candles at most one of which it triggers in; a condition is judged at their close.
        waits_for: a price level, or a condition.
        once: it is over when it has triggered.
        cooldown_ms: market time for which it rests after it has triggered.
        expires_at: market ms; None = never.
        last_at, last_candle: market ms of the last time, and the open time of its candle.
    """

    id: UUID
    tenant_id: UUID
    user_id: UUID
    version: int
    symbol: str
    timeframe: Timeframe
    waits_for: Level | Condition
    once: bool
    cooldown_ms: int
    expires_at: int | None
    last_at: int | None = None
    last_candle: int | None = None

    def may_trigger(self, at: int, candle: int) -> bool:
        """Whether it may at market ms `at`, in the candle that opened at `candle`."""
        if self.expires_at is not None and at >= self.expires_at:
            return False
        if self.last_at is None:
            return True
        return candle != self.last_candle and at - self.last_at >= self.cooldown_ms


class Trigger(NamedTuple):
    """An alert that has triggered.

    Attributes:
        at: market ms.
        candle: open time of its candle.
        price: of the symbol.
        seen: of a condition, what was compared.
    """

    alert: Alert
    at: int
    candle: int
    price: float
    seen: Holding | None


@dataclass(slots=True)
class _Levels:
    """The price levels of one symbol, rising, each with its alert."""

    prices: list[float] = field(default_factory=list)
    alerts: list[Alert] = field(default_factory=list)

    def between(self, low: float, high: float) -> Sequence[Alert]:
        return self.alerts[bisect_left(self.prices, low) : bisect_right(self.prices, high)]


class AlertWatch:
    """Every active alert of one engine. What has happened is gathered until `take`n.

    Args:
        finest: the timeframe of the candles in which prices pass.
    """

    def __init__(self, finest: Timeframe) -> None:
        self.finest = finest
        self._alerts: dict[UUID, Alert] = {}
        self._levels: dict[str, _Levels] = {}
        #: Conditions by series and meaning: what many wait for is evaluated once.
        self._conditions: dict[SeriesKey, dict[str, list[UUID]]] = {}
        self._series: dict[SeriesKey, Series] = {}
        #: How many candles of each series are needed, and how many it was loaded for.
        self._kept: dict[SeriesKey, int] = {}
        self._loaded: dict[SeriesKey, int] = {}
        self._next_expiry: int | None = None
        self._triggered: list[Trigger] = []
        self._expired: list[Alert] = []

    # -------------------------------------------------------------------------------------------------------- alerts

    def put(self, alerts: Sequence[Alert], gone: Sequence[UUID] = ()) -> None:
        """Watch `alerts`, in place of their earlier versions, and none of `gone` any more."""
        for alert_id in gone:
            self._alerts.pop(alert_id, None)
        self._alerts |= {alert.id: alert for alert in alerts}
        self._arrange()

    def _arrange(self) -> None:
        """Order what is watched, by id: whoever triggers at one moment does so in an order that a restart repeats."""
        self._levels, self._conditions, self._kept = {}, {}, {}
        levels: dict[str, list[tuple[float, Alert]]] = {}
        for _, alert in sorted(self._alerts.items()):
            match alert.waits_for:
                case Level(price, _):
                    levels.setdefault(alert.symbol, []).append((float(price), alert))
                case condition:
                    key = alert.symbol, alert.timeframe
                    self._conditions.setdefault(key, {}).setdefault(condition.meaning, []).append(alert.id)
                    rows = condition.reach_on(alert.timeframe) + BLOCK
                    for symbol in (alert.symbol, *condition.symbols_read()):
                        read = symbol, alert.timeframe
                        self._kept[read] = max(rows, self._kept.get(read, 0))
        for symbol, found in levels.items():
            found.sort(key=lambda each: each[0])
            self._levels[symbol] = _Levels([price for price, _ in found], [alert for _, alert in found])
        self._series = {key: series for key, series in self._series.items() if key in self._kept}
        self._loaded = {key: rows for key, rows in self._loaded.items() if key in self._kept}
        self._next_expiry = min((each.expires_at for each in self._alerts.values() if each.expires_at), default=None)

    def missing(self) -> Mapping[SeriesKey, int]:
        """The series that were not loaded yet, or not far enough back, with the candles that they need."""
        return {key: rows for key, rows in self._kept.items() if rows > self._loaded.get(key, 0)}

    def load(self, key: SeriesKey, rows: int, past: Columns) -> None:
        """Take in the closed candles of a series: its last `rows`, or all that there are."""
        self._series[key] = Series(past)
        self._loaded[key] = rows

    # -------------------------------------------------------------------------------------------------------- events

    def pass_prices(self, symbol: str, before: float | None, stretch: Stretch) -> None:
        """Prices of a symbol passed, coming from `before`; None = it is the first that is known of it."""
        levels = self._levels.get(symbol)
        if levels is None or before is None:
            return
        candle = self.finest.open_of(stretch.start)
        for alert in levels.between(min(before, stretch.low), max(before, stretch.high)):
            assert isinstance(alert.waits_for, Level)
            level, move = alert.waits_for
            price = level_reached(float(level), move, before, stretch)
            if price is not None:
                self._trigger(alert.id, stretch.end, candle, price, None)

    def close(self, closed: Sequence[Closed]) -> None:
        """Candles closed at one moment; all of them are known before any condition is judged."""
        if not self._kept:
            return
        new: list[SeriesKey] = []
        for symbol, timeframe, candle in closed:
            key = symbol, timeframe
            if (series := self._series.get(key)) is None:
                if key not in self._kept:
                    continue
                series = self._series[key] = Series(Columns.of(()))
            # A venue that fills its gaps later may close a longer candle once more.
            if series.length and candle.ts <= series.closed.ts[-1]:
                continue
            series.append(candle)
            self._shorten(key, series)
            if key in self._conditions:
                new.append(key)
        for key in new:
            self._judge(key)

    def _shorten(self, key: SeriesKey, series: Series) -> None:
        rows = self._kept[key]
        if series.length > 2 * rows:
            self._series[key] = Series(Columns.joined([series.closed.rows(series.length - rows, series.length)]))

    def _judge(self, key: SeriesKey) -> None:
        symbol, timeframe = key
        columns = self._series[key].closed
        row = len(columns) - 1
        opened, price = int(columns.ts[row]), float(columns.close[row])
        at = opened + timeframe.ms
        around = {name: each.closed for (name, of), each in self._series.items() if of is timeframe}
        for waiting in tuple(self._conditions[key].values()):
            alerts = (self._alerts[each] for each in waiting if each in self._alerts)
            alive = [alert for alert in alerts if alert.may_trigger(at, opened)]
            if not alive:
                continue
            condition = alive[0].waits_for
            assert isinstance(condition, Condition)
            for seen in holding(condition, symbol, timeframe, around, row, row + 1):
                for alert in alive:
                    self._trigger(alert.id, at, opened, price, seen)

    def keep_time(self, at: int) -> None:
        """Market time is `at`: let expire what is due."""
        if self._next_expiry is None or at < self._next_expiry:
            return
        due = [each for each in self._alerts.values() if each.expires_at is not None and each.expires_at <= at]
        self._expired += sorted(due, key=lambda each: each.id)
        self.put((), [each.id for each in due])

    def _trigger(self, alert_id: UUID, at: int, candle: int, price: float, seen: Holding | None) -> None:
        alert = self._alerts.get(alert_id)
        if alert is None or not alert.may_trigger(at, candle):
            return
        self._triggered.append(Trigger(alert, at, candle, price, seen))
        if alert.once:
            del self._alerts[alert_id]
        else:
            self._alerts[alert_id] = replace(alert, last_at=at, last_candle=candle)

    # ---------------------------------------------------------------------------------------------------------- told

    @property
    def urgent(self) -> bool:
        """Whether something has happened that is not taken yet."""
        return bool(self._triggered or self._expired)

    def take(self) -> tuple[list[Trigger], list[Alert]]:
        """What has triggered, in order, and what has expired, since the last time."""
        triggered, expired = self._triggered, self._expired
        self._triggered, self._expired = [], []
        if any(each.alert.once for each in triggered):
            self._arrange()
        return triggered, expired
