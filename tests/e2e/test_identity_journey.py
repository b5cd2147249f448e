"""An account from its registration to a new password, as a person with a mailbox lives it, in a real browser."""

from __future__ import annotations

import json
import re
from urllib.request import urlopen
from uuid import uuid4

from playwright.sync_api import Page, expect

from tests.e2e.conftest import Complaints, Installation, Opener

FIRST = "the first sentence that I thought of"
SECOND = "a second one, after the first was lost"
THIRD = "and a third, because one can"


def follow(page: Page, installation: Installation, address: str, subject: str, copies: int = 1) -> None:
    """Wait on the mailbox page until so many mails with that subject have come, and click the newest one's link."""
    page.goto(installation.mailbox)
    titled = page.get_by_role("heading", name=subject, exact=True)
    mails = page.locator("article").filter(has_text=address).filter(has=titled)
    expect(mails).to_have_count(copies)
    mails.first.get_by_role("link").click()


def subjects_to(installation: Installation, address: str) -> list[str]:
    with urlopen(f"{installation.mailbox}/api/mails?to={address}", timeout=10) as answer:
        return [mail["subject"] for mail in json.load(answer)["items"]]


def log_in(page: Page, email: str, password: str) -> None:
    page.get_by_label("E-mail address").fill(email)
    page.get_by_label("Password", exact=True).fill(password)
    page.get_by_role("button", name="Log in").click()
    page.get_by_role("heading", name="Overview", level=1).wait_for()


def log_out(page: Page) -> None:
    page.get_by_role("button", name="Your account").click()
    page.get_by_role("menuitem", name="Log out").click()
    page.get_by_role("heading", name="Welcome back").wait_for()


def test_from_registration_to_a_new_address(
    open_page: Opener, installation: Installation, complaints: Complaints
) -> None:
    complaints.expected += ["422", installation.mailbox]
    email, moved = f"{uuid4().hex}@example.com", f"{uuid4().hex}@example.com"
    page = open_page("/register", guest=True)
    page.get_by_label("E-mail address").fill(email)
    page.get_by_label("Password", exact=True).fill("password12345")
    page.get_by_role("button", name="Create account").click()
    expect(page.get_by_text("is on lists of common and breached ones")).to_be_visible()
    page.get_by_label("Password", exact=True).fill(FIRST)
    expect(page.get_by_text("Strong")).to_be_visible()
    page.get_by_role("button", name="Create account").click()

    # He is inside at once, and asked to confirm his address until he does.
    page.get_by_role("heading", name="Overview", level=1).wait_for()
    banner = page.get_by_role("region", name="Confirm your address")
    expect(banner).to_contain_text(email)
    banner.get_by_role("button", name="Send it again").click()
    expect(banner).to_contain_text("Sent.")
    follow(page, installation, email, "Confirm your e-mail address", copies=2)
    page.get_by_role("button", name="Confirm address").click()
    expect(page.get_by_text("Your address is confirmed.")).to_be_visible()
    page.get_by_role("link", name="To the overview").click()
    page.get_by_role("heading", name="Overview", level=1).wait_for()
    expect(banner).to_have_count(0)
    log_out(page)

    # He forgets his password.
    page.get_by_role("link", name="Forgot the password?").click()
    page.get_by_label("E-mail address").fill(email)
    page.get_by_role("button", name="Send the link").click()
    expect(page.get_by_text("a link is on its way")).to_be_visible()
    follow(page, installation, email, "Set a new password")
    page.get_by_label("New password").fill(SECOND)
    page.get_by_role("button", name="Save the password").click()
    expect(page.get_by_text("The new password is set.")).to_be_visible()
    page.get_by_role("link", name="Log in").click()
    log_in(page, email, SECOND)

    # He changes it, and ends another device.
    other = open_page("/login", guest=True)
    log_in(other, email, SECOND)
    page.get_by_role("button", name="Your account").click()
    page.get_by_role("menuitem", name="Security").click()
    page.get_by_role("heading", name="Security", level=1).wait_for()
    devices = page.get_by_role("region", name="Devices").get_by_role("listitem")
    expect(devices).to_have_count(2)
    expect(devices.filter(has_text="This device")).to_have_count(1)
    password = page.get_by_role("region", name="Password", exact=True)
    password.get_by_label("Present password").fill(FIRST)
    password.get_by_label("New password").fill(THIRD)
    password.get_by_role("button", name="Change password").click()
    expect(password.get_by_text("this is not your present password")).to_be_visible()
    password.get_by_label("Present password").fill(SECOND)
    password.get_by_role("button", name="Change password").click()
    expect(password.get_by_text("The password is changed.")).to_be_visible()
    expect(devices).to_have_count(1)
    complaints.expected.append("401")
    other.reload()
    expect(other).to_have_url(re.compile("/login"))

    # He moves to another address; both are told.
    address = page.get_by_role("region", name="E-mail address")
    address.get_by_label("New address").fill(moved)
    address.get_by_label("Present password").fill(THIRD)
    address.get_by_role("button", name="Change address").click()
    expect(address.get_by_text(f"A link is on its way to {moved}")).to_be_visible()
    follow(page, installation, moved, "Confirm your new e-mail address")
    page.get_by_role("button", name="Use this address").click()
    expect(page.get_by_text("Your account has its new address.")).to_be_visible()
    page.goto("/settings/security")
    expect(page.get_by_role("region", name="E-mail address").get_by_text(moved)).to_be_visible()
    follow(page, installation, email, "Your e-mail address was changed")

    # It was not he after all: everything goes back, and everybody is out.
    page.get_by_role("button", name="Take my account back").click()
    expect(page.get_by_text("set a new password by the link")).to_be_visible()
    page.goto("/settings/security")
    expect(page).to_have_url(re.compile("/login"))
    follow(page, installation, email, "Set a new password", copies=2)
    page.get_by_label("New password").fill(FIRST)
    page.get_by_role("button", name="Save the password").click()
    page.get_by_role("link", name="Log in").click()
    log_in(page, email, FIRST)
    told = subjects_to(installation, email)
    for subject in ("Your password was changed", "A new password was set", "Your e-mail address is about to change"):
        assert subject in told, told


def test_a_link_that_is_void_says_what_to_do_in_both_languages(open_page: Opener, complaints: Complaints) -> None:
    complaints.expected.append("400")
    page = open_page("/reset-password#" + "x" * 43, guest=True)
    page.get_by_label("New password").fill(FIRST)
    page.get_by_role("button", name="Save the password").click()
    expect(page.get_by_role("alert")).to_have_text(
        "This link was used already, or its time is over. Ask for a new one."
    )
    page.get_by_role("link", name="Send a new link").click()
    expect(page.get_by_role("heading", name="Forgot the password?")).to_be_visible()
    page = open_page("/verify-email#" + "x" * 43, guest=True, language="ru")
    page.get_by_role("button", name="Подтвердить адрес").click()
    expect(page.get_by_role("alert")).to_have_text("Эта ссылка уже использована, или её срок истёк. Запросите новую.")
