"""The sentences, by language. Every code and reason has one in each; placeholders name the data a code carries.

`{name}` is the data's number, grouped as the language does it; `{name:raw}` is text as it is. A part in [brackets] is
left out when one of its placeholders has no data.
"""

from __future__ import annotations

from collections.abc import Mapping

from tradewind.core.decisions import DecisionCode as Code
from tradewind.core.plan import PlanAction
from tradewind.core.portfolio import SuggestionCode
from tradewind.core.positions import ExitReason
from tradewind.core.risk import DenyReason
from tradewind.kit.language import Language

DECISIONS: Mapping[Code, Mapping[Language, str]] = {
    Code.INTENT_DENIED: {
        Language.EN: "Not executed: {denial:raw}",
        Language.RU: "Не исполнено: {denial:raw}",
    },
    Code.ENTRY_PLACED: {
        Language.EN: "placed the entry: {quantity} at {price} or better, with the stop at {stop} ready",
        Language.RU: "выставлен вход: {quantity} по {price} или лучше, стоп {stop} наготове",
    },
    Code.ENTRY_REJECTED: {
        Language.EN: "the venue rejected the entry: {reason:raw}",
        Language.RU: "площадка отклонила вход: {reason:raw}",
    },
    Code.ENTRY_FILLED: {
        Language.EN: "entry filled: {quantity} at {price} ({filled} of {of})",
        Language.RU: "вход исполнен: {quantity} по {price} ({filled} из {of})",
    },
    Code.ENTRY_EXPIRED: {
        Language.EN: "cancelled the rest of the entry because the signal expired ({filled} of {quantity} filled)",
        Language.RU: "остаток входа снят, потому что сигнал истёк (исполнено {filled} из {quantity})",
    },
    Code.ENTRY_INVALIDATED: {
        Language.EN: "cancelled the entry because the price reached the stop before the entry zone",
        Language.RU: "вход снят, потому что цена дошла до стопа раньше зоны входа",
    },
    Code.ENTRY_MISSED: {
        Language.EN: "cancelled the entry because the price reached the first target without us",
        Language.RU: "вход снят, потому что цена дошла до первой цели без нас",
    },
    Code.ENTRY_CUT_SHORT: {
        Language.EN: "cancelled the rest of the entry because an exit was filled ({filled} of {quantity} filled)",
        Language.RU: "остаток входа снят, потому что исполнился выход (исполнено {filled} из {quantity})",
    },
    Code.ENTRY_BEHIND_STOP: {
        Language.EN: "cancelled the entry of {quantity} at {price} because the stop has moved past it, to {stop}",
        Language.RU: "снят вход {quantity} по {price}: стоп передвинут дальше него, на {stop}",
    },
    Code.STOP_PLACED: {
        Language.EN: "placed the protective stop: {quantity} at {stop}",
        Language.RU: "выставлен защитный стоп: {quantity} на {stop}",
    },
    Code.STOP_RESIZED: {
        Language.EN: "resized the stop at {stop}: {from} → {to}, so that it covers exactly what is held",
        Language.RU: "изменён объём стопа на {stop}: {from} → {to}, чтобы он закрывал ровно то, что в позиции",
    },
    Code.STOP_MOVED: {
        Language.EN: "moved stop {from} → {to} because {cause:raw}",
        Language.RU: "стоп передвинут {from} → {to}: {cause:raw}",
    },
    Code.STOP_MOVE_SKIPPED: {
        Language.EN: "left the stop at {stop}: the market is already beyond {to}[, where TP{target} would move it]",
        Language.RU: "стоп оставлен на {stop}: рынок уже за уровнем {to}[, куда его передвинул бы TP{target}]",
    },
    Code.STOP_FILLED: {
        Language.EN: "{kind:raw} {stop} filled: {quantity} at {price}, PnL {pnl}, {left} left",
        Language.RU: "{kind:raw} {stop} исполнен: {quantity} по {price}, PnL {pnl}, осталось {left}",
    },
    Code.PROTECTION_FAILED: {
        Language.EN: "the venue refused the stop ({reason:raw}), so {quantity} is closed at market: what cannot be "
        "protected is not held",
        Language.RU: "площадка отказала в стопе ({reason:raw}), поэтому {quantity} закрывается по рынку: что нельзя "
        "защитить, того не держим",
    },
    Code.TARGETS_PLACED: {
        Language.EN: "placed the take-profit orders: {ladder:raw}",
        Language.RU: "выставлены цели: {ladder:raw}",
    },
    Code.TARGETS_MERGED: {
        Language.EN: "merged {targets} targets into {orders} because parts would be below the venue's minimum",
        Language.RU: "цели объединены: {targets} → {orders}, иначе части были бы меньше минимума площадки",
    },
    Code.TARGET_FILLED: {
        Language.EN: "TP{target} filled {share} %: {quantity} at {price}, PnL {pnl}, {left} left",
        Language.RU: "TP{target} исполнен на {share} %: {quantity} по {price}, PnL {pnl}, осталось {left}",
    },
    Code.ROUND_TRIP: {
        Language.EN: "round trip of grid level {part}: {quantity} closed at {price}, PnL {pnl}, {left} left",
        Language.RU: "оборот уровня сетки {part}: закрыто {quantity} по {price}, PnL {pnl}, осталось {left}",
    },
    Code.EXIT_REQUESTED: {
        Language.EN: "[closing {quantity} at market: {exit:raw}][cancelling the entry ({filled} of {quantity} filled) "
        "before the exit]",
        Language.RU: "[закрывается {quantity} по рынку: {exit:raw}][вход снимается перед выходом (исполнено {filled} "
        "из {quantity})]",
    },
    Code.LIQUIDATED: {
        Language.EN: "the venue liquidated {quantity} at {price}: the price went beyond {liquidation}, where the "
        "margin is used up (fee {fee})",
        Language.RU: "площадка ликвидировала {quantity} по {price}: цена ушла за {liquidation}, где маржа исчерпана "
        "(комиссия {fee})",
    },
    Code.CLOSED: {
        Language.EN: "position closed by {exit:raw}: PnL {pnl}, fees {fees}[, funding {funding}]",
        Language.RU: "позиция закрыта, {exit:raw}: PnL {pnl}, комиссии {fees}[, фандинг {funding}]",
    },
}

DENIALS: Mapping[DenyReason, Mapping[Language, str]] = {
    DenyReason.SIGNAL_EXPIRED: {
        Language.EN: "the signal has expired",
        Language.RU: "сигнал истёк",
    },
    DenyReason.STALE_SIGNAL: {
        Language.EN: "the signal is no longer fresh, so its numbers may not hold any more",
        Language.RU: "сигнал уже не свежий, его уровни могли устареть",
    },
    DenyReason.SIGNAL_CLOSED: {
        Language.EN: "the signal is over",
        Language.RU: "сигнал завершён",
    },
    DenyReason.FEED_NOT_LIVE: {
        Language.EN: "prices are not the venue's live ones, and real money trades on nothing else",
        Language.RU: "цены — не живые цены площадки, а на других реальные деньги не торгуют",
    },
    DenyReason.ACCOUNT_READ_ONLY: {
        Language.EN: "the subscription has ended, so nothing new is opened",
        Language.RU: "подписка закончилась, новое не открывается",
    },
    DenyReason.POSITION_ALREADY_OPEN: {
        Language.EN: "a {side:raw} position in {symbol:raw} is open already",
        Language.RU: "по {symbol:raw} уже открыта позиция {side:raw}",
    },
    DenyReason.OPPOSITE_SIDE_OPEN: {
        Language.EN: "a {side:raw} position in {symbol:raw} is open, and both sides at once are not possible",
        Language.RU: "по {symbol:raw} открыта позиция {side:raw}, обе стороны сразу невозможны",
    },
    DenyReason.PRICE_BEYOND_STOP: {
        Language.EN: "the price {price} is beyond the stop {stop}",
        Language.RU: "цена {price} уже за стопом {stop}",
    },
    DenyReason.STOP_BEYOND_LIQUIDATION: {
        Language.EN: "at leverage {leverage} the position would be liquidated at {liquidation}, before the stop {stop}",
        Language.RU: "при плече {leverage} ликвидация {liquidation} наступила бы раньше стопа {stop}",
    },
    DenyReason.NO_EQUITY: {
        Language.EN: "the account has no equity ({equity})",
        Language.RU: "на счёте нет средств ({equity})",
    },
    DenyReason.EXPOSURE_LIMIT: {
        Language.EN: "the account's leverage limit leaves no room[ (open: {exposure}, equity: {equity})]",
        Language.RU: "предел плеча счёта исчерпан[ (открыто: {exposure}, средства: {equity})]",
    },
    DenyReason.BELOW_MINIMUM: {
        Language.EN: "the size by risk ({quantity}) is below the venue's minimum ({min_quantity}, value "
        "{min_notional}); it is never rounded up",
        Language.RU: "размер по риску ({quantity}) меньше минимума площадки ({min_quantity}, стоимость "
        "{min_notional}); вверх не округляется",
    },
}

EXITS: Mapping[ExitReason, Mapping[Language, str]] = {
    ExitReason.STOP: {Language.EN: "the stop", Language.RU: "стоп"},
    ExitReason.BREAKEVEN: {Language.EN: "the stop at breakeven", Language.RU: "стоп в безубытке"},
    ExitReason.TRAILING: {Language.EN: "the trailing stop", Language.RU: "скользящий стоп"},
    ExitReason.TARGET: {Language.EN: "the last target", Language.RU: "последняя цель"},
    ExitReason.TIME_STOP: {
        Language.EN: "the time limit of the plan",
        Language.RU: "время по плану вышло",
    },
    ExitReason.EXIT_CONDITION: {
        Language.EN: "the strategy's exit condition",
        Language.RU: "условие выхода стратегии",
    },
    ExitReason.MANUAL: {Language.EN: "your own request", Language.RU: "по вашей команде"},
    ExitReason.PROTECTION_FAILED: {
        Language.EN: "the refused protective stop",
        Language.RU: "площадка отказала в защитном стопе",
    },
    ExitReason.LATE_ENTRY: {
        Language.EN: "an entry fill that came after its cancel",
        Language.RU: "вход исполнился уже после отмены",
    },
    ExitReason.LIQUIDATED: {Language.EN: "the venue's liquidation", Language.RU: "ликвидация площадкой"},
}

#: Why a stop was moved; {target} and {share} are there when a filled target was the cause.
CAUSES: Mapping[PlanAction, Mapping[Language, str]] = {
    PlanAction.BREAKEVEN: {
        Language.EN: "[TP{target} filled {share} %; ]the new level pays for entry, fees and slippage",
        Language.RU: "[TP{target} исполнен на {share} %; ]новый уровень окупает вход, комиссии и проскальзывание",
    },
    PlanAction.TRAILING: {
        Language.EN: "[TP{target} filled {share} %; ]the price has gone to {best} and the stop follows",
        Language.RU: "[TP{target} исполнен на {share} %; ]цена дошла до {best}, и стоп следует за ней",
    },
    PlanAction.TIME_STOP: {
        Language.EN: "the plan's time is up",
        Language.RU: "время по плану вышло",
    },
}

#: Which stop was filled; "initial" = it was never moved.
STOPS: Mapping[str, Mapping[Language, str]] = {
    "initial": {Language.EN: "stop", Language.RU: "стоп"},
    PlanAction.BREAKEVEN: {Language.EN: "breakeven stop", Language.RU: "стоп в безубытке"},
    PlanAction.TRAILING: {Language.EN: "trailing stop", Language.RU: "скользящий стоп"},
    PlanAction.TIME_STOP: {Language.EN: "stop", Language.RU: "стоп"},
}

SIDES: Mapping[str, Mapping[Language, str]] = {
    "long": {Language.EN: "long", Language.RU: "лонг"},
    "short": {Language.EN: "short", Language.RU: "шорт"},
}

#: What would make a portfolio less risky; {subject} and {other_subject} are the names it is about.
SUGGESTIONS: Mapping[SuggestionCode, Mapping[Language, str]] = {
    SuggestionCode.REDUCE_POSITION: {
        Language.EN: "reduce {subject:raw} by {quantity} (≈ {notional} {currency:raw}): risk level {before} → {after}",
        Language.RU: "сократить {subject:raw} на {quantity} (≈ {notional} {currency:raw}): уровень риска {before} → "
        "{after}",
    },
    SuggestionCode.REDUCE_LEVERAGE: {
        Language.EN: "{gross} {currency:raw} are at stake, more than {limit} times the equity of {equity}: close "
        "{excess} of it",
        Language.RU: "в рынке {gross} {currency:raw}, больше чем {limit} × средства ({equity}): закрыть {excess} из "
        "них",
    },
    SuggestionCode.REDUCE_CONCENTRATION: {
        Language.EN: "{size} {currency:raw} are in {subject:raw} alone, more than {limit} times the equity of "
        "{equity}: close {excess} of it",
        Language.RU: "в одном {subject:raw} {size} {currency:raw}, больше чем {limit} × средства ({equity}): закрыть "
        "{excess} из них",
    },
    SuggestionCode.LIQUIDATION_NEAR: {
        Language.EN: "{subject:raw} would be liquidated at {price}, only {distance_percent} % from the price of "
        "{mark}: close some of it or use less leverage",
        Language.RU: "{subject:raw}: ликвидация на {price}, всего в {distance_percent} % от цены {mark}: закрыть часть "
        "или снизить плечо",
    },
    SuggestionCode.CLOSE_OFFSETTING: {
        Language.EN: "long and short positions in {subject:raw} cancel out for {excess} {currency:raw}: closing both "
        "saves fees and margin twice",
        Language.RU: "лонг и шорт по {subject:raw} гасят друг друга на {excess} {currency:raw}: закрыв оба, вы дважды "
        "сэкономите комиссии и маржу",
    },
    SuggestionCode.CORRELATED: {
        Language.EN: "{subject:raw} and {other_subject:raw} move together (correlation {correlation}): it is one bet "
        "of {together} {currency:raw}",
        Language.RU: "{subject:raw} и {other_subject:raw} движутся вместе (корреляция {correlation}): это одна ставка "
        "на {together} {currency:raw}",
    },
    SuggestionCode.TAIL_RISK: {
        Language.EN: "the worst hours cost {cvar_percent} % of equity on average ({amount} {currency:raw}), more than "
        "{limit_percent} %: hold less",
        Language.RU: "худшие часы стоят в среднем {cvar_percent} % средств ({amount} {currency:raw}), больше чем "
        "{limit_percent} %: держать меньше",
    },
}
