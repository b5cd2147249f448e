"""From a template and its parameters to a mail, as text and as simple HTML."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr
from html import escape
from urllib.parse import urlsplit
from uuid import UUID

from tradewind.kit.language import Language, of_locale
from tradewind.messaging.mail.words import (
    AT,
    FOOTER,
    FROM_ADDRESS,
    NOTICE_AFTER,
    NOTICE_BUTTON,
    NOTICES,
    OR_COPY,
    WITH_PROGRAM,
    WORDS,
    Words,
)
from tradewind.platform.mail import MailTemplate
from tradewind.platform.spine import EventType

__all__ = ["NOTICES", "composed"]


def composed(
    mail_id: UUID,
    template: MailTemplate,
    to: str,
    parameters: Mapping[str, str],
    *,
    locale: str,
    sender: str,
    url: str,
    at: datetime,
) -> EmailMessage:
    """The mail, with a Message-ID that is the same however often it is sent.

    Args:
        sender: name and address, as `MAIL_FROM` has them.
        url: where browsers reach the installation.

    Raises:
        KeyError: a parameter of the template is missing.
        ValueError: there is no such notice.
    """
    language = of_locale(locale)
    notice = template is MailTemplate.SECURITY_NOTICE
    words = _notice(parameters, language) if notice else WORDS[template][language]
    link = None
    if words.page is not None:
        token = parameters.get("token")
        link = url.rstrip("/") + words.page + (f"#{token}" if token else "")
    footer = FOOTER[language].format(host=urlsplit(url).netloc)
    message = EmailMessage(policy=SMTP)
    message["Subject"] = words.subject
    message["From"] = sender
    message["To"] = to
    message["Date"] = format_datetime(at.astimezone(UTC))
    message["Message-ID"] = f"<{mail_id}@{parseaddr(sender)[1].rpartition('@')[2] or 'tradewind'}>"
    message["Content-Language"] = language.value
    # Answers of machines (out of office) are not wanted: RFC 3834.
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(_text(words, link, footer), cte="quoted-printable")
    message.add_alternative(_html(words, link, footer, language), subtype="html", cte="quoted-printable")
    return message


def _notice(parameters: Mapping[str, str], language: Language) -> Words:
    notice = NOTICES[EventType(parameters["event"])][language]
    lines = [notice.sentence, AT[language].format(at=parameters["at"])]
    for name, line in (("ip_address", FROM_ADDRESS), ("user_agent", WITH_PROGRAM)):
        if parameters.get(name):
            lines.append(line[language].format(**{name: parameters[name]}))
    return Words(notice.subject, tuple(lines), "/forgot-password", NOTICE_BUTTON[language], (NOTICE_AFTER[language],))


def _text(words: Words, link: str | None, footer: str) -> str:
    parts = [*words.before, *([f"{words.button}:\n{link}"] if link else []), *words.after, f"-- \n{footer}"]
    return "\n\n".join(parts) + "\n"


def _html(words: Words, link: str | None, footer: str, language: Language) -> str:
    paragraphs = "".join(f'<p style="margin:0 0 14px">{escape(line)}</p>' for line in words.before)
    button = ""
    if link:
        address = escape(link)
        button = (
            f'<p style="margin:22px 0"><a href="{address}" style="background:#0b6bcb;color:#ffffff;padding:11px 20px;'
            f'border-radius:8px;text-decoration:none;font-weight:600">{escape(words.button)}</a></p>'
            f'<p style="margin:0 0 14px;color:#5b6470;font-size:13px">{escape(OR_COPY[language])}<br>'
            f'<span style="word-break:break-all">{address}</span></p>'
        )
    after = "".join(f'<p style="margin:0 0 14px">{escape(line)}</p>' for line in words.after)
    return (
        f'<!doctype html><html lang="{language.value}"><head><meta charset="utf-8">'
        f"<title>{escape(words.subject)}</title></head>"
        '<body style="margin:0;background:#f4f6f8;padding:24px 12px;color:#18202a;'
        'font:15px/1.5 system-ui,-apple-system,Segoe UI,Roboto,sans-serif">'
        '<div style="max-width:520px;margin:0 auto;background:#ffffff;border-radius:14px;padding:28px">'
        '<p style="margin:0 0 18px;font-weight:700">Tradewind</p>'
        f'<h1 style="margin:0 0 16px;font-size:20px;line-height:1.3">{escape(words.subject)}</h1>'
        f"{paragraphs}{button}{after}"
        f'<p style="margin:22px 0 0;border-top:1px solid #e3e7ec;padding-top:14px;color:#5b6470;font-size:12px">'
        f"{escape(footer)}</p></div></body></html>"
    )
