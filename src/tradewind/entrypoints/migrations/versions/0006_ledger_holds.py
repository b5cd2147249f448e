"""The database itself holds the double entry: books by kind, and a balance that moves with its entries alone."""

from __future__ import annotations

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_BOOKS = """
alter table ledger_entries add constraint ck_ledger_entries_kind check (
    (debit = 'cash' or credit = 'cash')
    and case when debit = 'cash' then credit else debit end
        = case kind when 'deposit' then 'capital' when 'pnl' then 'trading' when 'fee' then 'fees'
                    when 'funding' then 'funding' end
)
"""
# Checked when the transaction ends, for entries and balances are written by different statements. The cost is that of
# the entries since the last commit, however long the ledger is.
_BALANCE = """
create function ledger_moves_balance() returns trigger language plpgsql as $$
declare
    balance_before numeric := 0;
    seq_before bigint := 0;
    moved numeric;
    entries bigint;
begin
    if tg_op = 'UPDATE' then
        balance_before := old.balance;
        seq_before := old.ledger_seq;
    end if;
    select coalesce(sum(case when debit = 'cash' then amount else -amount end), 0), count(*) into moved, entries
    from ledger_entries where account_id = new.id and seq > seq_before and seq <= new.ledger_seq;
    if new.balance - balance_before <> moved or new.ledger_seq - seq_before <> entries then
        raise exception 'expected the balance of account % to move by its % new ledger entries, %; got %',
            new.id, new.ledger_seq - seq_before, moved, new.balance - balance_before
            using errcode = 'integrity_constraint_violation';
    end if;
    return null;
end $$
"""
_COUNTED = """
create function ledger_entry_counts() returns trigger language plpgsql as $$
begin
    if not exists (select from trading_accounts where id = new.account_id and ledger_seq >= new.seq) then
        raise exception 'expected ledger entry % of account % to be counted in its balance', new.seq, new.account_id
            using errcode = 'integrity_constraint_violation';
    end if;
    return null;
end $$
"""


def upgrade() -> None:
    op.execute(_BOOKS)
    op.execute(_BALANCE)
    op.execute(_COUNTED)
    op.execute(
        "create constraint trigger ledger_moves_balance after insert or update of balance, ledger_seq "
        "on trading_accounts deferrable initially deferred for each row execute function ledger_moves_balance()"
    )
    op.execute(
        "create constraint trigger ledger_entry_counts after insert on ledger_entries "
        "deferrable initially deferred for each row execute function ledger_entry_counts()"
    )


def downgrade() -> None:
    op.execute("drop trigger ledger_entry_counts on ledger_entries")
    op.execute("drop trigger ledger_moves_balance on trading_accounts")
    op.execute("drop function ledger_entry_counts()")
    op.execute("drop function ledger_moves_balance()")
    op.execute("alter table ledger_entries drop constraint ck_ledger_entries_kind")
