"""Mails: their words, and their way to the mail server."""

from tradewind.messaging.mail.events import mail_handler
from tradewind.messaging.mail.jobs import deliver_mails
from tradewind.messaging.mail.queries import prune_mails
from tradewind.messaging.mail.service import Postman
from tradewind.messaging.mail.texts import NOTICES, composed
from tradewind.messaging.mail.transport import MailServer

__all__ = ["NOTICES", "MailServer", "Postman", "composed", "deliver_mails", "mail_handler", "prune_mails"]
