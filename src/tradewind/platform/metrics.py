"""Every metric, in one place. Exposed at `/metrics` in the Prometheus text format."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.gc_collector import GCCollector
from prometheus_client.process_collector import ProcessCollector

REGISTRY = CollectorRegistry()
ProcessCollector(registry=REGISTRY)
GCCollector(registry=REGISTRY)

API_REQUESTS = Counter(
    "api_requests",
    "Answered requests by route, method and status.",
    ("endpoint", "method", "status"),
    registry=REGISTRY,
)
API_SECONDS = Histogram(
    "api_request_seconds",
    "Time from the first byte of a request to the last byte of its answer.",
    ("endpoint", "method"),
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0),
    registry=REGISTRY,
)
RATE_LIMITED = Counter("rate_limited", "Requests refused as one too many, by policy.", ("policy",), registry=REGISTRY)
RATE_LIMITS_OPEN = Counter(
    "rate_limits_open",
    "Requests let through uncounted because the broker did not answer; anything but 0 is an alarm.",
    registry=REGISTRY,
)
SIGNAL_EXECUTIONS = Counter(
    "signal_executions", "Wishes to execute a signal by what became of them.", ("result",), registry=REGISTRY
)
WEBSOCKETS = Gauge("websocket_connections", "Open WebSockets of this process.", registry=REGISTRY)
WEBSOCKET_FRAMES = Counter("websocket_frames", "Frames put on sockets by type.", ("type",), registry=REGISTRY)
WEBSOCKET_CLOSES = Counter(
    "websocket_closes", "WebSockets closed by the server, by close code.", ("code",), registry=REGISTRY
)
JOBS = Counter("jobs", "Background jobs by name and what became of them.", ("job", "result"), registry=REGISTRY)
CHAIN_FAULTS = Counter("audit_chain_faults", "Audit chains that were found not to hold.", registry=REGISTRY)
TELEGRAM_POSTS = Counter("telegram_posts", "Telegram posts by what became of them.", ("result",), registry=REGISTRY)
MAILS = Counter("mails", "Mails by what became of them.", ("result",), registry=REGISTRY)
LOGINS = Counter("logins", "Attempts to log in by outcome.", ("outcome",), registry=REGISTRY)


def exposition() -> bytes:
    """All metrics in the Prometheus text format."""
    return generate_latest(REGISTRY)
