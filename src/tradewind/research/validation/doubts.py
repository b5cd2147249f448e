"""Reasons not to believe a back-test, and what can be looked at; each with its words, English and Russian."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType


class Doubt(StrEnum):
    """A reason not to believe a back-test. The list is complete; clients may rely on the names."""

    NO_TRADES = "no_trades"
    FEW_TRADES = "few_trades"
    SHORT_PERIOD = "short_period"
    NO_LOSSES = "no_losses"
    ONE_TRADE = "one_trade"
    """One trade makes most of the profit."""
    ONE_MONTH = "one_month"
    ONE_SYMBOL = "one_symbol"
    NO_LOSING_MONTH = "no_losing_month"
    WIN_RATE_IMPLAUSIBLE = "win_rate_implausible"
    EXPECTANCY_IMPLAUSIBLE = "expectancy_implausible"
    INSIDE_CANDLES = "inside_candles"
    """Many trades end in the candle in which they began, where nobody knows what came first."""
    COSTS_IGNORED = "costs_ignored"
    COSTS_THIN = "costs_thin"
    """Twice the costs, and the profit is gone."""
    SHARPE_IMPLAUSIBLE = "sharpe_implausible"
    SHARPE_UNCERTAIN = "sharpe_uncertain"
    """Too few days to tell it from zero."""
    SHARPE_DEFLATED = "sharpe_deflated"
    """No better than the luck of so many attempts."""
    OVERFITTED = "overfitted"
    PARAMETERS_CHANGED = "parameters_changed"
    """They are not the document's; were they chosen on these candles?"""
    PARAMETER_CLIFF = "parameter_cliff"
    """Beside the chosen parameters the result falls off."""
    WORSE_OUT_OF_SAMPLE = "worse_out_of_sample"
    LUCKY_ORDER = "lucky_order"
    """Nearly every other order of the same trades has a deeper drawdown."""
    LOOK_AHEAD = "look_ahead"
    WARM_UP = "warm_up"


class Check(StrEnum):
    """What can be looked at beside the trades themselves."""

    COSTS = "costs"
    PERIOD = "period"
    SHARPE = "sharpe"
    DEFLATED_SHARPE = "deflated_sharpe"
    OVERFITTING = "overfitting"
    NEIGHBOURS = "neighbours"
    OUT_OF_SAMPLE = "out_of_sample"
    SHUFFLE = "shuffle"
    LOOK_AHEAD = "look_ahead"
    WARM_UP = "warm_up"


#: By language; the numbers in braces are a reason's facts.
WORDS: Mapping[Doubt, Mapping[str, str]] = MappingProxyType(
    {
        Doubt.NO_TRADES: {
            "en": "It never traded, so there is nothing to judge.",
            "ru": "Сделок не было, судить не о чем.",
        },
        Doubt.FEW_TRADES: {
            "en": "It made only {trades} trades; below {least} luck decides.",
            "ru": "Всего сделок: {trades}; пока их меньше {least}, решает удача.",
        },
        Doubt.SHORT_PERIOD: {
            "en": "It covers only {days} days; fewer than {least} hold one kind of market.",
            "ru": "Проверено дней: {days}; меньше {least} — это рынок одного вида.",
        },
        Doubt.NO_LOSSES: {
            "en": "None of its {trades} trades lost; losses may be hidden in open positions or in a fault.",
            "ru": "Ни одной убыточной сделки из {trades}: убытки могут скрываться в открытых позициях или в ошибке.",
        },
        Doubt.ONE_TRADE: {
            "en": "One trade made {best} of a net profit of {net}; without it {rest} is left.",
            "ru": "Одна сделка дала {best} при чистой прибыли {net}; без неё остаётся {rest}.",
        },
        Doubt.ONE_MONTH: {
            "en": "One of {parts} months made {best} of a net profit of {net}.",
            "ru": "Один месяц (всего {parts}) дал {best} при чистой прибыли {net}.",
        },
        Doubt.ONE_SYMBOL: {
            "en": "One of {parts} symbols made {best} of a net profit of {net}.",
            "ru": "Один инструмент (всего {parts}) дал {best} при чистой прибыли {net}.",
        },
        Doubt.NO_LOSING_MONTH: {
            "en": "None of {months} months lost; markets are not that kind.",
            "ru": "Ни одного убыточного месяца из {months}: рынки так добры не бывают.",
        },
        Doubt.WIN_RATE_IMPLAUSIBLE: {
            "en": "A share of {share} of the trades gained, more than {most}; the losses may be rare and large, or "
            "not seen.",
            "ru": "Доля прибыльных сделок {share}, больше {most}: убытки могут быть редкими и крупными или "
            "оставаться невидимыми.",
        },
        Doubt.EXPECTANCY_IMPLAUSIBLE: {
            "en": "A trade gains {mean} initial risks on average, more than {most}; look for a fault first.",
            "ru": "Сделка в среднем приносит {mean} начальных рисков, больше {most}: сначала ищите ошибку.",
        },
        Doubt.INSIDE_CANDLES: {
            "en": "{inside} of {trades} trades end in the candle in which they began; what came first there is "
            "assumed. A shorter timeframe knows.",
            "ru": "Сделок, закрытых в свече входа: {inside} из {trades}; порядок цен внутри неё — допущение. Точнее "
            "скажет меньший таймфрейм.",
        },
        Doubt.COSTS_IGNORED: {
            "en": "It paid {costs} in costs; real trading pays fees, spread and slippage.",
            "ru": "Учтённые издержки: {costs}; настоящая торговля платит комиссии, спред и проскальзывание.",
        },
        Doubt.COSTS_THIN: {
            "en": "The net profit of {net} is no more than the costs of {costs}: twice that, and it is gone.",
            "ru": "Чистая прибыль {net} не больше издержек {costs}: будь они вдвое выше, её бы не было.",
        },
        Doubt.SHARPE_IMPLAUSIBLE: {
            "en": "An annual Sharpe ratio of {sharpe} is beyond what lasts ({most}); look for a fault first.",
            "ru": "Годовой коэффициент Шарпа {sharpe} выше того, что бывает надолго ({most}): сначала ищите ошибку.",
        },
        Doubt.SHARPE_UNCERTAIN: {
            "en": "That the true Sharpe ratio is above zero is only {probability} likely after {days} days; it takes "
            "{needed} of such days to be sure.",
            "ru": "После {days} дней вероятность, что истинный коэффициент Шарпа выше нуля, лишь {probability}; для "
            "уверенности таких дней нужно {needed}.",
        },
        Doubt.SHARPE_DEFLATED: {
            "en": "The best of {trials} attempts without an edge would show a Sharpe ratio of {luck} a period, this "
            "one shows {sharpe}: an edge is {probability} likely, expected is {least}.",
            "ru": "Лучшая из {trials} попыток без преимущества показала бы коэффициент Шарпа {luck} за период, эта — "
            "{sharpe}: вероятность преимущества {probability}, требуется {least}.",
        },
        Doubt.OVERFITTED: {
            "en": "The best of {configurations} settings fell to the lower half out of sample with probability "
            "{probability}; expected is at most {most}.",
            "ru": "Лучшая из настроек (всего {configurations}) вне выборки попадает в худшую половину с вероятностью "
            "{probability}; допустимо не больше {most}.",
        },
        Doubt.PARAMETERS_CHANGED: {
            "en": "{changed} of the parameters are not the document's; if they were chosen on these candles, only "
            "others can tell what they are worth.",
            "ru": "Изменено параметров: {changed}; если их подбирали на этих свечах, их цену покажут только другие.",
        },
        Doubt.PARAMETER_CLIFF: {
            "en": "One step beside the chosen parameters the figure falls from {chosen} to {median}.",
            "ru": "В шаге от выбранных параметров показатель падает с {chosen} до {median}.",
        },
        Doubt.WORSE_OUT_OF_SAMPLE: {
            "en": "From {in_sample} in sample only {out_of_sample} is left out of sample.",
            "ru": "Из {in_sample} на обучении вне выборки осталось {out_of_sample}.",
        },
        Doubt.LUCKY_ORDER: {
            "en": "In {share} of other orders of the same trades the drawdown of {drawdown} is as deep or deeper, up "
            "to {worst}.",
            "ru": "При другом порядке тех же сделок просадка не меньше {drawdown} в доле случаев {share}, вплоть до "
            "{worst}.",
        },
        Doubt.LOOK_AHEAD: {
            "en": "It sees the future: {differing} decisions changed when later candles were taken away, at least "
            "{reach} ahead.",
            "ru": "Стратегия видит будущее: без последующих свечей изменилось решений: {differing}; заглядывает вперёд "
            "минимум на свечей: {reach}.",
        },
        Doubt.WARM_UP: {
            "en": "It speaks too early: behind its warm-up of {claimed} candles {differing} of {compared} decisions "
            "depend on where the data begin.",
            "ru": "Говорит слишком рано: после прогрева в {claimed} свечей от начала данных зависит решений: "
            "{differing} из {compared}.",
        },
    }
)


#: What each check asks, by language; said of those that nobody has made.
QUESTIONS: Mapping[Check, Mapping[str, str]] = MappingProxyType(
    {
        Check.COSTS: {"en": "What do costs take?", "ru": "Сколько берут издержки?"},
        Check.PERIOD: {"en": "Is the time long enough?", "ru": "Достаточно ли долгий период?"},
        Check.SHARPE: {"en": "Is the Sharpe ratio plausible?", "ru": "Правдоподобен ли коэффициент Шарпа?"},
        Check.DEFLATED_SHARPE: {
            "en": "How many other settings were tried before these?",
            "ru": "Сколько других настроек пробовали до этих?",
        },
        Check.OVERFITTING: {
            "en": "Do the best settings stay good on candles that did not choose them?",
            "ru": "Остаются ли лучшие настройки хорошими на свечах, которые их не выбирали?",
        },
        Check.NEIGHBOURS: {
            "en": "Do neighbouring parameters do as well?",
            "ru": "Так же ли хороши соседние параметры?",
        },
        Check.OUT_OF_SAMPLE: {"en": "What is left out of sample?", "ru": "Что остаётся вне выборки?"},
        Check.SHUFFLE: {
            "en": "How deep would the drawdown be had the trades come in another order?",
            "ru": "Какой была бы просадка при другом порядке сделок?",
        },
        Check.LOOK_AHEAD: {"en": "Does it see the future?", "ru": "Не заглядывает ли она в будущее?"},
        Check.WARM_UP: {"en": "Does it speak too early?", "ru": "Не говорит ли она слишком рано?"},
    }
)
