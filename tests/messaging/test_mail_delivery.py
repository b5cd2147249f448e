"""Mails on their way: a real mail server that fails and comes back, and what is left of a mail afterwards."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from tests.support.events import Member, fetch, join
from tests.support.mail import FakeMailServer, mail_server
from tradewind.kit.clock import WallClock
from tradewind.messaging.mail import MailServer, Postman, deliver_mails, mail_handler
from tradewind.messaging.mail.queries import prune_mails
from tradewind.messaging.mail.service import back_off
from tradewind.platform.database import Database
from tradewind.platform.jobs import JobContext, JobQueue, celery_app
from tradewind.platform.mail import Letter, Mails, MailTemplate
from tradewind.platform.secrets import signing_key
from tradewind.platform.settings import Settings, SmtpSecurity
from tradewind.platform.spine import Destination, Event, EventType, Relay, RequestOrigin, record

ANN = "ann@tests.example"
NOW = datetime(2026, 1, 5, 14, 0, tzinfo=UTC)


@pytest.fixture
async def smtp() -> AsyncIterator[FakeMailServer]:
    async with mail_server() as running:
        yield running


@pytest.fixture
def mails(settings: Settings) -> Mails:
    return Mails(signing_key(settings))


@pytest.fixture
def postman(system_database: Database, mails: Mails, smtp: FakeMailServer) -> Postman:
    there = MailServer("127.0.0.1", smtp.port, SmtpSecurity.NONE, None, None, "Tradewind <post@tradewind.example>")
    return Postman(system_database.connect, mails, there, WallClock(), "https://trade.example")


@pytest.fixture
async def member(system_database: Database) -> Member:
    return await join(system_database)


async def write(
    database: Database, mails: Mails, member: Member, template: MailTemplate, to: str = ANN, **more: str
) -> None:
    async with database.writing(member.tenant_id) as session:
        await mails.send(session, member.tenant_id, Letter(to, template, "en", {"token": "t" * 43} | more))


async def make_due(database: Database) -> None:
    await fetch(database, "update mails set next_attempt_at = now() returning id")


async def states(database: Database) -> list[tuple[str, int]]:
    rows = await fetch(database, "select status, attempts from mails order by created_at, id")
    return [(row["status"], row["attempts"]) for row in rows]


async def test_a_mail_is_delivered_once_and_what_it_said_is_dropped(
    system_database: Database, mails: Mails, member: Member, postman: Postman, smtp: FakeMailServer
) -> None:
    await write(system_database, mails, member, MailTemplate.RESET_PASSWORD)
    assert await postman.deliver() == 1
    assert await postman.deliver() == 0
    (mail,) = smtp.taken
    assert smtp.recipients == [ANN]
    assert "https://trade.example/reset-password#" + "t" * 43 in mail.get_body(("plain",)).get_content()  # type: ignore[union-attr]
    (row,) = await fetch(system_database, "select * from mails")
    assert mail["Message-ID"] == f"<{row['id']}@tradewind.example>"
    assert (row["status"], row["sealed"]) == ("sent", None)
    assert ANN not in str(tuple(row))


async def test_what_is_written_in_a_transaction_that_fails_is_not_sent(
    system_database: Database, mails: Mails, member: Member, postman: Postman
) -> None:
    async def fails() -> None:
        async with system_database.writing(member.tenant_id) as session:
            await mails.send(session, member.tenant_id, Letter(ANN, MailTemplate.ADDRESS_IN_USE, "en"))
            raise RuntimeError("undone")

    with pytest.raises(RuntimeError):
        await fails()
    assert await postman.deliver() == 0


async def test_a_server_that_is_away_costs_no_mail_and_no_attempt(
    system_database: Database, mails: Mails, member: Member, postman: Postman, smtp: FakeMailServer
) -> None:
    await write(system_database, mails, member, MailTemplate.VERIFY_EMAIL)
    await smtp.stop()
    assert await postman.deliver() == 0
    assert await states(system_database) == [("pending", 0)]
    assert await postman.deliver() == 0, "not before its time"
    await smtp.start()
    await make_due(system_database)
    assert await postman.deliver() == 1
    assert len(smtp.taken) == 1


async def test_later_means_later_with_the_same_message_id(
    system_database: Database, mails: Mails, member: Member, postman: Postman, smtp: FakeMailServer
) -> None:
    await write(system_database, mails, member, MailTemplate.VERIFY_EMAIL)
    (row,) = await fetch(system_database, "select id from mails")
    smtp.answers += ["451 4.3.0 try again later"] * 2
    for attempts in (1, 2):
        assert await postman.deliver() == 0
        assert await states(system_database) == [("pending", attempts)]
        await make_due(system_database)
    assert await postman.deliver() == 1
    assert smtp.taken[0]["Message-ID"] == f"<{row['id']}@tradewind.example>"
    assert [back_off(attempts) for attempts in (1, 2, 3, 20)] == [5.0, 10.0, 20.0, 3600.0]


async def test_never_means_never_and_the_others_go_out(
    system_database: Database, mails: Mails, member: Member, postman: Postman, smtp: FakeMailServer
) -> None:
    for to in (ANN, "bob@tests.example"):
        await write(system_database, mails, member, MailTemplate.VERIFY_EMAIL, to)
    smtp.answers.append("550 5.1.1 no such mailbox: ann@tests.example")
    assert await postman.deliver() == 1
    rows = await fetch(system_database, "select status, error, sealed from mails order by status")
    assert [row["status"] for row in rows] == ["failed", "sent"]
    assert "550" in rows[0]["error"]
    assert ANN not in rows[0]["error"], "servers repeat addresses; we do not keep them"
    assert rows[0]["sealed"] is None


async def test_nobody_is_flooded(
    system_database: Database, mails: Mails, member: Member, postman: Postman, smtp: FakeMailServer
) -> None:
    others = await join(system_database)
    for number in range(12):
        await write(system_database, mails, (member, others)[number % 2], MailTemplate.CONFIRM_NEW_EMAIL)
    await write(system_database, mails, member, MailTemplate.RESET_PASSWORD)
    notice = {"event": "security_password_changed", "at": "now"}
    await write(system_database, mails, member, MailTemplate.SECURITY_NOTICE, **notice)
    await write(system_database, mails, member, MailTemplate.CONFIRM_NEW_EMAIL, "bob@tests.example")
    assert await postman.deliver() == 5 + 1 + 1 + 1, "whoever had them sent; other templates and people are apart"
    assert [status for status, _ in await states(system_database)].count("suppressed") == 7


async def test_what_nobody_needs_any_more_is_not_sent(
    system_database: Database, mails: Mails, member: Member, postman: Postman
) -> None:
    past = datetime.now(UTC) - timedelta(seconds=1)
    letter = Letter(ANN, MailTemplate.RESET_PASSWORD, "en", {"token": "t" * 43}, past)
    async with system_database.writing(member.tenant_id) as session:
        await mails.send(session, member.tenant_id, letter)
    assert await postman.deliver() == 0
    assert await states(system_database) == [("expired", 1)]


async def test_postmen_do_not_do_it_twice(
    system_database: Database, mails: Mails, member: Member, postman: Postman, smtp: FakeMailServer
) -> None:
    for number in range(30):
        await write(system_database, mails, member, MailTemplate.VERIFY_EMAIL, f"{number}@tests.example")
    sent = await asyncio.gather(*(postman.deliver() for _ in range(3)))
    assert sum(sent) == 30
    assert sorted(smtp.recipients) == sorted(f"{number}@tests.example" for number in range(30))


async def test_a_mail_of_another_row_or_key_fails_alone(
    system_database: Database, mails: Mails, member: Member, postman: Postman
) -> None:
    for to in (ANN, "bob@tests.example", "eve@tests.example"):
        await write(system_database, mails, member, MailTemplate.VERIFY_EMAIL, to)
    await fetch(
        system_database,
        "update mails set sealed = (select sealed from mails order by created_at desc, id desc limit 1) "
        "where id = (select id from mails order by created_at, id limit 1) returning id",
    )
    assert await postman.deliver() == 2
    assert [status for status, _ in await states(system_database)] == ["failed", "sent", "sent"]


async def test_without_a_mail_server_mails_wait(settings: Settings, system_database: Database, mails: Mails) -> None:
    member = await join(system_database)
    await write(system_database, mails, member, MailTemplate.VERIFY_EMAIL)
    context = JobContext(system_database, None, settings, JobQueue(celery_app(settings)))  # type: ignore[arg-type]
    await deliver_mails(context)
    assert await states(system_database) == [("pending", 0)]
    assert MailServer.of(settings) is None


async def test_security_events_become_notices_to_the_person_once(
    system_database: Database, mails: Mails, postman: Postman, smtp: FakeMailServer
) -> None:
    member = await join(system_database)
    event = Event(EventType.SECURITY_PASSWORD_CHANGED, member.tenant_id, member.user_id, NOW, {})
    async with system_database.writing(member.tenant_id) as session:
        await record(session, event, RequestOrigin("203.0.113.7", "Browser <b>1</b>"))
        await record(session, Event(EventType.SECURITY_LOGGED_OUT, member.tenant_id, member.user_id, NOW, {}))
    woken: list[UUID] = []

    async def wake() -> None:
        woken.append(member.user_id)

    relay = Relay(system_database.connect, {Destination.MAIL: mail_handler(mails, wake)})
    connection = await system_database.connect()
    assert await relay.relay_once(connection) == 1
    assert await relay.relay_once(connection) == 0
    await connection.close()
    assert woken == [member.user_id]
    assert await postman.deliver() == 1
    (mail,) = smtp.taken
    assert mail["Subject"] == "Your password was changed"
    plain, html = (mail.get_body((kind,)).get_content() for kind in ("plain", "html"))  # type: ignore[union-attr]
    assert "2026-01-05 14:00 UTC" in plain
    assert "203.0.113.7" in plain
    assert "Browser &lt;b&gt;1&lt;/b&gt;" in html


async def test_that_there_were_mails_is_forgotten(
    system_database: Database, mails: Mails, member: Member, postman: Postman
) -> None:
    for _ in range(2):
        await write(system_database, mails, member, MailTemplate.ADDRESS_IN_USE)
    await postman.deliver()
    await write(system_database, mails, member, MailTemplate.ADDRESS_IN_USE)
    await fetch(system_database, "update mails set created_at = now() - interval '31 days' returning id")
    connection = await system_database.connect()
    assert await prune_mails(connection, 30) == 2
    await connection.close()
    assert await states(system_database) == [("pending", 0)]
