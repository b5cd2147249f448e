"""What the report reads. Every query has a total order that does not depend on when rows were written."""

from __future__ import annotations

SIGNALS = """
select id, revision, venue, symbol, timeframe, side, strategy, strategy_version, strategy_hash, created_at, fresh_until,
       expires_at, zone_low, zone_high, stop, targets, management, confidence, leverage_cap, rationale, simulated
from signals order by created_at, symbol, strategy, id
"""
OUTCOMES = """
select s.id as signal_id, s.phase, s.entry_price, s.current_stop, s.targets_hit, s.filled_at, s.closed_at,
       s.ending, s.r, s.pnl, s.mfe_r, s.mae_r, s.win,
       extract(epoch from s.closed_at - s.filled_at)::bigint as duration_seconds,
       (select jsonb_agg(jsonb_build_object('at', e.at, 'kind', e.kind, 'price', e.price::text, 'rung', e.rung,
                                            'before', e.before::text, 'why', e.why) order by e.seq)
        from signal_events e where e.signal_id = s.id) as events
from signals s order by s.created_at, s.symbol, s.strategy, s.id
"""
INTENTS = """
select id, account_id, signal_id, origin, status, deny_reason, detail, actions, position_id, created_at
from intents order by created_at, id
"""
ORDERS = """
select o.id, o.account_id, o.position_id, o.seq, o.symbol, o.side, o.purpose, o.kind, o.quantity, o.price, o.trigger,
       o.reduce_only, o.level, o.status, o.filled, o.spent, o.sent_at
from orders o order by o.sent_at, o.position_id, o.seq
"""
FILLS = """
select id, account_id, order_id, position_id, symbol, side, purpose, price, quantity, fee, maker, at
from fills order by at, position_id, id
"""
POSITIONS = """
select p.id, p.account_id, p.intent_id, p.signal_id, p.symbol, p.side, p.status, p.quantity, p.entered, p.entry_price,
       p.exit_price, p.initial_stop, p.stop_loss, p.take_profit, p.realised_pnl, p.fees, p.funding, p.exit_reason,
       p.began_at, p.opened_at, p.closed_at,
       coalesce((select jsonb_agg(jsonb_build_object('at', r.at, 'held', r.held::text, 'protected', r.protected::text,
                                                     'order_id', r.order_id, 'stop', r.stop::text) order by r.seq)
                 from protections r where r.position_id = p.id), '[]') as protection
from positions p order by p.began_at, p.id
"""
DECISIONS = """
select account_id, intent_id, seq, at, code, data from decisions order by at, intent_id, seq
"""
ENTRIES = """
select account_id, seq, at, kind, debit, credit, amount, position_id, fill_id
from ledger_entries order by account_id, seq
"""
BALANCES = """
select t.id as account_id, t.currency, t.balance,
       coalesce((select sum(amount) from ledger_entries e
                 where e.account_id = t.id and e.kind = 'deposit'), 0) as start,
       coalesce((select sum(case when debit = 'cash' then amount else -amount end)
                 from ledger_entries e where e.account_id = t.id and e.kind <> 'deposit'), 0) as change
from trading_accounts t order by t.id
"""
INCIDENTS = "select kind, symbol, timeframe, at, ts, detail from market_incidents order by at, symbol, ts, kind"
#: Held quantity that no live protective order covered, at the end of any step of any position.
NAKED = "select count(*) from protections where protected < held"
