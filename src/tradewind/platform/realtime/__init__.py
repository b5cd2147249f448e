"""Realtime: durable frames per user, numbered by the database, and price snapshots that are never replayed."""

from tradewind.platform.realtime.frames import Addressed, Audience, FrameType, frames_handler, frames_since, last_seq
from tradewind.platform.realtime.models import FrameHeadRow, FrameRow
from tradewind.platform.realtime.prices import PRICES_CHANNEL, PriceBoard, read_prices, user_channel

__all__ = [
    "PRICES_CHANNEL",
    "Addressed",
    "Audience",
    "FrameHeadRow",
    "FrameRow",
    "FrameType",
    "PriceBoard",
    "frames_handler",
    "frames_since",
    "last_seq",
    "read_prices",
    "user_channel",
]
