"""A whole Tradewind and a real Chromium for the dashboard's tests. One of each per module; a fresh context per test.

Not per session: while Playwright's synchronous side is up its event loop runs, and no asynchronous test of another
module could in the same process.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request, expect, sync_playwright

ROOT = Path(__file__).parents[2]
WEB = ROOT / "web"
DEMO_EMAIL = "demo@tradewind.example"
DEMO_PASSWORD = "a-password-for-browser-tests"

#: Market seconds per second: something happens every few seconds, and a fresh signal stays so long enough to click.
_SPEED = "120"
_READY_WITHIN = 120.0
#: The machine is shared with the rest of the suite: a browser that gets no processor for some seconds is not wrong.
_PATIENCE_MS = 20_000
_CHROMIUM = shutil.which("chromium")
_ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.browser)
            item.add_marker(pytest.mark.xdist_group("browser"))  # one server, one browser
            if _CHROMIUM is None:
                item.add_marker(pytest.mark.skip(reason="no chromium on PATH"))


@dataclass(frozen=True)
class Installation:
    """Addresses of a running Tradewind and of the page that shows its mails."""

    site: str
    mailbox: str


@pytest.fixture(scope="module")
def market_options() -> list[str]:
    """Which market it is; a module may have another one."""
    return ["--timeframe", "1m", "--seed", "7"]


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory, market_options: list[str]) -> Iterator[Installation]:
    """A running Tradewind with a demo user."""
    if not (WEB / "dist" / "index.html").is_file():
        pytest.fail("the dashboard is not built: run make setup")
    folder = tmp_path_factory.mktemp("tradewind")
    port = _free_port()
    log = folder / "up.log"
    # All journeys come from one network, faster than anybody types.
    environment = {**os.environ, "TRADEWIND_DEMO_PASSWORD": DEMO_PASSWORD, "TRADEWIND_RATE_ENTRANCE": "1000"}
    command = [sys.executable, "-m", "tradewind", "up", "--data", str(folder / "data")]
    command += ["--port", str(port), "--speed", _SPEED, *market_options]
    with (
        log.open("wb") as output,
        subprocess.Popen(command, cwd=ROOT, env=environment, stdout=output, stderr=subprocess.STDOUT) as process,
    ):
        try:
            address = f"http://localhost:{port}"
            _wait_until_ready(address, process, log)
            mailbox = re.search(r"Mailbox +(http://localhost:\d+)", log.read_text())
            assert mailbox is not None
            yield Installation(address, mailbox[1])
        finally:
            process.send_signal(signal.SIGINT)
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                process.kill()


@pytest.fixture(scope="module")
def site(installation: Installation) -> str:
    """The address of a running Tradewind with a demo user."""
    return installation.site


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def _wait_until_ready(address: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + _READY_WITHIN
    while time.monotonic() < deadline and process.poll() is None:
        # The demo user is made while the services start; only `up` itself knows when both are done.
        if b"Tradewind is ready" in log.read_bytes():
            with urlopen(f"{address}/readyz", timeout=5) as answer:
                assert answer.status == 200
            return
        time.sleep(0.2)
    said = log.read_text(errors="replace")[-3000:]
    pytest.fail(f"tradewind up was not ready within {_READY_WITHIN:g} s:\n{said}")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        expect.set_options(timeout=_PATIENCE_MS)
        launched = playwright.chromium.launch(executable_path=_CHROMIUM, args=list(_ARGUMENTS))
        yield launched
        launched.close()


@pytest.fixture(scope="module")
def demo_session(site: str, browser: Browser) -> Any:
    """Cookies and local storage of the demo user."""
    context = browser.new_context(base_url=site, locale="en-GB")
    page = context.new_page()
    page.goto("/login")
    log_in(page)
    state = context.storage_state()
    context.close()
    return state


def log_in(page: Page, email: str = DEMO_EMAIL, password: str = DEMO_PASSWORD) -> None:
    """Fill the form in and wait for the overview."""
    page.get_by_label("E-mail address").fill(email)
    page.get_by_label("Password", exact=True).fill(password)
    page.get_by_role("button", name="Log in").click()
    page.get_by_role("heading", name="Overview", level=1).wait_for()


@dataclass
class Complaints:
    """What a page must not do: errors on its console, uncaught exceptions, requests to other hosts."""

    own: tuple[str, ...]
    found: list[str] = field(default_factory=list)
    #: Parts of messages that a test brings about on purpose.
    expected: list[str] = field(default_factory=list)

    def watch(self, page: Page) -> None:
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.found.append(f"uncaught: {error}"))
        page.on("request", self._request)

    def _console(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.found.append(f"{message.type}: {message.text} ({message.location.get('url', '')})")

    def _request(self, request: Request) -> None:
        if not request.url.startswith(self.own):
            self.found.append(f"a request to elsewhere: {request.url}")

    @property
    def unexpected(self) -> list[str]:
        return [each for each in self.found if not any(part in each for part in self.expected)]


@pytest.fixture
def complaints(site: str) -> Iterator[Complaints]:
    watched = Complaints((site, site.replace("http", "ws", 1), "blob:", "data:"))
    yield watched
    assert watched.unexpected == []


type Opener = Callable[..., Page]


@pytest.fixture
def open_page(site: str, browser: Browser, demo_session: Any, complaints: Complaints) -> Iterator[Opener]:
    """Opens pages: `open_page("/signals", theme="dark", language="ru", width=390, guest=True)`."""
    contexts: list[BrowserContext] = []

    def opened(
        path: str,
        *,
        theme: str = "light",
        language: str | None = None,
        width: int = 1440,
        height: int = 900,
        guest: bool = False,
        locale: str = "en-GB",
    ) -> Page:
        context = browser.new_context(
            base_url=site,
            viewport={"width": width, "height": height},
            color_scheme="dark" if theme == "dark" else "light",
            locale=locale,
            timezone_id="Europe/London",
            storage_state=None if guest else demo_session,
            reduced_motion="reduce",
        )
        contexts.append(context)
        if language is not None:
            context.add_init_script(f"localStorage.setItem('tradewind.language', '{language}')")
        page = context.new_page()
        complaints.watch(page)
        page.goto(path)
        return page

    yield opened
    for context in contexts:
        context.close()
