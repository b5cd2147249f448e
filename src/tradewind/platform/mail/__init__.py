"""Mails to people: written in the transaction that is their reason, delivered by a worker, kept until they are."""

from tradewind.platform.mail.letters import Letter, MailTemplate
from tradewind.platform.mail.models import MailRow
from tradewind.platform.mail.sending import Mails

__all__ = ["Letter", "MailRow", "MailTemplate", "Mails"]
