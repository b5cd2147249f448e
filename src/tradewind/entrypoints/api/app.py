"""Putting the application together."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from fastapi import FastAPI
from redis.asyncio import Redis
from starlette.middleware.cors import CORSMiddleware
from starlette.routing import WebSocketRoute

from tradewind import __version__
from tradewind.accounts.factors.endpoints import router as factors
from tradewind.accounts.identity.endpoints import router as identity
from tradewind.accounts.passkeys.endpoints import router as passkeys
from tradewind.accounts.passwords import PasswordHasher
from tradewind.accounts.security_log.endpoints import router as security_log
from tradewind.accounts.sessions.endpoints import router as sessions
from tradewind.entrypoints.api import contact, me, pages, probes, record
from tradewind.entrypoints.api.document import describe
from tradewind.entrypoints.api.guard import check_requirements, is_entrance
from tradewind.entrypoints.wiring import make_parts
from tradewind.market.analysis.endpoints import router as market_analysis
from tradewind.market.record.endpoints import router as market
from tradewind.messaging.chats.endpoints import Bot
from tradewind.messaging.chats.endpoints import router as chats
from tradewind.platform.database import Database, ReadPool
from tradewind.platform.realtime.hub import Hub
from tradewind.platform.realtime.socket import UserSocket
from tradewind.platform.settings import Settings, networks
from tradewind.platform.web.addresses import ClientAddress
from tradewind.platform.web.answers import handle_problems
from tradewind.platform.web.bodies import JsonLimit
from tradewind.platform.web.limits import RateLimits
from tradewind.platform.web.middleware import BodyLimit, RequestContext, SecurityHeaders
from tradewind.platform.web.origins import served_over_https
from tradewind.platform.web.parts import Parts
from tradewind.research.portfolio.endpoints import router as portfolio
from tradewind.research.runs.endpoints import router as backtests
from tradewind.trading.accounts.endpoints import router as trading_accounts
from tradewind.trading.alerts.endpoints import router as alerts
from tradewind.trading.dispatch.endpoints import router as execution
from tradewind.trading.history.endpoints import router as history
from tradewind.trading.intents.endpoints import router as intents
from tradewind.trading.ledger.endpoints import router as decisions
from tradewind.trading.orders.endpoints import router as orders
from tradewind.trading.performance.endpoints import router as performance
from tradewind.trading.positions.endpoints import router as positions
from tradewind.trading.signals.endpoints import router as signals
from tradewind.trading.strategies.endpoints import router as strategies

#: Documents and settings are small; files will have routes of their own.
_BODY_LIMIT = 256 * 1024

_ROUTERS = (
    identity,
    sessions,
    factors,
    passkeys,
    security_log,
    me.router,
    performance,
    signals,
    execution,
    intents,
    positions,
    orders,
    decisions,
    history,
    portfolio,
    strategies,
    alerts,
    chats,
    trading_accounts,
    backtests,
    market,
    market_analysis,
    record.router,
    contact.router,
    probes.router,
)


def create_app(settings: Settings, make: Callable[[Settings], Parts] = make_parts) -> FastAPI:
    """The application; it connects to nothing before it is started.

    Args:
        make: makes the parts of the process when it starts.
    """

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        parts = app.state.parts = make(settings)
        hasher = parts[PasswordHasher]
        # The first comparison with the hash of nobody would otherwise take longer than the others, and so tell.
        await hasher.verify("", None)
        await parts[Hub].start()
        try:
            yield
        finally:
            await parts[Hub].stop()
            hasher.close()
            await parts[Bot].close()
            await parts[Redis].aclose()
            await parts[ReadPool].close()
            await parts[Database].close()

    app = FastAPI(
        title="Tradewind",
        version=__version__,
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        # An address is right or it is nothing; a redirect would be made of what the request says is our name.
        redirect_slashes=False,
        lifespan=lifespan,
    )
    app.state.settings = settings
    handle_problems(app)
    for router in _ROUTERS:
        # Joined, not included: a request would be matched against every router, then against every route in it.
        app.router.routes.extend(router.routes)
    app.router.routes.append(WebSocketRoute("/ws/user/{user_id}", UserSocket()))
    describe(app)
    pages.serve(app, settings)
    check_requirements(app)
    # The last one added is the outermost.
    app.add_middleware(JsonLimit)
    app.add_middleware(BodyLimit, limit=_BODY_LIMIT)
    if settings.rate_limits:
        app.add_middleware(RateLimits, settings=settings, is_entrance=is_entrance)
    app.add_middleware(RequestContext)
    if settings.foreign_origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=settings.foreign_origins,
            allow_methods=["GET", "POST", "PUT", "PATCH", "DELETE"],
            allow_headers=["Authorization", "Content-Type", "Idempotency-Key", "X-Request-ID"],
            expose_headers=["X-Request-ID", "Retry-After"],
            # Cookies are our own pages' alone; others come with tokens.
            allow_credentials=False,
            max_age=600,
        )
    app.add_middleware(SecurityHeaders, https=served_over_https(settings))
    app.add_middleware(ClientAddress, trusted=networks(settings.trusted_proxies), header=settings.proxy_header)
    return app
