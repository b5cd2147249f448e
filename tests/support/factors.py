"""People with an authenticator app."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from tests.support.http import PASSWORD, Answer, Client, Person
from tradewind.accounts.factors.totp import code_at, step_at


@dataclass
class App:
    """An authenticator app; the recovery codes lie beside it.

    A code of now is good for the rest of the minute, one of the next step for longer still: no test hurries.
    """

    seed: bytes
    recovery_codes: list[str]

    def code(self, steps: int = 0) -> str:
        """The code of now, or of so many steps later."""
        return code_at(self.seed, step_at(datetime.now(UTC)) + steps)

    def wrong_code(self) -> str:
        """A code of none of the steps around now."""
        good = {self.code(steps) for steps in range(-3, 4)}
        return next(code for code in (f"{number:06}" for number in range(10)) if code not in good)


async def set_up_app(person: Person) -> App:
    """Enable one-time codes. It takes the present code, so the next thing that asks for one gets `code(1)`."""
    begun = await person.ok("POST", "/auth/enable-2fa")
    app = App(base64.b32decode(begun["secret"]), [])
    confirmed = await person.ok("POST", "/auth/confirm-2fa", json={"code": app.code()})
    app.recovery_codes = confirmed["recovery_codes"]
    return app


async def log_in(client: Client, person: Person, **more: Any) -> Answer:
    """Log in as an API client."""
    return await client.post("/api/v1/auth/login", {"email": person.email, "password": PASSWORD, **more})
