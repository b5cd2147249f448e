"""Routes of users' chats."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import Response
from starlette.requests import Request

from tradewind.kit.clock import WallClock
from tradewind.kit.problems import FieldProblem, Problem
from tradewind.messaging.chats.models import TelegramChatRow
from tradewind.messaging.chats.schemas import TelegramChatItem, TelegramChatWish, TelegramCode
from tradewind.messaging.chats.service import PAUSE, ChatRefusal, chat_of, confirm_chat, forget_chat, name_chat
from tradewind.messaging.telegram import TelegramClient, TelegramError, code_text
from tradewind.platform.settings import Settings
from tradewind.platform.web.answers import problem_answer
from tradewind.platform.web.errors import ErrorCode, problem
from tradewind.platform.web.language import Spoken
from tradewind.platform.web.parts import part
from tradewind.platform.web.routing import api_router
from tradewind.platform.web.subjects import AccountReader, AccountWriter
from tradewind.platform.web.units import Reading, Writing

router = api_router("/user/telegram", "Account")


@dataclass(frozen=True, slots=True)
class Bot:
    """The installation's bot; None = it has none."""

    client: TelegramClient | None

    async def close(self) -> None:
        if self.client is not None:
            await self.client.close()


OwnBot = Annotated[Bot, part(Bot)]
Wall = Annotated[WallClock, part(WallClock)]
Config = Annotated[Settings, part(Settings)]


@router.get("")
async def get_telegram_chat(caller: AccountReader, session: Reading, bot: OwnBot) -> TelegramChatItem:
    """The caller's own Telegram chat, to which his alerts may go."""
    return _item(await chat_of(session, caller.user_id), bot)


@router.put("", status_code=202)
async def put_telegram_chat(
    wish: TelegramChatWish,
    caller: AccountWriter,
    session: Writing,
    bot: OwnBot,
    clock: Wall,
    settings: Config,
    language: Spoken,
) -> TelegramChatItem:
    """Name one's chat: a code is sent there. In a private chat the bot may write once one has written to it."""
    if bot.client is None:
        raise problem(ErrorCode.NOT_READY, "this installation has no Telegram bot; its operator sets one")
    try:
        public = await _is_public(bot.client, wish.chat, settings.telegram_channel)
    except TelegramError as error:
        raise _unreachable(error) from None
    if public:
        raise _invalid("#/chat", "expected a chat of your own, got the channel that signals are published to")
    code = await name_chat(session, wish.chat, user_id=caller.user_id, tenant_id=caller.tenant_id, now=clock.now())
    if isinstance(code, ChatRefusal):
        seconds = int(PAUSE.total_seconds())
        raise problem(
            ErrorCode.TOO_SOON,
            f"a code was sent less than {seconds} s ago; wait and ask again",
            headers={"Retry-After": str(seconds)},
        )
    try:
        await bot.client.send_message(wish.chat, code_text(code, language))
    except TelegramError as error:
        raise _unreachable(error) from None
    return _item(await chat_of(session, caller.user_id), bot)


@router.post("/confirm", response_model=TelegramChatItem)
async def confirm_telegram_chat(
    given: TelegramCode, caller: AccountWriter, session: Writing, bot: OwnBot, clock: Wall, request: Request
) -> TelegramChatItem | Response:
    """Prove that one reads the chat, by the code that was sent there."""
    confirmed = await confirm_chat(session, given.code, user_id=caller.user_id, now=clock.now())
    match confirmed:
        case ChatRefusal.WRONG:
            # Returned, not raised: that it was tried is to be kept.
            return problem_answer(request.scope, _invalid("#/code", "this is not the code that was sent"))
        case ChatRefusal():
            raise _invalid("#/code", "no code is good any more; name the chat again to get another")
        case row:
            return _item(row, bot)


@router.delete("", status_code=204)
async def delete_telegram_chat(caller: AccountWriter, session: Writing) -> None:
    """Have nothing more sent to one's chat."""
    await forget_chat(session, caller.user_id)


def _item(row: TelegramChatRow | None, bot: Bot) -> TelegramChatItem:
    if row is None or row.chat is None:
        return TelegramChatItem(available=bot.client is not None, chat=None, state="none")
    state = "unconfirmed" if row.confirmed_at is None else "confirmed"
    return TelegramChatItem.model_validate({"available": bot.client is not None, "chat": row.chat, "state": state})


async def _is_public(client: TelegramClient, chat: str, channel: str) -> bool:
    """Whether a chat is the one that signals are published to, by whichever of its names."""
    return bool(channel) and await client.chat_id(chat) == await client.chat_id(channel)


def _unreachable(error: TelegramError) -> Problem:
    return _invalid("#/chat", f"expected a chat that the bot may write to; Telegram says: {error}")


def _invalid(pointer: str, detail: str) -> Problem:
    return problem(ErrorCode.VALIDATION_FAILED, detail, errors=[FieldProblem(pointer, detail)])
