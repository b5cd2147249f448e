"""Reading signals: everybody's, with what one user may see of them."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from uuid import UUID

from asyncpg import Record
from sqlalchemy import select

from tradewind.kit.pages import Place
from tradewind.platform.database import Reader, Session
from tradewind.trading.signals.models import SignalRow


class SignalFilter(StrEnum):
    ACTIVE = "active"
    CLOSED = "closed"
    ALL = "all"


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which signals."""

    status: SignalFilter
    symbol: str | None
    strategy: str | None

    def condition(self, first: int) -> tuple[str, list[str]]:
        """SQL over the alias `s` and its values, which are numbered from `first`."""
        parts: list[str] = [_STATUS[self.status]]
        values: list[str] = []
        for column, value in (("symbol", self.symbol), ("strategy", self.strategy)):
            if value is not None:
                parts.append(f"s.{column} = ${first + len(values)}")
                values.append(value)
        return " and ".join(parts), values


_STATUS = {
    SignalFilter.ACTIVE: "s.phase in ('waiting', 'open')",
    SignalFilter.CLOSED: "s.phase in ('closed', 'not_filled')",
    SignalFilter.ALL: "true",
}
_SHOWN = ", ".join(
    f"s.{column.name}" for column in SignalRow.__table__.columns if column.name not in ("tracker", "management")
)
_SEEN_BY = """
exists (select from user_signals u where u.user_id = $1 and u.signal_id = s.id) as delivered,
exists (select from intents i where i.user_id = $1 and i.signal_id = s.id) as executed
"""
# The plan's limit comes with the rows, in one query; the outer join answers it where there is no row at all.
_LIST = """
select e.max_signals_per_day, s.*
from (select max_signals_per_day from entitlements where tenant_id = $2) as e
left join lateral (
    select {shown}, {seen} from signals s
    where {condition}{after} order by s.created_at desc, s.id desc limit $3
) as s on true
order by s.created_at desc, s.id desc
"""
_AFTER = " and (s.created_at, s.id) < ($4, $5)"


@dataclass(frozen=True, slots=True)
class SeenSignals:
    """Signals as one user sees them, and how many a day his plan has; None = unlimited."""

    rows: Sequence[Record]
    per_day: int | None


async def list_signals(
    reader: Reader, user_id: UUID, tenant_id: UUID, wanted: Wanted, *, after: Place | None, limit: int
) -> SeenSignals:
    """Signals, the newest first."""
    begun = after or ()
    condition, values = wanted.condition(4 + len(begun))
    statement = _LIST.format(shown=_SHOWN, seen=_SEEN_BY, condition=condition, after="" if after is None else _AFTER)
    rows = await reader.rows(statement, user_id, tenant_id, limit, *begun, *values)
    per_day: int | None = rows[0]["max_signals_per_day"] if rows else 0
    return SeenSignals([row for row in rows if row["id"] is not None], per_day)


_ONE = f"select {_SHOWN}, s.management -> 'scale_in' as scale_in, {_SEEN_BY} from signals s where s.id = $2"
_LIFE = "select seq, at, kind, price, before, rung, why from signal_events where signal_id = $1 order by seq"


async def signal_seen(reader: Reader, user_id: UUID, signal_id: UUID) -> Record | None:
    """One signal as the user sees it."""
    return await reader.row(_ONE, user_id, signal_id)


async def life_of(reader: Reader, signal_id: UUID) -> Sequence[Record]:
    """Every step of a signal's life, in order."""
    return await reader.rows(_LIFE, signal_id)


async def signal_exists(session: Session, signal_id: UUID) -> bool:
    """Whether there is such a signal, seen or not."""
    return await session.scalar(select(SignalRow.id).where(SignalRow.id == signal_id)) is not None


class SignalTotals:
    """How many signals match a filter: the same for everybody, so counted at most every two seconds."""

    _KEPT_SECONDS = 2.0
    _MOST_KEPT = 1000

    def __init__(self) -> None:
        self._kept: dict[Wanted, tuple[float, int]] = {}

    async def count(self, reader: Reader, wanted: Wanted) -> int:
        now = time.monotonic()
        kept = self._kept.get(wanted)
        if kept is not None and kept[0] > now:
            return kept[1]
        condition, values = wanted.condition(1)
        total: int = await reader.value(f"select count(*) from signals s where {condition}", *values)
        if len(self._kept) >= self._MOST_KEPT:
            self._kept.clear()
        self._kept[wanted] = (now + self._KEPT_SECONDS, total)
        return total


@dataclass(frozen=True, slots=True)
class StrategyRecord:
    """What became of all signals of a strategy that are over."""

    strategy: str
    signals: int
    filled: int
    wins: int
    average_r: Decimal | None
    last_at: datetime | None


_RECORDS = """
select strategy, count(*) as signals, count(*) filter (where phase = 'closed') as filled,
       count(*) filter (where win) as wins, avg(r) as average_r, max(created_at) as last_at
from signals where phase in ('closed', 'not_filled') group by strategy
"""


class StrategyRecords:
    """The record of every strategy: the same for everybody, so measured at most every five seconds."""

    _KEPT_SECONDS = 5.0

    def __init__(self) -> None:
        self._until = 0.0
        self._kept: dict[str, StrategyRecord] = {}

    async def all(self, reader: Reader) -> dict[str, StrategyRecord]:
        if self._until < time.monotonic():
            self._kept = {row["strategy"]: StrategyRecord(**row) for row in await reader.rows(_RECORDS)}
            self._until = time.monotonic() + self._KEPT_SECONDS
        return self._kept
