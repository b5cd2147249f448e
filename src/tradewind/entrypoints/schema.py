"""The whole schema: every table of every room."""

from __future__ import annotations

from sqlalchemy import MetaData

import tradewind.accounts.factors.models
import tradewind.accounts.identity.models
import tradewind.accounts.passkeys.models
import tradewind.accounts.sessions.models
import tradewind.accounts.users.models
import tradewind.billing.subscriptions.models
import tradewind.market.record.models
import tradewind.messaging.chats.models
import tradewind.messaging.telegram.models
import tradewind.platform.idempotency.models
import tradewind.platform.leases.models
import tradewind.platform.mail.models
import tradewind.platform.realtime.models
import tradewind.platform.spine.models
import tradewind.research.runs.models
import tradewind.trading.accounts.models
import tradewind.trading.alerts.models
import tradewind.trading.engine.models
import tradewind.trading.intents.models
import tradewind.trading.ledger.models
import tradewind.trading.orders.models
import tradewind.trading.positions.models
import tradewind.trading.signals.models
import tradewind.trading.strategies.models
import tradewind.venues.paper.models  # noqa: F401
from tradewind.platform.database import Base

metadata: MetaData = Base.metadata
