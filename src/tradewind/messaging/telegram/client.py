"""The part of Telegram's Bot API that publishing needs, with typed errors."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import aiohttp

from tradewind.platform.settings import Settings

_MESSAGE_TIMEOUT = 15.0  # seconds
_PHOTO_TIMEOUT = 30.0
_CONNECT_TIMEOUT = 5.0
#: Waits that make no sense are not believed, so that nothing is put off for ever.
_LONGEST_WAIT = 3600


class TelegramError(Exception):
    """A call that was not carried out, or of which nobody knows. Texts hold no token."""


class FloodError(TelegramError):
    """Too many messages; `retry_after` seconds later there may be more."""

    def __init__(self, retry_after: float) -> None:
        super().__init__(f"too many messages; wait {retry_after:g} s")
        self.retry_after = retry_after


class UnauthorizedError(TelegramError):
    """The token is not, or no longer, that of a bot: nothing at all can be sent."""


class RefusedError(TelegramError):
    """This very message will never be accepted: no such chat, no right to post, text that cannot be parsed."""


class UnavailableError(TelegramError):
    """No answer, or none that makes sense. The message may have been sent all the same."""


@dataclass(frozen=True, slots=True)
class Bot:
    """Who a token belongs to."""

    id: int
    username: str


class TelegramClient:
    """One bot on one Bot API server. Use inside one event loop; `close` when done."""

    def __init__(self, token: str, base_url: str) -> None:
        self._token = token
        self._root = f"{base_url.rstrip('/')}/bot{quote(token, safe=':')}/"
        self._session: aiohttp.ClientSession | None = None

    @classmethod
    def of(cls, settings: Settings) -> TelegramClient | None:
        """The bot that the settings name; None when they name none."""
        token = settings.telegram_token
        return cls(token.get_secret_value(), settings.telegram_api_base) if token else None

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def get_me(self) -> Bot:
        """Who the token belongs to.

        Raises:
            TelegramError: as for every call.
        """
        result = await self._call("getMe", {})
        return Bot(result["id"], result.get("username", ""))

    async def chat_id(self, chat: str) -> int:
        """The number of a chat that the bot may see, however it is named.

        Raises:
            TelegramError: as for every call.
        """
        return int((await self._call("getChat", {"chat_id": chat}))["id"])

    async def send_message(self, chat: str, html: str, *, reply_to: int | None = None) -> int:
        """Post a text of up to 4096 characters; the id of the message.

        Args:
            chat: @name or numeric id.
            html: in Telegram's HTML.
            reply_to: the message it answers; if that is gone, it is posted without.

        Raises:
            TelegramError: one of the kinds above.
        """
        fields = {**_common(chat, reply_to), "text": html, "link_preview_options": '{"is_disabled":true}'}
        return _message_id(await self._call("sendMessage", fields))

    async def send_photo(self, chat: str, png: bytes, html: str, *, reply_to: int | None = None) -> int:
        """Post a picture with a caption of up to 1024 characters; the id of the message.

        Raises:
            TelegramError: as for `send_message`.
        """
        return _message_id(await self._call("sendPhoto", {**_common(chat, reply_to), "caption": html}, png))

    async def _call(self, method: str, fields: dict[str, str], photo: bytes | None = None) -> Any:
        form = aiohttp.FormData(fields)
        if photo is not None:
            form.add_field("photo", photo, filename="chart.png", content_type="image/png")
        total = _MESSAGE_TIMEOUT if photo is None else _PHOTO_TIMEOUT
        timeout = aiohttp.ClientTimeout(total=total, connect=_CONNECT_TIMEOUT)
        if self._session is None:
            self._session = aiohttp.ClientSession()
        try:
            async with self._session.post(self._root + method, data=form, timeout=timeout) as response:
                status, body = response.status, await response.read()
        except TimeoutError:
            raise UnavailableError(f"{method}: no answer within {total:g} s") from None
        except (aiohttp.ClientError, OSError) as error:
            # The chained error would show the URL, and the URL holds the token.
            raise UnavailableError(f"{method}: {type(error).__name__}: {self._without_token(str(error))}") from None
        return self._result(method, status, body)

    def _result(self, method: str, status: int, body: bytes) -> Any:
        try:
            answer = json.loads(body)
        except ValueError:
            raise UnavailableError(f"{method}: expected JSON, got {len(body)} bytes with status {status}") from None
        if isinstance(answer, dict) and answer.get("ok") is True and "result" in answer:
            return answer["result"]
        if not isinstance(answer, dict) or answer.get("ok") is not False:
            raise UnavailableError(f"{method}: expected an answer of the Bot API, got status {status}")
        code = answer.get("error_code", status)
        words = f"{method}: {code} {self._without_token(str(answer.get('description', '')))}"
        if code == 429:
            wait = (answer.get("parameters") or {}).get("retry_after", 1)
            raise FloodError(min(max(float(wait), 0.0), _LONGEST_WAIT))
        # What is no token at all is answered as an unknown path.
        if code in (401, 404):
            raise UnauthorizedError(words)
        if isinstance(code, int) and 400 <= code < 500:
            raise RefusedError(words)
        raise UnavailableError(words)

    def _without_token(self, text: str) -> str:
        return text.replace(self._token, "…").replace(quote(self._token, safe=":"), "…")


def _common(chat: str, reply_to: int | None) -> dict[str, str]:
    fields = {"chat_id": chat, "parse_mode": "HTML"}
    if reply_to is not None:
        fields["reply_parameters"] = json.dumps({"message_id": reply_to, "allow_sending_without_reply": True})
    return fields


def _message_id(message: Any) -> int:
    try:
        return int(message["message_id"])
    except (KeyError, TypeError, ValueError):
        raise UnavailableError("expected a message with its id in the answer, got none") from None
