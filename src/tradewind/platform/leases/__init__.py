"""Leases in PostgreSQL."""

from tradewind.platform.leases.service import Lease, LeaseLostError, take_lease

__all__ = ["Lease", "LeaseLostError", "take_lease"]
