"""Telegram chats of the users' own: named by them, proven by a code that is sent there."""
