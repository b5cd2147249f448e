"""HTTP shapes of users' chats."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from tradewind.platform.web.schemas import Answer, Wish


class TelegramChatItem(Answer):
    available: bool = Field(description="This installation has a bot.")
    chat: str | None
    state: Literal["none", "unconfirmed", "confirmed"]


class TelegramChatWish(Wish):
    chat: str = Field(
        pattern=r"^(@[A-Za-z0-9_]{4,64}|-?[0-9]{1,20})$",
        description="The number of a private chat with the bot, or @name of a group or channel that it may write to.",
    )


class TelegramCode(Wish):
    code: str = Field(pattern=r"^[0-9]{6}$", description="The six digits that were sent to the chat.")
