"""The spine: every fact worth telling is recorded once, in the transaction that makes it true.

`record` writes the event and its outbox rows; the relay hands outbox rows to their destinations, one of which is the
audit log's hash chain. Nothing that matters is published from memory after a commit.
"""

from tradewind.platform.spine.events import Destination, Event, EventType, destinations_of
from tradewind.platform.spine.heads import (
    RecordHead,
    disagreeing,
    keep_heads,
    publish_heads,
    published_heads,
    read_heads,
)
from tradewind.platform.spine.models import EventDetailRow, EventRow, EventSealRow, OutboxRow, RecordHeadRow
from tradewind.platform.spine.recording import (
    WAKE_CHANNEL,
    RequestOrigin,
    event_columns,
    event_row,
    record,
    to_outbox,
)
from tradewind.platform.spine.relay import Delivery, Handler, Relay
from tradewind.platform.spine.sealing import ChainFault, chains_of, seal, verify_chain

__all__ = [
    "WAKE_CHANNEL",
    "ChainFault",
    "Delivery",
    "Destination",
    "Event",
    "EventDetailRow",
    "EventRow",
    "EventSealRow",
    "EventType",
    "Handler",
    "OutboxRow",
    "RecordHead",
    "RecordHeadRow",
    "Relay",
    "RequestOrigin",
    "chains_of",
    "destinations_of",
    "disagreeing",
    "event_columns",
    "event_row",
    "keep_heads",
    "publish_heads",
    "published_heads",
    "read_heads",
    "record",
    "seal",
    "to_outbox",
    "verify_chain",
]
