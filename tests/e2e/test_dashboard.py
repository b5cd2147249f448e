"""The dashboard as a person uses it: a real browser, a real server, a simulated market."""

from __future__ import annotations

import re
from uuid import uuid4

import pytest
from playwright.sync_api import Page, Route, WebSocketRoute, expect

from tests.e2e.conftest import DEMO_EMAIL, WEB, Complaints, Opener, log_in

RESEARCH_ROUTES = ("/research/new", "/strategies/new", "/ledger")
ROUTES = (
    "/",
    "/signals?status=all",
    "/positions?status=all",
    "/portfolio",
    "/market",
    "/alerts",
    "/strategies",
    *RESEARCH_ROUTES,
)
#: Something of the market has to happen first; it does so every few seconds.
_MARKET_MS = 150_000
_NUMBER = re.compile(r"[\d,]+\.\d{2}")
_AXE_TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


def settled(page: Page) -> None:
    """Wait until the page shows its data."""
    page.get_by_role("status").filter(has_text="Live").first.wait_for()
    expect(page.get_by_text("Loading…")).to_have_count(0)


def open_first_signal(page: Page) -> None:
    page.goto("/signals?status=all")
    page.locator("main ul a[href*='/signals/']").first.click(timeout=_MARKET_MS)
    page.get_by_role("dialog").get_by_role("heading", name="Why").wait_for()


def open_first_position(page: Page) -> None:
    page.goto("/positions?status=all")
    page.locator("main a[href*='/positions/']").first.click(timeout=_MARKET_MS)
    page.get_by_role("dialog").get_by_role("heading", name="Why: the decision ledger").wait_for()


# -------------------------------------------------------------------------------------------------------------- log-in


def test_a_stranger_is_sent_to_the_login_and_back_to_where_he_wanted(open_page: Opener) -> None:
    page = open_page("/strategies", guest=True)
    expect(page).to_have_url(re.compile(r"/login\?next="))
    page.get_by_label("E-mail address").fill(DEMO_EMAIL)
    page.get_by_label("Password", exact=True).fill("a-password-for-browser-tests")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Strategies", level=1)).to_be_visible()


def test_a_wrong_password_is_told_and_nobody_is_let_in(open_page: Opener, complaints: Complaints) -> None:
    complaints.expected.append("401")
    page = open_page("/login", guest=True)
    page.get_by_label("E-mail address").fill(DEMO_EMAIL)
    page.get_by_label("Password", exact=True).fill("not the password at all")
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_role("alert")).to_have_text("The e-mail address or the password is wrong.")
    expect(page).to_have_url(re.compile("/login"))


def test_the_form_says_what_is_missing_at_the_fields(open_page: Opener) -> None:
    page = open_page("/login", guest=True)
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_text("Please fill this in.")).to_have_count(2)
    expect(page.get_by_label("E-mail address")).to_be_focused()


def test_logging_out_ends_the_session(open_page: Opener) -> None:
    page = open_page("/login", guest=True)
    log_in(page)
    page.get_by_role("button", name="Your account").click()
    page.get_by_role("menuitem", name="Log out").click()
    page.get_by_role("heading", name="Welcome back").wait_for()
    page.goto("/positions")
    expect(page).to_have_url(re.compile("/login"))


def test_a_new_user_is_inside_at_once_on_the_trial(open_page: Opener) -> None:
    page = open_page("/register", guest=True)
    page.get_by_label("E-mail address").fill(f"{uuid4().hex}@example.com")
    page.get_by_label("Password", exact=True).fill("a long enough sentence")
    page.get_by_role("button", name="Create account").click()
    expect(page.get_by_role("heading", name="Free trial plan")).to_be_visible()
    expect(page.get_by_text("Auto-trading comes with Starter and up")).to_be_visible()
    page.goto("/positions")
    expect(page.get_by_text("No open positions")).to_be_visible()


def test_objections_of_the_server_stand_at_their_fields(open_page: Opener, complaints: Complaints) -> None:
    complaints.expected += ["401", "422"]
    page = open_page("/register", guest=True)
    page.get_by_label("E-mail address").fill(DEMO_EMAIL)
    page.get_by_label("Password", exact=True).fill("a long enough sentence")
    page.get_by_role("button", name="Create account").click()
    expect(page.get_by_text("This address may have an account already.")).to_be_visible()
    expect(page.get_by_label("E-mail address")).to_have_attribute("aria-invalid", "true")


# ------------------------------------------------------------------------------------------------------------ overview


def test_the_overview_lives_without_being_touched(open_page: Opener) -> None:
    page = open_page("/")
    settled(page)
    expect(page.get_by_text("Simulated market, 120× — not real prices").first).to_be_visible()
    expect(page.get_by_label("Equity", exact=True).get_by_text(_NUMBER).first).to_be_visible()
    expect(page.get_by_role("img", name=re.compile("Equity over time"))).to_be_visible(timeout=_MARKET_MS)
    clock = page.locator("header time").locator("visible=true").first
    before = clock.get_attribute("datetime")
    expect(clock).not_to_have_attribute("datetime", before or "")
    # Within two minutes a stranger sees signals, positions opening and positions closing.
    activity = page.get_by_role("region", name="Activity")
    for words in (
        re.compile(r"\w+ (long|short) signal"),
        re.compile(r"\w+ (long|short) opened"),
        re.compile(r"\w+ closed"),
    ):
        expect(activity.get_by_text(words).first).to_be_visible(timeout=_MARKET_MS)


def test_prices_come_over_the_socket(open_page: Opener) -> None:
    page = open_page("/market")
    settled(page)
    price = page.locator("main p").filter(has_text="Last price").locator("span").last
    before = price.text_content()
    expect(price).not_to_have_text(before or "")


# ------------------------------------------------------------------------------------------------- signals, positions


def test_a_signal_gives_its_reasons_levels_and_life(open_page: Opener) -> None:
    page = open_page("/signals?status=all")
    open_first_signal(page)
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("listitem").filter(has_text=re.compile(r"\d")).first).to_be_visible()
    expect(dialog.get_by_text("Signal published")).to_be_visible()
    expect(page).to_have_title(re.compile(r"^[A-Z]+ · Signal · Tradewind$"))
    expect(dialog.get_by_text("Target 1 ·")).to_be_visible()  # its life may tell of the target, too
    address = page.url
    page.reload()  # the address leads to it
    expect(page.get_by_role("dialog").get_by_role("heading", name="Why")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    assert address != page.url


def test_filters_are_kept_in_the_address(open_page: Opener) -> None:
    page = open_page("/signals")
    settled(page)
    page.get_by_role("navigation", name="Which signals").get_by_role("link", name="All").click()
    page.get_by_role("combobox", name="Strategy").select_option("ema_trend")
    expect(page).to_have_url(re.compile(r"status=all.*strategy=ema_trend|strategy=ema_trend.*status=all"))
    page.reload()
    expect(page.get_by_role("combobox", name="Strategy")).to_have_value("ema_trend")


def test_a_signal_is_executed_by_hand(open_page: Opener) -> None:
    page = open_page("/signals")
    settled(page)
    _set_auto_trading(page, on=False)
    page.reload()  # what was executed by itself until just now is marked so
    try:
        page.get_by_role("button", name=re.compile("^Execute ")).and_(page.locator(":enabled")).first.click(
            timeout=_MARKET_MS
        )
        page.get_by_role("dialog").get_by_role("button", name="Execute now").click()
        outcome = page.get_by_role("dialog").get_by_role("status").filter(has_text=re.compile(r"\w"))
        expect(outcome).to_contain_text(
            re.compile("Accepted|on the market|position is open|already closed|Not executed|cancelled|not filled")
        )
    finally:
        _set_auto_trading(page, on=True)


def _set_auto_trading(page: Page, *, on: bool) -> None:
    """As settings will do it; the button for it is not built yet."""
    done = page.evaluate(
        """async (on) => {
            const json = async (path, options) => {
                const answer = await fetch('/api/v1/' + path, options);
                if (!answer.ok) throw new Error(await answer.text());
                return answer.json();
            };
            const { csrf_token } = await json('user/me');
            const { items } = await json('trading-accounts');
            const changed = await json('trading-accounts/' + items[0].id, {
                method: 'PATCH',
                headers: { 'content-type': 'application/json', 'x-csrf-token': csrf_token },
                body: JSON.stringify({ auto_trading: on }),
            });
            return changed.auto_trading;
        }""",
        on,
    )
    assert done is on


def test_a_position_is_closed_by_hand_and_explains_itself(open_page: Opener) -> None:
    page = open_page("/positions")
    settled(page)
    page.get_by_role("button", name=re.compile("^Close [A-Z]+USDT$")).and_(page.locator(":enabled")).first.click(
        timeout=_MARKET_MS
    )
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_text("The stop stays in place until nothing is held.")).to_be_visible()
    dialog.get_by_role("button", name="Close position").click()
    expect(page.get_by_role("dialog")).to_have_count(0)
    page.goto("/positions?status=closed")
    row = page.locator("tr").filter(has_text="Closed by you").first
    expect(row).to_be_visible(timeout=30_000)
    row.get_by_role("link").click()
    expect(page.get_by_role("dialog").get_by_role("heading", name="Why: the decision ledger")).to_be_visible()
    expect(
        page.get_by_role("dialog").get_by_text(re.compile("placed the protective stop", re.IGNORECASE))
    ).to_be_visible()


def test_open_positions_show_their_protection_and_live_pnl(open_page: Opener) -> None:
    page = open_page("/positions")
    settled(page)
    row = page.locator("tbody tr").first
    expect(row).to_be_visible(timeout=_MARKET_MS)
    expect(row.get_by_text(re.compile("Protected|Placing stop|Closing out|Stop|Target"))).to_be_visible()
    expect(row.get_by_text(re.compile(r"[+−]?\d+\.\d\d$")).first).to_be_visible()


# -------------------------------------------------------------------------------------------------- market, strategies


def test_the_chart_draws_candles_and_lists_executions(open_page: Opener) -> None:
    page = open_page("/market")
    settled(page)
    expect(page.get_by_test_id("candles").locator("canvas").first).to_be_visible()
    expect(page.get_by_test_id("candles").get_by_role("link")).to_have_attribute(
        "href", re.compile("tradingview.com")
    )  # the licence of lightweight-charts asks for it
    page.get_by_role("group", name="Timeframe").get_by_role("button", name="1h").click()
    expect(page).to_have_url(re.compile("timeframe=1h"))
    expect(page.get_by_role("heading", name=re.compile("Executions of"))).to_be_visible()


def test_the_market_is_analysed_in_numbers_and_words(open_page: Opener) -> None:
    page = open_page("/market?timeframe=5m")
    settled(page)
    analysis = page.get_by_role("region", name=re.compile("Analysis of"))
    expect(
        analysis.get_by_text(re.compile(r"[A-Z]+ 5m has been .+ of its recent values\. The close at ")).first
    ).to_be_visible()
    expect(analysis.get_by_text(re.compile("^(Uptrend|Downtrend|Range|Volatile)$")).first).to_be_visible()
    expect(analysis.get_by_role("region", name="Trend by timeframe").get_by_role("listitem")).to_have_count(3)
    expect(analysis.get_by_role("region", name="Figures").get_by_text("RSI (14)")).to_be_visible()
    for row in analysis.get_by_role("region", name="Levels").get_by_role("row").all()[1:]:
        expect(row).to_contain_text(re.compile("Support|Resistance"))
    # One hour has had too few candles so far, and says how many it needs.
    page.get_by_role("group", name="Timeframe").get_by_role("button", name="1h").click()
    expect(analysis.get_by_text(re.compile(r"\d+ candles have closed; 397 are needed\."))).to_be_visible()


def test_the_analysis_speaks_the_language_of_the_page(open_page: Opener) -> None:
    page = open_page("/market?timeframe=5m", language="ru")
    analysis = page.get_by_role("region", name=re.compile("Анализ"))
    expect(analysis.get_by_text(re.compile("недавних значений. .*[Цц]ен.* закрытия")).first).to_be_visible()


def test_the_analysis_follows_the_market(open_page: Opener) -> None:
    page = open_page("/market?timeframe=1m")
    words = page.get_by_role("region", name=re.compile("Analysis of")).get_by_text(re.compile("The close at")).first
    before = words.text_content()
    expect(words).not_to_have_text(before or "")


def test_strategies_say_where_they_are_weak(open_page: Opener) -> None:
    page = open_page("/strategies")
    expect(page).to_have_title("Strategies · Tradewind")
    expect(page.get_by_role("heading", name="EMA trend")).to_be_visible()
    expect(page.get_by_role("heading", name="Where it is weak").first).to_be_visible()
    page.get_by_text("Parameters").first.click()
    expect(page.get_by_role("cell").first).to_be_visible()


# -------------------------------------------------------------------------------------- language, theme, width, access


def test_the_language_is_chosen_and_kept(open_page: Opener) -> None:
    page = open_page("/strategies")
    page.get_by_role("button", name="Language").click()
    page.get_by_role("menuitemradio", name="Русский").click()
    expect(page.get_by_role("heading", name="Стратегии", level=1)).to_be_visible()
    expect(page.get_by_role("heading", name="Тренд по EMA")).to_be_visible()  # the server's words follow
    page.reload()
    expect(page.get_by_role("heading", name="Стратегии", level=1)).to_be_visible()
    expect(page.locator("html")).to_have_attribute("lang", "ru")


def test_the_browser_language_is_spoken_to_strangers(open_page: Opener) -> None:
    page = open_page("/login", guest=True, locale="ru-RU")
    expect(page.get_by_role("heading", name="С возвращением")).to_be_visible()


def test_the_theme_is_chosen_and_kept_without_a_flash(open_page: Opener) -> None:
    page = open_page("/strategies")
    page.get_by_role("button", name="Theme").click()
    page.get_by_role("menuitemradio", name="Dark").click()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    page.goto("/strategies", wait_until="commit")
    page.wait_for_selector("html[data-theme=dark]", state="attached")


@pytest.mark.parametrize("language", ["en", "ru"])
@pytest.mark.parametrize("path", [*ROUTES, "/login", "/register"])
def test_a_phone_needs_no_sideways_scrolling(open_page: Opener, path: str, language: str) -> None:
    guest = path in ("/login", "/register")
    page = open_page(path, width=360, height=740, language=language, guest=guest)
    page.get_by_role("heading", level=1).first.wait_for(state="attached")
    if not guest:
        expect(page.locator("main [role=status]")).to_have_count(0)  # loaded
    excess = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert excess <= 0


def test_everything_can_be_reached_with_the_keyboard(open_page: Opener) -> None:
    page = open_page("/signals?status=all")
    settled(page)
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to content")).to_be_focused()
    link = page.locator("main ul a[href*='/signals/']").first
    link.focus(timeout=_MARKET_MS)
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog")).to_be_visible()
    assert page.evaluate("document.querySelector('dialog').contains(document.activeElement)")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    assert page.evaluate("document.activeElement.closest('main ul') !== null")


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize(
    "path", [*ROUTES, "/signals", "/positions", "signal", "position", "activity", "/login", "/register"]
)
def test_every_page_is_accessible(open_page: Opener, path: str, theme: str) -> None:
    guest = path in ("/login", "/register")
    page = open_page(path if path.startswith("/") else "/signals?status=all", theme=theme, guest=guest)
    if path == "signal":
        open_first_signal(page)
    elif path == "position":
        open_first_position(page)
    elif path == "activity":
        page.get_by_role("button", name=re.compile("Open activity")).click()
    page.get_by_role("heading", level=1).first.wait_for(state="attached")
    if not guest:
        settled(page)
    assert violations(page) == []


def violations(page: Page) -> list[str]:
    """What axe finds wrong with the page, in short."""
    page.evaluate((WEB / "node_modules" / "axe-core" / "axe.min.js").read_text())  # a script tag is against the policy
    found = page.evaluate(
        "tags => axe.run(document, {runOnly: tags, resultTypes: ['violations']}).then(result => result.violations)",
        _AXE_TAGS,
    )
    return [
        f"{each['id']}: {each['help']}: " + "; ".join(node["html"][:160] for node in each["nodes"][:3])
        for each in found
    ]


# -------------------------------------------------------------------------------------------------------- when it fails


def test_a_failing_part_says_so_and_can_be_tried_again(open_page: Opener, complaints: Complaints) -> None:
    complaints.expected.append("404")
    page = open_page("/strategies")
    page.get_by_role("heading", name="EMA trend").wait_for()

    def refuse(route: Route) -> None:
        route.fulfill(
            status=404, content_type="application/problem+json", body='{"code":"not_found","request_id":"r-1"}'
        )

    page.route("**/api/v1/positions*", refuse)
    page.get_by_role("navigation", name="Main navigation").first.get_by_role("link", name="Positions").click()
    expect(page.get_by_role("alert")).to_contain_text("This could not be loaded")
    expect(page.get_by_role("alert")).to_contain_text("Request r-1")
    page.unroute("**/api/v1/positions*")
    page.get_by_role("button", name="Try again").click()
    expect(page.get_by_role("alert")).to_have_count(0)


def test_a_broken_line_is_told_and_mended(open_page: Opener) -> None:
    page = open_page("/positions")
    settled(page)
    broken = True

    def line(socket: WebSocketRoute) -> None:
        if broken:
            socket.close()
        else:
            socket.connect_to_server()

    page.route_web_socket(re.compile("/ws/user/"), line)
    page.reload()
    expect(page.get_by_text("No connection to the server")).to_be_visible()
    page.get_by_role("navigation", name="Main navigation").first.get_by_role("link", name="Signals").click()
    expect(page.get_by_role("heading", name="Signals", level=1)).to_be_visible()
    broken = False
    settled(page)
    expect(page.get_by_text("No connection to the server")).to_have_count(0)


def test_the_portfolio_shows_risk_and_the_sums_behind_it(open_page: Opener) -> None:
    page = open_page("/portfolio")
    meter = page.get_by_role("meter", name="Risk level")
    expect(meter).to_be_visible(timeout=_MARKET_MS)  # before, nothing was held
    level = float(meter.get_attribute("aria-valuenow") or "-1")
    assert 0 <= level <= 1
    risk = page.get_by_role("region", name="Risk level")
    expect(risk.get_by_text(re.compile(r"^[\d.]+ ÷ [\d.]+ = [\d.]+")).first).to_be_visible()
    expect(page.get_by_role("region", name="Exposure").get_by_text(_NUMBER).first).to_be_visible()
    expect(page.get_by_role("region", name="Way to liquidation").get_by_text("liquidation at").first).to_be_visible()
    for name in ("What a bad hour may cost", "What would lower the risk"):
        expect(page.get_by_role("region", name=name)).to_be_visible()
    assert violations(page) == []


def test_who_has_no_portfolio_analysis_is_told_which_plan_has_it(open_page: Opener) -> None:
    page = open_page("/register", guest=True)
    page.get_by_label("E-mail address").fill(f"{uuid4().hex}@example.com")
    page.get_by_label("Password", exact=True).fill("a long enough sentence")
    page.get_by_role("button", name="Create account").click()
    page.get_by_role("heading", name="Free trial plan").wait_for()
    page.goto("/portfolio")
    expect(page.get_by_text("Portfolio analysis comes with Enterprise")).to_be_visible()
    expect(page.get_by_text("You are on Free trial")).to_be_visible()
    assert violations(page) == []


def test_history_can_be_taken_along_as_files(open_page: Opener) -> None:
    page = open_page("/positions?status=closed")
    settled(page)
    page.get_by_role("button", name="LIFO").click()
    for name, file in (("Ledger (CSV)", "ledger"), ("Fills (CSV)", "fills"), ("Tax lots (CSV)", "tax-lots-lifo")):
        with page.expect_download() as download:
            page.get_by_role("link", name=name).click()
        assert download.value.suggested_filename == f"tradewind-{file}.csv"
        with download.value.path().open(newline="") as opened:
            header = opened.readline()
        assert "account_id,account,currency" in header


def test_an_address_that_leads_nowhere_says_so(open_page: Opener) -> None:
    page = open_page("/nowhere")
    expect(page.get_by_text("There is no such page")).to_be_visible()
    page.get_by_role("link", name="To the overview").click()
    expect(page.get_by_role("heading", name="Overview", level=1)).to_be_attached()


def test_the_api_documentation_is_our_own(open_page: Opener) -> None:
    page = open_page("/api/docs", guest=True)
    expect(page.get_by_role("heading", name=re.compile("Tradewind")).first).to_be_visible(timeout=20_000)
    expect(page.get_by_text("/api/v1/signals", exact=True).first).to_be_visible()
