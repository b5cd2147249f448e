"""The report of a back-test in a real browser, from the disk: it draws itself, sorts, zooms and asks nobody."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.conftest import Complaints
from tests.market.candle_maker import walk
from tradewind.core.candles import Timeframe
from tradewind.kit.language import Language
from tradewind.research.backtest import IdealOptions, run_ideal
from tradewind.research.reports import judged
from tradewind.research.reports.html import html_page
from tradewind.research.studies import Inquiry, SweepPlan, ValidationPlan
from tradewind.research.sweeps.objective import Objective
from tradewind.research.sweeps.samplers import Sampler, SamplerKind
from tradewind.research.sweeps.space import Space
from tradewind.trading.strategies import load_builtin

COLUMNS = {symbol: walk(6000, seed=seed) for seed, symbol in enumerate(("BTCUSDT", "ETHUSDT"), start=1)}


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    result = run_ideal(load_builtin("ema_rsi_atr"), COLUMNS, Timeframe.M5)
    path = tmp_path_factory.mktemp("report") / "report.html"
    path.write_text(html_page(result, judged(result)[1], COLUMNS.__getitem__, Language.EN), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def validated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of a search that chose among four sets, in Russian."""
    strategy = load_builtin("ema_rsi_atr")
    space = Space.of(strategy, {"fast": [8, 12], "stop_atr": [2, 3]})
    search = SweepPlan(Sampler.of(SamplerKind.GRID, space, None, 1, 4), Objective(min_trades=1))
    plan = ValidationPlan(folds=2, paths=200)
    inquiry = Inquiry(strategy, COLUMNS, {}, Timeframe.M5, IdealOptions(), plan, search)
    found = inquiry.verdict([inquiry.window(span) for span in inquiry.spans()], (None, None))
    said = found.document()["validation"]
    path = tmp_path_factory.mktemp("validation") / "report.html"
    path.write_text(html_page(found.result, found.verdict, COLUMNS.__getitem__, Language.RU, said), encoding="utf-8")
    return path


def opened(browser: Browser, report: Path, width: int) -> tuple[Page, Complaints]:
    page = browser.new_page(viewport={"width": width, "height": 900})
    complaints = Complaints(own=(report.as_uri(),))
    complaints.watch(page)
    page.goto(report.as_uri())
    return page, complaints


def pixels(page: Page) -> str:
    drawn: str = page.locator("canvas").evaluate("canvas => canvas.toDataURL()")
    return drawn


def redrawn(page: Page, before: str) -> None:
    """Wait until the chart is no longer as it was."""
    page.wait_for_function("before => document.querySelector('canvas').toDataURL() !== before", arg=before)


def test_a_reader_finds_a_trade(browser: Browser, report: Path) -> None:
    page, complaints = opened(browser, report, 1200)
    expect(page.get_by_role("heading", name="EMA, RSI, ATR reference")).to_be_visible()
    rows = page.locator(".trades tbody tr")
    expect(rows).to_have_count(50)
    page.get_by_role("button", name="PnL").last.click()
    expect(page.locator("th[aria-sort=ascending]")).to_contain_text("PnL")
    worst = rows.first.inner_text()
    page.get_by_role("button", name="PnL").last.click()
    assert rows.first.inner_text() != worst
    whole = pixels(page)
    rows.first.click()
    expect(page.locator("canvas")).to_be_in_viewport()
    redrawn(page, whole)
    near = pixels(page)
    page.get_by_role("button", name="All").click()
    redrawn(page, near)
    figure = page.get_by_role("button", name="Sortino")
    figure.click()
    expect(page.locator(".definition")).to_contain_text("mean(min(rᵢ, 0)²)")
    page.get_by_role("button", name="Light or dark").click()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    assert complaints.found == []


def test_on_a_phone(browser: Browser, report: Path) -> None:
    page, complaints = opened(browser, report, 390)
    expect(page.locator("svg")).to_have_count(3)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert complaints.found == []


@pytest.mark.parametrize("width", [390, 1200])
def test_a_verdict_with_all_that_it_stands_on(browser: Browser, validated: Path, width: int) -> None:
    page, complaints = opened(browser, validated, width)
    verdict = page.locator("section.verdict")
    expect(verdict.get_by_role("heading", name="Можно ли этому верить?")).to_be_visible()
    expect(verdict.locator(".badge")).to_have_text("? Под сомнением")
    expect(verdict.locator(".checks li")).to_have_count(8)
    walk_forward = page.locator("section", has=page.get_by_role("heading", name="Проверка вперёд"))
    expect(walk_forward.locator("tbody tr")).to_have_count(2)
    expect(walk_forward.locator("svg rect")).to_have_count(4)
    expect(page.locator("svg circle.observed")).to_have_count(3)
    expect(page.get_by_role("heading", name="Чего стоит перебор")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert complaints.found == []
