"""What a gap is made of, in words, English and Russian."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from tradewind.kit.language import Language


class Part(StrEnum):
    """Where a gap comes from. The list is complete: the parts of a gap add up to it."""

    ENTRY_SLIPPAGE = "entry_slippage"
    LATENCY = "latency"
    EXIT_SLIPPAGE = "exit_slippage"
    EXIT_REASON = "exit_reason"
    FEES = "fees"
    FUNDING = "funding"
    QUANTITY = "quantity"
    MISSED = "missed"
    EXTRA = "extra"


_WORDS: Mapping[Part, Mapping[Language, tuple[str, str]]] = MappingProxyType(
    {
        Part.ENTRY_SLIPPAGE: {
            Language.EN: ("entry slippage", "entered in the expected candle at another price"),
            Language.RU: ("проскальзывание на входе", "вход в ожидаемой свече, но по другой цене"),
        },
        Part.LATENCY: {
            Language.EN: ("latency", "entered in another candle than expected; the price had moved since the signal"),
            Language.RU: ("задержка", "вход не в ожидаемой свече: цена после сигнала ушла"),
        },
        Part.EXIT_SLIPPAGE: {
            Language.EN: ("exit slippage", "left for the expected reason at another price"),
            Language.RU: ("проскальзывание на выходе", "выход по ожидаемой причине, но по другой цене"),
        },
        Part.EXIT_REASON: {
            Language.EN: ("exit reason", "left for another reason than expected"),
            Language.RU: ("причина выхода", "выход не по той причине, что ожидалась"),
        },
        Part.FEES: {Language.EN: ("fees", "other fees"), Language.RU: ("комиссии", "другие комиссии")},
        Part.FUNDING: {Language.EN: ("funding", "other funding"), Language.RU: ("фандинг", "другой фандинг")},
        Part.QUANTITY: {
            Language.EN: ("quantity", "more or less was traded than expected, at the expected prices"),
            Language.RU: ("объём", "объём сделки не тот, что ожидался, по ожидаемым ценам"),
        },
        Part.MISSED: {
            Language.EN: ("missed fills", "signals that were traded only where it was expected"),
            Language.RU: ("пропущенные входы", "сигналы, исполненные только в ожидаемом прогоне"),
        },
        Part.EXTRA: {
            Language.EN: ("unexpected fills", "signals that were traded only in fact"),
            Language.RU: ("неожиданные входы", "сигналы, исполненные только на деле"),
        },
    }
)


def title(part: Part, language: Language) -> str:
    return _WORDS[part][language][0]


def explanation(part: Part, language: Language) -> str:
    return _WORDS[part][language][1]
