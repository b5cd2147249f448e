"""From committed events to messages in a channel: in order, threaded, at a pace, whatever goes wrong."""

from __future__ import annotations

import asyncio
import re
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from cards import CHANGES, signal_payload
from outlet import CREATED_AT, Outlet, flat_candles

from tests.support.telegram import Message, running_emulator
from tradewind.core.candles import Timeframe
from tradewind.core.series import Columns
from tradewind.messaging.telegram import Pace
from tradewind.platform.spine import EventType


def heads(messages: list[Message]) -> list[str]:
    """The first words of messages, with what they reply to."""
    return [
        message["text"].split("\n")[0].split(" ")[0]
        + (f"→{message['reply_to']['message_id']}" if message["reply_to"] else "")
        for message in messages
    ]


# ---------------------------------------------------------------------------------------------------------- in general


async def test_a_signal_is_posted_with_its_picture_and_answered_as_it_lives(outlet: Outlet) -> None:
    outlet.set(candles=flat_candles)
    signal = await outlet.signal()
    (message,) = await outlet.publish()
    assert message["text"].startswith("#BTCUSDT LONG · 15m\nSIMULATED MARKET – not real prices")
    assert (message["photo"]["width"], message["photo"]["height"]) == (1000, 620)
    for name in ("filled", "tp1", "breakeven", "stopped_at_breakeven"):
        await outlet.update(signal, name)
        await outlet.publish()
    messages = await outlet.messages()
    assert heads(messages) == ["#BTCUSDT", *["#BTCUSDT→1"] * 4]
    second_lines = [message["text"].split("\n")[1] for message in messages[1:]]
    assert [re.match(r"\S+ (\w+)", line)[1] for line in second_lines] == ["Filled", "TP1", "Stop", "Closed"]
    assert await outlet.posts("status, message_id, attempts, error") == [
        ("sent", number, 1, None) for number in range(1, 6)
    ]


async def test_threads_of_several_signals_stay_apart(outlet: Outlet) -> None:
    one, two = await outlet.signal(), await outlet.signal(symbol="ETHUSDT")
    await outlet.update(two, "filled", symbol="ETHUSDT")
    await outlet.update(one, "expired")
    assert heads(await outlet.publish()) == ["#BTCUSDT", "#ETHUSDT", "#ETHUSDT→2", "#BTCUSDT→1"]


async def test_updates_that_piled_up_are_one_message(outlet: Outlet) -> None:
    one, two = await outlet.signal(), await outlet.signal(symbol="ETHUSDT")
    await outlet.update(one, "filled")
    await outlet.update(two, "filled", symbol="ETHUSDT")
    await outlet.update(one, "tp1", "breakeven", "stopped_at_breakeven")
    messages = await outlet.publish()
    assert heads(messages) == ["#BTCUSDT", "#ETHUSDT", "#BTCUSDT→1", "#ETHUSDT→2"]
    assert [line.split(" ")[0] for line in messages[2]["text"].split("\n")[1:]] == ["▶️", "🎯", "🛡", "❌", "Result"]
    assert await outlet.posts("kind, status, message_id") == [
        ("signal", "sent", 1),
        ("signal", "sent", 2),
        ("update", "sent", 3),
        ("update", "sent", 4),
        *[("update", "sent", 3)] * 3,
    ]


async def test_an_event_makes_one_post_per_chat_however_often_it_is_relayed(outlet: Outlet) -> None:
    event = await outlet.tell(EventType.SIGNAL_CREATED, signal_payload())
    await outlet.relay_all(outlet.chat, "@other")
    await outlet.sql("insert into outbox (event_id, destination) values ($1, 'telegram')", event)
    await outlet.relay_all(outlet.chat, "@other")
    rows = await outlet.sql("select chat, event_id from telegram_posts order by chat")
    assert sorted(tuple(row) for row in rows) == sorted([(outlet.chat, event), ("@other", event)])
    assert outlet.woken == [outlet.chat, "@other"] * 2
    assert len(await outlet.publish()) == 1


async def test_without_a_chat_events_are_let_go(outlet: Outlet) -> None:
    from tradewind.messaging.telegram import telegram_handler
    from tradewind.platform.spine import Destination, Relay

    await outlet.signal()

    async def wake(chat: str) -> None:
        raise AssertionError(chat)

    connection = await outlet.database.connect()
    relay = Relay(outlet.database.connect, {Destination.TELEGRAM: telegram_handler((), wake)})
    assert await relay.relay_once(connection) == 1
    await connection.close()
    assert await outlet.sql("select from telegram_posts") == []
    assert await outlet.sql("select from outbox where destination = 'telegram'") == []


async def test_posts_keep_the_order_of_events(outlet: Outlet) -> None:
    signals = [await outlet.signal(symbol=f"COIN{number}") for number in range(30)]
    messages = await outlet.publish()
    assert heads(messages) == [f"#COIN{number}" for number in range(30)]
    assert await outlet.posts("signal_id") == signals


# ------------------------------------------------------------------------------------------------------------ pictures


async def test_a_signal_without_candles_is_sent_as_text(outlet: Outlet) -> None:
    await outlet.signal()
    (message,) = await outlet.publish()
    assert message["photo"] is None
    assert "Entry Zone:" in message["text"]


async def test_a_signal_whose_candles_cannot_be_read_is_sent_as_text(outlet: Outlet) -> None:
    async def broken(symbol: str, timeframe: Timeframe, until: int, limit: int) -> Columns:
        raise OSError("the disk is gone")

    outlet.set(candles=broken)
    await outlet.signal()
    (message,) = await outlet.publish()
    assert message["photo"] is None


async def test_a_picture_that_is_refused_is_left_out(outlet: Outlet) -> None:
    outlet.set(candles=flat_candles)
    await outlet.emulator.fault(
        "refuse", method="sendPhoto", chat=outlet.chat, code=400, description="Bad Request: not enough rights"
    )
    await outlet.signal()
    (message,) = await outlet.publish()
    assert message["photo"] is None
    assert await outlet.posts() == ["sent"]


async def test_candles_are_those_closed_before_the_signal(outlet: Outlet) -> None:
    asked: list[tuple[Any, ...]] = []

    async def source(*question: Any) -> Columns:
        asked.append(question)
        return Columns.of(())

    outlet.set(candles=source)
    await outlet.signal()
    await outlet.publish()
    assert asked == [("BTCUSDT", Timeframe.M15, int(CREATED_AT.timestamp() * 1000), 80)]


# ------------------------------------------------------------------------------------------------------------ failures


async def test_a_flood_is_waited_out_and_keeps_the_order(outlet: Outlet) -> None:
    await outlet.emulator.fault("refuse", chat=outlet.chat, code=429, description="Too Many Requests", retry_after=7)
    first = await outlet.signal()
    await outlet.signal(symbol="ETHUSDT")
    await outlet.update(first, "filled")
    assert await outlet.publish() == []
    ((status, attempts, seconds), *rest) = await outlet.posts(
        "status, attempts, extract(epoch from next_attempt_at - now())::float8"
    )
    assert (status, attempts) == ("pending", 0)
    assert 5.0 < seconds <= 7.0
    assert [post[0] for post in rest] == ["pending", "pending"]
    await outlet.drain()
    assert await outlet.messages() == [], "not due yet"
    await outlet.make_due()
    assert heads(await outlet.publish()) == ["#BTCUSDT", "#ETHUSDT", "#BTCUSDT→1"]


@pytest.mark.parametrize("kind", ["lose_request", "refuse"])
async def test_what_fails_for_the_moment_is_tried_again_later(outlet: Outlet, kind: str) -> None:
    await outlet.emulator.fault(kind, chat=outlet.chat, times=3, **({"code": 502} if kind == "refuse" else {}))
    await outlet.signal()
    await outlet.relay_all()
    waits = []
    for _ in range(3):
        await outlet.drain()
        ((status, wait, error),) = await outlet.posts(
            "status, extract(epoch from next_attempt_at - now())::float8, error"
        )
        assert status == "pending"
        assert error
        waits.append(wait)
        await outlet.make_due()
    assert 1.0 < waits[0] < waits[1] < waits[2] < 300.0
    assert heads(await outlet.publish()) == ["#BTCUSDT"]
    assert await outlet.posts("status, attempts, error") == [("sent", 4, None)]


async def test_an_unreachable_telegram_is_waited_for(outlet: Outlet) -> None:
    with running_emulator() as gone:
        outlet.base_url = gone.url
    await outlet.signal()
    await outlet.publish()
    ((status, error),) = await outlet.posts("status, error")
    assert status == "pending"
    assert outlet.token not in error


async def test_a_wrong_token_loses_nothing(outlet: Outlet) -> None:
    outlet.token = "1:no-longer-valid"
    await outlet.signal()
    await outlet.publish()
    ((status, error),) = await outlet.posts("status, error")
    assert status == "pending"
    assert "401" in error
    assert outlet.token not in error
    outlet.token = "1000000001:test-token-of-the-local-stand-in-00"
    await outlet.make_due()
    assert len(await outlet.publish()) == 1


async def test_what_is_refused_for_good_does_not_keep_the_rest(outlet: Outlet) -> None:
    await outlet.emulator.fault("refuse", chat=outlet.chat, code=400, description="Bad Request: message is cursed")
    cursed = await outlet.signal()
    await outlet.signal(symbol="ETHUSDT")
    await outlet.update(cursed, "filled")
    messages = await outlet.publish()
    assert heads(messages) == ["#ETHUSDT", "#BTCUSDT"], "the update of what failed stands for itself"
    assert await outlet.posts() == ["failed", "sent", "sent"]
    assert "message is cursed" in (await outlet.posts("error"))[0]


async def test_a_chat_that_does_not_exist_fails_its_posts(outlet: Outlet) -> None:
    outlet.chat = "@nowhere_at_all"
    await outlet.signal()
    await outlet.relay_all()
    await outlet.drain()
    assert await outlet.posts() == ["failed"]


async def test_a_payload_that_is_none_fails_alone(outlet: Outlet) -> None:
    broken = signal_payload()
    del broken["entry_zone"]
    await outlet.tell(EventType.SIGNAL_CREATED, broken)
    await outlet.signal(symbol="ETHUSDT")
    assert heads(await outlet.publish()) == ["#ETHUSDT"]
    assert await outlet.posts() == ["failed", "sent"]


async def test_a_reply_to_what_was_deleted_is_posted_without(outlet: Outlet) -> None:
    signal = await outlet.signal()
    await outlet.publish()
    await outlet.emulator.call("deleteMessage", chat_id=outlet.chat, message_id=1)
    await outlet.update(signal, "filled")
    assert heads(await outlet.publish()) == ["#BTCUSDT"]


# ---------------------------------------------------------------------------------------------- once, as far as it goes


async def test_two_senders_at_once_send_once(outlet: Outlet) -> None:
    for number in range(10):
        await outlet.signal(symbol=f"COIN{number}")
    await outlet.relay_all()
    await asyncio.gather(*(outlet.drain() for _ in range(4)))
    assert heads(await outlet.messages()) == [f"#COIN{number}" for number in range(10)]


async def test_a_sender_that_is_busy_takes_what_comes_meanwhile(outlet: Outlet) -> None:
    await outlet.emulator.fault("hold_answer", chat=outlet.chat)
    await outlet.signal()
    await outlet.relay_all()
    busy = asyncio.ensure_future(outlet.drain())
    await outlet.emulator.until(outlet.chat, len)
    await outlet.signal(symbol="ETHUSDT")
    await outlet.relay_all()
    await outlet.drain()
    assert len(await outlet.messages()) == 1, "the chat is locked, so nothing is sent past the busy one"
    await outlet.emulator.release()
    await busy
    assert heads(await outlet.messages()) == ["#BTCUSDT", "#ETHUSDT"]


async def test_a_crash_between_sending_and_noting_makes_one_duplicate(outlet: Outlet) -> None:
    signal = await outlet.signal()
    await outlet.update(signal, "filled")
    await outlet.emulator.fault("lose_answer", chat=outlet.chat)
    await outlet.publish()
    assert await outlet.posts() == ["pending", "pending"], "sent, but nobody knows"
    await outlet.make_due()
    messages = await outlet.publish()
    assert heads(messages) == ["#BTCUSDT", "#BTCUSDT", "#BTCUSDT→2"]
    await outlet.make_due()
    assert len(await outlet.publish()) == 3


async def test_a_stop_lets_the_message_on_its_way_be_noted(outlet: Outlet) -> None:
    await outlet.emulator.fault("hold_answer", chat=outlet.chat)
    await outlet.signal()
    await outlet.signal(symbol="ETHUSDT")
    await outlet.relay_all()
    publisher = outlet.publisher()
    draining = asyncio.ensure_future(publisher.drain(outlet.chat))
    await outlet.emulator.until(outlet.chat, len)
    draining.cancel()
    await asyncio.sleep(0)
    await outlet.emulator.release()
    with pytest.raises(asyncio.CancelledError):
        await draining
    await publisher.close()
    assert await outlet.posts() == ["sent", "pending"]
    assert heads(await outlet.publish()) == ["#BTCUSDT", "#ETHUSDT"]


# ---------------------------------------------------------------------------------------------------- pace and backlog


async def test_a_full_minute_is_waited_for_in_the_row(outlet: Outlet) -> None:
    outlet.set(pace=Pace(per_second=1000.0, per_minute=3))
    for number in range(5):
        await outlet.signal(symbol=f"COIN{number}")
    assert heads(await outlet.publish()) == ["#COIN0", "#COIN1", "#COIN2"]
    *_, (status, seconds, attempts), _ = await outlet.posts(
        "status, extract(epoch from next_attempt_at - now())::float8, attempts"
    )
    assert (status, attempts) == ("pending", 0)
    assert 50.0 < seconds <= 60.0
    await outlet.sql("update telegram_posts set sent_at = sent_at - interval '61 s'")
    await outlet.make_due()
    assert len(await outlet.publish()) == 5


def test_the_pace_is_kept_between_messages() -> None:
    pace = Pace(per_second=1.0, per_minute=20)
    assert pace.wait([]) == 0.0
    assert pace.wait([0.3]) == pytest.approx(0.7)
    assert pace.wait([1.5]) == 0.0
    assert pace.wait([2.0 + second for second in range(19)]) == 0.0
    assert pace.wait([2.0 + second for second in range(20)]) == pytest.approx(60.0 - 21.0)
    assert Pace(per_second=20.0, per_minute=600).wait([0.01]) == pytest.approx(0.04)


async def test_signals_that_expired_before_their_turn_are_skipped_with_all_that_follows(outlet: Outlet) -> None:
    stale = await outlet.signal()
    await outlet.update(stale, "filled")
    await outlet.signal(symbol="ETHUSDT", expires_at="2026-01-05T18:00:00+00:00")
    await outlet.relay_all()

    async def later() -> datetime | None:
        return CREATED_AT + timedelta(hours=2)

    outlet.set(market_time=later)
    await outlet.drain()
    assert heads(await outlet.messages()) == ["#ETHUSDT"]
    assert await outlet.posts() == ["skipped", "skipped", "sent"]
    assert "expired at 2026-01-05T15:30:00+00:00" in (await outlet.posts("error"))[0]
    await outlet.update(stale, "expired")
    assert heads(await outlet.publish()) == ["#ETHUSDT"]
    assert await outlet.posts() == ["skipped", "skipped", "sent", "skipped"]


async def test_without_a_market_clock_the_newest_event_tells_the_time(outlet: Outlet) -> None:
    async def unknown() -> datetime | None:
        return None

    outlet.set(market_time=unknown)
    await outlet.signal()
    late = signal_payload(symbol="ETHUSDT", expires_at="2026-01-06T00:00:00+00:00")
    await outlet.tell(EventType.SIGNAL_CREATED, late, CREATED_AT + timedelta(hours=2))
    assert heads(await outlet.publish()) == ["#ETHUSDT"]


async def test_what_waited_for_a_day_is_forgotten(outlet: Outlet) -> None:
    signal = await outlet.signal()
    await outlet.publish()
    await outlet.update(signal, "filled")
    await outlet.relay_all()
    await outlet.sql("update telegram_posts set created_at = created_at - interval '25 h' where kind = 'update'")
    await outlet.drain()
    assert await outlet.posts("status, error") == [("sent", None), ("skipped", "older than a day")]


async def test_updates_of_a_signal_that_was_never_published_here_are_skipped(outlet: Outlet) -> None:
    await outlet.update(UUID(int=7), "filled")
    assert await outlet.publish() == []
    assert await outlet.posts() == ["skipped"]


async def test_chats_with_something_due_are_found(outlet: Outlet) -> None:
    await outlet.signal()
    await outlet.relay_all(outlet.chat, "@waits")
    await outlet.sql("update telegram_posts set next_attempt_at = now() + interval '1 h' where chat = '@waits'")
    publisher = outlet.publisher()
    assert await publisher.due_chats() == [outlet.chat]
    await publisher.drain(outlet.chat)
    assert await publisher.due_chats() == []
    await publisher.close()


async def test_old_posts_are_pruned_and_pending_ones_kept(outlet: Outlet) -> None:
    from tradewind.messaging.telegram import prune_posts

    await outlet.signal()
    await outlet.publish()
    await outlet.signal(symbol="ETHUSDT")
    await outlet.relay_all()
    await outlet.sql("update telegram_posts set created_at = created_at - interval '91 d'")
    connection = await outlet.database.connect()
    assert await prune_posts(connection, 90) == 1
    await connection.close()
    assert await outlet.posts() == ["pending"]


# ----------------------------------------------------------------------------------------------------- the real engine


async def test_the_engines_own_signals_are_published(outlet: Outlet, market: Any) -> None:
    """No payload made by hand: the engine's signal, filled, its first target, break-even, and out."""
    outlet.set(market_time=_none)
    await market.publish(targets=2)
    for price in (60_000.0, 61_300.0, 60_000.0):
        await market.move(BTCUSDT=price)
    messages = await outlet.publish()
    assert heads(messages) == ["#BTCUSDT", "#BTCUSDT→1"]
    lines = messages[1]["text"].split("\n")[1:]
    assert [line.split(" ")[0] for line in lines[:-1]] == ["▶️", "🎯", "🛡", "✅"]
    assert re.fullmatch(r"Result \+0\.\d\dR · \+0\.\d\d% after fees", lines[-1])


async def _none() -> datetime | None:
    return None


def test_every_kind_of_change_is_covered() -> None:
    from tradewind.core.outcome import SignalEventKind

    assert {change["kind"] for change in CHANGES.values()} == set(SignalEventKind)
