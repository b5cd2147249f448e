"""What a back-test took for granted, as values and in words: a result without it cannot be judged."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from tradewind.core.candles import Timeframe
from tradewind.core.costs import Costs
from tradewind.core.risk import RiskLimits
from tradewind.core.series import Columns

if TYPE_CHECKING:
    from tradewind.billing import Plan  # brings a database along, which back-tests do without

type Value = str | int | float | None


class Assumption(NamedTuple):
    """One thing that was taken for granted.

    Attributes:
        key: stable name, for programs.
        value: number (rates as fractions), or word.
        en, ru: the sentence for people.
    """

    key: str
    value: Value
    en: str
    ru: str

    def item(self) -> dict[str, Any]:
        """As JSON values."""
        return self._asdict()


class Resolution(NamedTuple):
    """How often finer candles told of what happened inside candles.

    Attributes:
        finer: timeframe of the finer ones; None = they were not asked.
        told: candles that they told of.
        ambiguous: candles of which they did not, or were not asked, that ended a position at its stop although its
            target lay inside too: there the worst order of prices was assumed.
    """

    finer: Timeframe | None
    told: int
    ambiguous: int


def missing_candles(columns: Iterable[Columns], timeframe: Timeframe) -> int:
    """How many candles are missing between the first and the last of each of `columns`."""
    return sum(int((np.diff(held.ts) // timeframe.ms - 1).sum()) for held in columns)


def ideal_assumptions(
    fee: float, start_equity: float, leverage: float, symbols: int, resolution: Resolution, missing: int, *, sized: bool
) -> tuple[Assumption, ...]:
    """Those of the ideal profile; `sized` = by the strategy itself."""
    part, part_ru = (" or the part the strategy asks for", " или часть по размеру стратегии") if sized else ("", "")
    return (
        Assumption(
            "profile",
            "ideal",
            "Textbook fills, for comparing strategies and engines; real ones are worse.",
            "Учебные исполнения, для сравнения стратегий и движков; настоящие хуже.",
        ),
        Assumption(
            "fills",
            "next_open",
            "Entries at the open of the next candle; stops and targets at their level, or at an open beyond it; whole.",
            "Вход по открытию следующей свечи; стопы и цели — по уровню или по открытию за ним; целиком.",
        ),
        _rate("fees", fee, "Fee on either side", "Комиссия с каждой стороны"),
        _rate("spread", 0.0, "Half the spread", "Половина спреда"),
        _rate("slippage", 0.0, "Slippage of market and stop orders", "Проскальзывание рыночных и стоп-ордеров"),
        Assumption("funding", 0.0, "Funding is left out.", "Фандинг не учтён."),
        Assumption("latency", 0, "No time between decision and venue.", "Между решением и биржей нет задержки."),
        *_inside(resolution),
        Assumption(
            "sizing",
            start_equity,
            f"{start_equity:,.2f} in {symbols} equal shares; every trade takes all of its symbol's share{part}.",
            f"{start_equity:,.2f} равными долями на {symbols}; сделка берёт всю долю своего инструмента{part_ru}.",
        ),
        Assumption(
            "leverage", leverage, f"{leverage:g} × the share of the symbol.", f"{leverage:g} × доля инструмента."
        ),
        _liquidation(modelled=leverage > 1),
        *_data(missing),
    )


def paper_assumptions(
    costs: Costs, limits: RiskLimits, balance: float, plan: Plan, resolution: Resolution, missing: int, *, sized: bool
) -> tuple[Assumption, ...]:
    """Those of the paper profile; `plan` is the follower's, `sized` = the strategy asks for a part of the risk."""
    risk, most = float(limits.risk_per_trade), float(limits.max_leverage)
    part, part_ru = (" or the part the strategy asks for", " или частью по размеру стратегии") if sized else ("", "")
    return (
        Assumption(
            "profile",
            "paper",
            "The engine's own code and the paper venue: what a replay decides.",
            "Код самого движка и учебная площадка: то же, что решает replay.",
        ),
        Assumption(
            "fills",
            "limit_in_zone",
            f"Entry is a limit order at the worst price of the zone, up to {costs.participation:.0%} of a candle's "
            "volume; stops are stop-market, targets limit orders; whatever is gapped over fills at the open.",
            f"Вход — лимитный ордер по худшей цене зоны, до {costs.participation:.0%} объёма свечи; стопы — "
            "стоп-маркет, цели — лимитные; перескоченное исполняется по открытию.",
        ),
        _rate("fees", costs.taker, "Fee of what takes", "Комиссия тейкера"),
        _rate("maker_fee", costs.maker, "Fee of what rested", "Комиссия мейкера"),
        _rate("spread", costs.half_spread, "Half the spread", "Половина спреда"),
        _rate(
            "slippage", costs.slippage, "Slippage of market and stop orders", "Проскальзывание рыночных и стоп-ордеров"
        ),
        _rate("impact", costs.impact, "Impact of an order as large as the candle", "Влияние ордера размером со свечу"),
        Assumption(
            "funding",
            costs.funding_rate,
            f"A constant {costs.funding_rate:.4%} every 8 hours, paid by longs; not the real rates of the time.",
            f"Постоянные {costs.funding_rate:.4%} каждые 8 часов, платят лонги; настоящие ставки не используются.",
        ),
        Assumption(
            "latency",
            costs.latency_ms,
            f"{costs.latency_ms} ms from decision to the venue's book.",
            f"{costs.latency_ms} мс от решения до книги площадки.",
        ),
        *_inside(resolution),
        Assumption(
            "sizing",
            risk,
            f"One account of {balance:,.2f} for all symbols; a trade risks {risk:.2%} of equity{part}, "
            "on lot and minimum.",
            f"Один счёт {balance:,.2f} на все инструменты; сделка рискует {risk:.2%} средств{part_ru}, "
            "по лоту и минимуму.",
        ),
        Assumption(
            "leverage",
            most,
            f"All positions together up to {most:g} × equity, one position within the strategy's cap.",
            f"Все позиции вместе до {most:g} × средств, одна — в пределах стратегии.",
        ),
        _plan(plan),
        _liquidation(modelled=True),
        *_data(missing),
    )


def _rate(key: str, rate: float, en: str, ru: str) -> Assumption:
    return Assumption(key, rate, f"{en}: {rate:.4%}.", f"{ru}: {rate:.4%}.")


def _plan(plan: Plan) -> Assumption:
    signals = "∞" if plan.max_signals_per_day is None else plan.max_signals_per_day
    positions = "∞" if plan.max_active_positions is None else plan.max_active_positions
    return Assumption(
        "plan",
        plan.code.value,
        f"One follower on the {plan.code} plan: {signals} signals a day, {positions} positions at once, no more.",
        f"Один подписчик на тарифе {plan.code}: до {signals} сигналов в день и {positions} позиций сразу, не больше.",
    )


def _inside(resolution: Resolution) -> tuple[Assumption, ...]:
    finer, told, ambiguous = resolution
    if finer is None:
        en = "Inside candles the worst order of prices is assumed: the stop before the target."
        ru = "Внутри свечей предполагается худший порядок цен: стоп раньше цели."
    else:
        en = f"Inside candles prices go the way of the {finer} candles; where those are missing, the worst way."
        ru = f"Внутри свечей цены идут, как в свечах {finer}; где их нет — худшим путём."
    return (
        Assumption("inside", finer.value if finer else "worst", en, ru),
        Assumption(
            "inside_resolved",
            told,
            f"{told:,} candles were resolved by finer ones.",
            f"Свечей, раскрытых более мелкими: {told:,}.",
        ),
        Assumption(
            "inside_ambiguous",
            ambiguous,
            f"{ambiguous:,} candles that no finer ones told of held stop and target both; the stop was assumed.",
            f"Свечей, внутри которых и стоп, и цель, а мелких свечей нет: {ambiguous:,}; принят стоп.",
        ),
    )


def _liquidation(*, modelled: bool) -> Assumption:
    if not modelled:
        return Assumption("liquidation", "none", "Without leverage nothing is liquidated.", "Без плеча ликвидаций нет.")
    return Assumption(
        "liquidation",
        "isolated",
        "Isolated margin: beyond the liquidation price the venue takes the position; no more than the margin is lost.",
        "Изолированная маржа: за ценой ликвидации площадка забирает позицию, теряется не больше маржи.",
    )


def _data(missing: int) -> tuple[Assumption, ...]:
    return (
        Assumption(
            "survivorship",
            "as_given",
            "Only the symbols given were traded; those that were delisted since may be missing among them.",
            "Торговались только заданные инструменты; снятых с торгов среди них может не быть.",
        ),
        Assumption(
            "missing_candles",
            missing,
            f"{missing:,} candles are missing between the first and the last; nothing was put in their place.",
            f"Свечей не хватает между первой и последней: {missing:,}; ничем не заменены.",
        ),
    )
