"""Binds the rooms to each other: what registration does, and what an API process is made of."""

from __future__ import annotations

from datetime import timedelta

from redis.asyncio import Redis

from tradewind.accounts.factors.proving import SecondFactors
from tradewind.accounts.identity.desk import IdentityDesk
from tradewind.accounts.identity.origins import Origins
from tradewind.accounts.identity.registrar import Registrar
from tradewind.accounts.passkeys.ceremonies import Ceremonies, RelyingParty
from tradewind.accounts.passkeys.challenges import Challenges
from tradewind.accounts.passwords import PasswordHasher
from tradewind.accounts.sessions.authenticator import SessionAuthenticator
from tradewind.accounts.sessions.entrance import Entrance
from tradewind.accounts.sessions.stepping_up import Doorkeeper
from tradewind.accounts.sessions.tokens import AccessTokens, RefreshTokens
from tradewind.accounts.turnstile import Turnstile
from tradewind.billing import PlanRates, start_trial
from tradewind.kit.clock import Clock, WallClock
from tradewind.kit.pages import Cursors
from tradewind.market.analysis import MarketAnalyst
from tradewind.market.record.service import CandleReader
from tradewind.messaging.chats.endpoints import Bot
from tradewind.messaging.telegram import TelegramClient
from tradewind.platform.attempts import Attempts
from tradewind.platform.broker import open_broker
from tradewind.platform.database import Database, ReadPool, Session, Urls
from tradewind.platform.hooks import Hooks, RegisteredUser
from tradewind.platform.limits import Limiter
from tradewind.platform.mail import Mails
from tradewind.platform.realtime.board import Board, BoardWatch
from tradewind.platform.realtime.hub import Hub
from tradewind.platform.secrets import signing_key
from tradewind.platform.settings import Settings
from tradewind.platform.token_keys import TokenKeys
from tradewind.platform.web.limits import PlanRate
from tradewind.platform.web.parts import Parts
from tradewind.platform.web.subjects import Authentication
from tradewind.research.runs.reporting import ReportBuilder
from tradewind.research.studies import CandleArchive
from tradewind.trading.accounts.service import market_time, open_paper_account
from tradewind.trading.dispatch import deliver_active_signals
from tradewind.trading.engine.queries import remembered_board
from tradewind.trading.performance.endpoints import LiveFigures
from tradewind.trading.signals.queries import SignalTotals, StrategyRecords

#: Connections that an API process keeps; as many again under load.
_POOL_SIZE = 10


def registration_hooks(clock: Clock) -> Hooks:
    """What belongs to a new user: the trial, a paper account, and the signals that are active now."""

    async def trial(session: Session, user: RegisteredUser) -> None:
        await start_trial(session, user, clock)

    async def paper_account(session: Session, user: RegisteredUser) -> None:
        await open_paper_account(session, user)

    async def signals(session: Session, user: RegisteredUser) -> None:
        at = await market_time(session)
        await deliver_active_signals(session, user.user_id, at.date(), at)

    return Hooks([trial, paper_account, signals])


def make_parts(settings: Settings) -> Parts:
    """The parts of an API process; nothing connects before it is used.

    Raises:
        SettingError: no database or broker is set.
        WeakKeyError: the signing key could be guessed.
    """
    parts = Parts()
    parts.add(Settings, settings)
    clock = parts.add(WallClock, WallClock())
    database = parts.add(Database, Database(Urls.app(settings), pool_size=_POOL_SIZE))
    reads = parts.add(ReadPool, ReadPool(Urls.app(settings), size=_POOL_SIZE))
    broker = parts.add(Redis, open_broker(settings))
    key = signing_key(settings)
    parts.add(Cursors, Cursors(key.of("cursors")))
    token_life = timedelta(minutes=settings.access_token_minutes)
    access = parts.add(AccessTokens, AccessTokens(TokenKeys(settings, key), token_life))
    parts.add(Limiter, Limiter(broker, clock, key.of("rate limits")))
    parts.add(PlanRate, PlanRate(PlanRates(reads, settings.rate_fair_use)))
    hasher = parts.add(PasswordHasher, PasswordHasher())
    authenticator = SessionAuthenticator(database, reads, broker, access, clock)
    parts.add(Authentication, Authentication(authenticator))
    party = RelyingParty.of(settings)
    challenges = Challenges(key.of("passkey challenges"), broker, clock)
    ceremonies = Ceremonies(party, challenges) if party else None
    factors = parts.add(SecondFactors, SecondFactors(database, clock, key, ceremonies))
    parts.add(Doorkeeper, Doorkeeper(factors, hasher))
    mails = parts.add(Mails, Mails(key))
    attempts = parts.add(Attempts, Attempts(broker, clock, key.of("attempts")))
    turnstile = Turnstile()
    parts.add(Registrar, Registrar(database, hasher, registration_hooks(clock), clock, mails, attempts, turnstile))
    parts.add(IdentityDesk, IdentityDesk(database, hasher, clock, mails, attempts, authenticator))
    parts.add(
        Entrance,
        Entrance(
            database=database,
            hasher=hasher,
            clock=clock,
            access=access,
            refresh=RefreshTokens(key),
            authenticator=authenticator,
            factors=factors,
            attempts=attempts,
            turnstile=turnstile,
            origins=Origins(key.of("known origins")),
            life=timedelta(days=settings.session_days),
        ),
    )

    async def remembered() -> Board:
        async with reads.apart() as reader:
            return await remembered_board(reader)

    board = parts.add(BoardWatch, BoardWatch(broker, remembered))
    hub = parts.add(Hub, Hub(broker, database, reads, authenticator, board, LiveFigures()))
    hub.on_revoked(authenticator.forget)
    parts.add(SignalTotals, SignalTotals())
    parts.add(StrategyRecords, StrategyRecords())
    parts.add(Bot, Bot(TelegramClient.of(settings)))
    parts.add(ReportBuilder, ReportBuilder(CandleArchive.of(settings)))
    candles = parts.add(CandleReader, CandleReader(settings))
    parts.add(MarketAnalyst, MarketAnalyst(candles))
    return parts
