"""Writing mails into the database, sealed, and reading them back where they are delivered."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from uuid import UUID

import orjson
from sqlalchemy import insert

from tradewind.kit.ids import new_id
from tradewind.kit.sealing import seal, unseal
from tradewind.platform.database import Session
from tradewind.platform.mail.letters import Letter
from tradewind.platform.mail.models import MailRow
from tradewind.platform.secrets import SigningKey


class Mails:
    """The way out for mails. One per process."""

    def __init__(self, key: SigningKey) -> None:
        self._sealing = key.of("mails")
        self._digesting = key.of("mail recipients")

    async def send(self, session: Session, tenant_id: UUID, letter: Letter) -> None:
        """Have `letter` delivered once the session's transaction, which must be the tenant's, has committed."""
        mail_id = new_id()
        await session.execute(
            insert(MailRow).values(
                id=mail_id,
                tenant_id=tenant_id,
                recipient_digest=self.digest_of(letter.to),
                template=letter.template.value,
                locale=letter.locale,
                sealed=self.sealed(mail_id, letter.to, letter.parameters),
                expires_at=letter.expires_at,
            )
        )

    def digest_of(self, address: str) -> bytes:
        """What is kept of an address."""
        return hmac.digest(self._digesting, address.encode(), "sha256")

    def sealed(self, mail_id: UUID, to: str, parameters: Mapping[str, str]) -> bytes:
        """Address and parameters as the row keeps them."""
        return seal(self._sealing, orjson.dumps([to, dict(parameters)]), _place(mail_id))

    def opened(self, mail_id: UUID, sealed: bytes) -> tuple[str, dict[str, str]]:
        """Address and parameters again.

        Raises:
            BrokenSealError: it was sealed for another row or with another key.
        """
        to, parameters = orjson.loads(unseal(self._sealing, sealed, _place(mail_id)))
        return to, parameters


def _place(mail_id: UUID) -> str:
    return f"mails.sealed:{mail_id}"
