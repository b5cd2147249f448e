"""The HTML report: one file, whose policy lets nothing run but its own script, and whose figures are the result's."""

from __future__ import annotations

import base64
import json
import re
from dataclasses import replace
from hashlib import sha256
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.market.candle_maker import walk
from tradewind.core.candles import Candle, Timeframe, merge
from tradewind.kit.language import Language
from tradewind.research.backtest import BacktestResult, run_ideal
from tradewind.research.reports import grouped, judged
from tradewind.research.reports.candles import chart_factor, merged, packed
from tradewind.research.reports.html import html_page
from tradewind.research.reports.wording import WORDS, reason_words
from tradewind.trading.strategies import builtin_text, load_builtin, parse_document
from tradewind.trading.wording import EXITS

COLUMNS = {"BTCUSDT": walk(4000, seed=1), "ETHUSDT": walk(4000, seed=2)}


@pytest.fixture(scope="module")
def result() -> BacktestResult:
    return run_ideal(load_builtin("ema_rsi_atr"), COLUMNS, Timeframe.M5)


def page_of(result: BacktestResult, language: Language = Language.EN) -> str:
    return html_page(result, judged(result)[1], COLUMNS.__getitem__, language)


def inside(page: str, tag: str) -> str:
    found = re.search(rf"<{tag}>(.*?)</{tag.split(maxsplit=1)[0]}>", page, re.DOTALL)
    assert found
    return found[1]


def content(page: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(inside(page, 'script type="application/json" id="data"'))
    return found


def test_only_what_was_packaged_may_run(result: BacktestResult) -> None:
    page = page_of(result)
    for tag in ("style", "script"):
        digest = base64.b64encode(sha256(inside(page, tag).encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}'" in page
    assert "default-src 'none'" in page
    assert set(re.findall(r"https?://[^\s\"'<]+", page)) == {"http://www.w3.org/2000/svg"}, "a namespace, no address"
    assert not re.search(r"\s(src|href|style|on\w+)=", page.partition("<script")[0])
    assert "innerHTML" not in page


def test_the_figures_are_the_result(result: BacktestResult) -> None:
    found = content(page_of(result))
    assert found["fingerprint"] == result.fingerprint
    assert {figure["key"]: figure["value"] for figure in found["figures"]} == result.metrics.items()
    assert len(found["trades"]) == len(result.trades) > 10
    for row, trade in zip(found["trades"], result.trades, strict=True):
        assert found["symbols"][row[0]] == trade.symbol
        assert row[9] == pytest.approx(trade.pnl, rel=1e-7)
    assert found["daily"]["equity"][-1] == pytest.approx(result.metrics.end_equity, rel=1e-7)
    assert found["longest"]["days"] == result.metrics.max_drawdown_periods
    for group in found["groups"]:
        assert sum(row["trades"] for row in group["rows"]) == len(result.trades)
        assert sum(row["pnl"] for row in group["rows"]) == pytest.approx(sum(trade.pnl for trade in result.trades))


def test_the_same_bytes_twice(result: BacktestResult) -> None:
    assert page_of(result) == page_of(result)


def test_in_russian(result: BacktestResult) -> None:
    page = page_of(result, Language.RU)
    assert '<html lang="ru">' in page
    found = content(page)
    english = content(page_of(result))
    for name in ("warnings", "unchecked", "assumptions", "words"):
        assert found[name] != english[name]
    assert found["trades"] == english["trades"]
    assert len(found["assumptions"]) == len(english["assumptions"])


def test_what_a_document_says_stays_text() -> None:
    evil = "</script><script>alert(1)</script><!--"
    text = builtin_text("ema_rsi_atr")
    title = re.search(r"title:\s*\n?.*en: (.*)", text)
    assert title
    strategy = parse_document(text.replace(title[1], json.dumps(evil), 1))
    page = page_of(run_ideal(strategy, COLUMNS, Timeframe.M5))
    assert evil not in page
    assert "<script>alert" not in page
    assert content(page)["strategy"]["title"] == evil


def test_without_a_trade(result: BacktestResult) -> None:
    found = content(page_of(replace(result, trades=())))
    assert found["trades"] == []
    assert all(group["rows"] == [] for group in found["groups"])


def test_many_candles_stay_a_small_file(result: BacktestResult) -> None:
    many = {symbol: walk(120_000, seed=seed) for seed, symbol in enumerate(COLUMNS, start=1)}
    whole = replace(result, candles=sum(map(len, many.values())))
    page = html_page(whole, judged(result)[1], many.__getitem__, Language.EN)
    assert len(page.encode()) < 5_000_000
    assert content(page)["candles"]["ms"] == 2 * Timeframe.M5.ms


@given(st.sets(st.integers(0, 400), min_size=1), st.integers(1, 500))
def test_fewer_candles_show_the_same_prices(rows: set[int], most: int) -> None:
    columns = walk(401, start=0, seed=3).picked(np.array(sorted(rows)))
    ms = 300_000 * chart_factor(len(columns), most)
    found = merged(columns, ms)
    groups: dict[int, list[Candle]] = {}
    for candle in columns.candles():
        groups.setdefault(candle.ts // ms * ms, []).append(candle)
    for mine, theirs in zip(found.candles(), (merge(parts, ts) for ts, parts in groups.items()), strict=True):
        assert mine == pytest.approx(theirs)


def test_packed_candles_are_doubles_no_more() -> None:
    text = packed(COLUMNS["BTCUSDT"])
    times = np.frombuffer(base64.b64decode(text["t"]), dtype="<i4").astype(np.int64) * 60_000
    assert np.array_equal(times, COLUMNS["BTCUSDT"].ts)
    closes = np.frombuffer(base64.b64decode(text["c"]), dtype="<f4")
    assert closes == pytest.approx(COLUMNS["BTCUSDT"].close, rel=1e-6)


def test_groups_are_by_name(result: BacktestResult) -> None:
    found = grouped(result.trades, "symbol")
    assert [group.name for group in found] == ["BTCUSDT", "ETHUSDT"]
    for group in found:
        own = [trade for trade in result.trades if trade.symbol == group.name]
        assert group.trades == len(own)
        assert group.win_rate == sum(trade.pnl > 0 for trade in own) / len(own)


def test_everything_is_said_in_both_languages() -> None:
    for words in WORDS.values():
        assert set(words) == set(Language)
    for reason in EXITS:
        english, russian = (reason_words(reason.value, language) for language in Language)
        assert english != russian
        assert english[0].isupper()
        assert not english.startswith("The ")
