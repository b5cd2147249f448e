"""Telegram's HTML: text with tags to plain text and entities, refused where Telegram refuses it.

Offsets and lengths of entities count UTF-16 units, those in error texts count bytes of UTF-8, as in the real API.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from emulators.telegram.errors import bad_request

_TYPES = {
    "b": "bold",
    "strong": "bold",
    "i": "italic",
    "em": "italic",
    "u": "underline",
    "ins": "underline",
    "s": "strikethrough",
    "strike": "strikethrough",
    "del": "strikethrough",
    "span": "spoiler",
    "tg-spoiler": "spoiler",
    "a": "text_link",
    "tg-emoji": "custom_emoji",
    "code": "code",
    "pre": "pre",
    "blockquote": "blockquote",
}
_NAMED = {"lt": "<", "gt": ">", "amp": "&", "quot": '"'}
_REFERENCE = re.compile(r"&(?:#(\d+)|#[xX]([0-9a-fA-F]+)|(lt|gt|amp|quot));?")
_TAG_END = re.compile(r"[\s>]")
_ATTRIBUTE = re.compile(r"""\s*([^\s=>]*)(?:\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s>]*)))?""")
_HASHTAG = re.compile(r"(?<![\w#])#(\w*[^\W\d]\w*)")
_LINK = re.compile(r"https?://[^\s<>]+")


def units(text: str) -> int:
    """The length of `text` as Telegram counts it: in UTF-16 units."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


@dataclass(slots=True)
class Formatted:
    """Plain text and its entities, as JSON values, in order."""

    text: str
    entities: list[dict[str, Any]] = field(default_factory=list)


@dataclass(slots=True)
class _Open:
    tag: str
    start: int
    attributes: dict[str, str]


def formatted(source: str, parse_mode: str | None) -> Formatted:
    """What `source` means under `parse_mode`; only HTML and none are supported.

    Raises:
        ApiError: the mode is unknown, or the text cannot be parsed.
    """
    if parse_mode is None or parse_mode == "":
        answer = Formatted(source)
    elif parse_mode.upper() == "HTML":
        answer = _Parser(source).parse()
    else:
        raise bad_request("unsupported parse_mode")
    return _found(_trimmed(answer))


class _Parser:
    def __init__(self, source: str) -> None:
        self._source = source
        self._out: list[str] = []
        self._length = 0
        self._open: list[_Open] = []
        self._entities: list[dict[str, Any]] = []

    def parse(self) -> Formatted:
        at, source = 0, self._source
        while at < len(source):
            if source[at] == "<":
                at = self._end_tag(at) if source.startswith("</", at) else self._start_tag(at)
            elif source[at] == "&" and (match := _REFERENCE.match(source, at)) and (character := _character(match)):
                self._put(character)
                at = match.end()
            else:
                self._put(source[at])
                at += 1
        if self._open:
            raise self._refusal(f'Can\'t find end tag corresponding to start tag "{self._open[-1].tag}"')
        self._entities.sort(key=lambda entity: (entity["offset"], -entity["length"]))
        return Formatted("".join(self._out), self._entities)

    def _put(self, character: str) -> None:
        self._out.append(character)
        self._length += units(character)

    def _start_tag(self, at: int) -> int:
        source = self._source
        end = _TAG_END.search(source, at + 1)
        if end is None:
            raise self._refusal("Unclosed start tag", at)
        tag = source[at + 1 : end.start()].lower()
        if tag not in _TYPES:
            raise self._refusal(f'Unsupported start tag "{tag}"', at)
        attributes: dict[str, str] = {}
        position = end.start()
        while True:
            match = _ATTRIBUTE.match(source, position)
            assert match is not None, "the pattern matches the empty text"
            position = match.end()
            if match[1]:
                attributes[match[1].lower()] = match[2] or match[3] or match[4] or ""
            if position >= len(source):
                raise self._refusal("Unclosed start tag", at)
            if source[position] == ">":
                break
            if not match[1]:
                raise self._refusal(f'Empty attribute name in the tag "{tag}"', at)
        if tag == "span" and attributes.get("class") != "tg-spoiler":
            raise self._refusal('Tag "span" must have class "tg-spoiler"', at)
        self._open.append(_Open(tag, self._length, attributes))
        return position + 1

    def _end_tag(self, at: int) -> int:
        source = self._source
        end = source.find(">", at)
        if end < 0:
            raise self._refusal("Unclosed end tag", at)
        if not self._open:
            raise self._refusal("Unexpected end tag", at)
        tag = source[at + 2 : end].strip().lower()
        opened = self._open.pop()
        if tag and tag != opened.tag:
            raise self._refusal("Unmatched end tag", at, f', expected "</{opened.tag}>", found "</{tag}>"')
        if self._length > opened.start:
            self._close(opened)
        return end + 1

    def _close(self, opened: _Open) -> None:
        entity: dict[str, Any] = {
            "type": _TYPES[opened.tag],
            "offset": opened.start,
            "length": self._length - opened.start,
        }
        if opened.tag == "a":
            if not (url := opened.attributes.get("href", "")):
                return  # Telegram drops links to nowhere
            entity["url"] = url
        elif opened.tag == "tg-emoji":
            entity["custom_emoji_id"] = opened.attributes.get("emoji-id", "")
        elif opened.tag == "blockquote" and "expandable" in opened.attributes:
            entity["type"] = "expandable_blockquote"
        self._entities.append(entity)

    def _refusal(self, words: str, at: int | None = None, more: str = "") -> Exception:
        where = "" if at is None else f" at byte offset {len(self._source[:at].encode())}"
        return bad_request(f"can't parse entities: {words}{where}{more}")


def _character(match: re.Match[str]) -> str:
    """The character a reference stands for; none when it stands for nothing, then it is text."""
    if match[3]:
        return _NAMED[match[3]]
    code = int(match[1]) if match[1] else int(match[2], 16)
    return chr(code) if 0 < code < 0x110000 and not 0xD800 <= code < 0xE000 else ""


def _trimmed(message: Formatted) -> Formatted:
    """Without white space around, which Telegram takes away; entities that are left empty go with it."""
    text = message.text.rstrip()
    bare = text.lstrip()
    cut, length = units(text) - units(bare), units(bare)
    entities = []
    for entity in message.entities:
        start = max(entity["offset"] - cut, 0)
        end = min(entity["offset"] + entity["length"] - cut, length)
        if end > start:
            entities.append({**entity, "offset": start, "length": end - start})
    return Formatted(bare, entities)


def _found(message: Formatted) -> Formatted:
    """With the entities that Telegram finds by itself: hashtags and links, outside of code."""
    taken = [
        (entity["offset"], entity["offset"] + entity["length"])
        for entity in message.entities
        if entity["type"] in ("code", "pre", "text_link")
    ]
    for kind, pattern in (("hashtag", _HASHTAG), ("url", _LINK)):
        for match in pattern.finditer(message.text):
            start = units(message.text[: match.start()])
            end = start + units(match[0])
            if not any(start < last and first < end for first, last in taken):
                message.entities.append({"type": kind, "offset": start, "length": end - start})
    message.entities.sort(key=lambda entity: (entity["offset"], -entity["length"]))
    return message
