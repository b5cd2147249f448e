"""Signals: typed, immutable proposals for a trade, complete enough to be executed, tracked and explained."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple

from tradewind.core.candles import Timeframe
from tradewind.core.ids import SignalId
from tradewind.core.plan import Addition, Breakeven, PlanSpec, ScaleIn, Target, Trailing
from tradewind.core.values import EXACT, IllegalValueError, Instrument, Price, Side


@dataclass(frozen=True, slots=True)
class StrategyRef:
    """Exactly which strategy spoke: name, version and the hash of the version's content."""

    name: str
    version: int
    content_hash: str


class SignalSource(NamedTuple):
    """Which set-up of which strategy made a signal, on which candles."""

    content_hash: str
    symbol: str
    timeframe: Timeframe
    side: Side


@dataclass(frozen=True, slots=True)
class SignalTarget:
    """One rung of the ladder: close `share` (0 to 1) of the position at `price`."""

    price: Price
    share: Decimal


@dataclass(frozen=True, slots=True)
class SignalAddition:
    """One further entry: `share` (0 to 1) of the whole size, by a limit order at `price`. Of a grid it leaves at
    its own `target`, the level before it, and is entered again."""

    price: Price
    share: Decimal
    target: Price | None = None


@dataclass(frozen=True, slots=True)
class SignalScaleIn:
    """Enter in parts, behind one stop; see `core.plan.ScaleIn`.

    Attributes:
        first: share of the whole size that is entered at the zone.
        additions: nearest first; all shares sum to 1.
        targets_from_average: targets move with the average entry instead of staying where they are.
    """

    first: Decimal
    additions: tuple[SignalAddition, ...]
    targets_from_average: bool = False

    def average(self, entry: Decimal) -> Decimal:
        """The average entry of the whole ladder when its first part is entered at `entry`, exact."""
        total = EXACT.multiply(self.first, entry)
        for addition in self.additions:
            total = EXACT.add(total, EXACT.multiply(addition.share, addition.price.value))
        return total


@dataclass(frozen=True, slots=True)
class Management:
    """How the position shall be managed beside stop and ladder; what a subscription does not grant is left out.

    Attributes:
        risk_scale: part of an account's risk per trade that the signal asks for, above 0 and up to 1.
    """

    breakeven: Breakeven | None = None
    trailing: Trailing | None = None
    max_age_ms: int = 0
    risk_scale: Decimal = Decimal(1)

    @property
    def moves_stop(self) -> bool:
        return self.breakeven is not None or self.trailing is not None


@dataclass(frozen=True, slots=True)
class Rationale:
    """Why, in words that name the numbers behind it.

    Attributes:
        facts: every number the words use, by name, as shown.
        because: the sentences by language ("en", "ru").
    """

    facts: dict[str, str]
    because: dict[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Signal:
    """One proposal.

    Attributes:
        revision: 1 at creation; every edit makes a new value with the next number.
        created_at: close time of the candle that made it, market ms.
        zone_low, zone_high: entry zone; a long may be bought up to `zone_high`, a short sold down to `zone_low`.
        stop: protective stop; |entry − stop| is one R.
        targets: the ladder, nearest first; shares sum to 1.
        confidence: strength of the set-up by the strategy's own scale, 0 to 1; not a calibrated probability.
        leverage_cap: most notional ÷ equity an account may use for it.
        fresh_until: an execution later than this is denied as stale, market ms.
        expires_at: an entry unfilled by then is cancelled, market ms.
        simulated: made from a simulated market.
        scale_in: how it is entered in parts; none = whole.
    """

    id: SignalId
    revision: int
    instrument: Instrument
    timeframe: Timeframe
    side: Side
    strategy: StrategyRef
    created_at: int
    zone_low: Price
    zone_high: Price
    stop: Price
    targets: tuple[SignalTarget, ...]
    management: Management
    confidence: Decimal
    leverage_cap: int
    fresh_until: int
    expires_at: int
    rationale: Rationale
    simulated: bool
    scale_in: SignalScaleIn | None = None

    def __post_init__(self) -> None:
        sign = self.side.sign
        if self.zone_low > self.zone_high:
            raise IllegalValueError(f"expected a zone from low to high, got {self.zone_low}–{self.zone_high}")
        nearest = self.zone_low if sign > 0 else self.zone_high
        if (nearest - self.stop) * sign <= 0:
            raise IllegalValueError(f"expected the stop on the losing side of the zone at {nearest}, got {self.stop}")
        if not self.targets:
            raise IllegalValueError("expected at least one target, got none")
        last = self.entry_limit
        for target in self.targets:
            if (target.price - last) * sign <= 0:
                raise IllegalValueError(f"expected targets beyond {last} and in order, got {target.price}")
            if target.share <= 0:
                raise IllegalValueError(f"expected a positive share, got {target.share}")
            last = target.price
        if sum(target.share for target in self.targets) != 1:
            raise IllegalValueError(f"expected shares that sum to 1, got {[str(t.share) for t in self.targets]}")
        if self.scale_in is not None:
            self._check_ladder(self.scale_in)
        if not 0 <= self.confidence <= 1:
            raise IllegalValueError(f"expected a confidence from 0 to 1, got {self.confidence}")
        if not self.created_at < self.fresh_until <= self.expires_at:
            raise IllegalValueError("expected creation before the end of freshness, and that not after expiry")
        if not 0 < self.management.risk_scale <= 1:
            raise IllegalValueError(f"expected a risk scale above 0 and up to 1, got {self.management.risk_scale}")
        if self.leverage_cap < 1:
            raise IllegalValueError(f"expected a leverage cap of at least 1, got {self.leverage_cap}")

    def _check_ladder(self, ladder: SignalScaleIn) -> None:
        sign, last = self.side.sign, self.entry_limit
        if not ladder.additions:
            raise IllegalValueError("expected at least one addition, got none")
        for addition in ladder.additions:
            if not (last - addition.price) * sign > 0 or not (addition.price - self.stop) * sign > 0:
                raise IllegalValueError(f"expected additions from {last} to the stop, in order, got {addition.price}")
            last = addition.price
        shares = [ladder.first, *(addition.share for addition in ladder.additions)]
        if min(shares) <= 0 or sum(shares) != 1:
            raise IllegalValueError(f"expected positive shares that sum to 1, got {[str(each) for each in shares]}")
        if any(addition.target is not None for addition in ladder.additions):
            self._check_grid(ladder)

    def _check_grid(self, ladder: SignalScaleIn) -> None:
        before = self.entry_limit
        for addition in ladder.additions:
            if addition.target != before:
                raise IllegalValueError(f"expected a target at {before}, one level on, got {addition.target}")
            before = addition.price
        if ladder.targets_from_average or len(self.targets) > 1 or self.management.moves_stop:
            raise IllegalValueError("expected a grid with one fixed target and a stop that stays, got more")

    @property
    def symbol(self) -> str:
        return self.instrument.symbol

    @property
    def range_period(self) -> int:
        """Over how many of its candles the ATR is taken that its stop hangs by; 0 = it does not."""
        return self.management.trailing.period if self.management.trailing else 0

    @property
    def parts(self) -> int:
        """In how many parts it is entered."""
        return 1 if self.scale_in is None else 1 + len(self.scale_in.additions)

    @property
    def source(self) -> SignalSource:
        return SignalSource(self.strategy.content_hash, self.symbol, self.timeframe, self.side)

    @property
    def entry_limit(self) -> Price:
        """The worst price at which entering is still the signal: the limit of the entry order."""
        return self.zone_high if self.side is Side.LONG else self.zone_low

    @property
    def plan(self) -> PlanSpec:
        """The whole plan, as published."""
        return PlanSpec(
            side=self.side.sign,
            stop=float(self.stop),
            targets=tuple(Target(float(target.price), float(target.share)) for target in self.targets),
            breakeven=self.management.breakeven,
            trailing=self.management.trailing,
            max_age_ms=self.management.max_age_ms,
            scale_in=self._ladder(),
        )

    def _ladder(self) -> ScaleIn | None:
        ladder = self.scale_in
        if ladder is None:
            return None
        return ScaleIn(
            first=float(ladder.first),
            additions=tuple(
                Addition(float(each.price), float(each.share), float(each.target) if each.target else 0.0)
                for each in ladder.additions
            ),
            targets_from=float(self.entry_limit) if ladder.targets_from_average else 0.0,
        )
