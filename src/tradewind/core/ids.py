"""One type per id, so that an order id cannot be passed where a position id is meant."""

from __future__ import annotations

from typing import NewType
from uuid import UUID

TenantId = NewType("TenantId", UUID)
UserId = NewType("UserId", UUID)
AccountId = NewType("AccountId", UUID)
SignalId = NewType("SignalId", UUID)
IntentId = NewType("IntentId", UUID)
PositionId = NewType("PositionId", UUID)
OrderId = NewType("OrderId", UUID)
FillId = NewType("FillId", UUID)
