"""Publication to Telegram: every signal as a message with its chart, and what becomes of it as replies."""

from tradewind.messaging.telegram.chart import ChartPainter
from tradewind.messaging.telegram.client import TelegramClient, TelegramError
from tradewind.messaging.telegram.events import telegram_handler
from tradewind.messaging.telegram.jobs import drain_chat, sweep_chats
from tradewind.messaging.telegram.pacing import Pace
from tradewind.messaging.telegram.queries import prune_posts
from tradewind.messaging.telegram.service import CandleSource, MarketClock, Publication, Publisher
from tradewind.messaging.telegram.texts import Voice, code_text

__all__ = [
    "CandleSource",
    "ChartPainter",
    "MarketClock",
    "Pace",
    "Publication",
    "Publisher",
    "TelegramClient",
    "TelegramError",
    "Voice",
    "code_text",
    "drain_chat",
    "prune_posts",
    "sweep_chats",
    "telegram_handler",
]
