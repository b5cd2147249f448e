"""Reports of runs as downloads: byte for byte what the command line writes, for their owner alone, and harmless."""

from __future__ import annotations

import shutil

from tests.market.candle_maker import walk
from tests.research.reports.test_report_page import content
from tests.research.runs.asked import CANDLES, started, sweep, wish
from tests.research.runs.test_own_documents_http import document, save
from tests.research.runs.test_validations_http import by_the_library, validation
from tests.support.events import fetch
from tests.support.http import Api, Person
from tradewind.core.candles import Timeframe
from tradewind.kit.language import Language
from tradewind.platform.database import Database
from tradewind.platform.settings import Settings
from tradewind.research.backtest import BacktestResult, run_ideal
from tradewind.research.reports import equity_csv, judged, trades_csv
from tradewind.research.reports.html import html_page
from tradewind.research.runs import Researcher
from tradewind.research.runs.reporting import MOST_TRADES
from tradewind.trading.strategies import load_builtin, parse_document

FILES = ("report.html", "trades.csv", "equity.csv")
COLUMNS = {"BTCUSDT": walk(CANDLES)}


def result_of(text: str | None = None) -> BacktestResult:
    strategy = load_builtin("ema_rsi_atr") if text is None else parse_document(text)
    return run_ideal(strategy, COLUMNS, Timeframe.M5)


async def text_of(person: Person, run_id: str, file: str, language: str = "en") -> str:
    answer = await person.get(f"/backtests/{run_id}/{file}", headers={"Accept-Language": language})
    assert answer.status == 200, answer.raw
    assert answer.headers["Content-Disposition"].startswith('attachment; filename="tradewind-')
    return answer.raw.decode()


async def test_files_are_those_of_the_command_line(pro: Person, researcher: Researcher) -> None:
    run_id = await started(pro, "/backtests", wish())
    await researcher.work()
    expected = result_of()
    assert await text_of(pro, run_id, "trades.csv") == trades_csv(expected.trades)
    assert await text_of(pro, run_id, "equity.csv") == equity_csv(expected)
    pages = {language: html_page(expected, judged(expected)[1], COLUMNS.__getitem__, language) for language in Language}
    for language, page in pages.items():
        assert await text_of(pro, run_id, "report.html", language.value) == page
        assert await text_of(pro, run_id, f"report.html?language={language.value}", "de") == page


async def test_a_validation_has_a_report_too(pro: Person, researcher: Researcher) -> None:
    run_id = await started(pro, "/backtests/validations", validation())
    await researcher.work()
    expected = by_the_library(searched=True)
    found = expected.document()["validation"]
    page = html_page(expected.result, expected.verdict, COLUMNS.__getitem__, Language.RU, found)
    assert await text_of(pro, run_id, "report.html", "ru") == page
    assert await text_of(pro, run_id, "trades.csv") == trades_csv(expected.result.trades)


async def test_what_a_document_of_ones_own_says_stays_text(pro: Person, researcher: Researcher) -> None:
    """And the report is of the document as it was."""
    evil = "</script><script>alert(1)</script>"
    text = document().replace("en: EMA, RSI, ATR reference", f'en: "{evil}"')
    assert evil in text
    await save(pro, text)
    run_id = await started(pro, "/backtests", wish(strategy="own:mine"))
    await researcher.work()
    await save(pro, document(version=2, stop="3"))
    page = await text_of(pro, run_id, "report.html")
    assert "<script>alert" not in page
    found = content(page)
    assert found["strategy"]["title"] == evil
    assert found["fingerprint"] == result_of(text).fingerprint


async def test_there_is_no_report_of_everything(
    own_api: Api, pro: Person, settings: Settings, researcher: Researcher, system_database: Database
) -> None:
    many, one = await started(pro, "/backtests/sweeps", sweep()), await started(pro, "/backtests", wish())
    other = await own_api.register()
    for file in FILES:
        early = await pro.get(f"/backtests/{one}/{file}")
        assert (early.status, early.code) == (409, "report_not_possible")
        assert "this one is queued" in early.json["detail"]
        assert (await pro.get(f"/backtests/{many}/{file}")).status == 404, "a sweep has none"
        assert (await other.get(f"/backtests/{one}/{file}")).status == 404
    await researcher.work()
    shutil.rmtree(settings.data / "candles")
    gone = await pro.get(f"/backtests/{one}/report.html")
    assert (gone.status, gone.code) == (409, "report_not_possible")
    assert "not there any more" in gone.json["detail"]
    assert (await pro.get(f"/backtests/{one}/trades.csv")).status == 200, "tables need no candles"
    large = f"update research_runs set result = jsonb_set(result, '{{metrics,trades}}', '{MOST_TRADES + 1}')"
    await fetch(system_database, f"{large} where result is not null and kind = 'backtest'")
    answer = await pro.get(f"/backtests/{one}/report.html")
    assert (answer.status, answer.code) == (409, "report_not_possible")
    assert "take trades.csv" in answer.json["detail"]
