"""What the stand-in remembers: chats with their messages, pictures, and updates that a bot has not fetched yet."""

from __future__ import annotations

import asyncio
from collections import OrderedDict, deque
from dataclasses import dataclass, field
from typing import Any

from emulators.telegram.errors import bad_request
from emulators.telegram.markup import Formatted
from emulators.telegram.pictures import Picture

#: Messages kept per chat, and pictures kept in all; older ones are forgotten.
MOST_MESSAGES = 1000
MOST_PICTURES = 300

_FIRST_CHANNEL = -1_001_000_000_001


@dataclass(slots=True)
class Message:
    """One message; `version` is when it last changed, in changes of the whole world."""

    id: int
    date: int
    body: Formatted
    picture: Picture | None
    reply_to: Message | None
    markup: dict[str, Any] | None
    version: int = 0
    edited: int | None = None
    deleted: bool = False


@dataclass(slots=True)
class Chat:
    """A channel that the bot may post to."""

    id: int
    username: str
    title: str
    messages: OrderedDict[int, Message] = field(default_factory=OrderedDict)
    last_id: int = 0

    def head(self) -> dict[str, Any]:
        """The Chat object of the API."""
        return {"id": self.id, "title": self.title, "username": self.username, "type": "channel"}

    def message(self, message_id: int, complaint: str) -> Message:
        """The message of that id.

        Raises:
            ApiError: there is none any more; `complaint` says for what it was wanted.
        """
        message = self.messages.get(message_id)
        if message is None or message.deleted:
            raise bad_request(complaint)
        return message


class World:
    """All chats. Everything is changed in one event loop, without waiting in between."""

    def __init__(self) -> None:
        self.version = 0
        self.chats: dict[int, Chat] = {}
        self.updates: deque[dict[str, Any]] = deque(maxlen=MOST_MESSAGES)
        self._pictures: OrderedDict[str, Picture] = OrderedDict()
        self._last_update = 0
        self._changed = asyncio.Condition()
        self._closed = False

    def open_channel(self, name: str) -> Chat:
        """The channel `@name`, made when there is none."""
        username = name.removeprefix("@")
        for chat in self.chats.values():
            if chat.username.lower() == username.lower():
                return chat
        chat = Chat(_FIRST_CHANNEL - len(self.chats), username, username.replace("_", " ").title())
        self.chats[chat.id] = chat
        return chat

    def chat(self, reference: object) -> Chat:
        """The chat of a `chat_id`: @name, or a number.

        Raises:
            ApiError: there is none.
        """
        words = str(reference or "").strip()
        if not words:
            raise bad_request("chat_id is empty")
        for chat in self.chats.values():
            if words == str(chat.id) or words.lower() == f"@{chat.username.lower()}":
                return chat
        raise bad_request("chat not found")

    def picture(self, file_id: str) -> Picture | None:
        """A picture that was uploaded before."""
        return self._pictures.get(file_id)

    def post(
        self,
        chat: Chat,
        at: int,
        body: Formatted,
        *,
        picture: Picture | None,
        reply_to: Message | None,
        markup: dict[str, Any] | None,
    ) -> Message:
        """Put a new message at the end of the chat."""
        chat.last_id += 1
        message = Message(chat.last_id, at, body, picture, reply_to, markup)
        chat.messages[message.id] = message
        while len(chat.messages) > MOST_MESSAGES:
            chat.messages.popitem(last=False)
        if picture is not None:
            self._pictures[picture.file_id] = picture
            self._pictures.move_to_end(picture.file_id)
            while len(self._pictures) > MOST_PICTURES:
                self._pictures.popitem(last=False)
        self.touch(message)
        return message

    def touch(self, message: Message) -> None:
        """Note that the message has changed."""
        self.version += 1
        message.version = self.version

    def update(self, content: dict[str, Any]) -> None:
        """Queue something for the bot to fetch."""
        self._last_update += 1
        self.updates.append({"update_id": self._last_update, **content})

    async def announce(self) -> None:
        """Wake everybody who waits for a change."""
        async with self._changed:
            self._changed.notify_all()

    async def close(self) -> None:
        """Let nobody wait any more."""
        self._closed = True
        await self.announce()

    async def changed_since(self, version: int) -> int | None:
        """Wait until something changed after `version`; the new version, or None when all is over."""
        async with self._changed:
            await self._changed.wait_for(lambda: self.version > version or self._closed)
            return None if self._closed else self.version

    async def updates_from(self, offset: int, limit: int, seconds: float) -> list[dict[str, Any]]:
        """Updates from number `offset` on, waiting up to `seconds` for the first; earlier ones are confirmed."""
        while self.updates and self.updates[0]["update_id"] < offset:
            self.updates.popleft()
        if not self.updates and seconds > 0:
            try:
                async with asyncio.timeout(seconds), self._changed:
                    await self._changed.wait_for(lambda: self.updates or self._closed)
            except TimeoutError:
                pass
        return list(self.updates)[:limit]
