"""Reading what a user's figures and his equity curve are made of."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from itertools import groupby
from operator import itemgetter
from typing import NamedTuple
from uuid import UUID

from tradewind.core.values import Side
from tradewind.platform.database import Reader
from tradewind.trading.performance.figures import Held, UserFigures

_FIGURES = """
with clock as materialized (
    select at, date_trunc('day', at, 'UTC') as day
    from (select coalesce(max(at), now()) as at from engine_states) as s
), mine as materialized (
    select id, balance from trading_accounts where user_id = $1
), deposits as materialized (
    select l.at, case when l.debit = 'cash' then l.amount else -l.amount end as amount
    from mine join ledger_entries l on l.account_id = mine.id and l.kind = 'deposit'
), closed as (
    select count(*) as closed, count(*) filter (where p.realised_pnl - p.fees - p.funding > 0) as wins
    from clock, mine join positions p on p.account_id = mine.id
    where p.status = 'closed' and p.closed_at > clock.at - interval '30 days'
), held as (
    select count(*) as open_positions,
           json_agg(json_build_array(p.symbol, p.side, p.quantity::text, p.entry_price::text))
               filter (where p.quantity > 0) as held
    from mine join positions p on p.account_id = mine.id and p.status in ('open', 'closing')
)
select clock.at, closed.closed, closed.wins, held.open_positions, coalesce(held.held, '[]') as held,
       (select coalesce(sum(balance), 0) from mine) as balance,
       (select coalesce(sum(amount), 0) from deposits) as deposits,
       (select coalesce(sum(amount), 0) from deposits where deposits.at > clock.day) as day_deposits,
       (select coalesce(sum(point.equity), 0) from mine cross join lateral (
            select equity from equity_points e where e.account_id = mine.id and e.at <= clock.day
            order by e.at desc limit 1
        ) as point) as day_equity
from clock, closed, held
"""


async def user_figures(reader: Reader, user_id: UUID) -> UserFigures:
    """What the user's figures are made of, in one query."""
    row = await reader.row(_FIGURES, user_id)
    assert row is not None
    held = tuple(
        Held(symbol, Side(side).sign, Decimal(quantity), Decimal(entry_price))
        for symbol, side, quantity, entry_price in row["held"]
    )
    return UserFigures(
        read_at=row["at"],
        balance=row["balance"],
        deposits=row["deposits"],
        day_equity=row["day_equity"],
        day_deposits=row["day_deposits"],
        wins=row["wins"],
        closed=row["closed"],
        open_positions=row["open_positions"],
        held=held,
    )


class EquityPoint(NamedTuple):
    """Balance and equity of all of a user's accounts together."""

    at: datetime
    balance: Decimal
    equity: Decimal


# The last point of each account in each of so many equal stretches of time: what a chart of that width can show.
_CURVE = """
with mine as materialized (
    select id from trading_accounts where user_id = $1
), points as materialized (
    select e.account_id, e.at, e.balance, e.equity from mine join equity_points e on e.account_id = mine.id
    where $2::timestamptz is null or e.at >= $2
), span as (
    select extract(epoch from min(at)) as first, extract(epoch from max(at)) + 1 as last from points
)
select distinct on (account_id, stretch) account_id, at, balance, equity
from (
    select points.*, width_bucket(extract(epoch from at), span.first, span.last, $3) as stretch
    from points, span
) as placed
order by account_id, stretch, at desc
"""


async def equity_curve(reader: Reader, user_id: UUID, since: datetime | None, most: int) -> Sequence[EquityPoint]:
    """At most `most` points, oldest first; each is the sum over the accounts of what held at that time."""
    rows = await reader.rows(_CURVE, user_id, since, most)
    latest: dict[UUID, tuple[Decimal, Decimal]] = {}
    points: list[EquityPoint] = []
    for at, changed in groupby(sorted(rows, key=itemgetter("at")), key=itemgetter("at")):
        latest |= {row["account_id"]: (row["balance"], row["equity"]) for row in changed}
        balance = sum((held[0] for held in latest.values()), Decimal(0))
        equity = sum((held[1] for held in latest.values()), Decimal(0))
        points.append(EquityPoint(at, balance, equity))
    return _thinned(points, most)


def _thinned(points: list[EquityPoint], most: int) -> list[EquityPoint]:
    """Several accounts may have given more points than wanted: keep every nth, and the last."""
    if len(points) <= most:
        return points
    step = -(-len(points) // (most - 1))
    kept = points[::step]
    return kept if kept[-1] is points[-1] else [*kept, points[-1]]
