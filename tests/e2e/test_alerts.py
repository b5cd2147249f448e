"""Alerts as a person uses them."""

from __future__ import annotations

import re
from uuid import uuid4

from playwright.sync_api import Page, expect

from tests.e2e.conftest import Complaints, Opener
from tests.e2e.test_dashboard import settled, violations

#: A candle closes every half second; a condition needs its candles first.
_MARKET_MS = 150_000


def begin(page: Page) -> None:
    settled(page)
    page.get_by_role("button", name="New alert").click()


def test_a_condition_is_tried_made_and_tells_what_it_saw(open_page: Opener, complaints: Complaints) -> None:
    complaints.expected.append("422")
    page = open_page("/alerts")
    begin(page)
    dialog, name = page.get_by_role("dialog"), f"Watcher {uuid4().hex[:6]}"
    dialog.get_by_role("button", name="Condition", exact=True).click()
    dialog.get_by_label("Candles").select_option("1m")
    condition = dialog.get_by_label("Condition", exact=True)
    condition.fill("close > clsoe")
    expect(dialog.get_by_text('column 9: unknown name "clsoe"')).to_be_visible()
    condition.fill("close >= low")
    expect(dialog.get_by_text(re.compile(r"Held at \d+ of \d+ closes"))).to_be_visible()
    assert violations(page) == []
    dialog.get_by_label("Name").fill(name)
    dialog.get_by_label("How often").select_option("every_time")
    dialog.get_by_role("button", name="Create alert").click()
    row = page.get_by_role("region", name="Your alerts").get_by_role("listitem").filter(has_text=name)
    expect(row.get_by_text("Watching")).to_be_visible()
    told = page.get_by_role("region", name="What they saw").get_by_role("listitem").filter(has_text=name)
    expect(told.first).to_contain_text("the close = ", timeout=_MARKET_MS)
    assert violations(page) == []
    row.get_by_role("button", name="Pause").click()
    expect(row.get_by_text("Paused")).to_be_visible()
    row.get_by_role("button", name="Delete").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete", exact=True).click()
    expect(row).to_have_count(0)


def test_what_the_server_refuses_stands_at_its_field(open_page: Opener, complaints: Complaints) -> None:
    complaints.expected.append("422")
    page = open_page("/alerts")
    begin(page)
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Price", exact=True).fill("much")
    dialog.get_by_role("button", name="Create alert").click()
    expect(dialog.get_by_label("Price", exact=True)).to_have_attribute("aria-invalid", "true")


def test_the_bell_beside_the_price_makes_an_alert_at_it(open_page: Opener) -> None:
    page = open_page("/market")
    settled(page)
    page.get_by_role("button", name=re.compile("^Set an alert on ")).click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_label("Price", exact=True)).not_to_have_value("")
    dialog.get_by_label("Price", exact=True).fill("0.000001")
    dialog.get_by_role("button", name="Create alert").click()
    expect(dialog).to_have_count(0)
    page.goto("/alerts")
    row = page.get_by_role("listitem").filter(has_text="reaches 0.000001").first
    expect(row.get_by_text("Watching")).to_be_visible()
    row.get_by_role("button", name="Delete").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete", exact=True).click()


def test_alerts_speak_russian_on_a_phone_in_the_dark(open_page: Opener) -> None:
    page = open_page("/alerts", theme="dark", language="ru", width=390, height=844)
    expect(page.get_by_role("heading", name="Оповещения", level=1)).to_be_visible()
    page.get_by_role("button", name="Новое оповещение").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("button", name="Условие", exact=True).click()
    dialog.get_by_label("Условие", exact=True).fill("close > open")
    expect(dialog.get_by_text("закрытие выше, чем открытие")).to_be_visible()
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
