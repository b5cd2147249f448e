"""What is published: a card for a new signal, and short updates that answer it.

A card's blocks stand in the order, and have the keywords, that readers of Cornix-style signals know: `#SYMBOL`, Signal
Type, Leverage, Entry Zone, Take-Profit Targets, Stop Targets, in every language; what people want beside follows them.
An update never holds the words that would make such a reader take it for a signal.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, timedelta
from decimal import Decimal
from html import escape, unescape
from re import sub
from typing import Any

from tradewind.core.outcome import SignalEventKind
from tradewind.kit.language import Language, of_locale
from tradewind.messaging.telegram.card import Card, card_of
from tradewind.messaging.telegram.words import WORDS, Words
from tradewind.platform.settings import MarketSource

#: What Telegram takes, in UTF-16 units after tags and references are resolved.
LONGEST_TEXT = 4096
LONGEST_CAPTION = 1024
#: Of what an alert saw.
_LONGEST_SEEN = 3500
#: The venue of signals that no exchange gave the prices for.
_PAPER = "paper"
_LEVERAGE_KEYWORD = {"long": "Long", "short": "Short"}


@dataclass(frozen=True, slots=True)
class Voice:
    """How it is said.

    Attributes:
        market: where prices come from; a recording is labelled as such.
    """

    language: Language
    market: MarketSource

    @property
    def words(self) -> Words:
        return WORDS[self.language]

    def label(self, card: Card) -> str | None:
        """What kind of prices these are, if they are not what they seem."""
        if card.simulated:
            return self.words.simulated_market
        return self.words.recorded_market if self.market is MarketSource.REPLAY else None

    def tag(self, card: Card) -> str | None:
        """The label in short, for updates."""
        if card.simulated:
            return self.words.simulated
        return self.words.recorded if self.market is MarketSource.REPLAY else None


def visible_length(html: str) -> int:
    """The length of `html` as Telegram counts it."""
    return len(unescape(sub(r"<[^>]*>", "", html)).encode("utf-16-le")) // 2


def signal_text(card: Card, voice: Voice, longest: int = LONGEST_CAPTION) -> str:
    """The card of a new signal in Telegram's HTML; reasons that would make it too long are left out, the last first."""
    words = voice.words
    head = [f"<b>#{escape(card.symbol)}</b> <b>{card.side.name}</b> · {card.timeframe}"]
    if label := voice.label(card):
        head.append(f"<b>{label}</b>")
    blocks = [head, _terms(card), _zone(card), _targets(card), _stop(card), _details(card, words)]
    text = "\n\n".join("\n".join(block) for block in blocks)
    reasons = [f"• {escape(sentence, quote=False)}" for sentence in _reasons(card, voice.language)]
    while reasons:
        whole = "\n\n".join((text, "\n".join(reasons)))
        if visible_length(whole) <= longest:
            return whole
        reasons.pop()
    return text


def alert_text(payload: Mapping[str, Any], voice: Voice) -> str:
    """What somebody's alert saw, in Telegram's HTML and his language."""
    language = of_locale(payload["locale"])
    words = WORDS[language]
    head = f"🔔 <b>#{escape(payload['symbol'])}</b>"
    if payload["timeframe"]:
        head += f" · {payload['timeframe']}"
    if voice.market is not MarketSource.LIVE:
        tag = words.simulated if voice.market is MarketSource.SIMULATED else words.recorded
        head += f" · <i>{tag}</i>"
    lines = [head]
    if payload["name"]:
        lines.append(f"<b>{escape(payload['name'], quote=False)}</b>")
    # What condition has more words than a message may is cut; the dashboard has all of them.
    lines.append(escape(payload["words"][language.value][:_LONGEST_SEEN], quote=False))
    return "\n".join(lines)


def code_text(code: str, language: Language) -> str:
    """What is sent to a chat that somebody says is his, in Telegram's HTML."""
    return WORDS[language].code.format(code=f"<code>{escape(code)}</code>")


def updates_text(payloads: Sequence[Mapping[str, Any]], voice: Voice) -> str:
    """What happened to one signal, one or more changes in order, in Telegram's HTML."""
    card = card_of(payloads[-1])
    head = f"<b>#{escape(card.symbol)}</b> {voice.words.side[card.side]} · {card.timeframe}"
    if tag := voice.tag(card):
        head += f" · <i>{tag}</i>"
    lines = [head]
    for payload in payloads:
        for line in _change(card, payload, voice.words):
            # Far more changes than one signal has; but what is too long would never be sent.
            if visible_length("\n".join((*lines, line))) <= LONGEST_TEXT:
                lines.append(line)
    return "\n".join(lines)


# ---------------------------------------------------------------------------------------------------------------- card


def _terms(card: Card) -> list[str]:
    venue = [] if card.venue == _PAPER else [f"<b>Exchanges:</b> {escape(card.venue.title())}"]
    side = _LEVERAGE_KEYWORD[card.side.value]
    return [*venue, f"<b>Signal Type:</b> Regular ({side})", f"<b>Leverage:</b> Isolated ({card.leverage_cap}X)"]


def _zone(card: Card) -> list[str]:
    if card.zone_low == card.zone_high:
        return ["<b>Entry Targets:</b>", f"1) <code>{card.zone_low}</code> - 100%"]
    return ["<b>Entry Zone:</b>", f"<code>{card.zone_low}</code> - <code>{card.zone_high}</code>"]


def _targets(card: Card) -> list[str]:
    rungs = (
        f"{number}) <code>{target.price}</code> - {_percent(target.share)}"
        for number, target in enumerate(card.targets, start=1)
    )
    return ["<b>Take-Profit Targets:</b>", *rungs]


def _stop(card: Card) -> list[str]:
    return ["<b>Stop Targets:</b>", f"1) <code>{card.stop}</code> - 100%"]


def _details(card: Card, words: Words) -> list[str]:
    reward = " / ".join(f"{target.r:.2f}R" for target in card.targets)
    until = card.expires_at.astimezone(UTC)
    span = _span(card.expires_at - card.created_at, words)
    return [
        f"<b>{words.risk}</b> <code>{card.risk * 100:.2f}%</code> · <b>{words.reward}</b> <code>{reward}</code>",
        f"<b>{words.confidence}</b> <code>{card.confidence}</code> · "
        f"<b>{words.strategy}</b> <code>{escape(card.strategy)} v{card.version}</code>",
        f"<b>{words.valid_until}</b> <code>{until:%Y-%m-%d %H:%M} UTC</code> ({span})",
    ]


def _reasons(card: Card, language: Language) -> Iterable[str]:
    return card.because.get(language) or card.because.get(Language.EN) or ()


def _percent(share: Decimal) -> str:
    return f"{(share * 100).normalize():f}%"


def _span(time: timedelta, words: Words) -> str:
    minutes = int(time.total_seconds() // 60)
    if minutes < 120:
        return words.minutes.format(minutes)
    return words.hours.format(minutes // 60) if minutes < 2880 else words.days.format(minutes // 1440)


# -------------------------------------------------------------------------------------------------------------- update


def _change(card: Card, payload: Mapping[str, Any], words: Words) -> list[str]:
    change = payload.get("change") or {}
    kind = change.get("kind", "")
    price = card.price(change["price"]) if change.get("price") else ""
    why = change.get("why", "")
    match kind:
        case SignalEventKind.FILLED:
            return [words.filled.format(price=price)]
        case SignalEventKind.ADDED:
            return [words.added.format(rung=change["rung"], price=price, share=_percent(Decimal(change["share"])))]
        case SignalEventKind.ROUND_TRIP:
            share = _percent(Decimal(change["share"]))
            return [words.round_trip.format(rung=change["rung"], price=price, share=share)]
        case SignalEventKind.TARGET_HIT:
            r = _gained(card, payload.get("entry_price"), Decimal(change["price"]))
            share = _percent(Decimal(change["share"]))
            return [words.target_hit.format(rung=change["rung"], price=price, share=share, r=r)]
        case SignalEventKind.STOP_MOVED:
            reason = escape(words.moved_because.get(why, why))
            return [words.stop_moved.format(before=card.price(change["before"]), price=price, why=reason)]
        case SignalEventKind.CLOSED:
            mark = "✅" if Decimal(change.get("r", "0")) > 0 else "❌"
            lines = [words.closed.format(mark=mark, price=price, why=escape(words.ended_because.get(why, why)))]
            if "r" in change:
                result, pnl = Decimal(change["r"]), Decimal(change["pnl_pct"])
                lines.append(words.result.format(r=f"{result:+.2f}R", pnl=f"{pnl:+.2f}%"))
            return lines
        case SignalEventKind.NOT_FILLED:
            return [words.not_filled.format(why=escape(words.ended_because.get(why, why)))]
    # A kind that is newer than these words: better told in plain than not at all.
    return [f"<b>{escape(str(kind).replace('_', ' '))}</b> <code>{price}</code>"]


def _gained(card: Card, entry_price: str | None, price: Decimal) -> str:
    """How far `price` is from the fill, in initial risks, before fees."""
    entry = Decimal(entry_price) if entry_price else card.entry
    risk = (entry - card.stop) * card.side.sign
    return f"{(price - entry) * card.side.sign / risk:+.2f}R" if risk > 0 else ""
