"""A strategy in words: what it trades on, when, how it is managed, what it costs, and when it loses."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from tradewind.core.candles import Timeframe
from tradewind.core.plan import TrailingKind
from tradewind.core.strategy import Anchor, Blueprint, GridRule, Rung, Setup, Strategy, StrategyError, TrailingRule
from tradewind.core.values import Side
from tradewind.kit.language import Language
from tradewind.trading.strategies.speaking import Speaker, number

EN, RU = Language.EN, Language.RU

#: Every sentence of an explanation.
_SAID: Mapping[str, Mapping[Language, str]] = {
    "what": {EN: "What it does", RU: "Что делает"},
    "weakness": {EN: "When it loses", RU: "Когда теряет"},
    "reads": {EN: "What it looks at", RU: "На что смотрит"},
    "terms": {EN: "Terms", RU: "Обозначения"},
    "long": {EN: "Buys (long) when all of this holds", RU: "Покупает (лонг), когда выполнено всё"},
    "short": {EN: "Sells (short) when all of this holds", RU: "Продаёт (шорт), когда выполнено всё"},
    "long levels": {EN: "Levels of a long", RU: "Уровни лонга"},
    "short levels": {EN: "Levels of a short", RU: "Уровни шорта"},
    "filters": {EN: "Only if", RU: "Только если"},
    "managing": {EN: "How a position is managed", RU: "Как ведётся позиция"},
    "size": {EN: "Size", RU: "Размер"},
    "parameters": {EN: "Parameters", RU: "Параметры"},
    "cost": {EN: "What it needs", RU: "Что ей нужно"},
    "own": {EN: "its own candles", RU: "собственные свечи"},
    "own timeframe": {EN: "its symbol's {0} candles", RU: "свечи {0} своего символа"},
    "other": {EN: "{0}, candles as long as its own", RU: "{0}, свечи той же длины"},
    "other timeframe": {EN: "{0}, {1} candles", RU: "{0}, свечи {1}"},
    "term": {EN: "{0} is {1}", RU: "{0} — это {1}"},
    "entry": {EN: "entry between {0} and {1}", RU: "вход между {0} и {1}"},
    "stop": {EN: "stop at {0}", RU: "стоп: {0}"},
    "stop distance": {EN: "stop {0} away from {1}", RU: "стоп на расстоянии {0} от {1}"},
    "target": {EN: "target {0}: {1}% of the position at {2}", RU: "цель {0}: {1} % позиции по {2}"},
    "target r": {
        EN: "target {0}: {1}% of the position at {2} times the initial risk",
        RU: "цель {0}: {1} % позиции на {2} начального риска",
    },
    "target distance": {
        EN: "target {0}: {1}% of the position {2} away from {3}",
        RU: "цель {0}: {1} % позиции на расстоянии {2} от {3}",
    },
    "fill": {EN: "the entry price", RU: "цены входа"},
    "anchor close": {EN: "the close of the signal's candle", RU: "закрытия свечи сигнала"},
    "anchor choice": {
        EN: "the entry price or the close of the signal's candle, as chosen",
        RU: "цены входа или закрытия свечи сигнала, по выбору",
    },
    "confidence": {EN: "confidence: {0}", RU: "уверенность: {0}"},
    "breakeven target": {
        EN: "after target {0} the stop moves to where the costs are paid",
        RU: "после цели {0} стоп переносится туда, где окуплены издержки",
    },
    "breakeven r": {
        EN: "once the price has gone {0} initial risks, the stop moves to where the costs are paid",
        RU: "когда цена пройдёт {0} начального риска, стоп переносится туда, где окуплены издержки",
    },
    "trailing distance": {
        EN: "the stop follows the best price at a distance of {0}{1}",
        RU: "стоп следует за лучшей ценой на расстоянии {0}{1}",
    },
    "trailing percent": {
        EN: "the stop follows the best price at {0}%{1}",
        RU: "стоп следует за лучшей ценой на расстоянии {0} %{1}",
    },
    "breakeven offset": {
        EN: "that stop goes {0} beyond it",
        RU: "этот стоп ставится на {0} дальше",
    },
    "chandelier": {
        EN: "the stop hangs {0} times the ATR of the last {2} candles behind the best price, anew at each close{1}",
        RU: "стоп отстоит от лучшей цены на {0} ATR последних {2} свечей, заново при каждом закрытии{1}",
    },
    "moving target": {
        EN: "from target {0} on, each target that is filled moves the stop to the one {0} before it, the first one to "
        "where the costs are paid",
        RU: "начиная с цели {0} каждая исполненная цель переносит стоп на цель {0} назад, первая из них — туда, где "
        "окуплены издержки",
    },
    "trailing step": {
        EN: "it moves by no less than {0} at a time",
        RU: "за раз он сдвигается не меньше чем на {0}",
    },
    "scale in": {
        EN: "it is entered in parts: {0} further orders, the first {1} from the entry limit, each step {2} times the "
        "one before, each order {3} times the one before; one stop is behind all of it",
        RU: "вход частями: ещё {0} заявок, первая в {1} от предела входа, каждый шаг в {2} раза больше прежнего, "
        "каждая заявка в {3} раза больше прежней; стоп один на всё",
    },
    "grid": {
        EN: "it is entered in a grid: {0} further levels evenly over {1} from the entry limit, each order {2} times "
        "the one before; what is entered at a level is closed one level on and entered again, as often as the price "
        "comes back; the target closes all, and one stop is behind the whole range",
        RU: "вход сеткой: ещё {0} уровней через равные промежутки на {1} от предела входа, каждая заявка в {2} раза "
        "больше прежней; открытое на уровне закрывается уровнем дальше и открывается снова, сколько бы раз цена ни "
        "возвращалась; цель закрывает всё, стоп один на весь диапазон",
    },
    "targets average": {
        EN: "targets keep their distance from the average entry",
        RU: "цели сохраняют расстояние от средней цены входа",
    },
    "after target": {EN: ", after target {0}", RU: ", после цели {0}"},
    "after r": {EN: ", once it has gone {0} initial risks", RU: ", когда пройдено {0} начального риска"},
    "time stop": {EN: "it is closed after {0} candles at the latest", RU: "закрывается не позже чем через {0} свечей"},
    "long exit": {EN: "a long is left at market when {0}", RU: "лонг закрывается по рынку, когда {0}"},
    "short exit": {EN: "a short is left at market when {0}", RU: "шорт закрывается по рынку, когда {0}"},
    "expiry": {
        EN: "an entry that is not filled within {0} candles is cancelled; after {1} the signal counts as stale",
        RU: "вход, не исполненный за {0} свечей, отменяется; через {1} сигнал считается устаревшим",
    },
    "full size": {EN: "all of the risk per trade that the account allows", RU: "весь риск на сделку, заданный счётом"},
    "scale": {
        EN: "a part of the risk per trade that the account allows, from 0 to 1: {0}",
        RU: "доля риска на сделку, заданного счётом, от 0 до 1: {0}",
    },
    "leverage": {EN: "at most {0} times leverage", RU: "плечо не больше {0}"},
    "parameter": {EN: "{0} = {1}, from {2} to {3}{4}", RU: "{0} = {1}, от {2} до {3}{4}"},
    "choice": {EN: "{0} = {1}, one of {2}", RU: "{0} = {1}, одно из: {2}"},
    "warmup": {EN: "{0} candles before it may speak", RU: "{0} свечей, прежде чем она может подать сигнал"},
    "warmup on": {
        EN: "on {0} candles: {1} of them before it may speak",
        RU: "на свечах {0}: {1} свечей, прежде чем она может подать сигнал",
    },
    "operations": {EN: "{0} operations per candle", RU: "{0} операций на свечу"},
    "side long": {EN: " (longs)", RU: " (лонги)"},
    "side short": {EN: " (shorts)", RU: " (шорты)"},
}


class Section(NamedTuple):
    """A heading and what stands below it."""

    title: str
    lines: tuple[str, ...]


class Explanation(NamedTuple):
    """A strategy in words, in one language."""

    title: str
    sections: tuple[Section, ...]

    def text(self) -> str:
        """All of it as plain text."""
        parts = [self.title]
        for section in self.sections:
            parts += ["", section.title, *(f"  • {line}" for line in section.lines)]
        return "\n".join(parts)


def explain(strategy: Strategy, language: Language) -> Explanation:
    """`strategy` in words, with the values that its parameters have."""
    return _Explainer(strategy, language).explanation()


class _Explainer:
    def __init__(self, strategy: Strategy, language: Language) -> None:
        self._strategy = strategy
        self._blueprint: Blueprint = strategy.blueprint
        self._language = language
        self._speaker = Speaker(language, strategy.values)

    def explanation(self) -> Explanation:
        blueprint, language = self._blueprint, self._language
        sections = [
            self._section("what", [blueprint.description[language]]),
            self._section("reads", self._reads()),
            self._section("terms", self._terms()),
        ]
        for setup in blueprint.setups:
            side = setup.side.value
            sections.append(self._section(side, self._speaker.conditions(setup.when.root)))
            sections.append(self._section(f"{side} levels", self._levels(setup)))
        sections += [
            self._section("filters", self._filters()),
            self._section("managing", self._managing()),
            self._section("size", self._size()),
            self._section("parameters", self._parameters()),
            self._section("cost", self._cost()),
            self._section("weakness", [blueprint.weakness[language]]),
        ]
        title = f"{blueprint.title[language]} ({blueprint.name} v{blueprint.version})"
        return Explanation(title, tuple(section for section in sections if section.lines))

    def _say(self, key: str, *parts: object) -> str:
        return _SAID[key][self._language].format(*parts)

    def _section(self, key: str, lines: Iterator[str] | list[str]) -> Section:
        return Section(self._say(key), tuple(lines))

    def _reads(self) -> Iterator[str]:
        yield self._say("own")
        for symbol, timeframe in sorted(self._strategy.reads, key=str):
            if symbol is None:
                yield self._say("own timeframe", timeframe)
            elif timeframe is None:
                yield self._say("other", symbol)
            else:
                yield self._say("other timeframe", symbol, timeframe)

    def _terms(self) -> Iterator[str]:
        for name, expression in self._blueprint.definitions.items():
            yield self._say("term", name, self._speaker.phrase(expression.root))

    def _levels(self, setup: Setup) -> Iterator[str]:
        phrase = self._speaker.phrase
        yield self._say("entry", phrase(setup.zone_low.root), phrase(setup.zone_high.root))
        stop = phrase(setup.stop.root)
        yield self._say("stop distance", stop, self._anchor()) if setup.stop_is_distance else self._say("stop", stop)
        for place, rung in enumerate(setup.ladder, start=1):
            yield self._target(place, rung)
        yield self._say("confidence", phrase(setup.confidence.root))

    def _target(self, place: int, rung: Rung) -> str:
        share, level = number(float(rung.share * 100)), self._speaker.phrase(rung.level.root)
        if rung.in_r:
            return self._say("target r", place, share, level)
        if rung.is_distance:
            return self._say("target distance", place, share, level, self._anchor())
        return self._say("target", place, share, level)

    def _anchor(self) -> str:
        if self._blueprint.anchor not in set(Anchor):
            return self._say("anchor choice")
        return self._say("fill" if self._strategy.anchor is Anchor.FILL else "anchor close")

    def _filters(self) -> Iterator[str]:
        for rule in self._blueprint.filters:
            side = "" if rule.side is None else self._say(f"side {rule.side.value}")
            conditions = "; ".join(self._speaker.conditions(rule.when.root))
            yield f"{rule.name}{side}: {conditions}. {rule.reason[self._language]}"

    def _managing(self) -> Iterator[str]:
        exits, phrase = self._blueprint.exits, self._speaker.phrase
        if (rule := exits.breakeven) is not None:
            if rule.after_target:
                yield self._say("breakeven target", rule.after_target)
            if rule.at_r is not None:
                yield self._say("breakeven r", phrase(rule.at_r.root))
            if rule.offset is not None:
                yield self._say("breakeven offset", phrase(rule.offset.root))
        if (follow := exits.trailing) is not None:
            when = self._say("after target", follow.after_target) if follow.after_target else ""
            when += self._say("after r", phrase(follow.at_r.root)) if follow.at_r is not None else ""
            yield self._following(follow, when)
            if follow.step is not None:
                yield self._say("trailing step", phrase(follow.step.root))
        if exits.time_stop is not None:
            yield self._say("time stop", phrase(exits.time_stop.root))
        for setup in self._blueprint.setups:
            if setup.exit is not None:
                key = "long exit" if setup.side is Side.LONG else "short exit"
                yield self._say(key, phrase(setup.exit.root))
        yield self._say("expiry", self._blueprint.expires_after, self._blueprint.fresh_for)

    def _following(self, rule: TrailingRule, when: str) -> str:
        phrase = self._speaker.phrase
        if rule.distance is None:
            return self._say("moving target", rule.after_target)
        distance = phrase(rule.distance.root)
        if rule.period is not None:
            return self._say("chandelier", distance, when, phrase(rule.period.root))
        return self._say(
            "trailing distance" if rule.kind is TrailingKind.DISTANCE else "trailing percent", distance, when
        )

    def _parts(self) -> Iterator[str]:
        rule, phrase = self._blueprint.scale_in, self._speaker.phrase
        if rule is None:
            return
        if isinstance(rule, GridRule):
            size = "1" if rule.size is None else phrase(rule.size.root)
            yield self._say("grid", phrase(rule.levels.root), phrase(rule.range.root), size)
            return
        step, size = ("1" if each is None else phrase(each.root) for each in (rule.step, rule.size))
        yield self._say("scale in", phrase(rule.orders.root), phrase(rule.deviation.root), step, size)
        if rule.from_average:
            yield self._say("targets average")

    def _size(self) -> Iterator[str]:
        scale = self._blueprint.risk_scale
        yield self._say("full size") if scale is None else self._say("scale", self._speaker.phrase(scale.root))
        yield from self._parts()
        yield self._say("leverage", self._blueprint.leverage_cap)

    def _parameters(self) -> Iterator[str]:
        for parameter in self._blueprint.parameters:
            allowed = parameter.range
            title = parameter.title.get(self._language)
            value = number(self._strategy.values[parameter.name])
            suffix = f" — {title}" if title else ""
            yield self._say("parameter", parameter.name, value, number(allowed.low), number(allowed.high), suffix)
        for choice in self._blueprint.choices:
            chosen = self._strategy.chosen[choice.name]
            yield self._say("choice", choice.name, chosen, ", ".join(choice.options))

    def _cost(self) -> Iterator[str]:
        if not self._strategy.reads:
            yield self._say("warmup", self._strategy.warmup)
        else:
            for timeframe in Timeframe:
                try:
                    yield self._say("warmup on", timeframe, self._strategy.warmup_on(timeframe))
                except StrategyError:
                    continue  # it cannot run on those
        yield self._say("operations", self._strategy.program.cost)
