"""A stand-in for the Telegram Bot API: `python -m emulators.telegram --port 8081 --channel @signals`.

It speaks the Bot API over HTTP, refuses what Telegram refuses, and shows the chats on a page. Everything is in memory.
"""
