"""The stand-in's page in a real browser: it shows the chat like a messenger, live, and runs nothing that it shows."""

from __future__ import annotations

import secrets
import shutil
from collections.abc import AsyncIterator, Iterator
from io import BytesIO

import aiohttp
import pytest
from PIL import Image
from playwright.async_api import Browser, Page, async_playwright, expect

from tests.support.telegram import TOKEN, Emulator, running_emulator

CHROMIUM = shutil.which("chromium")
pytestmark = [pytest.mark.browser, pytest.mark.skipif(CHROMIUM is None, reason="no chromium on PATH")]

HOSTILE = "<img src=x onerror=\"document.title='owned'\"> <script>document.title='owned'</script>"


@pytest.fixture
def emulator() -> Iterator[Emulator]:
    with running_emulator("--channel", f"@c{secrets.token_hex(4)}", "--total-per-second", "0") as running:
        yield running


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        await browser.close()


async def chat_of(emulator: Emulator) -> int:
    (chat,) = (await emulator.get("/api/messages"))["chats"]
    return int(chat["id"])


async def send(emulator: Emulator, text: str, **more: object) -> int:
    status, answer = await emulator.call("sendMessage", chat_id=await chat_of(emulator), text=text, **more)
    assert status == 200
    return int(answer["result"]["message_id"])


async def opened(
    browser: Browser, emulator: Emulator, *, width: int = 900, scheme: str = "light"
) -> tuple[Page, list[str]]:
    """The page, and what it complains of."""
    page = await browser.new_page(viewport={"width": width, "height": 800}, color_scheme=scheme)  # type: ignore[arg-type]
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    await page.goto(emulator.url.replace("127.0.0.1", "localhost"))
    return page, complaints


async def test_messages_appear_live_with_replies_pictures_and_buttons(browser: Browser, emulator: Emulator) -> None:
    page, complaints = await opened(browser, emulator)
    await expect(page.get_by_text("No messages yet")).to_be_visible()
    first = await send(emulator, "<b>#BTCUSDT</b> at <code>61300.00</code>", parse_mode="HTML")
    await expect(page.locator("article")).to_have_count(1)
    await expect(page.get_by_text("No messages yet")).to_have_count(0)
    await expect(page.locator("article code")).to_have_text("61300.00")
    picture = BytesIO()
    Image.new("RGB", (100, 62), "#123456").save(picture, "PNG")
    form = aiohttp.FormData({"chat_id": str(await chat_of(emulator)), "caption": "a picture"})
    form.add_field("photo", picture.getvalue(), filename="chart.png")
    async with aiohttp.request("POST", f"{emulator.url}/bot{TOKEN}/sendPhoto", data=form) as response:
        assert response.status == 200
    await expect(page.locator("article img.picture")).to_be_visible()
    assert (
        await page.locator("img.picture").evaluate(
            "async (image) => { await image.decode(); return image.naturalWidth }"
        )
        == 100
    )
    keys = {"inline_keyboard": [[{"text": "Take it", "callback_data": "take"}]]}
    await send(emulator, "an answer", reply_to_message_id=first, reply_markup=keys)
    await expect(page.locator(".quote")).to_contain_text("#BTCUSDT at 61300.00")
    await page.get_by_role("button", name="Take it").click()
    _, answer = await emulator.call("getUpdates", timeout=10)
    assert answer["result"][0]["callback_query"]["data"] == "take"
    assert complaints == []


async def test_edits_and_deletions_appear_live(browser: Browser, emulator: Emulator) -> None:
    page, complaints = await opened(browser, emulator)
    number = await send(emulator, "before")
    await expect(page.get_by_text("before")).to_be_visible()
    at = {"chat_id": await chat_of(emulator), "message_id": number}
    await emulator.call("editMessageText", **at, text="after")
    await expect(page.get_by_text("after")).to_be_visible()
    await expect(page.get_by_text("edited")).to_be_visible()
    await emulator.call("deleteMessage", **at)
    await expect(page.locator("article")).to_have_count(0)
    assert complaints == []


async def test_what_is_shown_is_never_run(browser: Browser, emulator: Emulator) -> None:
    await send(emulator, HOSTILE)
    page, complaints = await opened(browser, emulator)
    await expect(page.locator("article")).to_contain_text("onerror")
    assert "owned" not in await page.title()
    assert await page.locator("article script, article .words img").count() == 0
    assert complaints == []


async def test_it_fits_a_phone_and_stays_at_the_newest(browser: Browser, emulator: Emulator) -> None:
    for number in range(30):
        await send(emulator, f"message {number} " + "long " * 30 + "x" * 80)
    page, complaints = await opened(browser, emulator, width=360, scheme="dark")
    await expect(page.locator("article")).to_have_count(30)
    assert await page.evaluate("document.documentElement.scrollWidth") == 360
    await expect(page.get_by_text("message 29")).to_be_in_viewport()
    await page.evaluate("scrollTo(0, 0)")
    await send(emulator, "one more")
    newest = page.get_by_role("button", name="To the newest message")
    await expect(newest).to_contain_text("1")
    await newest.click()
    await expect(page.get_by_text("one more")).to_be_in_viewport()
    await expect(newest).to_be_hidden()
    assert complaints == []
