"""The content security policy in a real browser: no page needs what it forbids, and what it forbids does not happen."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import Complaints, Opener
from tests.e2e.test_dashboard import settled

_RECORD = """
window.refused = [];
document.addEventListener("securitypolicyviolation", event => window.refused.push(
    `${event.effectiveDirective}: ${event.blockedURI} ${event.sourceFile}`));
"""
_INJECT = """
() => {
  const script = document.createElement("script");
  script.textContent = "window.injected = true";
  document.body.append(script);
  const link = document.createElement("div");
  link.innerHTML = "<img src=x-nothing:1 onerror='window.injected = true'>";
  document.body.append(link);
}
"""


def refused(page: Page) -> list[str]:
    """What the browser has refused to do for the page."""
    found: list[str] = page.evaluate("window.refused")
    return found


def reloaded(page: Page) -> Page:
    """The page from its beginning, watched by itself."""
    page.add_init_script(_RECORD)
    page.reload()
    if page.url.endswith("/api/docs"):
        page.locator(".opblock").first.wait_for()
    elif not page.url.endswith(("/login", "/register")):
        settled(page)
    if page.url.endswith("/market"):
        page.locator("canvas").first.wait_for()
    expect(page.get_by_role("heading", level=1)).not_to_have_text("There is no such page")
    return page


@pytest.mark.parametrize(
    "path", ["/", "/signals", "/positions", "/portfolio", "/market", "/alerts", "/strategies", "/api/docs"]
)
def test_no_page_needs_what_the_policy_forbids(open_page: Opener, path: str) -> None:
    assert refused(reloaded(open_page(path))) == []


@pytest.mark.parametrize("path", ["/login", "/register"])
def test_nor_does_a_page_for_everybody(open_page: Opener, path: str) -> None:
    assert refused(reloaded(open_page(path, guest=True))) == []


@pytest.mark.parametrize("path", ["/", "/api/docs"])
def test_what_somebody_wrote_into_a_page_is_not_run(open_page: Opener, complaints: Complaints, path: str) -> None:
    complaints.expected += ["Content Security Policy", "x-nothing:", "ERR_UNKNOWN_URL_SCHEME"]
    page = reloaded(open_page(path))
    page.evaluate(_INJECT)
    page.wait_for_function("window.refused.some(each => each.startsWith('script-src'))")
    assert page.evaluate("window.injected") is None
