"""Telling people: Telegram today; e-mail, push and webhooks join here."""
