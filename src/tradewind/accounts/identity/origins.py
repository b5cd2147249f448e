"""What an account knows its owner by: the browser's own cookie, and the network."""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from uuid import UUID

from tradewind.platform.spine import RequestOrigin
from tradewind.platform.web.addresses import network_of


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """From where somebody logs in, as digests that are this person's alone.

    Attributes:
        device: of the browser's cookie; None for clients without one.
    """

    device: bytes | None
    network: bytes

    @property
    def digests(self) -> list[bytes]:
        return [self.network] if self.device is None else [self.device, self.network]

    def known_device(self, known: set[bytes]) -> bytes | None:
        """The device, if the account knows it."""
        return self.device if self.device in known else None

    def is_new(self, known: set[bytes]) -> bool:
        """Whether the owner should be told: of a browser that was not seen before, or else of a network."""
        return (self.device or self.network) not in known


class Origins:
    """Makes whereabouts. `key` is of this purpose only."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def of(self, user_id: UUID, device: str | None, origin: RequestOrigin) -> Whereabouts:
        """Networks are taken wide, because providers move their customers about within them."""
        network = network_of(origin.ip_address, v4=24, v6=48)
        return Whereabouts(
            self._digest(user_id, f"device {device}") if device else None, self._digest(user_id, f"network {network}")
        )

    def _digest(self, user_id: UUID, content: str) -> bytes:
        return hmac.digest(self._key, user_id.bytes + content.encode(), "sha256")
