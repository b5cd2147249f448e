"""The methods of the Bot API that are emulated. Names, fields and refusals are those of the real one."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from emulators.telegram.chats import Chat, Message, World
from emulators.telegram.errors import ApiError, bad_request
from emulators.telegram.floods import Floods
from emulators.telegram.markup import Formatted, formatted, units
from emulators.telegram.pictures import Picture, picture

_LONGEST_TEXT = 4096  # UTF-16 units, without the tags
_LONGEST_CAPTION = 1024
_SAME = (
    "message is not modified: specified new message content and reply markup are exactly the same as a current "
    "content and reply markup of the message"
)


@dataclass(frozen=True, slots=True)
class Request:
    """A call: its fields, as JSON values or text, and its uploaded files."""

    fields: Mapping[str, Any]
    files: Mapping[str, bytes]

    def text(self, name: str) -> str:
        value = self.fields.get(name)
        return "" if value is None else str(value)

    def number(self, name: str, default: int = 0) -> int:
        """A whole number.

        Raises:
            ApiError: it is none.
        """
        value = self.fields.get(name)
        if value is None or value == "":
            return default
        try:
            return int(value)
        except (TypeError, ValueError):
            raise bad_request(f"invalid {name} specified") from None

    def object(self, name: str) -> dict[str, Any] | None:
        """A JSON object, which forms carry as text.

        Raises:
            ApiError: it is none.
        """
        value = self.fields.get(name)
        if value is None or value == "":
            return None
        if isinstance(value, str):
            try:
                value = json.loads(value)
            except ValueError:
                raise bad_request(f"can't parse {name} JSON object") from None
        if not isinstance(value, dict):
            raise bad_request(f"object expected as {name}")
        return value


class Methods:
    """One bot's view of the world."""

    def __init__(self, world: World, floods: Floods, bot_id: int) -> None:
        self._world = world
        self._floods = floods
        self._bot_id = bot_id
        self._queries: set[str] = set()
        self._by_name: dict[str, Callable[[Request], Awaitable[Any]]] = {
            "getme": self._get_me,
            "getchat": self._get_chat,
            "sendmessage": self._send_message,
            "sendphoto": self._send_photo,
            "editmessagetext": self._edit_text,
            "editmessagecaption": self._edit_caption,
            "deletemessage": self._delete,
            "getupdates": self._get_updates,
            "answercallbackquery": self._answer_query,
        }

    async def call(self, method: str, request: Request) -> Any:
        """The `result` of a method.

        Raises:
            ApiError: Telegram would refuse.
        """
        handler = self._by_name.get(method.lower())
        if handler is None:
            raise ApiError(404, "Not Found")
        return await handler(request)

    def press(self, chat: Chat, message: Message, data: str) -> None:
        """Somebody pressed an inline button."""
        query = f"{chat.id}-{message.id}-{time.monotonic_ns()}"
        self._queries.add(query)
        self._world.update(
            {
                "callback_query": {
                    "id": query,
                    "from": {"id": 1, "is_bot": False, "first_name": "Reader"},
                    "message": self._shown(chat, message),
                    "chat_instance": str(chat.id),
                    "data": data,
                }
            }
        )

    async def _get_me(self, _: Request) -> dict[str, Any]:
        return {
            "id": self._bot_id,
            "is_bot": True,
            "first_name": "Tradewind (local)",
            "username": "tradewind_local_bot",
            "can_join_groups": True,
            "can_read_all_group_messages": False,
            "supports_inline_queries": False,
        }

    async def _get_chat(self, request: Request) -> dict[str, Any]:
        return self._world.chat(request.fields.get("chat_id")).head()

    async def _send_message(self, request: Request) -> dict[str, Any]:
        chat = self._world.chat(request.fields.get("chat_id"))
        body = _text(request)
        return await self._post(chat, request, body, None)

    async def _send_photo(self, request: Request) -> dict[str, Any]:
        chat = self._world.chat(request.fields.get("chat_id"))
        photo = self._picture(request)
        return await self._post(chat, request, _caption(request), photo)

    async def _post(self, chat: Chat, request: Request, body: Formatted, photo: Picture | None) -> dict[str, Any]:
        reply_to = _replied(chat, request)
        markup = request.object("reply_markup")
        self._count(chat)
        message = self._world.post(chat, int(time.time()), body, picture=photo, reply_to=reply_to, markup=markup)
        await self._world.announce()
        return self._shown(chat, message)

    async def _edit_text(self, request: Request) -> dict[str, Any]:
        chat, message = self._edited(request)
        if message.picture is not None:
            raise bad_request("there is no text in the message to edit")
        return await self._edit(chat, message, _text(request), request)

    async def _edit_caption(self, request: Request) -> dict[str, Any]:
        chat, message = self._edited(request)
        if message.picture is None:
            raise bad_request("there is no caption in the message to edit")
        return await self._edit(chat, message, _caption(request), request)

    def _edited(self, request: Request) -> tuple[Chat, Message]:
        chat = self._world.chat(request.fields.get("chat_id"))
        return chat, chat.message(request.number("message_id"), "message to edit not found")

    async def _edit(self, chat: Chat, message: Message, body: Formatted, request: Request) -> dict[str, Any]:
        markup = request.object("reply_markup")
        if (message.body, message.markup) == (body, markup):
            raise bad_request(_SAME)
        self._count(chat)
        message.body, message.markup, message.edited = body, markup, int(time.time())
        self._world.touch(message)
        await self._world.announce()
        return self._shown(chat, message)

    async def _delete(self, request: Request) -> bool:
        chat = self._world.chat(request.fields.get("chat_id"))
        message = chat.message(request.number("message_id"), "message to delete not found")
        message.deleted = True
        self._world.touch(message)
        await self._world.announce()
        return True

    async def _get_updates(self, request: Request) -> list[dict[str, Any]]:
        limit = min(max(request.number("limit", 100), 1), 100)
        seconds = min(max(request.number("timeout"), 0), 50)
        return await self._world.updates_from(request.number("offset"), limit, seconds)

    async def _answer_query(self, request: Request) -> bool:
        query = request.text("callback_query_id")
        if query not in self._queries:
            raise bad_request("query is too old and response timeout expired or query ID is invalid")
        self._queries.discard(query)
        return True

    def _count(self, chat: Chat) -> None:
        wait = self._floods.take(chat.id)
        if wait is not None:
            raise ApiError(429, f"Too Many Requests: retry after {wait}", retry_after=wait)

    def _picture(self, request: Request) -> Picture:
        value = request.text("photo")
        name = value.removeprefix("attach://") if value.startswith("attach://") else "photo"
        if (content := request.files.get(name)) is not None:
            if not content:
                raise bad_request("file must be non-empty")
            return picture(content)
        if not value:
            raise bad_request("there is no photo in the request")
        known = self._world.picture(value)
        if known is None:
            raise bad_request("wrong remote file identifier specified: can't unserialize it")
        return known

    def _shown(self, chat: Chat, message: Message, *, nested: bool = False) -> dict[str, Any]:
        """The Message object of the API; the one it replies to does not show what that replied to."""
        words, entities = ("text", "entities") if message.picture is None else ("caption", "caption_entities")
        shown: dict[str, Any] = {
            "message_id": message.id,
            "sender_chat": chat.head(),
            "chat": chat.head(),
            "date": message.date,
        }
        if message.edited is not None:
            shown["edit_date"] = message.edited
        if message.reply_to is not None and not nested:
            shown["reply_to_message"] = self._shown(chat, message.reply_to, nested=True)
        if message.picture is not None:
            shown["photo"] = message.picture.sizes()
        if message.body.text:
            shown[words] = message.body.text
        if message.body.entities:
            shown[entities] = message.body.entities
        if message.markup is not None:
            shown["reply_markup"] = message.markup
        return shown


def _text(request: Request) -> Formatted:
    body = formatted(request.text("text"), request.text("parse_mode"))
    if not body.text:
        raise bad_request("message text is empty")
    if units(body.text) > _LONGEST_TEXT:
        raise bad_request("message is too long")
    return body


def _caption(request: Request) -> Formatted:
    body = formatted(request.text("caption"), request.text("parse_mode"))
    if units(body.text) > _LONGEST_CAPTION:
        raise bad_request("message caption is too long")
    return body


def _replied(chat: Chat, request: Request) -> Message | None:
    parameters = request.object("reply_parameters")
    if parameters is not None:
        wanted, lenient = parameters.get("message_id"), bool(parameters.get("allow_sending_without_reply"))
    else:
        wanted = request.number("reply_to_message_id") or None
        lenient = request.text("allow_sending_without_reply").lower() == "true"
    if wanted is None:
        return None
    if not re.fullmatch(r"\d+", str(wanted)):
        raise bad_request("message identifier is not specified")
    message = chat.messages.get(int(wanted))
    if message is None or message.deleted:
        if lenient:
            return None
        raise bad_request("message to be replied not found")
    return message
