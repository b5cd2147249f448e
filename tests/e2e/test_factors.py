"""Second factors as a person sets them up and uses them."""

from __future__ import annotations

import base64
import re
from uuid import uuid4

from playwright.sync_api import Page, expect

from tests.e2e.conftest import Complaints, Opener
from tests.e2e.test_dashboard import violations
from tests.support.factors import App

PASSWORD = "a long password of somebody new"


def newcomer(page: Page) -> str:
    """Somebody who has just registered; his address."""
    email = f"{uuid4().hex[:10]}@tests.example"
    answer = page.request.post("/api/v1/auth/register", data={"email": email, "password": PASSWORD})
    assert answer.status == 201
    return email


def give_password(page: Page, email: str) -> None:
    page.get_by_label("E-mail address").fill(email)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Log in", exact=True).click()


def inside(page: Page) -> None:
    page.get_by_role("heading", name="Overview", level=1).wait_for()


def open_factors(page: Page) -> None:
    page.get_by_role("button", name="Your account").click()
    page.get_by_role("menuitem", name="Security").click()
    page.get_by_role("heading", name="Authenticator app").wait_for()


def log_out(page: Page) -> None:
    page.get_by_role("button", name="Your account").click()
    page.get_by_role("menuitem", name="Log out").click()
    page.get_by_role("heading", name="Welcome back").wait_for()


def keep_codes(page: Page) -> list[str]:
    """The recovery codes that are shown; the dialog is closed."""
    dialog = page.get_by_role("dialog", name="Recovery codes")
    codes = dialog.get_by_role("listitem")
    expect(codes).to_have_count(10)
    told = codes.all_inner_texts()
    with page.expect_download() as download:
        dialog.get_by_role("link", name="Download").click()
    assert set(told) <= set(download.value.path().read_text().splitlines())
    assert violations(page) == []
    dialog.get_by_role("button", name="I have kept them").click()
    return told


def set_up_app(page: Page) -> App:
    page.get_by_role("button", name="Set up").click()
    dialog = page.get_by_role("dialog", name="Set up an authenticator app")
    expect(dialog.get_by_role("img", name="QR code for the authenticator app")).to_be_visible()
    assert violations(page) == []
    secret = dialog.get_by_text(re.compile(r"^([A-Z2-7]{4} ){7}[A-Z2-7]{4}$")).inner_text()
    app = App(base64.b32decode(secret.replace(" ", "")), [])
    dialog.get_by_label("Code").fill(app.wrong_code())
    dialog.get_by_role("button", name="Confirm").click()
    expect(dialog.get_by_text("That is not right")).to_be_visible()
    dialog.get_by_label("Code").fill(app.code())
    dialog.get_by_role("button", name="Confirm").click()
    app.recovery_codes = keep_codes(page)
    return app


def add_authenticator(page: Page) -> None:
    """A fingerprint reader, which always finds the right finger."""
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    session.send("WebAuthn.addVirtualAuthenticator", {"options": options})


def test_an_app_is_set_up_asked_for_and_lost(open_page: Opener, complaints: Complaints) -> None:
    complaints.expected += ["401", "403"]
    page, elsewhere = open_page("/login", guest=True), open_page("/login", guest=True)
    email = newcomer(page)
    for each in (page, elsewhere):
        give_password(each, email)
        inside(each)
    open_factors(page)
    app = set_up_app(page)
    expect(page.get_by_text("Left: 10 of 10")).to_be_visible()

    # The other browser gave a password only; what is dangerous asks it for more, and then goes on.
    open_factors(elsewhere)
    elsewhere.get_by_role("button", name="Make new codes").click()
    elsewhere.get_by_role("dialog").get_by_role("button", name="Make new codes").click()
    prompt = elsewhere.get_by_role("dialog", name="Confirm that it is you")
    prompt.get_by_role("button", name="Cancel").click()
    expect(elsewhere.get_by_text("It was not confirmed, so nothing was changed.")).to_be_visible()
    elsewhere.get_by_role("button", name="Make new codes").click()
    elsewhere.get_by_role("dialog").get_by_role("button", name="Make new codes").click()
    assert violations(elsewhere) == []
    prompt.get_by_label("Code").fill(app.wrong_code())
    prompt.get_by_role("button", name="Confirm").click()
    expect(prompt.get_by_text("That is not right")).to_be_visible()
    prompt.get_by_label("Code").fill(app.code(1))
    prompt.get_by_role("button", name="Confirm").click()
    codes = keep_codes(elsewhere)
    assert not set(codes) & set(app.recovery_codes)

    log_out(page)
    give_password(page, email)
    page.get_by_role("heading", name="One more step").wait_for()
    assert violations(page) == []
    page.get_by_label("Code").fill(app.wrong_code())
    page.get_by_role("button", name="Log in", exact=True).click()
    expect(page.get_by_text("That is not right")).to_be_visible()
    page.get_by_role("button", name="No phone at hand? Use a recovery code").click()
    page.get_by_label("Recovery code").fill(codes[0].lower())
    page.get_by_role("button", name="Log in", exact=True).click()
    inside(page)
    open_factors(page)
    expect(page.get_by_text("Left: 9 of 10")).to_be_visible()
    page.get_by_role("button", name="Remove", exact=True).click()
    page.get_by_role("dialog").get_by_role("button", name="Remove").click()
    expect(page.get_by_role("button", name="Set up")).to_be_visible()


def test_a_passkey_is_made_named_used_and_removed(open_page: Opener, complaints: Complaints) -> None:
    complaints.expected += ["401"]
    page = open_page("/login", guest=True)
    add_authenticator(page)
    email = newcomer(page)
    give_password(page, email)
    inside(page)
    open_factors(page)
    page.get_by_role("button", name="Add a passkey").click()
    page.get_by_role("textbox", name="Name").fill("This laptop")
    page.get_by_role("button", name="Make the passkey").click()
    keep_codes(page)
    passkeys = page.get_by_role("list", name="Passkeys")
    expect(passkeys.get_by_role("listitem")).to_have_count(1)
    page.get_by_role("button", name="Add a passkey").click()
    page.get_by_role("textbox", name="Name").fill("Once more")
    page.get_by_role("button", name="Make the passkey").click()
    expect(page.get_by_text("This device holds a passkey for this account already.")).to_be_visible()
    page.get_by_role("dialog").get_by_role("button", name="Close").click()

    log_out(page)
    page.get_by_role("button", name="Use a passkey").click()
    inside(page)
    log_out(page)
    give_password(page, email)
    page.get_by_role("button", name="Use a passkey").click()
    inside(page)

    open_factors(page)
    page.get_by_role("button", name="Rename This laptop").click()
    page.get_by_role("textbox", name="Name").fill("Old laptop")
    page.get_by_role("button", name="Save").click()
    expect(passkeys.get_by_text("Old laptop")).to_be_visible()
    expect(passkeys.get_by_text(re.compile("^Last used "))).to_be_visible()
    page.get_by_role("button", name="Remove Old laptop").click()
    page.get_by_role("dialog").get_by_role("button", name="Remove", exact=True).click()
    expect(passkeys).to_have_count(0)
    log_out(page)
    page.get_by_role("button", name="Use a passkey").click()
    expect(page.get_by_text("That is not right")).to_be_visible()
    give_password(page, email)
    inside(page)


def test_second_factors_speak_russian_on_a_phone_in_the_dark(open_page: Opener) -> None:
    page = open_page("/settings/security", theme="dark", language="ru", width=390, height=844)
    expect(page.get_by_role("heading", name="Безопасность", level=1)).to_be_visible()
    assert violations(page) == []
    page.get_by_role("button", name="Настроить").click()
    dialog = page.get_by_role("dialog", name="Настройка приложения-аутентификатора")
    expect(dialog.get_by_role("img")).to_be_visible()
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
