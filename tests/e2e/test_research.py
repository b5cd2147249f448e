"""Research as a person does it: back-tests, sweeps, validations, strategies of one's own, on recorded candles."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import Complaints, Opener
from tests.e2e.test_dashboard import settled, violations
from tests.market.candle_maker import save, walk
from tradewind.core.candles import Timeframe

_CANDLES = 16_000
#: Computing takes seconds; on a machine that does much else, more of them.
_COMPUTED_MS = 120_000
_RUN = re.compile(r"/research/[0-9a-f-]{36}$")


@pytest.fixture(scope="module")
def market_options(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    folder = tmp_path_factory.mktemp("candles")
    for seed, symbol in enumerate(("BTCUSDT", "ETHUSDT"), start=1):
        save(folder, symbol, Timeframe.M5, walk(_CANDLES, seed=seed))
    return ["--market", "replay", "--candles", str(folder)]


def form(page: Page, strategy: str = "ema_trend") -> None:
    """Choose what is quick to compute."""
    page.get_by_label("Strategy", exact=True).select_option(strategy)
    page.get_by_role("button", name="BTCUSDT").click()


def done(page: Page) -> None:
    page.wait_for_url(_RUN)
    expect(page.locator("main").get_by_text("Done", exact=True)).to_be_visible(timeout=_COMPUTED_MS)


def test_a_back_test_from_its_form_to_its_files(open_page: Opener) -> None:
    page = open_page("/research")
    settled(page)
    page.get_by_role("link", name="New back-test").first.click()
    form(page, "bollinger_reversion")
    page.get_by_role("button", name="ETHUSDT").click()
    expect(page.get_by_text(re.compile("About 32,000 candles of"))).to_be_visible()
    page.get_by_role("button", name="Run back-test").click()
    done(page)
    expect(page.get_by_role("img", name=re.compile("^Equity from 10,000.00 to"))).to_be_visible()
    expect(page.get_by_role("region", name="Why it may be too good")).to_be_visible()
    settled(page)
    assert violations(page) == []
    page.get_by_role("button", name="Profit factor").focus()
    expect(page.get_by_role("tooltip")).to_be_visible()
    page.keyboard.press("Escape")
    trades = page.get_by_role("region", name="Trades")
    expect(trades.get_by_role("row")).to_have_count(26)
    trades.get_by_role("button", name="Show more").click()
    expect(trades.get_by_role("row")).not_to_have_count(26)
    trades.get_by_role("button", name=re.compile("USDT")).first.click()
    sheet = page.get_by_role("dialog")
    expect(sheet.get_by_role("heading", name="The rules behind it")).to_be_visible()
    expect(sheet.get_by_role("listitem").first).to_be_visible()
    assert violations(page) == []
    page.keyboard.press("Escape")
    for name, file in (("Trades (CSV)", ".csv"), ("Equity (CSV)", ".csv"), ("Report (HTML)", ".html")):
        with page.expect_download() as download:
            page.get_by_role("link", name=name).click()
        assert download.value.suggested_filename.endswith(file)
        assert download.value.path().stat().st_size > 100
    page.goto("/research")
    expect(page.get_by_role("row").filter(has_text="Bollinger").first).to_contain_text("drawdown")
    settled(page)
    assert violations(page) == []


def test_a_sweep_its_map_and_the_set_that_is_tested_next(open_page: Opener) -> None:
    page = open_page("/research/new?kind=sweep")
    form(page)
    page.get_by_role("button", name="Run sweep").click()
    expect(page.get_by_text("Tick at least one parameter to vary.")).to_be_visible()
    boxes = page.get_by_role("checkbox")
    boxes.nth(0).check()
    boxes.nth(1).check()
    page.get_by_label(re.compile("step$")).first.fill("much")
    page.get_by_role("button", name="Run sweep").click()
    expect(page.get_by_text("Expected a number such as 0.06.")).to_be_visible()
    page.get_by_label(re.compile("step$")).first.fill("3")
    page.get_by_label("Trades at least").fill("1")
    assert violations(page) == []
    page.get_by_role("button", name="Run sweep").click()
    done(page)
    grid = page.get_by_role("grid", name="Heat map")
    grid.get_by_role("gridcell").first.focus()
    page.keyboard.press("ArrowRight")
    expect(grid.get_by_role("gridcell").nth(1)).to_be_focused()
    expect(page.get_by_text(re.compile(r" = .* = .*: .* · sets: 1")).first).to_be_visible()
    expect(page.get_by_role("region", name="What the best is worth")).to_contain_text("Deflated Sharpe ratio")
    settled(page)
    assert violations(page) == []
    page.get_by_role("link", name="Back-test this set", exact=True).click()
    expect(page.get_by_role("heading", name="New back-test", level=1)).to_be_visible()
    expect(page.get_by_role("button", name="BTCUSDT")).to_have_attribute("aria-pressed", "true")
    assert "set=" in page.url


def test_a_validation_ends_with_a_verdict(open_page: Opener) -> None:
    page = open_page("/research/new?kind=validation")
    form(page)
    page.get_by_role("checkbox").first.check()
    page.get_by_label("Resampled paths").fill("200")
    page.get_by_label("Walk-forward windows").fill("2")
    page.get_by_role("button", name="Run validation").click()
    done(page)
    expect(page.get_by_role("region", name=re.compile("elievable|Doubtful"))).to_contain_text("Look-ahead")
    expect(page.get_by_role("region", name="How else it could have come")).to_contain_text("200 paths")
    expect(page.get_by_role("region", name="Walk-forward").get_by_role("row")).to_have_count(3)
    settled(page)
    assert violations(page) == []


def test_a_strategy_of_ones_own_from_template_to_back_test(open_page: Opener) -> None:
    page = open_page("/strategies")
    settled(page)
    page.get_by_role("region", name="EMA trend").get_by_role("link", name="Make it your own").click()
    text = page.get_by_label("Strategy document, YAML or JSON")
    expect(page.get_by_text("Sound")).to_be_visible()
    assert violations(page) == []
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("heading", name="my_ema_trend", level=1)).to_be_visible()
    first = text.input_value()
    text.fill(first.replace("leverage_cap", "leverage_cup"))
    expect(page.get_by_text("2 faults")).to_be_visible()
    line = first[: first.index("leverage_cap")].count("\n") + 1
    page.get_by_role("button", name=f"Line {line}", exact=True).click()
    expect(text).to_be_focused()
    assert violations(page) == []
    page.get_by_role("link", name="Overview").first.click()  # not without a word
    page.get_by_role("dialog").get_by_role("button", name="Stay").click()
    text.fill(first.replace("leverage_cap: 5", "leverage_cap: 4"))
    page.get_by_role("button", name="Save as version 2").click()
    expect(page.get_by_role("button", name="Unchanged")).to_be_visible()
    page.get_by_role("button", name=re.compile("^Compare version 1")).click()
    sheet = page.get_by_role("dialog")
    expect(sheet.get_by_text("leverage_cap: 4")).to_be_visible()
    expect(sheet.get_by_text("leverage_cap: 5")).to_be_visible()
    assert violations(page) == []
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Activate version 1").click()
    expect(page.get_by_role("button", name="Activate version 2")).to_be_visible()
    page.goto("/strategies/own")
    page.get_by_role("link", name="Back-test", exact=True).click()
    expect(page.get_by_label("Strategy", exact=True)).to_have_value("own:my_ema_trend")
    page.get_by_role("button", name="BTCUSDT").click()
    page.get_by_role("button", name="Run back-test").click()
    done(page)
    expect(page.get_by_role("heading", name="my_ema_trend", level=1)).to_be_visible()
    page.goto("/strategies/own")
    page.get_by_role("button", name="Delete my_ema_trend").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete", exact=True).click()
    expect(page.get_by_text("No strategy of your own yet")).to_be_visible()
    settled(page)
    assert violations(page) == []


def test_what_the_server_refuses_stands_at_its_field(open_page: Opener, complaints: Complaints) -> None:
    complaints.expected.append("422")
    page = open_page("/research/new")
    form(page)
    page.get_by_label("Fast EMA").fill("0")
    page.get_by_role("button", name="Run back-test").click()
    expect(page.get_by_label("Fast EMA")).to_have_attribute("aria-invalid", "true")


@pytest.mark.parametrize(
    "path", ["/research", "/research/new?kind=sweep", "/strategies/own", "/strategies/new?from=ema_trend"]
)
def test_research_speaks_russian_on_a_phone_in_the_dark(open_page: Opener, path: str) -> None:
    page = open_page(path, theme="dark", language="ru", width=390, height=844)
    page.get_by_role("navigation", name="Стратегии и исследования").wait_for()
    expect(page.locator("main [role=status]").filter(has_text="Загрузка")).to_have_count(0)
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
