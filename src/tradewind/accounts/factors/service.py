"""What the database knows of second factors. Every function works in the transaction of the person (`enter_person`)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import delete, func, select, text, update
from sqlalchemy.dialects.postgresql import insert

from tradewind.accounts.factors.models import ProofTriesRow, RecoveryCodeRow, TotpSeedRow
from tradewind.kit.ids import new_id
from tradewind.platform.database import ReadSession, Session
from tradewind.platform.web.subjects import Proof

#: How long an authenticator app may take to be set up.
PENDING_LIFE = timedelta(minutes=15)

_KINDS = text(
    "select exists(select from totp_seeds where user_id = :user_id and confirmed_at is not null) as totp, "
    "exists(select from passkeys where user_id = :user_id) as passkey, "
    "exists(select from recovery_codes where user_id = :user_id and used_at is null) as recovery"
)


async def kinds_of(session: ReadSession | Session, user_id: UUID) -> tuple[Proof, ...]:
    """The second factors that the person has; none = the password is all there is."""
    has = (await session.execute(_KINDS, {"user_id": user_id})).one()
    if not (has.totp or has.passkey):
        return ()
    kinds = ((Proof.PASSKEY, has.passkey), (Proof.TOTP, has.totp), (Proof.RECOVERY_CODE, has.recovery))
    return tuple(kind for kind, there in kinds if there)


# ------------------------------------------------------------------------------------------------------------- attempts

# A try is counted before it is looked at, under the row's lock: of a hundred at once most find the door shut.
# The fifth in a row shuts it for a minute, each further one for twice as long, up to a day: whoever knows the password
# and guesses codes all year round is right with a probability of about one in a thousand.
_TAKE_TRY = text("""
insert into proof_tries (user_id, tries, open_at) values (:user_id, 1, null)
on conflict (user_id) do update set
    tries = proof_tries.tries + 1,
    open_at = case when proof_tries.tries >= 4 then cast(:now as timestamptz)
        + least(interval '1 minute' * 2 ^ least(proof_tries.tries - 4, 12), interval '1 day') end
where proof_tries.open_at is null or proof_tries.open_at <= :now
returning tries
""")


async def take_try(session: Session, user_id: UUID, now: datetime) -> datetime | None:
    """Count a try; None = it may be made, otherwise from when on."""
    if await session.scalar(_TAKE_TRY, {"user_id": user_id, "now": now}) is not None:
        return None
    return await session.scalar(select(ProofTriesRow.open_at).where(ProofTriesRow.user_id == user_id))


async def forget_tries(session: Session, user_id: UUID) -> None:
    """The last try was right."""
    await session.execute(update(ProofTriesRow).where(ProofTriesRow.user_id == user_id).values(tries=0, open_at=None))


# ------------------------------------------------------------------------------------------------------ one-time codes


@dataclass(frozen=True, slots=True)
class SealedSeed:
    """A seed as it is kept."""

    id: UUID
    sealed: bytes = field(repr=False)

    @property
    def place(self) -> str:
        """What its seal is bound to."""
        return seed_place(self.id)


def seed_place(seed_id: UUID) -> str:
    """What the seal of a seed is bound to."""
    return f"totp_seeds.sealed_seed:{seed_id}"


_SEED = select(TotpSeedRow.id, TotpSeedRow.sealed_seed)


async def keep_pending(session: Session, user_id: UUID, seed_id: UUID, sealed: bytes, now: datetime) -> None:
    """Keep a seed until its first code confirms it, in place of one that was begun before."""
    values = {"id": seed_id, "sealed_seed": sealed, "created_at": now}
    await session.execute(
        insert(TotpSeedRow)
        .values(user_id=user_id, **values)
        .on_conflict_do_update(index_elements=["user_id"], index_where=TotpSeedRow.confirmed_at.is_(None), set_=values)
    )


async def pending_seed(session: Session, user_id: UUID, now: datetime) -> SealedSeed | None:
    """The seed that the person is setting up, locked until the transaction ends; None when there is none any more."""
    statement = _SEED.where(
        TotpSeedRow.user_id == user_id,
        TotpSeedRow.confirmed_at.is_(None),
        TotpSeedRow.created_at > now - PENDING_LIFE,
    ).with_for_update()
    row = (await session.execute(statement)).first()
    return SealedSeed(*row) if row else None


async def prune_pending(session: Session, now: datetime) -> int:
    """Forget the seeds that nobody confirmed in time, under the system role; how many."""
    statement = delete(TotpSeedRow).where(
        TotpSeedRow.confirmed_at.is_(None), TotpSeedRow.created_at <= now - PENDING_LIFE
    )
    return len((await session.scalars(statement.returning(TotpSeedRow.id))).all())


async def confirm_seed(session: Session, user_id: UUID, seed_id: UUID, step: int, now: datetime) -> None:
    """Put the pending seed in force, in place of the one before."""
    await drop_seed(session, user_id)
    await session.execute(
        update(TotpSeedRow).where(TotpSeedRow.id == seed_id).values(confirmed_at=now, last_step=step, last_used_at=now)
    )


async def seed_in_force(session: Session, user_id: UUID) -> SealedSeed | None:
    """The seed whose codes are good."""
    statement = _SEED.where(TotpSeedRow.user_id == user_id, TotpSeedRow.confirmed_at.is_not(None))
    row = (await session.execute(statement)).first()
    return SealedSeed(*row) if row else None


async def use_step(session: Session, seed_id: UUID, step: int, now: datetime) -> bool:
    """Use a step's code up; False when it, or a newer one, was used before. Of two at once one wins."""
    statement = (
        update(TotpSeedRow)
        .where(TotpSeedRow.id == seed_id, TotpSeedRow.last_step < step)
        .values(last_step=step, last_used_at=now)
        .returning(TotpSeedRow.id)
    )
    return await session.scalar(statement) is not None


async def drop_seed(session: Session, user_id: UUID) -> bool:
    """Forget the seed in force; False when there is none."""
    statement = (
        delete(TotpSeedRow)
        .where(TotpSeedRow.user_id == user_id, TotpSeedRow.confirmed_at.is_not(None))
        .returning(TotpSeedRow.id)
    )
    return await session.scalar(statement) is not None


# ------------------------------------------------------------------------------------------------------ recovery codes


async def replace_codes(session: Session, user_id: UUID, digests: Sequence[bytes], now: datetime) -> None:
    """Keep these recovery codes instead of all earlier ones."""
    await drop_codes(session, user_id)
    rows = [{"id": new_id(), "user_id": user_id, "digest": digest, "created_at": now} for digest in digests]
    await session.execute(insert(RecoveryCodeRow), rows)


async def drop_codes(session: Session, user_id: UUID) -> None:
    """Forget the recovery codes."""
    await session.execute(delete(RecoveryCodeRow).where(RecoveryCodeRow.user_id == user_id))


async def use_code(session: Session, user_id: UUID, digest: bytes, now: datetime) -> bool:
    """Use a recovery code up; False when it is not one, or was used. Of two at once one wins."""
    statement = (
        update(RecoveryCodeRow)
        .where(RecoveryCodeRow.user_id == user_id, RecoveryCodeRow.digest == digest, RecoveryCodeRow.used_at.is_(None))
        .values(used_at=now)
        .returning(RecoveryCodeRow.id)
    )
    return await session.scalar(statement) is not None


async def codes_left(session: ReadSession | Session, user_id: UUID) -> int:
    """How many recovery codes were not used."""
    statement = select(func.count()).where(RecoveryCodeRow.user_id == user_id, RecoveryCodeRow.used_at.is_(None))
    return await session.scalar(statement) or 0


# ------------------------------------------------------------------------------------------------------------- overview


@dataclass(frozen=True, slots=True)
class TotpState:
    """An authenticator app in force."""

    confirmed_at: datetime
    last_used_at: datetime | None


async def totp_state(session: ReadSession, user_id: UUID) -> TotpState | None:
    """The authenticator app in force; None when there is none."""
    statement = select(TotpSeedRow.confirmed_at, TotpSeedRow.last_used_at).where(
        TotpSeedRow.user_id == user_id, TotpSeedRow.confirmed_at.is_not(None)
    )
    row = (await session.execute(statement)).first()
    return TotpState(row.confirmed_at, row.last_used_at) if row else None
