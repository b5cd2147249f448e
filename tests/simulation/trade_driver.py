"""One trade on the paper venue, driven as the desk drives it, with every invariant checked after every event.

`make_scenario` invents a trade and a market from a source of randomness; `Driver` lives through it. What it checks is
what the product promises, stated on its own books: it counts fills and postings itself and believes nobody.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from decimal import Decimal
from fractions import Fraction
from random import Random
from typing import Any, Literal, NamedTuple
from uuid import UUID

import orjson

from tradewind.core.candles import Timeframe
from tradewind.core.costs import Costs
from tradewind.core.decisions import Decision, DecisionCode
from tradewind.core.ids import AccountId, IntentId, OrderId, SignalId
from tradewind.core.ledger import EntryKind
from tradewind.core.matching import Stretch
from tradewind.core.orders import OrderKind, OrderPurpose
from tradewind.core.plan import AutoAction, Breakeven, PlanAction, Trailing, TrailingKind
from tradewind.core.positions import ExitReason, PositionStatus
from tradewind.core.signals import (
    Management,
    Rationale,
    Signal,
    SignalAddition,
    SignalScaleIn,
    SignalTarget,
    StrategyRef,
)
from tradewind.core.trade import (
    Amend,
    Cancel,
    Effect,
    Event,
    ExitAsked,
    Filled,
    Liquidated,
    Mandate,
    Observed,
    Place,
    Posting,
    Refused,
    Report,
    begin,
    calm,
    handle,
    mandate,
)
from tradewind.core.values import MONEY_STEP, Instrument, Quantity, Side
from tradewind.trading.desk.codec import dump_trade, load_trade
from tradewind.venues.paper import PaperBook

#: Open of the first candle, UTC ms; eight hours divide it.
START = 1_704_067_200_000
CANDLE = Timeframe.M5.ms
INTENT, ACCOUNT, SIGNAL = (UUID(int=number) for number in (1, 2, 3))
PLAIN = Management()
USUAL_COSTS = Costs()
#: A trade that needs more commands than this for one event will need them for ever.
_MOST_COMMANDS = 60
#: Of the isolated margin: little enough for stops to be reached, enough for nasty gaps to go beyond it.
LEVERAGE = 5

INSTRUMENTS = [
    Instrument("paper", "BTCUSDT", "BTC", "USDT", Decimal(tick), Decimal(lot), Decimal(lot), Decimal(minimum))
    for tick, lot, minimum in (("0.01", "0.001", 5), ("0.5", "0.01", 5), ("0.0001", "1", 1), ("0.05", "0.1", 0))
]
#: The venue's minimum is several lots, as on many a futures venue.
COARSE_INSTRUMENTS = [replace(each, min_quantity=7 * each.lot) for each in INSTRUMENTS]


class Candle(NamedTuple):
    """A closed candle; prices in quote currency."""

    stretch: Stretch


class Funding(NamedTuple):
    at: int
    price: float


class Exit(NamedTuple):
    """Somebody wants out."""

    at: int
    reason: ExitReason = ExitReason.MANUAL


Happening = Candle | Funding | Exit


@dataclass(frozen=True)
class Scenario:
    """A trade that was agreed on, and what will happen."""

    agreed: Mandate
    at: int
    happenings: tuple[Happening, ...]


def signal_of(
    instrument: Instrument,
    side: Side,
    zone: tuple[int, int],
    stop: int,
    targets: Iterable[tuple[int, str]],
    *,
    management: Management = PLAIN,
    created_at: int = START,
    expires_at: int = START + 10 * CANDLE,
) -> Signal:
    """A signal with its levels in ticks."""

    def price(ticks: int):
        return instrument.price(ticks * instrument.tick)

    return Signal(
        id=SignalId(SIGNAL),
        revision=1,
        instrument=instrument,
        timeframe=Timeframe.M5,
        side=side,
        strategy=StrategyRef("test", 1, "0" * 64),
        created_at=created_at,
        zone_low=price(zone[0]),
        zone_high=price(zone[1]),
        stop=price(stop),
        targets=tuple(SignalTarget(price(level), Decimal(share)) for level, share in targets),
        management=management,
        confidence=Decimal("0.5"),
        leverage_cap=5,
        fresh_until=min(created_at + 2 * CANDLE, expires_at),
        expires_at=expires_at,
        rationale=Rationale({}, {"en": (), "ru": ()}),
        simulated=True,
    )


def agreed_on(
    signal: Signal,
    quantity: Quantity | str,
    costs: Costs = USUAL_COSTS,
    actions: Iterable[AutoAction] = tuple(AutoAction),
) -> Mandate:
    """The mandate to execute `signal`."""
    if isinstance(quantity, str):
        quantity = signal.instrument.quantity(Decimal(quantity))
    return mandate(IntentId(INTENT), AccountId(ACCOUNT), signal, frozenset(actions), quantity, costs)


# ------------------------------------------------------------------------------------------------------------ scenarios


def make_scenario(rng: Random, *, nasty: bool = False) -> Scenario:
    """A random trade in a random market; a nasty one has gaps, empty candles and off-tick prices far more often."""
    instrument = rng.choice(INSTRUMENTS + (COARSE_INSTRUMENTS if nasty else []))
    side = rng.choice(list(Side))
    sign = side.sign
    middle = rng.randint(2000, 20_000)
    limit = middle + sign * rng.choice([0, 0, 1, 3, 10, -20])
    depth = rng.randint(0, 20)
    zone = (limit - depth, limit) if sign > 0 else (limit, limit + depth)
    risk = rng.choice([1, 5, 20, 100, 400])
    stop = (zone[0] - risk) if sign > 0 else (zone[1] + risk)
    level, targets = limit, []
    shares = _shares(rng)
    for share in shares:
        level += sign * rng.randint(1, 2 * risk + 5)
        targets.append((max(level, 1), share))
    if len({level for level, _ in targets}) < len(targets):
        targets = [(max(limit + sign * 5, 1), "1")]
    one_r = risk + depth
    management = Management(
        breakeven=rng.choice(
            [None, Breakeven(1), Breakeven(2), Breakeven(0, rng.choice([0.3, 1.0])), Breakeven(1, 0.5)]
        ),
        trailing=_trailing(rng, instrument, one_r),
        max_age_ms=rng.choice([0, 0, CANDLE, 3 * CANDLE, 7 * CANDLE]),
    )
    expires = START + rng.choice([1, 2, 4, 12]) * CANDLE + rng.choice([0, 0, 0, 1000])
    signal = signal_of(
        instrument, side, zone, stop, targets, management=management, created_at=START, expires_at=expires
    )
    actions = [action for action in AutoAction if rng.random() < 0.8]
    lots = rng.choice([rng.randint(1, 30), rng.randint(30, 500), rng.randint(500, 50_000), rng.randint(500, 50_000)])
    quantity = Quantity(lots * instrument.lot, instrument.lot)
    agreed = agreed_on(signal, quantity, _costs(rng), actions)
    return Scenario(agreed, START, tuple(_market(rng, agreed, middle, one_r, nasty=nasty)))


def scaled_in(scenario: Scenario, rng: Random) -> Scenario:
    """`scenario` with its signal entered in parts, where there is room for them before the stop."""
    agreed, signal = scenario.agreed, scenario.agreed.signal
    instrument, sign = signal.instrument, signal.side.sign
    room = int((signal.entry_limit - signal.stop) * sign / instrument.tick) - 1
    count = min(rng.randint(1, 5), room)
    if count < 1:
        return scenario
    weights = [rng.choice([1, 1, 2, 3]) for _ in range(count + 1)]
    shares = [Decimal(weight) / 64 for weight in weights]
    additions = tuple(
        SignalAddition(signal.entry_limit.shifted(-sign * away), share)
        for away, share in zip(sorted(rng.sample(range(1, room + 1), count)), shares[1:], strict=True)
    )
    first = 1 - sum(shares[1:], Decimal(0))
    if not agreed.quantity.portion(first):
        return scenario  # risk would deny it
    ladder = SignalScaleIn(first, additions, rng.random() < 0.6)
    signal = replace(signal, scale_in=ladder)
    return replace(scenario, agreed=agreed_on(signal, agreed.quantity, agreed.costs, agreed.actions))


def in_a_grid(scenario: Scenario, rng: Random) -> Scenario:
    """`scenario` entered in parts that make round trips, where there is room for them before the stop."""
    agreed, signal = scenario.agreed, scenario.agreed.signal
    instrument, sign = signal.instrument, signal.side.sign
    room = int((signal.entry_limit - signal.stop) * sign / instrument.tick) - 1
    count = min(rng.randint(1, 6), room)
    if count < 1:
        return scenario
    share = (Decimal(1) / (count + 1)).quantize(Decimal("0.001"))
    additions, before = list[SignalAddition](), signal.entry_limit
    step = max(1, room // count)
    for number in range(1, count + 1):
        price = signal.entry_limit.shifted(-sign * number * step)
        additions.append(SignalAddition(price, share, before))
        before = price
    first = 1 - count * share
    if not agreed.quantity.portion(first):
        return scenario  # risk would deny it
    signal = replace(
        signal,
        scale_in=SignalScaleIn(first, tuple(additions)),
        targets=(SignalTarget(signal.targets[-1].price, Decimal(1)),),
        management=Management(max_age_ms=signal.management.max_age_ms),
    )
    return replace(scenario, agreed=agreed_on(signal, agreed.quantity, agreed.costs, agreed.actions))


def _shares(rng: Random) -> list[str]:
    count = rng.randint(1, 4)
    cuts = sorted(rng.sample(range(5, 100, 5), count - 1))
    return [str(Decimal(b - a) / 100) for a, b in zip([0, *cuts], [*cuts, 100], strict=True)]


def _trailing(rng: Random, instrument: Instrument, one_r: int) -> Trailing | None:
    if rng.random() < 0.4:
        return None
    after, at_r = rng.choice([(0, 0.0), (1, 0.0), (2, 0.0), (0, 0.5), (1, 1.0)])
    step = float(instrument.tick) * rng.choice([0, 0, 3])
    if rng.random() < 0.3:
        return Trailing(TrailingKind.PERCENT, rng.choice([0.001, 0.01, 0.05]), after, at_r, step)
    distance = float(instrument.tick) * rng.choice([0.7, 1, one_r / 2, one_r])
    return Trailing(TrailingKind.DISTANCE, distance, after, at_r, step)


def _costs(rng: Random) -> Costs:
    free = rng.random() < 0.2
    return Costs(
        maker=0.0 if free else rng.choice([0.0, 0.0002, 0.001]),
        taker=0.0 if free else rng.choice([0.0, 0.0006, 0.002]),
        half_spread=0.0 if free else rng.choice([0.0, 0.00005, 0.002]),
        slippage=0.0 if free else rng.choice([0.0, 0.0001, 0.003]),
        impact=rng.choice([0.0, 0.001, 0.5]),
        latency_ms=rng.choice([0, 0, 250, 250, 250, 250, CANDLE // 2, CANDLE, 2 * CANDLE + 7]),
        participation=rng.choice([0.01, 0.1, 1.0, 1e6, 1e6] if rng.random() < 0.95 else [0.0]),
        funding_rate=rng.choice([0.0, 0.0001, -0.0003, 0.01]),
    )


def _bell(rng: Random) -> float:
    """About a standard normal, never beyond 3."""
    return rng.uniform(-1, 1) + rng.uniform(-1, 1) + rng.uniform(-1, 1)


def _market(rng: Random, agreed: Mandate, middle: int, one_r: int, *, nasty: bool) -> Iterator[Happening]:
    tick = agreed.signal.instrument.tick
    size = float(agreed.quantity)
    swing = rng.choice([0.1, 0.3, 1.0, 3.0]) * one_r
    noisy = rng.random() < (0.5 if nasty else 0.15)
    impatience = rng.choice([0.0, 0.0, 0.0, 0.05, 0.3])
    charged = rng.choice([0.0, 0.08, 0.5])
    drift = rng.choice([-0.2, 0.0, 0.0, 0.2, 0.5]) * agreed.signal.side.sign * swing
    lowest = 1 if nasty else 10

    def quoted(ticks: float) -> float:
        """On the tick as a feed writes it, or (noisy) anywhere around."""
        at = max(ticks, lowest)
        return float(at) * float(tick) if noisy else float(Decimal(round(at)) * tick)

    def volume() -> float:
        if rng.random() < (0.2 if nasty else 0.05):
            return 0.0
        return size * rng.choice([1, 5, 1000, 1000, rng.random(), 20 * rng.random()])

    price, at = float(middle), START
    ticking = rng.random() < 0.25
    for _ in range(rng.randint(2, 40)):
        if rng.random() < (0.15 if nasty else 0.05):
            price = max(lowest, price + 4 * _bell(rng) * (swing + one_r))  # a gap
        if rng.random() < impatience:
            yield Exit(at)
        if rng.random() < charged:
            yield Funding(at, quoted(price))
        if nasty and rng.random() < 0.05:
            at += rng.randint(1, 20) * CANDLE  # nothing came for a while
        if rng.random() < 0.1:
            ticking = not ticking
        if ticking:
            for _ in range(rng.randint(1, 5)):
                at += rng.choice([1, 50, 250, 1000, 20_000])
                price = max(lowest, price + 0.3 * _bell(rng) * swing)
                level = quoted(price)
                yield Candle(Stretch(at, at, level, level, level, level, volume()))
            at += CANDLE - at % CANDLE
            continue
        opened = price
        price = max(lowest, price + _bell(rng) * swing + drift)
        if rng.random() < 0.1:
            price = opened  # nobody moves
        reach = [0.7 * abs(_bell(rng)) * swing if rng.random() < 0.9 else 0.0 for _ in range(2)]
        values = [quoted(opened), quoted(price)]
        high = max(*values, quoted(max(opened, price) + reach[0]))
        low = min(*values, quoted(min(opened, price) - reach[1]))
        yield Candle(Stretch(at, at + CANDLE, values[0], high, low, values[1], volume()))
        at += CANDLE


# --------------------------------------------------------------------------------------------------------------- driver


@dataclass
class Counted:
    """What the driver has counted itself."""

    entered: Decimal = Decimal(0)
    exited: Decimal = Decimal(0)
    #: What the quantity still held has cost: its price, its part of the entry's fees, the funding since.
    cost: Fraction = Fraction(0)
    entry_value: Decimal = Decimal(0)
    exit_value: Decimal = Decimal(0)
    postings: Counter[EntryKind] = field(default_factory=Counter)
    fills: int = 0
    by_order: Counter[OrderId] = field(default_factory=Counter)
    ids: set[object] = field(default_factory=set)
    ends: int = 0
    at: int = 0


class Driver:
    """Lives through a scenario and checks everything after every event.

    Attributes:
        log: everything that was said and done, in order.
        shortcut: leave the book alone while it sleeps, and the trade while it is calm, as the desk does.
    """

    def __init__(self, scenario: Scenario, *, shortcut: bool = True, leverage: Decimal = Decimal(LEVERAGE)) -> None:
        self._start(scenario.agreed, shortcut=shortcut)
        signal = self.agreed.signal
        self.book = PaperBook(signal.instrument, signal.side, self.agreed.costs, leverage)
        self.trade, effects = begin(self.agreed, scenario.at)
        self._said(effects)
        self._carry_out(effects, scenario.at)

    def _start(self, agreed: Mandate, *, shortcut: bool) -> None:
        self.agreed = agreed
        self.log: list[str] = []
        self.decisions: list[Decision] = []
        self.fills: list[Filled] = []
        self.counted = Counted()
        self.shortcut = shortcut
        self._stop = agreed.signal.stop
        self._stretch: Stretch | None = None
        self._price = float(agreed.signal.entry_limit)
        self._status = PositionStatus.ENTERING

    # ----------------------------------------------------------------------------------------------------- the shell

    @property
    def over(self) -> bool:
        return self.trade.over

    def live(self, happening: Happening) -> None:
        """Let `happening` happen, unless the trade is over."""
        if self.over:
            return
        match happening:
            case Candle(stretch):
                self._live(stretch)
            case Funding(at, price):
                charge = self.book.funding(price, at)
                if charge is not None:
                    self._feed(charge)
            case Exit(at, reason):
                if not self.trade.status.final:
                    self._feed(ExitAsked(at, reason))
        self.check()

    def _live(self, stretch: Stretch) -> None:
        self._stretch = stretch
        if self.shortcut and calm(self.trade).covers(stretch) and self.book.asleep(stretch):
            self._price = stretch.close
            return
        if self.trade.overdue(stretch.start):
            self._feed(Observed(stretch.start, self._price, self._price, self._price))
            if self.over:
                return
        self._price = stretch.close
        if self.shortcut and self.book.asleep(stretch):
            self._feed(Observed(stretch.end, stretch.high, stretch.low, stretch.close))
            return
        for fill in self.book.walk(stretch):
            self._feed(fill)
        high, low = self.book.seen
        self._feed(Observed(stretch.end, high, low, stretch.close))

    def _feed(self, event: Event) -> None:
        if not isinstance(event, Observed):
            self.log.append(repr(event))
        if isinstance(event, Filled):
            self._count_fill(event)
        self.trade, effects = handle(self.trade, event)
        self._said(effects)
        if isinstance(event, Liquidated):
            self._count_liquidation(event)
        if isinstance(event, Filled | Liquidated):
            assert self.trade.held.value == self.counted.entered - self.counted.exited == self.book.position.value
        self._carry_out(effects, event.at)
        self.check()

    def _carry_out(self, effects: list[Effect], at: int) -> None:
        pending = deque(effects)
        commands = 0
        while pending:
            effect = pending.popleft()
            if isinstance(effect, Decision):
                self.decisions.append(effect)
                if effect.code is DecisionCode.STOP_MOVED and effect.data["action"] == PlanAction.BREAKEVEN:
                    self._check_breakeven()
            elif isinstance(effect, Posting):
                self._count_posting(effect)
            else:
                commands += 1
                assert commands < _MOST_COMMANDS, f"trade and venue will talk for ever: {effect}"
                if isinstance(effect, Place):
                    self._count_order(effect)
                report = self.book.execute(effect, at)
                self.log.append(repr(report))
                assert not isinstance(report, Refused) or self._may_be_refused(report), report
                self.trade, answers = handle(self.trade, report)
                self._said(answers)
                pending.extend(answers)

    def _said(self, effects: list[Effect]) -> None:
        """Every command has a reason: some decision was made when it was given."""
        self.log.extend(map(repr, effects))
        commands = [effect for effect in effects if isinstance(effect, Place | Amend | Cancel)]
        if commands:
            assert any(isinstance(effect, Decision) for effect in effects), f"nobody says why: {commands}"

    # ---------------------------------------------------------------------------------------------------- own books

    def _may_be_refused(self, report: Report) -> bool:
        """An entry may be below the venue's minimum; what is in the position must never be refused its exit."""
        return self.trade.order(report.order_id).purpose is OrderPurpose.ENTRY

    def _count_order(self, place: Place) -> None:
        order = place.order
        assert order.id not in self.counted.ids, "client order ids are unique"
        self.counted.ids.add(order.id)
        assert order.quantity
        assert order.reduce_only is (order.purpose is not OrderPurpose.ENTRY)
        if order.reduce_only:
            assert order.quantity <= self.book.position, "a reducing order may not be larger than what it reduces"

    def _count_fill(self, fill: Filled) -> None:
        counted, signal = self.counted, self.agreed.signal
        order = self.trade.order(fill.order_id)
        sign = signal.side.sign
        assert fill.fill_id not in counted.ids
        counted.ids.add(fill.fill_id)
        assert fill.quantity
        assert fill.fee >= 0
        counted.by_order[order.id] += fill.quantity.value
        assert counted.by_order[order.id] <= order.quantity.value
        assert self._stretch is not None
        assert self._stretch.start <= fill.at <= self._stretch.end
        assert fill.at >= counted.at, "time goes on"
        counted.at = fill.at
        value = fill.price.value * fill.quantity.value
        if order.purpose is OrderPurpose.ENTRY:
            assert (fill.price - signal.entry_limit) * sign <= 0, "never worse than the signal allows"
            if not order.level:
                assert fill.at < signal.expires_at or self._stretch.start < signal.expires_at, "never after its expiry"
            assert order.price is not None
            assert (fill.price - order.price) * sign <= 0, "never worse than its limit"
            counted.entered += fill.quantity.value
            counted.entry_value += value
            counted.cost += Fraction(value) + sign * Fraction(fill.fee)
        else:
            held = counted.entered - counted.exited
            counted.cost -= counted.cost * Fraction(fill.quantity.value) / Fraction(held)
            counted.exited += fill.quantity.value
            counted.exit_value += value
            if order.kind is OrderKind.LIMIT:
                assert order.price is not None
                assert (fill.price - order.price) * sign >= 0
        assert counted.entered - counted.exited <= self.agreed.quantity.value
        assert self.agreed.trips or counted.entered <= self.agreed.quantity.value
        assert counted.exited <= counted.entered, "no reduce-only order ever opens"
        self.fills.append(fill)

    def _count_liquidation(self, event: Liquidated) -> None:
        """All is gone, the reason is on record, and the loss is no larger than the margin."""
        fill, counted, trade = event.fill, self.counted, self.trade
        held = counted.entered - counted.exited
        entry = Fraction(counted.entry_value) / Fraction(counted.entered)
        lost = (entry - Fraction(fill.price.value)) * trade.side.sign * Fraction(held) + Fraction(fill.fee)
        assert lost <= entry * Fraction(held) / LEVERAGE * (1 + Fraction(1, 10**12))
        self._count_fill(fill)
        assert not trade.held
        assert trade.exit_reason is ExitReason.LIQUIDATED

    def _count_posting(self, posting: Posting) -> None:
        assert posting.change % MONEY_STEP == 0
        self.counted.postings[posting.kind] += posting.change
        if posting.kind is EntryKind.FUNDING:
            self.counted.cost -= self.trade.side.sign * Fraction(posting.change)

    # --------------------------------------------------------------------------------------------------- invariants

    def _check_breakeven(self) -> None:
        """Closing what is held at the stop pays for its entry, all its fees, its funding and the expected slippage."""
        trade, costs, sign = self.trade, self.agreed.costs, self.trade.side.sign
        worse, taker = Fraction(costs.slippage) + Fraction(costs.half_spread), Fraction(costs.taker)
        level = Fraction(trade.stop.value)
        # As the product's formula has it: fee and slippage add up.
        got = level * (1 - sign * (worse + taker)) * Fraction(trade.held.value)
        assert (got - self.counted.cost) * sign >= -abs(self.counted.cost) / 10**9, "breakeven does not pay"

    def check(self) -> None:
        trade, book, counted = self.trade, self.book, self.counted
        held = counted.entered - counted.exited
        assert trade.held.value == held == book.position.value
        self._check_orders()
        self._check_money(held)
        sign = trade.side.sign
        assert (trade.stop - self._stop) * sign >= 0, "the stop only improves"
        self._stop = trade.stop
        codes = Counter(decision.code for decision in self.decisions)
        assert codes[DecisionCode.CLOSED] <= 1
        assert trade.status.final == (not held and (trade.entry_order is None))
        if self._status.final:
            assert trade.status is self._status
        self._status = trade.status
        if trade.status.final:
            assert trade.over, "after the end no order rests"
            assert not book.dump()["orders"]
            assert (trade.status is PositionStatus.CLOSED) == (counted.entered > 0)
            assert codes[DecisionCode.CLOSED] == (counted.entered > 0)
            assert trade.closed_at is not None
            assert trade.exit_reason is not None or not counted.entered

    def _check_orders(self) -> None:
        """What we believe rests is what the venue holds, and it protects what is held."""
        trade = self.trade
        resting = {UUID(raw["id"]): raw for raw in self.book.dump()["orders"]}
        live = {order.id: order for order in trade.orders if order.live}
        assert resting.keys() == live.keys()
        for order_id, order in live.items():
            raw = resting[order_id]
            level = order.trigger or order.price
            assert (raw["quantity"], raw["filled"]) == (str(order.quantity.value), str(order.filled.value))
            assert raw["level"] == (None if level is None else str(level.value))
            assert raw["reduce_only"] is order.reduce_only
            assert order.asked is None
            assert not order.canceling
        stops = [order for order in live.values() if order.purpose is OrderPurpose.STOP]
        if not trade.held:
            assert not [order for order in live.values() if order.reduce_only]
            return
        assert len(stops) == 1, "held without a stop"
        assert stops[0].kind is OrderKind.STOP_MARKET
        assert stops[0].reduce_only
        assert stops[0].remaining == trade.held
        assert stops[0].trigger == trade.stop
        entries = [order for order in live.values() if not order.reduce_only]
        for entry in entries:
            assert entry.price is not None
            assert (entry.price - trade.stop) * trade.side.sign > 0, "no entry waits behind the stop"
        entering = sum((order.remaining.value for order in entries), Decimal(0))
        assert trade.held.value + entering <= self.agreed.quantity.value, "never more than was agreed"
        targets = [order for order in live.values() if order.purpose is OrderPurpose.TARGET]
        offered = sum((order.remaining.value for order in targets), Decimal(0))
        assert offered <= trade.held.value
        if trade.status is PositionStatus.OPEN:
            assert offered == trade.held.value, "all that is held is offered at some target"

    def _check_money(self, held: Decimal) -> None:
        trade, postings = self.trade, self.counted.postings
        assert postings[EntryKind.PNL] == trade.realised
        assert postings[EntryKind.FEE] == -trade.fees
        assert postings[EntryKind.FUNDING] == -trade.funding
        assert sum(postings.values()) == trade.net_pnl
        assert trade.fees >= 0
        assert trade.entered.value == self.counted.entered
        assert (trade.entry_value, trade.exit_value) == (self.counted.entry_value, self.counted.exit_value)
        if not held:
            assert trade.basis == 0
            gained = (self.counted.exit_value - self.counted.entry_value) * trade.side.sign
            assert abs(trade.realised - gained) <= MONEY_STEP * (len(self.fills) + 1)

    # -------------------------------------------------------------------------------------------------- persistence

    def dump(self) -> bytes:
        """All that a restart needs, as the database holds it."""
        return orjson.dumps({"trade": dump_trade(self.trade), "book": self.book.dump()})

    def reloaded(self) -> Driver:
        """A driver that knows only what was dumped; the counting goes on."""
        state: dict[str, Any] = orjson.loads(self.dump())
        signal, costs = self.agreed.signal, self.agreed.costs
        other = Driver.__new__(Driver)
        other._start(self.agreed, shortcut=self.shortcut)
        other.trade = load_trade(state["trade"], intent_id=INTENT, account_id=ACCOUNT, signal=signal, costs=costs)
        other.book = PaperBook.load(signal.instrument, costs, state["book"])
        assert other.trade == self.trade
        assert other.book.dump() == self.book.dump()
        other.counted, other.decisions, other.fills = self.counted, self.decisions, self.fills
        other._stop, other._status, other.log, other._price = self._stop, self._status, self.log, self._price
        return other


Ending = Literal["over", "open"]


def run(scenario: Scenario, *, shortcut: bool = True, reload_after: frozenset[int] = frozenset()) -> Driver:
    """Live through all of `scenario`; with a restart after each of the happenings in `reload_after`."""
    driver = Driver(scenario, shortcut=shortcut)
    for number, happening in enumerate(scenario.happenings):
        driver.live(happening)
        if number in reload_after and not driver.over:
            driver = driver.reloaded()
    return driver
