"""People: users, organisations, sessions, second factors."""

from tradewind.accounts.users.service import create_user

__all__ = ["create_user"]
