"""The words of publication, by language. Prices and the keywords that other programs read are the same in all."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from tradewind.core.outcome import SignalEnd
from tradewind.core.plan import PlanAction
from tradewind.core.values import Side
from tradewind.kit.language import Language


@dataclass(frozen=True, slots=True)
class Words:
    """What is said. Texts with braces are filled with `str.format`; values come escaped."""

    side: Mapping[Side, str]
    simulated_market: str
    recorded_market: str
    simulated: str
    recorded: str

    risk: str
    reward: str
    confidence: str
    strategy: str
    valid_until: str
    minutes: str
    hours: str
    days: str

    filled: str
    added: str
    round_trip: str
    target_hit: str
    stop_moved: str
    closed: str
    result: str
    not_filled: str
    moved_because: Mapping[str, str]
    ended_because: Mapping[str, str]

    entry: str
    stop: str

    code: str


_EN = Words(
    side={Side.LONG: "long", Side.SHORT: "short"},
    simulated_market="SIMULATED MARKET – not real prices",
    recorded_market="RECORDED MARKET – not today's prices",
    simulated="simulated market",
    recorded="recorded market",
    risk="Risk",
    reward="Reward",
    confidence="Confidence",
    strategy="Strategy",
    valid_until="Valid until",
    minutes="{} min",
    hours="{} h",
    days="{} d",
    filled="▶️ <b>Filled</b> at <code>{price}</code>",
    added="➕ <b>Addition {rung} filled</b> at <code>{price}</code> · <code>{share}</code> of the whole",
    round_trip="🔁 <b>Round trip of level {rung}</b> at <code>{price}</code> · <code>{share}</code> of the whole",
    target_hit="🎯 <b>TP{rung} hit</b> at <code>{price}</code> · <code>{share}</code> closed · <code>{r}</code>",
    stop_moved="🛡 <b>Stop moved</b> <code>{before}</code> → <code>{price}</code>: {why}",
    closed="{mark} <b>Closed</b> at <code>{price}</code>: {why}",
    result="<b>Result</b> <code>{r}</code> · <code>{pnl}</code> after fees",
    not_filled="⚪️ <b>Not filled</b>: {why}",
    moved_because={
        PlanAction.BREAKEVEN: "break-even, costs included",
        PlanAction.TRAILING: "trailing the best price",
    },
    ended_because={
        SignalEnd.STOP: "stop hit",
        SignalEnd.BREAKEVEN: "stopped at break-even",
        SignalEnd.TRAILING: "trailing stop hit",
        SignalEnd.TARGET: "last target reached",
        SignalEnd.TIME_STOP: "time limit reached",
        SignalEnd.EXIT_CONDITION: "the strategy's exit condition",
        SignalEnd.EXPIRED: "the zone was not touched in time",
        SignalEnd.INVALIDATED: "the price reached the stop before the zone",
        SignalEnd.MISSED: "the price reached the first target before the zone",
    },
    entry="Entry",
    stop="Stop",
    code="Your Tradewind code: {code}\nIt is good for 10 minutes. If you did not ask for it, ignore it.",
)

_RU = Words(
    side={Side.LONG: "лонг", Side.SHORT: "шорт"},
    simulated_market="СИМУЛЯЦИЯ РЫНКА – цены не настоящие",
    recorded_market="ЗАПИСЬ РЫНКА – цены не сегодняшние",
    simulated="симуляция рынка",
    recorded="запись рынка",
    risk="Риск",
    reward="Цели",
    confidence="Уверенность",
    strategy="Стратегия",
    valid_until="Действует до",
    minutes="{} мин",
    hours="{} ч",
    days="{} д",
    filled="▶️ <b>Исполнен</b> по <code>{price}</code>",
    added="➕ <b>Добор {rung} исполнен</b> по <code>{price}</code> · <code>{share}</code> от всего объёма",
    round_trip="🔁 <b>Оборот уровня {rung}</b> по <code>{price}</code> · <code>{share}</code> от всего объёма",
    target_hit="🎯 <b>TP{rung} взят</b> по <code>{price}</code> · закрыто <code>{share}</code> · <code>{r}</code>",
    stop_moved="🛡 <b>Стоп перенесён</b> <code>{before}</code> → <code>{price}</code>: {why}",
    closed="{mark} <b>Закрыт</b> по <code>{price}</code>: {why}",
    result="<b>Итог</b> <code>{r}</code> · <code>{pnl}</code> после комиссий",
    not_filled="⚪️ <b>Не исполнен</b>: {why}",
    moved_because={
        PlanAction.BREAKEVEN: "безубыток с учётом издержек",
        PlanAction.TRAILING: "следует за лучшей ценой",
    },
    ended_because={
        SignalEnd.STOP: "сработал стоп",
        SignalEnd.BREAKEVEN: "стоп в безубытке",
        SignalEnd.TRAILING: "сработал трейлинг-стоп",
        SignalEnd.TARGET: "достигнута последняя цель",
        SignalEnd.TIME_STOP: "вышло время",
        SignalEnd.EXIT_CONDITION: "условие выхода стратегии",
        SignalEnd.EXPIRED: "цена не коснулась зоны вовремя",
        SignalEnd.INVALIDATED: "цена дошла до стопа раньше, чем до зоны",
        SignalEnd.MISSED: "цена дошла до первой цели раньше, чем до зоны",
    },
    entry="Вход",
    stop="Стоп",
    code="Ваш код Tradewind: {code}\nОн действует 10 минут. Если вы его не запрашивали, ничего не делайте.",
)

WORDS: Mapping[Language, Words] = {Language.EN: _EN, Language.RU: _RU}
