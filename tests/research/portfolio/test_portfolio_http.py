"""Portfolio analysis over HTTP: every number against its definition, worked anew from what other routes tell."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from statistics import NormalDist, pstdev
from typing import Any
from uuid import uuid4

import pytest

from tests.support.http import Api, Person
from tests.support.market import NOON, TestMarket
from tradewind.billing import PLANS, Feature, PlanCode
from tradewind.core.values import Side

HOUR = 3_600_000
#: In every hundred hours the worst five are −4.9 % to −4.5 %, and none is better than 5 %.
HUNDRED = [((37 * number) % 100 - 49) / 1000 for number in range(100)]


@pytest.fixture
async def owner(trader: Person, market: TestMarket) -> Person:
    """A trader on the plan that has portfolio analysis, executing by hand."""
    await market.subscribe(trader.tenant_id, "ENTERPRISE")
    await market.connection.execute("update trading_accounts set auto_trading = false")
    return trader


async def past(market: TestMarket, symbol: str, returns: Sequence[float]) -> None:
    """Hourly candles up to noon with these returns between their closes."""
    closes = [100.0]
    for value in returns:
        closes.append(closes[-1] * (1 + value))
    await market.connection.executemany(
        "insert into candle_tail (symbol, timeframe, ts, open, high, low, close, volume)"
        " values ($1, '1h', $2, $3, $3, $3, $3, 1)",
        [(symbol, NOON - number * HOUR, close) for number, close in enumerate(reversed(closes), start=1)],
    )


async def hold(owner: Person, market: TestMarket, **shape: Any) -> dict[str, Any]:
    signal = await market.publish(**{"reach": 0.3} | shape)
    intent = (await owner.post(f"/signals/{signal.id}/execute")).json
    await market.attend()
    await market.move(minutes=0.1, **market.engine.desk.prices)
    intent = await owner.ok("GET", f"/intents/{intent['id']}")
    position: dict[str, Any] = await owner.ok("GET", f"/positions/{intent['position_id']}")
    return position


async def portfolio(owner: Person, **options: Any) -> dict[str, Any]:
    answer: dict[str, Any] = await owner.ok("GET", "/portfolio", **options)
    return answer


def near(told: str, expected: float | Decimal, within: str = "0.000002") -> bool:
    return abs(Decimal(told) - Decimal(expected)) < Decimal(within)


# -------------------------------------------------------------------------------------------------------- entitlement


@pytest.mark.parametrize("code", list(PlanCode))
async def test_it_comes_with_the_plan_that_has_it(trader: Person, market: TestMarket, code: PlanCode) -> None:
    await market.subscribe(trader.tenant_id, code.value)
    has = Feature.PORTFOLIO_ANALYSIS in PLANS[code].features
    assert has is (code is PlanCode.ENTERPRISE)
    features = (await trader.ok("GET", "/user/me"))["plan"]["features"]
    assert features == (["portfolio_analysis"] if has else [])
    for answer in (await trader.get("/portfolio"), await trader.post("/portfolio/rebalance", {})):
        if has:
            assert answer.status == 200
        else:
            assert (answer.status, answer.code) == (403, "plan_feature_missing")
            assert "comes with the plan ENTERPRISE; yours is" in answer.json["detail"]


async def test_a_plan_that_has_ended_has_no_features(owner: Person, market: TestMarket) -> None:
    await market.connection.execute("update subscriptions set current_period_end = now() - interval '1 second'")
    assert (await owner.get("/portfolio")).code == "plan_feature_missing"
    assert (await owner.ok("GET", "/user/me"))["plan"]["features"] == []


# ------------------------------------------------------------------------------------------------------------ nothing


async def test_nothing_held_is_no_risk(owner: Person) -> None:
    found = await portfolio(owner)
    total = found["total"]
    assert total["diversification"] is None
    assert (total["risk"]["level"], total["risk"]["warning"]) == ("0", False)
    assert (total["exposure"]["gross"], total["exposure"]["leverage"]) == ("0", "0")
    assert total["liquidations"] == total["suggestions"] == total["tail"]["warnings"] == []
    assert total["tail"]["historical"] is None
    assert found["correlations"]["names"] == []
    assert [account["account_id"] for account in found["accounts"]] == [str(owner.account_id)]


# ---------------------------------------------------------------------------------------------------------- one, two


async def test_one_position_by_hand(owner: Person, market: TestMarket) -> None:
    await past(market, "BTCUSDT", HUNDRED)
    await hold(owner, market)
    await market.move(BTCUSDT=60_600.0)
    (position,) = (await owner.ok("GET", "/positions"))["items"]
    stats = await owner.ok("GET", "/user/stats")
    found = await portfolio(owner)
    total = found["total"]
    notional, equity = Decimal(position["quantity"]) * 60_600, Decimal(stats["equity"])
    assert (total["balance"], total["equity"]) == (stats["balance"], stats["equity"])
    assert Decimal(total["exposure"]["gross"]) == Decimal(total["exposure"]["long"]) == notional
    assert Decimal(total["exposure"]["net"]) == notional
    assert near(total["exposure"]["leverage"], notional / equity)
    assert total["exposure"]["by_venue"][0]["venue"] == "paper"
    (only,) = total["exposure"]["by_underlying"]
    assert (only["underlying"], only["weight"]) == ("BTC", "1")
    assert total["diversification"] == {"score": "0", "effective": "1", "herfindahl": "1"}

    weight = notional / equity
    tail = total["tail"]
    assert (tail["observations"], tail["horizon"], tail["confidence"]) == (100, "1h", "0.95")
    assert near(tail["historical"]["var"], weight * Decimal("0.045"))
    assert near(tail["historical"]["cvar"], weight * Decimal("0.047"))
    assert near(tail["historical"]["cvar_amount"], notional * Decimal("0.047"), "0.0001")
    # Evenly spread over 100 values the excess kurtosis is −1.2 (n² + 1) ÷ (n² − 1), below what the expansion bears.
    assert near(tail["skewness"], 0)
    assert near(tail["excess_kurtosis"], -1.2 * 10_001 / 9_999)
    assert tail["warnings"] == ["cornish_fisher_out_of_domain"]

    (near_by,) = total["liquidations"]
    # Leverage 5, maintenance 0.5 %: 60,000 × (1 − (0.2 − 0.005)), but from the average entry.
    price = Decimal(position["entry_price"]) * Decimal("0.805")
    assert near(near_by["liquidation_price"], price, "0.01")
    assert near(near_by["distance"], (60_600 - price) / 60_600)

    levels = {each["aspect"]: Decimal(each["level"]) for each in total["risk"]["components"]}
    assert near(str(levels["leverage"]), min(notional / (5 * equity), Decimal(1)))
    assert near(str(levels["concentration"]), min(notional / (2 * equity), Decimal(1)))
    assert near(str(levels["tail"]), min(weight * Decimal("0.047") / Decimal("0.02"), Decimal(1)), "0.0002")
    assert near(str(levels["liquidation"]), Decimal("0.05") / ((60_600 - price) / 60_600), "0.0001")
    assert Decimal(total["risk"]["level"]) == max(levels.values())


async def test_another_limit_does_not_move_the_liquidation_of_what_is_held(owner: Person, market: TestMarket) -> None:
    await hold(owner, market)
    before = (await portfolio(owner))["total"]["liquidations"]
    (account,) = (await owner.ok("GET", "/trading-accounts"))["items"]
    await owner.ok("PATCH", f"/trading-accounts/{account['id']}", json={"max_leverage": "0.5"})
    assert before[0]["liquidation_price"] is not None
    assert (await portfolio(owner))["total"]["liquidations"] == before


async def test_two_positions_by_hand(owner: Person, market: TestMarket) -> None:
    await past(market, "BTCUSDT", HUNDRED)
    await past(market, "ETHUSDT", [-value for value in HUNDRED])
    await hold(owner, market)
    await hold(owner, market, symbol="ETHUSDT", side=Side.SHORT, stop=0.04)
    found = await portfolio(owner)
    total = found["total"]
    items = (await owner.ok("GET", "/positions"))["items"]
    nets = {each["symbol"][:3]: Decimal(each["quantity"]) * Decimal(each["mark_price"]) for each in items}
    whole = sum(nets.values())
    weights = [net / whole for net in nets.values()]
    herfindahl = sum(weight * weight for weight in weights)
    assert near(total["diversification"]["herfindahl"], herfindahl)
    assert near(total["diversification"]["effective"], 1 / herfindahl)
    assert near(total["diversification"]["score"], (1 - herfindahl) / (1 - Decimal("0.5")))
    assert Decimal(total["exposure"]["net"]) == nets["BTC"] - nets["ETH"]
    assert [each["underlying"] for each in total["exposure"]["by_underlying"]] == sorted(
        nets, key=lambda name: -nets[name]
    )
    matrix = found["correlations"]
    assert matrix["names"] == ["BTC", "ETH"]
    assert matrix["matrix"][0][0] == matrix["matrix"][1][1] == "1"
    assert near(matrix["matrix"][0][1], -1)
    assert matrix["observations"] == [[100, 100], [100, 100]]
    # They move apart and are held on opposite sides: one bet. So the losses add up.
    assert near(total["tail"]["historical"]["cvar"], whole / Decimal(total["equity"]) * Decimal("0.047"), "0.0001")
    (one_bet,) = [each for each in total["suggestions"] if each["code"] == "correlated"]
    assert one_bet["subjects"] == ["BTC", "ETH"]
    assert near(one_bet["facts"]["together"], whole, "0.0001")


async def test_too_little_past_is_said_and_not_guessed(owner: Person, market: TestMarket) -> None:
    await past(market, "BTCUSDT", HUNDRED[:10])
    await hold(owner, market)
    found = await portfolio(owner)
    tail = found["total"]["tail"]
    assert (tail["historical"], tail["cornish_fisher"], tail["observations"]) == (None, None, 10)
    assert tail["warnings"] == ["too_few_observations"]
    assert found["correlations"]["matrix"] == [[None]]
    assert "tail" not in {each["aspect"] for each in found["total"]["risk"]["components"]}


async def test_nearly_normal_returns_by_cornish_and_fisher(owner: Person, market: TestMarket) -> None:
    """For a symmetric sample w(z) = z + (z³ − 3z) K ÷ 24, with z = −1.644854 and K the excess kurtosis."""
    quantiles = [NormalDist(0, 0.01).inv_cdf((number + 0.5) / 200) for number in range(200)]
    await past(market, "BTCUSDT", quantiles[::2] + quantiles[1::2][::-1])
    await hold(owner, market)
    total = (await portfolio(owner))["total"]
    tail, weight = total["tail"], float(total["exposure"]["leverage"])
    assert tail["warnings"] == []
    z, kurtosis, deviation = -1.644854, float(tail["excess_kurtosis"]), pstdev(quantiles)
    expected = -deviation * weight * (z + (z**3 - 3 * z) * kurtosis / 24)
    assert near(tail["cornish_fisher"]["var"], expected, "0.00001")
    assert near(tail["cornish_fisher"]["var"], tail["historical"]["var"], "0.0002"), "they agree where both hold"


async def test_a_distribution_beyond_the_expansion_is_said(owner: Person, market: TestMarket) -> None:
    await past(market, "BTCUSDT", [0.001, -0.001] * 60 + [-0.2])
    await hold(owner, market)
    tail = (await portfolio(owner))["total"]["tail"]
    assert tail["historical"] is not None
    assert tail["cornish_fisher"] is None
    assert Decimal(tail["excess_kurtosis"]) > 8
    assert tail["warnings"] == ["cornish_fisher_out_of_domain"]


# -------------------------------------------------------------------------------------------------------- suggestions


async def test_what_to_reduce_is_said_with_its_arithmetic(owner: Person, market: TestMarket) -> None:
    await past(market, "BTCUSDT", [3 * value for value in HUNDRED])
    position = await hold(owner, market)
    total = (await portfolio(owner))["total"]
    assert total["risk"]["warning"]
    first = total["suggestions"][0]
    assert (first["code"], first["subjects"]) == ("reduce_position", ["BTCUSDT"])
    facts = {name: Decimal(value) for name, value in first["facts"].items()}
    assert facts["notional"] == facts["quantity"] * facts["mark"]
    assert facts["left"] == Decimal(position["quantity"]) - facts["quantity"]
    assert facts["after"] <= Decimal("0.8") < facts["before"]
    assert near(total["risk"]["level"], facts["before"])
    # One lot less would not do: the level is proportional to what is held.
    scaled = (facts["left"] + Decimal("0.00001")) / Decimal(position["quantity"])
    assert scaled * _tail_pressure(total) > Decimal("0.8")
    assert first["words"].startswith("reduce BTCUSDT by 0.")
    assert first["words"].endswith(f"USDT): risk level 1 → {facts['after'].quantize(Decimal('0.0001'))}")
    russian = (await portfolio(owner, headers={"Accept-Language": "ru"}))["total"]["suggestions"][0]
    assert russian["words"].startswith("сократить BTCUSDT на 0,")
    assert russian["facts"] == first["facts"]


def _tail_pressure(total: dict[str, Any]) -> Decimal:
    return Decimal(total["tail"]["historical"]["cvar"]) / Decimal("0.02")


# -------------------------------------------------------------------------------------------------------- rebalancing


async def preview(owner: Person, **wish: Any) -> dict[str, Any]:
    answer = await owner.post("/portfolio/rebalance", wish)
    assert answer.status == 200, answer.raw
    document: dict[str, Any] = answer.json
    return document


async def test_rebalancing_by_hand_and_nothing_is_sent(owner: Person, market: TestMarket) -> None:
    position = await hold(owner, market)
    orders_before = (await owner.ok("GET", "/orders"))["items"]
    told = await preview(owner, weights={"BTCUSDT": "-0.3", "ETHUSDT": "0.6"})
    equity = Decimal(told["equity"])
    btc, eth = told["items"]
    close, open_ = btc["orders"]
    assert (close["side"], close["quantity"], close["reduce_only"]) == ("sell", position["quantity"], True)
    assert (open_["side"], open_["reduce_only"]) == ("sell", False)
    assert Decimal(open_["quantity"]) == (equity * Decimal("0.3") / 60_000).quantize(Decimal("0.00001"), "ROUND_DOWN")
    (bought,) = eth["orders"]
    assert bought["side"] == "buy"
    assert Decimal(bought["quantity"]) == (equity * Decimal("0.6") / 3_000).quantize(Decimal("0.0001"), "ROUND_DOWN")
    for item in (btc, eth):
        assert near(item["weight_after"], Decimal(item["weight_target"]), "0.0001")
    assert (await owner.ok("GET", "/orders"))["items"] == orders_before


async def test_by_default_the_same_exposure_in_equal_parts(owner: Person, market: TestMarket) -> None:
    await hold(owner, market)
    await hold(owner, market, symbol="ETHUSDT", side=Side.SHORT, stop=0.04)
    told = await preview(owner)
    gross = Decimal((await portfolio(owner))["total"]["exposure"]["leverage"])
    assert [item["symbol"] for item in told["items"]] == ["BTCUSDT", "ETHUSDT"]
    assert near(told["items"][0]["weight_target"], gross / 2)
    assert near(told["items"][1]["weight_target"], -gross / 2)


@pytest.mark.parametrize(
    ("wish", "pointer"),
    [
        ({"weights": {"NOPEUSDT": "0.1"}}, "#/weights"),
        ({"weights": {"BTCUSDT": "5.1"}}, "#/weights"),
        ({"weights": {"BTCUSDT": 0.5}}, "#/weights/BTCUSDT"),
        ({"weights": {"BTCUSDT": "1e3"}}, "#/weights/BTCUSDT"),
        ({"weight": {}}, "#/weight"),
    ],
)
async def test_weights_that_cannot_be_are_named(
    owner: Person, market: TestMarket, wish: dict[str, Any], pointer: str
) -> None:
    answer = await owner.post("/portfolio/rebalance", wish)
    assert (answer.status, answer.code) == (422, "validation_failed")
    assert answer.json["errors"][0]["pointer"] == pointer


# ---------------------------------------------------------------------------------------------------------- isolation


async def test_nobody_sees_anothers_portfolio(own_api: Api, owner: Person, market: TestMarket) -> None:
    other = await own_api.register()
    await market.subscribe(other.tenant_id, "ENTERPRISE")
    position = await hold(owner, market)
    found = await own_portfolio_text(other)
    assert str(owner.account_id) not in found
    assert position["id"] not in found
    for account in (owner.account_id, uuid4()):
        answer = await other.post("/portfolio/rebalance", {"account_id": str(account), "weights": {}})
        assert (answer.status, answer.code) == (404, "not_found")


async def own_portfolio_text(person: Person) -> str:
    answer = await person.get("/portfolio")
    assert answer.status == 200
    return answer.raw.decode()
