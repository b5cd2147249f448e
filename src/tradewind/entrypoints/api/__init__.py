"""The HTTP API, the WebSocket and the dashboard as one ASGI application."""

from tradewind.entrypoints.api.app import create_app

__all__ = ["create_app"]
