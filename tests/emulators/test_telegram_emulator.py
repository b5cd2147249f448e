"""The stand-in for Telegram: what it accepts and refuses is what Telegram accepts and refuses."""

from __future__ import annotations

import asyncio
import json
import re
import secrets
import signal
from collections.abc import Iterator
from io import BytesIO
from typing import Any

import aiohttp
import pytest
from PIL import Image

from emulators.telegram.chats import MOST_MESSAGES, World
from emulators.telegram.errors import ApiError
from emulators.telegram.floods import Floods, Limits
from emulators.telegram.markup import Formatted, formatted, units
from tests.support.telegram import TOKEN, Emulator, running_emulator


@pytest.fixture(scope="module")
def emulator() -> Iterator[Emulator]:
    with running_emulator("--total-per-second", "0") as running:
        yield running


@pytest.fixture
async def chat(emulator: Emulator) -> str:
    return await emulator.open(f"@c{secrets.token_hex(6)}")


def png(width: int = 60, height: int = 40, kind: str = "PNG") -> bytes:
    out = BytesIO()
    Image.new("RGB", (width, height), "#336699").save(out, kind)
    return out.getvalue()


async def upload(emulator: Emulator, chat: str, photo: bytes, **fields: str) -> tuple[int, Any]:
    form = aiohttp.FormData({"chat_id": chat, **fields})
    form.add_field("photo", photo, filename="chart.png", content_type="image/png")
    async with aiohttp.request("POST", f"{emulator.url}/bot{TOKEN}/sendPhoto", data=form) as response:
        return response.status, await response.json()


# ------------------------------------------------------------------------------------------------------------- calling


async def test_a_bot_knows_itself(emulator: Emulator) -> None:
    status, answer = await emulator.call("getMe")
    assert status == 200
    assert answer["ok"] is True
    assert answer["result"]["is_bot"] is True
    assert answer["result"]["id"] == int(TOKEN.split(":")[0])


async def test_a_wrong_token_is_nobody(emulator: Emulator) -> None:
    status, answer = await emulator.call("getMe", token="1:wrong")
    assert (status, answer) == (401, {"ok": False, "error_code": 401, "description": "Unauthorized"})


async def test_an_unknown_method_is_not_found(emulator: Emulator) -> None:
    status, answer = await emulator.call("sendMoney")
    assert (status, answer["error_code"], answer["description"]) == (404, 404, "Not Found")


@pytest.mark.parametrize("way", ["json", "form", "multipart", "query"])
async def test_fields_come_in_four_ways(emulator: Emulator, chat: str, way: str) -> None:
    fields = {"chat_id": chat, "text": "<b>hello</b>", "parse_mode": "HTML"}
    form = aiohttp.FormData(fields, default_to_multipart=True)
    how: dict[str, dict[str, Any]] = {
        "json": {"json": fields},
        "form": {"data": fields},
        "multipart": {"data": form},
        "query": {"params": fields},
    }
    async with aiohttp.request("POST", f"{emulator.url}/bot{TOKEN}/sendMessage", **how[way]) as response:
        message = (await response.json())["result"]
    assert message["text"] == "hello"
    assert message["entities"] == [{"type": "bold", "offset": 0, "length": 5}]
    assert message["chat"]["username"] == chat[1:]


async def test_a_chat_goes_by_name_and_by_number(emulator: Emulator, chat: str) -> None:
    _, answer = await emulator.call("getChat", chat_id=chat.upper())
    head = answer["result"]
    assert head["type"] == "channel"
    for reference in (head["id"], str(head["id"])):
        _, answer = await emulator.call("sendMessage", chat_id=reference, text="x")
        assert answer["result"]["chat"]["id"] == head["id"]


@pytest.mark.parametrize(
    ("method", "fields", "description"),
    [
        ("sendMessage", {"text": "x", "chat_id": "@nowhere"}, "chat not found"),
        ("sendMessage", {"text": "x", "chat_id": ""}, "chat_id is empty"),
        ("sendMessage", {"text": " \n "}, "message text is empty"),
        ("sendMessage", {"text": "<b></b>", "parse_mode": "HTML"}, "message text is empty"),
        ("sendMessage", {"text": "x" * 4097}, "message is too long"),
        ("sendMessage", {"text": "x", "parse_mode": "Markup"}, "unsupported parse_mode"),
        ("sendMessage", {"text": "x", "reply_parameters": {"message_id": 99}}, "message to be replied not found"),
        ("sendMessage", {"text": "x", "reply_to_message_id": 99}, "message to be replied not found"),
        ("sendMessage", {"text": "x", "reply_parameters": "{"}, "can't parse reply_parameters JSON object"),
        ("sendPhoto", {}, "there is no photo in the request"),
        ("editMessageText", {"message_id": 99, "text": "x"}, "message to edit not found"),
        ("deleteMessage", {"message_id": 99}, "message to delete not found"),
        (
            "answerCallbackQuery",
            {"callback_query_id": "no"},
            "query is too old and response timeout expired or query ID is invalid",
        ),
    ],
)
async def test_what_telegram_refuses_is_refused(
    emulator: Emulator, chat: str, method: str, fields: dict[str, Any], description: str
) -> None:
    status, answer = await emulator.call(method, **{"chat_id": chat, **fields})
    expected = {"ok": False, "error_code": 400, "description": f"Bad Request: {description}"}
    assert (status, answer) == (400, expected)
    assert await emulator.messages(chat) == []


# -------------------------------------------------------------------------------------------------------------- markup


@pytest.mark.parametrize(
    ("html", "text", "entities"),
    [
        ("plain", "plain", []),
        ("a <b>b <i>c</i></b>", "a b c", [("bold", 2, 3), ("italic", 4, 1)]),
        ("😀<code>1</code>", "😀1", [("code", 2, 1)]),
        ("&lt;b&gt; &amp; &quot;x&quot; &#233; &#x2192; &nbsp;", '<b> & "x" é → &nbsp;', []),
        ("  <b> x </b>  ", "x", [("bold", 0, 1)]),
        ('<a href="https://example.com">here</a>', "here", [("text_link", 0, 4)]),
        ('<span class="tg-spoiler">psst</span>', "psst", [("spoiler", 0, 4)]),
        (
            "<STRONG>x</STRONG><ins>y</ins><del>z</del>",
            "xyz",
            [("bold", 0, 1), ("underline", 1, 1), ("strikethrough", 2, 1)],
        ),
        ("<b>#BTCUSDT</b> long", "#BTCUSDT long", [("bold", 0, 8), ("hashtag", 0, 8)]),
        ("<code>#1</code> #2 #a", "#1 #2 #a", [("code", 0, 2), ("hashtag", 6, 2)]),
    ],
)
def test_html_becomes_text_and_entities(html: str, text: str, entities: list[tuple[str, int, int]]) -> None:
    answer = formatted(html, "HTML")
    assert answer.text == text
    assert [(each["type"], each["offset"], each["length"]) for each in answer.entities] == entities


@pytest.mark.parametrize(
    ("html", "description"),
    [
        ("a <u1>b</u1>", 'Unsupported start tag "u1" at byte offset 2'),
        ("é<br>", 'Unsupported start tag "br" at byte offset 2'),
        ("1 < 2", 'Unsupported start tag "" at byte offset 2'),
        ("<b", "Unclosed start tag at byte offset 0"),
        ("<b>x", 'Can\'t find end tag corresponding to start tag "b"'),
        ("x</b>", "Unexpected end tag at byte offset 1"),
        ("<b><i>x</b></i>", 'Unmatched end tag at byte offset 7, expected "</i>", found "</b>"'),
        ("<b>x</b", "Unclosed end tag at byte offset 4"),
        ("<span>x</span>", 'Tag "span" must have class "tg-spoiler" at byte offset 0'),
    ],
)
def test_broken_html_is_refused_in_telegrams_words(html: str, description: str) -> None:
    with pytest.raises(ApiError) as refusal:
        formatted(html, "HTML")
    assert refusal.value.description == f"Bad Request: can't parse entities: {description}"


def test_lengths_count_utf_16() -> None:
    assert units("aé→") == 3
    assert units("😀") == 2


async def test_limits_count_utf_16_after_the_tags(emulator: Emulator, chat: str) -> None:
    longest = "😀" * 2048
    status, _ = await emulator.call("sendMessage", chat_id=chat, text=f"<b>{longest}</b>", parse_mode="HTML")
    assert status == 200
    status, _ = await emulator.call("sendMessage", chat_id=chat, text=longest + "x")
    assert status == 400
    status, _ = await upload(emulator, chat, png(), caption="😀" * 512)
    assert status == 200
    status, answer = await upload(emulator, chat, png(), caption="😀" * 512 + "x")
    assert (status, answer["description"]) == (400, "Bad Request: message caption is too long")


# ------------------------------------------------------------------------------------------------------------- content


@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
async def test_a_photo_is_shown_as_it_came(emulator: Emulator, chat: str, kind: str) -> None:
    content = png(60, 40, kind)
    status, answer = await upload(emulator, chat, content, caption="<b>c</b>", parse_mode="HTML")
    assert status == 200
    sizes = answer["result"]["photo"]
    assert (sizes[-1]["width"], sizes[-1]["height"], sizes[-1]["file_size"]) == (60, 40, len(content))
    assert answer["result"]["caption_entities"] == [{"type": "bold", "offset": 0, "length": 1}]
    (message,) = await emulator.messages(chat)
    async with aiohttp.request("GET", emulator.url + message["photo"]["url"]) as response:
        assert response.content_type == f"image/{kind.lower()}"
        assert await response.read() == content
    status, _ = await emulator.call("sendPhoto", chat_id=chat, photo=sizes[-1]["file_id"])
    assert status == 200


@pytest.mark.parametrize(
    ("content", "description"),
    [
        (b"", "file must be non-empty"),
        (b"GIF89a not a picture", "IMAGE_PROCESS_FAILED"),
        (png()[:60], "IMAGE_PROCESS_FAILED"),
        (png(2000, 50), "PHOTO_INVALID_DIMENSIONS"),
        (png(9990, 600), "PHOTO_INVALID_DIMENSIONS"),
    ],
)
async def test_what_is_no_photo_is_refused(emulator: Emulator, chat: str, content: bytes, description: str) -> None:
    status, answer = await upload(emulator, chat, content)
    assert (status, answer["description"]) == (400, f"Bad Request: {description}")


async def test_a_reply_shows_what_it_replies_to(emulator: Emulator, chat: str) -> None:
    _, first = await emulator.call("sendMessage", chat_id=chat, text="first")
    number = first["result"]["message_id"]
    _, second = await emulator.call("sendMessage", chat_id=chat, text="second", reply_to_message_id=number)
    assert second["result"]["reply_to_message"]["text"] == "first"
    third_to = {"message_id": second["result"]["message_id"]}
    _, third = await emulator.call("sendMessage", chat_id=chat, text="third", reply_parameters=json.dumps(third_to))
    assert "reply_to_message" not in third["result"]["reply_to_message"]
    assert [each["reply_to"] and each["reply_to"]["text"] for each in await emulator.messages(chat)] == [
        None,
        "first",
        "second",
    ]


async def test_a_reply_to_nothing_may_be_allowed(emulator: Emulator, chat: str) -> None:
    parameters = {"message_id": 99, "allow_sending_without_reply": True}
    status, answer = await emulator.call("sendMessage", chat_id=chat, text="x", reply_parameters=parameters)
    assert status == 200
    assert "reply_to_message" not in answer["result"]


async def test_messages_are_edited_and_deleted(emulator: Emulator, chat: str) -> None:
    _, answer = await emulator.call("sendMessage", chat_id=chat, text="one")
    at = {"chat_id": chat, "message_id": answer["result"]["message_id"]}
    status, answer = await emulator.call("editMessageText", **at, text="one")
    assert status == 400
    assert answer["description"].startswith("Bad Request: message is not modified")
    status, answer = await emulator.call("editMessageText", **at, text="two")
    assert (status, answer["result"]["text"]) == (200, "two")
    assert answer["result"]["edit_date"]
    status, _ = await emulator.call("editMessageCaption", **at, caption="x")
    assert status == 400
    status, answer = await emulator.call("deleteMessage", **at)
    assert (status, answer["result"]) == (200, True)
    status, _ = await emulator.call("editMessageText", **at, text="three")
    assert status == 400
    assert await emulator.messages(chat) == []


async def test_a_caption_is_edited(emulator: Emulator, chat: str) -> None:
    _, answer = await upload(emulator, chat, png(), caption="one")
    at = {"chat_id": chat, "message_id": answer["result"]["message_id"]}
    status, answer = await emulator.call("editMessageCaption", **at, caption="two")
    assert (status, answer["result"]["caption"]) == (200, "two")
    status, _ = await emulator.call("editMessageText", **at, text="x")
    assert status == 400


async def test_a_pressed_button_reaches_the_bot(emulator: Emulator, chat: str) -> None:
    markup = {"inline_keyboard": [[{"text": "Take it", "callback_data": "take:1"}]]}
    _, answer = await emulator.call("sendMessage", chat_id=chat, text="x", reply_markup=markup)
    message = answer["result"]
    waiting = asyncio.ensure_future(emulator.call("getUpdates", timeout=20))
    pressed = {"chat_id": message["chat"]["id"], "message_id": message["message_id"], "data": "take:1"}
    await emulator.post("/api/press", pressed)
    _, answer = await waiting
    update = answer["result"][-1]
    assert update["callback_query"]["data"] == "take:1"
    assert update["callback_query"]["message"]["message_id"] == message["message_id"]
    query = update["callback_query"]["id"]
    assert (await emulator.call("answerCallbackQuery", callback_query_id=query))[1]["result"] is True
    _, answer = await emulator.call("getUpdates", offset=update["update_id"] + 1)
    assert answer["result"] == []


# -------------------------------------------------------------------------------------------------------------- limits


def test_floods_are_counted_per_chat_and_in_all() -> None:
    now = 0.0
    floods = Floods(Limits(chat_per_second=1, chat_per_minute=3, total_per_second=2), lambda: now)
    assert floods.take(1) is None
    assert floods.take(1) == 1, "a second one within the second"
    assert floods.take(2) is None
    assert floods.take(3) == 1, "two in all"
    now = 1.0
    assert floods.take(1) is None
    now = 2.0
    assert floods.take(1) is None
    now = 3.0
    assert floods.take(1) == 57, "three within the minute; the first leaves it at 60 s"
    now = 60.0
    assert floods.take(1) is None


def test_what_was_refused_does_not_count() -> None:
    now = 0.0
    floods = Floods(Limits(chat_per_second=1, total_per_second=0), lambda: now)
    assert [floods.take(1), floods.take(1), floods.take(1)] == [None, 1, 1]
    now = 1.0
    assert floods.take(1) is None


async def test_a_flood_is_answered_with_the_time_to_wait() -> None:
    with running_emulator("--channel", "@slow", "--per-minute", "1") as slow:
        assert (await slow.call("sendMessage", chat_id="@slow", text="1"))[0] == 200
        status, answer = await slow.call("sendMessage", chat_id="@slow", text="2")
    wait = answer["parameters"]["retry_after"]
    assert status == 429
    assert 50 <= wait <= 60
    assert answer["description"] == f"Too Many Requests: retry after {wait}"


async def test_history_is_bounded() -> None:
    world = World()
    chat = world.open_channel("@c")
    for number in range(MOST_MESSAGES + 5):
        world.post(chat, 0, Formatted(str(number)), picture=None, reply_to=None, markup=None)
    assert len(chat.messages) == MOST_MESSAGES
    assert next(iter(chat.messages.values())).body.text == "5"


# -------------------------------------------------------------------------------------------------------------- faults


async def test_faults_happen_when_ordered(emulator: Emulator, chat: str) -> None:
    await emulator.fault("refuse", chat=chat, code=502, description="Bad Gateway")
    assert (await emulator.call("sendMessage", chat_id=chat, text="1"))[0] == 502
    await emulator.fault("lose_request", chat=chat)
    with pytest.raises(aiohttp.ClientError):
        await emulator.call("sendMessage", chat_id=chat, text="2")
    await emulator.fault("lose_answer", chat=chat)
    with pytest.raises(aiohttp.ClientError):
        await emulator.call("sendMessage", chat_id=chat, text="3")
    assert [message["text"] for message in await emulator.messages(chat)] == ["3"]


# ---------------------------------------------------------------------------------------------------------- the server


async def test_only_this_machine_may_look(emulator: Emulator) -> None:
    headers = {"Host": "attacker.example"}
    async with aiohttp.request("GET", f"{emulator.url}/api/messages", headers=headers) as response:
        assert response.status == 403


async def test_the_page_needs_nothing_from_elsewhere(emulator: Emulator) -> None:
    async with aiohttp.request("GET", emulator.url) as response:
        page = await response.text()
        policy = response.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "%nonce%" not in page
    assert re.search(r"""(src|href)=["']?(https?:)?//""", page) is None


def test_it_says_where_it_is_and_leaves_when_told() -> None:
    with running_emulator() as running:
        running.process.send_signal(signal.SIGTERM)
        assert running.process.wait(5) == 0


async def test_it_leaves_while_somebody_watches() -> None:
    with running_emulator() as running:
        async with aiohttp.request("GET", f"{running.url}/api/changes") as response:
            assert response.status == 200
            running.process.send_signal(signal.SIGTERM)
            assert await asyncio.to_thread(running.process.wait, 5) == 0
