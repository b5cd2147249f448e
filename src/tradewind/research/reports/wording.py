"""What the page says beside its figures, English and Russian."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from tradewind.core.positions import ExitReason
from tradewind.kit.language import Language
from tradewind.trading.wording import EXITS


def reason_words(reason: str, language: Language) -> str:
    """What took the last of a position, as a title."""
    words = EXITS[ExitReason(reason)][language].removeprefix("the ")
    return words[0].upper() + words[1:]


def _table(words: Mapping[str, tuple[str, str]]) -> Mapping[str, Mapping[Language, str]]:
    return MappingProxyType({name: {Language.EN: en, Language.RU: ru} for name, (en, ru) in words.items()})


WORDS = _table(
    {
        "no_script": (
            "This report draws itself; allow its script to run. It needs no network.",
            "Отчёт рисует себя сам: разрешите его скрипт. Сеть ему не нужна.",
        ),
        "backtest": ("Back-test", "Бэктест"),
        "validation": ("Validation", "Проверка достоверности"),
        "profile_ideal": ("ideal: textbook fills", "ideal: исполнение как в учебнике"),
        "profile_paper": ("paper: as the paper venue trades", "paper: как на учебной площадке"),
        "version": ("version", "версия"),
        "symbols": ("Symbols", "Инструменты"),
        "timeframe": ("Timeframe", "Таймфрейм"),
        "span": ("Span, UTC", "Период, UTC"),
        "profile": ("Profile", "Профиль"),
        "parameters": ("Parameters", "Параметры"),
        "changed": ("not the document's", "не из документа"),
        "content_hash": ("Content hash", "Хеш стратегии"),
        "fingerprint": ("Fingerprint of the trades", "Отпечаток сделок"),
        "candle_count": ("Candles", "Свечи"),
        "year_days": ("Days of a year (Y)", "Дней в году (Y)"),
        "weakness": ("When it loses", "Когда теряет"),
        "theme": ("Light or dark", "Светлая или тёмная тема"),
        "warnings": ("Why it may be too good", "Почему результат может быть слишком хорош"),
        "no_warnings": (
            "Nothing that was looked at speaks against it. That is no promise.",
            "Ничто из проверенного не говорит против него. Это не обещание.",
        ),
        "unchecked": ("Nobody has looked", "Никто не проверял"),
        "figures": ("Key figures", "Показатели"),
        "figures_hint": ("Point at or tap a figure for its definition.", "Определение — по наведению или касанию."),
        "verdict": ("May it be believed?", "Можно ли этому верить?"),
        "state_passed": ("Passed", "Пройдено"),
        "state_doubt": ("In doubt", "Под сомнением"),
        "state_failed": ("Failed", "Не пройдено"),
        "probability": ("Edge above zero (PSR)", "Преимущество больше нуля (PSR)"),
        "needed": ("Days to be 95 % sure of it (MinTRL)", "Дней для уверенности 95 % (MinTRL)"),
        "walk": ("Walk-forward", "Проверка вперёд"),
        "walk_hint": (
            "Every window chooses its set in training and trades the test with it. Bars are annual Sharpe ratios.",
            "Каждое окно выбирает набор на обучении и торгует им на проверке. Столбцы — годовой коэффициент Шарпа.",
        ),
        "anchored": ("training begins with the first candle", "обучение с первой свечи"),
        "rolling": ("training is always as long", "обучение всегда одной длины"),
        "window": ("Test, UTC", "Проверка, UTC"),
        "in_sample": ("In sample", "На обучении"),
        "out_of_sample": ("Out of sample", "Вне выборки"),
        "efficiency": ("Efficiency", "Эффективность"),
        "drift": ("Drift of the choice", "Дрейф выбора"),
        "chosen": ("Chosen set", "Выбранный набор"),
        "nothing_chosen": ("no set had a score", "ни у одного набора нет оценки"),
        "bootstrap": ("Monte Carlo: the days drawn again", "Монте-Карло: дни выбраны заново"),
        "shuffle": ("Monte Carlo: the trades in other orders", "Монте-Карло: сделки в другом порядке"),
        "paths_hint": (
            "{paths} paths. Bands hold 98, 90 and 50 % of them, the line inside is the middle one, the dot what was.",
            "Путей: {paths}. Полосы — 98, 90 и 50 % путей, черта внутри — средний, точка — как было.",
        ),
        "final_return": ("Final return", "Итоговая доходность"),
        "max_drawdown": ("Largest drawdown", "Наибольшая просадка"),
        "percentile": ("Percentile", "Перцентиль"),
        "observed": ("as it was", "как было"),
        "loss_share": ("Paths that end with a loss", "Пути, закончившиеся убытком"),
        "deeper_share": ("Paths with a drawdown as deep", "Пути с просадкой не меньше"),
        "ruin_share": ("Paths that lose {ruin} from a peak", "Пути, теряющие {ruin} от пика"),
        "search": ("What the search was worth", "Чего стоит перебор"),
        "search_trials": ("Sets tried", "Проверено наборов"),
        "search_effective_trials": ("Independent sets they are worth", "Скольких независимых они стоят"),
        "search_deflated_sharpe": (
            "Edge behind the best (deflated Sharpe ratio)",
            "Преимущество лучшего (дефлированный Шарп)",
        ),
        "search_pbo": ("Probability of overfitting (PBO)", "Вероятность переобучения (PBO)"),
        "equity": ("Equity", "Капитал"),
        "drawdown": ("Drawdown", "Просадка"),
        "return": ("Return", "Доходность"),
        "longest": ("Longest drawdown", "Самая долгая просадка"),
        "days": ("days", "дн."),
        "not_recovered": ("not recovered", "не восстановлена"),
        "months": ("Monthly returns", "Доходность по месяцам"),
        "year": ("Year", "Год"),
        "total": ("Total", "Итого"),
        "price": ("Trades on the chart", "Сделки на графике"),
        "price_hint": (
            "Drag to move, scroll or pinch to zoom; arrow keys and + − work too. Triangles are entries, circles exits.",
            "Тяните, чтобы двигать; колесо или щипок — масштаб; стрелки и + − тоже работают. Треугольники — входы, "
            "круги — выходы.",
        ),
        "zoom_in": ("Zoom in", "Приблизить"),
        "zoom_out": ("Zoom out", "Отдалить"),
        "whole": ("All", "Всё"),
        "previous": ("Previous trade", "Предыдущая сделка"),
        "next": ("Next trade", "Следующая сделка"),
        "candles_of": ("candles of", "свечи по"),
        "minutes": ("min", "мин"),
        "distribution": ("Distribution of R", "Распределение R"),
        "excursions": ("Excursions", "Отклонения цены"),
        "excursions_hint": (
            "Largest move against (MAE) and in favour (MFE) of each trade, of its entry price. Circles gained, crosses "
            "lost.",
            "Наибольшее движение против (MAE) и в пользу (MFE) каждой сделки, в долях цены входа. Круги — прибыль, "
            "кресты — убыток.",
        ),
        "thinned": ("every {n}th trade shown", "показана каждая {n}-я сделка"),
        "by_symbol": ("By symbol", "По инструментам"),
        "by_side": ("By side", "По направлению"),
        "by_month": ("By month of exit", "По месяцу выхода"),
        "by_exit_reason": ("By exit reason", "По причине выхода"),
        "group": ("Group", "Группа"),
        "trades": ("Trades", "Сделки"),
        "pnl": ("PnL", "PnL"),
        "win_rate": ("Win rate", "Прибыльных"),
        "profit_factor": ("Profit factor", "Профит-фактор"),
        "mean_r": ("Mean R", "Среднее R"),
        "long": ("Long", "Лонг"),
        "short": ("Short", "Шорт"),
        "symbol": ("Symbol", "Инструмент"),
        "side": ("Side", "Сторона"),
        "entry": ("Entry", "Вход"),
        "exit": ("Exit", "Выход"),
        "entry_price": ("Entry price", "Цена входа"),
        "exit_price": ("Exit price", "Цена выхода"),
        "reason": ("Exit reason", "Причина выхода"),
        "quantity": ("Quantity", "Количество"),
        "fees": ("Fees", "Комиссии"),
        "no_trades": ("No trades.", "Сделок нет."),
        "more": ("Show {n} more", "Показать ещё {n}"),
        "shown_of": ("{n} of {of}", "{n} из {of}"),
        "row_hint": ("A click on a row shows the trade on the chart.", "Щелчок по строке покажет сделку на графике."),
        "assumptions": ("What it takes for granted", "Что принято на веру"),
        "refused": ("What filters refused", "Что не пропустили фильтры"),
        "past": (
            "Figures of the past promise nothing for the future.",
            "Показатели прошлого ничего не обещают в будущем.",
        ),
    }
)
