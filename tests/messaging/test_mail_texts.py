"""The words of mails: all of them, in all languages, safe to look at."""

from __future__ import annotations

from datetime import UTC, datetime
from email.message import EmailMessage
from uuid import UUID

import pytest

from tradewind.kit.language import Language
from tradewind.messaging.mail import NOTICES, composed
from tradewind.platform.mail import MailTemplate
from tradewind.platform.spine import Destination, EventType, destinations_of

TOLD = [each for each in EventType if Destination.MAIL in destinations_of(each)]
AT = datetime(2026, 1, 5, 14, 0, tzinfo=UTC)
ID = UUID("01890000-0000-7000-8000-000000000001")


def made(template: MailTemplate, locale: str, **parameters: str) -> EmailMessage:
    return composed(
        ID,
        template,
        "ann@tests.example",
        parameters,
        locale=locale,
        sender="Tradewind <post@tradewind.example>",
        url="https://trade.example/",
        at=AT,
    )


def bodies(message: EmailMessage) -> tuple[str, str]:
    plain, html = message.get_body(("plain",)), message.get_body(("html",))
    assert plain is not None
    assert html is not None
    return plain.get_content(), html.get_content()


def test_every_event_that_goes_by_mail_has_words() -> None:
    assert set(NOTICES) == set(TOLD)


@pytest.mark.parametrize("language", list(Language))
@pytest.mark.parametrize("template", [each for each in MailTemplate if each is not MailTemplate.SECURITY_NOTICE])
def test_every_template_speaks_every_language(template: MailTemplate, language: Language) -> None:
    message = made(template, language.value, token="the-token")
    plain, html = bodies(message)
    assert message["Message-ID"] == f"<{ID}@tradewind.example>"
    assert message["Auto-Submitted"] == "auto-generated"
    link = "https://trade.example/" + plain.split("https://trade.example/")[1].split()[0]
    assert link.endswith("#the-token")
    assert f'href="{link}"' in html
    russian = any("а" <= letter <= "я" for letter in plain.lower())
    assert russian is (language is Language.RU)
    assert message["Subject"]


@pytest.mark.parametrize("language", list(Language))
@pytest.mark.parametrize("kind", TOLD)
def test_notices_say_when_and_from_where(kind: EventType, language: Language) -> None:
    origin = {"ip_address": "203.0.113.7", "user_agent": '"><script>alert(1)</script>'}
    message = made(MailTemplate.SECURITY_NOTICE, language.value, event=kind.value, at="2026-01-05 14:00", **origin)
    plain, html = bodies(message)
    assert NOTICES[kind][language].sentence in plain
    assert "203.0.113.7" in plain
    assert "<script" not in html
    assert "#" not in plain, "a notice has no secret in it"


def test_what_is_not_known_is_left_out() -> None:
    plain, _ = bodies(made(MailTemplate.SECURITY_NOTICE, "en", event=TOLD[0].value, at="2026-01-05 14:00"))
    assert "From:" not in plain


def test_an_address_cannot_bring_headers_along() -> None:
    with pytest.raises(ValueError, match=r"newline|linefeed|CR|LF"):
        composed(
            ID,
            MailTemplate.ADDRESS_IN_USE,
            "ann@tests.example\r\nBcc: eve@tests.example",
            {},
            locale="en",
            sender="Tradewind <post@tradewind.example>",
            url="https://trade.example",
            at=AT,
        )
