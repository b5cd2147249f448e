"""Every indicator against its definition, written out in plain NumPy window by window, without TA-Lib.

Averages that remember are started where the catalogue says, so values agree from the first defined row on unless the
entry says otherwise. `DEFINITIONS` and `ELSEWHERE` together are the catalogue: a new entry belongs in one of them.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np
import pytest
from numpy.lib.stride_tricks import sliding_window_view
from strategy_maker import random_columns, recorded

from tradewind.core.indicators import CATALOGUE, FAMILIES, Indicator
from tradewind.core.series import Columns, Floats

NAN = math.nan
Definition = Callable[..., Floats]


def lag(x: Floats, rows: int = 1) -> Floats:
    return np.concatenate([np.full(min(rows, len(x)), NAN), x[: max(len(x) - rows, 0)]])


def over(x: Floats, n: int, of: Callable[[Floats], float]) -> Floats:
    """`of` each window of `n`, at its last row; NaN while a window holds one."""
    values = [NAN if np.isnan(window).any() else of(window) for window in sliding_window_view(x, n)]
    return np.concatenate([np.full(n - 1, NAN), values])


def sma(x: Floats, n: int) -> Floats:
    return over(x, n, lambda window: math.fsum(window) / n)


def total(x: Floats, n: int) -> Floats:
    return over(x, n, math.fsum)


def top(x: Floats, n: int) -> Floats:
    return over(x, n, max)


def bottom(x: Floats, n: int) -> Floats:
    return over(x, n, min)


def middle(high: Floats, low: Floats, n: int) -> Floats:
    return (top(high, n) + bottom(low, n)) / 2


def deviation(x: Floats, n: int) -> Floats:
    return over(x, n, lambda window: math.sqrt(math.fsum((window - math.fsum(window) / n) ** 2) / n))


def wma(x: Floats, n: int) -> Floats:
    return over(x, n, lambda window: float(np.dot(window, np.arange(1, n + 1))) * 2 / (n * (n + 1)))


def smoothed(x: Floats, n: int, alpha: float) -> Floats:
    """An exponential average started with the simple one."""
    start = int(np.flatnonzero(~np.isnan(x))[0]) + n - 1
    result = np.full(len(x), NAN)
    result[start] = x[start - n + 1 : start + 1].mean()
    for row in range(start + 1, len(x)):
        result[row] = result[row - 1] + alpha * (x[row] - result[row - 1])
    return result


def ema(x: Floats, n: int) -> Floats:
    return smoothed(x, n, 2 / (n + 1))


def rma(x: Floats, n: int) -> Floats:
    return smoothed(x, n, 1 / n)


def change(x: Floats) -> Floats:
    return x - lag(x)


def roc(x: Floats, n: int) -> Floats:
    return 100 * (x / lag(x, n) - 1)


def true_range(c: Columns) -> Floats:
    return np.maximum(c.high, lag(c.close)) - np.minimum(c.low, lag(c.close))


def atr(c: Columns, n: int) -> Floats:
    return rma(true_range(c), n)


def rsi(x: Floats, n: int) -> Floats:
    up, down = rma(np.maximum(change(x), 0), n), rma(np.maximum(-change(x), 0), n)
    return 100 * up / (up + down)


def typical(c: Columns) -> Floats:
    return (c.high + c.low + c.close) / 3


def median(c: Columns) -> Floats:
    return (c.high + c.low) / 2


def line(x: Floats, n: int, at: float) -> Floats:
    """The least-squares line through each window, `at` its rows from 0."""
    places = np.arange(n)

    def value(window: Floats) -> float:
        slope, start = np.polyfit(places - (n - 1) / 2, window, 1)
        return float(start + slope * (at - (n - 1) / 2))

    return over(x, n, value)


def movement(c: Columns) -> tuple[Floats, Floats]:
    up, down = change(c.high), -change(c.low)
    return np.where((up > down) & (up > 0), up, 0.0), np.where((down > up) & (down > 0), down, 0.0)


def wilder_sum(x: Floats, n: int) -> Floats:
    """Wilder's running sum: n − 1 values added up, then a share of 1 ÷ n forgotten with each candle."""
    result = np.full(len(x), NAN)
    result[n - 1] = x[1:n].sum()
    for row in range(n, len(x)):
        result[row] = result[row - 1] * (1 - 1 / n) + x[row]
    return result


def directional(c: Columns, n: int, side: int) -> Floats:
    ranges = true_range(c)
    ratio = wilder_sum(movement(c)[side], n) / wilder_sum(np.nan_to_num(ranges), n)
    return np.concatenate([np.full(n, NAN), 100 * ratio[n:]])


def dx(c: Columns, n: int) -> Floats:
    plus, minus = directional(c, n, 0), directional(c, n, 1)
    return 100 * abs(plus - minus) / (plus + minus)


def adx(c: Columns, n: int) -> Floats:
    return rma(dx(c, n), n)


def macd(x: Floats, fast: int, slow: int, signal: int) -> tuple[Floats, Floats, Floats]:
    start = slow - fast
    quick = np.concatenate([np.full(start, NAN), ema(x[start:], fast)])
    difference = quick - ema(x, slow)
    follower = ema(difference, signal)
    return np.where(np.isnan(follower), NAN, difference), follower, difference - follower


def flow(c: Columns) -> Floats:
    return (2 * c.close - c.high - c.low) / (c.high - c.low) * c.volume


def running(steps: Floats, start: float = 0.0) -> Floats:
    return np.cumsum(np.concatenate([[start], steps[1:]]))


def heikin(c: Columns) -> tuple[Floats, Floats, Floats, Floats]:
    close = (c.open + c.high + c.low + c.close) / 4
    opened = np.empty(len(close))
    opened[0] = (c.open[0] + c.close[0]) / 2
    for row in range(1, len(close)):
        opened[row] = (opened[row - 1] + close[row - 1]) / 2
    return opened, np.max([c.high, opened, close], axis=0), np.min([c.low, opened, close], axis=0), close


def supertrend(c: Columns, n: int, multiplier: float) -> tuple[Floats, Floats]:
    width = multiplier * atr(c, n)
    line = np.full(len(c), NAN)
    sides = np.full(len(c), NAN)
    upper, lower, side = math.inf, -math.inf, 1
    for row in range(n, len(c)):
        before = c.close[row - 1]
        above, below = median(c)[row] + width[row], median(c)[row] - width[row]
        upper = above if row == n or above < upper or before > upper else upper
        lower = below if row == n or below > lower or before < lower else lower
        if row > n and side < 0 and c.close[row] > upper:
            side = 1
        elif row > n and side > 0 and c.close[row] < lower:
            side = -1
        line[row], sides[row] = (lower if side > 0 else upper), side
    return line, sides


def parabolic(c: Columns, acceleration: float, maximum: float) -> Floats:
    result = np.full(len(c), NAN)
    _, minus = movement(Columns(*(column[:2] for column in c)))
    rising = not minus[1] > 0
    extreme, stop = (c.high[1], c.low[0]) if rising else (c.low[1], c.high[0])
    pace = acceleration
    for row in range(1, len(c)):
        beyond = c.low[row] <= stop if rising else c.high[row] >= stop
        two = slice(max(row - 1, 1), row + 1)  # the first candle only gives the first stop
        if beyond:
            rising = not rising
            stop = min(extreme, *c.low[two]) if rising else max(extreme, *c.high[two])
            result[row] = stop
            pace, extreme = acceleration, (c.high[row] if rising else c.low[row])
        else:
            result[row] = stop
            if (c.high[row] > extreme) if rising else (c.low[row] < extreme):
                extreme = c.high[row] if rising else c.low[row]
                pace = min(pace + acceleration, maximum)
        stop += pace * (extreme - stop)
        stop = min(stop, *c.low[two]) if rising else max(stop, *c.high[two])
    return result


def kama(x: Floats, n: int) -> Floats:
    result = np.full(len(x), NAN)
    before = x[n - 1]
    for row in range(n, len(x)):
        way = abs(np.diff(x[row - n : row + 1])).sum()
        ratio = abs(x[row] - x[row - n]) / way
        weight = (ratio * (2 / 3 - 2 / 31) + 2 / 31) ** 2
        before = result[row] = before + weight * (x[row] - before)
    return result


def t3(x: Floats, n: int, factor: float) -> Floats:
    weights = ((1 + factor) ** 3, -3 * factor * (1 + factor) ** 2, 3 * factor**2 * (1 + factor), -(factor**3))
    x = ema(ema(x, n), n)
    result = np.zeros(len(x))
    for weight in weights:
        x = ema(x, n)
        result += weight * x
    return result


def alma(x: Floats, n: int, offset: float, sigma: float) -> Floats:
    weights = np.exp(-((np.arange(n) - offset * (n - 1)) ** 2) / (2 * (n / sigma) ** 2))
    return over(x, n, lambda window: float((weights * window).sum() / weights.sum()))


def stochastic(x: Floats, low: Floats, high: Floats) -> Floats:
    return 100 * (x - low) / (high - low)


def smi(c: Columns, n: int, fast: int, slow: int) -> Floats:
    high, low = top(c.high, n), bottom(c.low, n)
    return 200 * ema(ema(c.close - (high + low) / 2, slow), fast) / ema(ema(high - low, slow), fast)


def fisher(c: Columns, n: int) -> Floats:
    price = median(c)
    place = ema(2 * (price - bottom(price, n)) / (top(price, n) - bottom(price, n)) - 1, 5)
    raw = np.arctanh(np.clip(place, -0.999, 0.999))
    result = 2 * ema(raw, 3)
    start = int(np.flatnonzero(~np.isnan(result))[0])
    for row in range(start + 1, len(raw)):
        result[row] = raw[row] + 0.5 * result[row - 1]
    return result


def wavetrend(c: Columns, channel: int, average: int, signal: int) -> tuple[Floats, Floats]:
    distance = typical(c) - ema(typical(c), channel)
    wave = ema(distance / (0.015 * ema(abs(distance), channel)), average)
    return np.where(np.isnan(sma(wave, signal)), NAN, wave), sma(wave, signal)


def know_sure_thing(x: Floats, signal: int) -> tuple[Floats, Floats]:
    parts = ((1, 10, 10), (2, 15, 10), (3, 20, 10), (4, 30, 15))
    value = np.sum([weight * sma(roc(x, ago), n) for weight, ago, n in parts], axis=0)
    return np.where(np.isnan(sma(value, signal)), NAN, value), sma(value, signal)


def rank(x: Floats, n: int) -> Floats:
    return over(x, n + 1, lambda window: 100 * float((window[:-1] < window[-1]).sum()) / n)


def connors(x: Floats, n: int, streak: int, places: int) -> Floats:
    lengths = [NAN, *([0.0] * (len(x) - 1))]
    for row in range(1, len(x)):
        sign = float(np.sign(x[row] - x[row - 1]))
        before = lengths[row - 1] if row > 1 else 0.0
        lengths[row] = before + sign if sign * before > 0 else sign
    return (rsi(x, n) + rsi(np.array(lengths), streak) + rank(roc(x, 1), places)) / 3


def relative_volatility(x: Floats, n: int, window: int) -> Floats:
    spread = deviation(x, window)
    moved = np.nan_to_num(change(x))
    up = rma(np.where(moved > 0, spread, spread * 0), n)
    down = rma(np.where(moved < 0, spread, spread * 0), n)
    return 100 * up / (up + down)


def ultimate(c: Columns, *spans: int) -> Floats:
    pressure = c.close - np.minimum(c.low, lag(c.close))
    ratios = [total(pressure, n) / total(true_range(c), n) for n in sorted(spans)]
    return 100 * (4 * ratios[0] + 2 * ratios[1] + ratios[2]) / 7


def since_extreme(x: Floats, n: int, of: Callable[[Floats], np.intp]) -> Floats:
    # The latest of equal extremes counts.
    return over(x, n + 1, lambda window: 100 * (n - int(of(window[::-1]))) / n)


def volume_index(c: Columns, less: bool) -> Floats:
    level = [1000.0]
    for row in range(1, len(c)):
        counts = c.volume[row] < c.volume[row - 1] if less else c.volume[row] > c.volume[row - 1]
        level.append(level[-1] * (c.close[row] / c.close[row - 1] if counts else 1.0))
    return np.array(level)


def williams_flow(c: Columns) -> Floats:
    before = lag(c.close)
    rise, fall = c.close - np.minimum(c.low, before), c.close - np.maximum(c.high, before)
    return running(np.where(c.close > before, rise, np.where(c.close < before, fall, 0.0)))


def days(c: Columns) -> list[range]:
    """For each row, the rows of its UTC day so far."""
    found = []
    for row in range(len(c)):
        start = row
        while start and c.ts[start - 1] // 86_400_000 == c.ts[row] // 86_400_000:
            start -= 1
        found.append(range(start, row + 1))
    return found


def session_vwap(c: Columns, deviations: float = 0.0) -> Floats:
    values = []
    for rows in days(c):
        price, weight = typical(c)[list(rows)], c.volume[list(rows)]
        mean = float(np.average(price, weights=weight))
        values.append(mean + deviations * math.sqrt(np.average((price - mean) ** 2, weights=weight)))
    return np.array(values)


def per_year(variance: Floats, candles: int) -> Floats:
    return 100 * np.sqrt(variance * candles)


def sample(x: Floats, n: int) -> Floats:
    return over(x, n, lambda window: float(np.var(window, ddof=1)))


def rogers_satchell(c: Columns, n: int) -> Floats:
    up, down, moved = np.log(c.high / c.open), np.log(c.low / c.open), np.log(c.close / c.open)
    return sma(up * (up - moved) + down * (down - moved), n)


def yang_zhang(c: Columns, n: int) -> Floats:
    share = 0.34 / (1.34 + (n + 1) / (n - 1))
    between, within = sample(np.log(c.open / lag(c.close)), n), sample(np.log(c.close / c.open), n)
    return between + share * within + (1 - share) * rogers_satchell(c, n)


def squeeze_momentum(c: Columns, n: int) -> Floats:
    return line(c.close - (middle(c.high, c.low, n) + sma(c.close, n)) / 2, n, n - 1)


def squeeze(c: Columns, n: int, deviations: float, multiplier: float) -> Floats:
    bands, channel = deviations * deviation(c.close, n), multiplier * sma(true_range(c), n)
    return np.where(np.isnan(channel), NAN, bands < channel)


def hurst(x: Floats, n: int) -> Floats:
    lags = [lag for lag in (1, 2, 4, 8, 16, 32, 64, 128) if lag <= n // 4]

    def value(window: Floats) -> float:
        moves = [math.sqrt(np.mean((window[each:] - window[:-each]) ** 2)) for each in lags]
        return float(np.polyfit(np.log(lags), np.log(moves), 1)[0])

    return over(x, n, value)


def paired(x: Floats, y: Floats, n: int, of: Callable[[Floats, Floats], float]) -> Floats:
    pairs = zip(sliding_window_view(x, n), sliding_window_view(y, n), strict=True)
    return np.concatenate([np.full(n - 1, NAN), [of(left, right) for left, right in pairs]])


def covariance_ratio(left: Floats, right: Floats) -> float:
    return float(np.cov(left, right)[0, 1] / np.var(right, ddof=1))


def linear_share(window: Floats) -> float:
    return float(np.corrcoef(window, np.arange(len(window)))[0, 1] ** 2)


def root_mean_square(window: Floats) -> float:
    return math.sqrt(np.mean(window**2))


def drawdown(x: Floats, n: int) -> Floats:
    return 100 * (x / top(x, n) - 1)


def hull(x: Floats, n: int) -> Floats:
    half = x if n // 2 == 1 else wma(x, n // 2)
    return wma(2 * half - wma(x, n), math.isqrt(n))


def triangular(x: Floats, n: int) -> Floats:
    return sma(sma(x, (n + 1) // 2), n // 2 + 1)


def triple(x: Floats, n: int) -> Floats:
    return ema(ema(ema(x, n), n), n)


def mass(c: Columns, average: int, n: int) -> Floats:
    once = ema(c.high - c.low, average)
    return total(once / ema(once, average), n)


def money_flow(c: Columns, n: int) -> Floats:
    value, moved = typical(c) * c.volume, change(typical(c))
    up, down = (total(np.where(np.isnan(moved), NAN, np.where(side, value, 0)), n) for side in (moved > 0, moved < 0))
    return 100 * up / (up + down)


def bodies(c: Columns, n: int) -> Floats:
    up = total(np.maximum(c.close - c.open, 0), n)
    return 100 * up / total(abs(c.close - c.open), n)


def started_low(x: Floats, fast: int, slow: int) -> Floats:
    """EMA(fast) − EMA(slow), both started on the first value."""
    averages = []
    for n in (fast, slow):
        level = [x[0]]
        for value in x[1:]:
            level.append(level[-1] + 2 / (n + 1) * (value - level[-1]))
        averages.append(np.array(level))
    return np.where(np.arange(len(x)) < max(fast, slow) - 1, NAN, averages[0] - averages[1])


def keltner(c: Columns, n: int, span: int, multiplier: float) -> Floats:
    return ema(c.close, n) + multiplier * atr(c, span)


def choppiness(c: Columns, n: int) -> Floats:
    return 100 * np.log(total(true_range(c), n) / (top(c.high, n) - bottom(c.low, n))) / math.log(n)


#: (candles, series, arguments) → values. A series is passed as x, two as x and y.
DEFINITIONS: dict[str, Definition] = {
    "avgprice": lambda c: (c.open + c.high + c.low + c.close) / 4,
    "medprice": median,
    "typprice": typical,
    "wclprice": lambda c: (c.high + c.low + 2 * c.close) / 4,
    "ha_open": lambda c: heikin(c)[0],
    "ha_high": lambda c: heikin(c)[1],
    "ha_low": lambda c: heikin(c)[2],
    "ha_close": lambda c: heikin(c)[3],
    "sma": lambda c, x, n: sma(x, n),
    "ema": lambda c, x, n: ema(x, n),
    "wma": lambda c, x, n: wma(x, n),
    "rma": lambda c, x, n: rma(x, n),
    "dema": lambda c, x, n: 2 * ema(x, n) - ema(ema(x, n), n),
    "tema": lambda c, x, n: 3 * ema(x, n) - 3 * ema(ema(x, n), n) + triple(x, n),
    "t3": lambda c, x, n, factor: t3(x, n, factor),
    "trima": lambda c, x, n: triangular(x, n),
    "hma": lambda c, x, n: hull(x, n),
    "zlema": lambda c, x, n: ema(2 * x - lag(x, (n - 1) // 2), n),
    "kama": lambda c, x, n: kama(x, n),
    "alma": lambda c, x, n, offset, sigma: alma(x, n, offset, sigma),
    "vwma": lambda c, x, n: total(x * c.volume, n) / total(c.volume, n),
    "midpoint": lambda c, x, n: (top(x, n) + bottom(x, n)) / 2,
    "midprice": lambda c, n: middle(c.high, c.low, n),
    "highest": lambda c, x, n: top(x, n),
    "lowest": lambda c, x, n: bottom(x, n),
    "donchian_upper": lambda c, n: top(c.high, n),
    "donchian_middle": lambda c, n: middle(c.high, c.low, n),
    "donchian_lower": lambda c, n: bottom(c.low, n),
    "bb_upper": lambda c, x, n, k: sma(x, n) + k * deviation(x, n),
    "bb_middle": lambda c, x, n, k: sma(x, n),
    "bb_lower": lambda c, x, n, k: sma(x, n) - k * deviation(x, n),
    "bb_percent_b": lambda c, x, n, k: (x - sma(x, n) + k * deviation(x, n)) / (2 * k * deviation(x, n)),
    "bb_bandwidth": lambda c, x, n, k: 200 * k * deviation(x, n) / sma(x, n),
    "keltner_upper": keltner,
    "keltner_middle": lambda c, n, span, k: ema(c.close, n),
    "keltner_lower": lambda c, n, span, k: keltner(c, n, span, -k),
    "accbands_upper": lambda c, n: sma(c.high * (1 + 4 * (c.high - c.low) / (c.high + c.low)), n),
    "accbands_middle": lambda c, n: sma(c.close, n),
    "accbands_lower": lambda c, n: sma(c.low * (1 - 4 * (c.high - c.low) / (c.high + c.low)), n),
    "chandelier_long": lambda c, n, k: top(c.high, n) - k * atr(c, n),
    "chandelier_short": lambda c, n, k: bottom(c.low, n) + k * atr(c, n),
    "ichimoku_conversion": lambda c, n: middle(c.high, c.low, n),
    "ichimoku_base": lambda c, n: middle(c.high, c.low, n),
    "ichimoku_span_a": lambda c, fast, slow, ago: lag(
        (middle(c.high, c.low, fast) + middle(c.high, c.low, slow)) / 2, ago
    ),
    "ichimoku_span_b": lambda c, n, ago: lag(middle(c.high, c.low, n), ago),
    "bb_squeeze": squeeze,
    "squeeze_momentum": squeeze_momentum,
    "adx": adx,
    "adxr": lambda c, n: (adx(c, n) + lag(adx(c, n), n - 1)) / 2,
    "dx": dx,
    "plus_di": lambda c, n: directional(c, n, 0),
    "minus_di": lambda c, n: directional(c, n, 1),
    "plus_dm": lambda c, n: wilder_sum(movement(c)[0], n),
    "minus_dm": lambda c, n: wilder_sum(movement(c)[1], n),
    "aroon_down": lambda c, n: since_extreme(c.low, n, np.argmin),
    "aroon_up": lambda c, n: since_extreme(c.high, n, np.argmax),
    "aroon_osc": lambda c, n: since_extreme(c.high, n, np.argmax) - since_extreme(c.low, n, np.argmin),
    "vortex_plus": lambda c, n: total(abs(c.high - lag(c.low)), n) / total(true_range(c), n),
    "vortex_minus": lambda c, n: total(abs(c.low - lag(c.high)), n) / total(true_range(c), n),
    "bull_power": lambda c, n: c.high - ema(c.close, n),
    "bear_power": lambda c, n: c.low - ema(c.close, n),
    "vhf": lambda c, x, n: (top(x, n) - bottom(x, n)) / total(abs(change(x)), n),
    "choppiness": choppiness,
    "sar": parabolic,
    "supertrend": lambda c, n, k: supertrend(c, n, k)[0],
    "supertrend_side": lambda c, n, k: supertrend(c, n, k)[1],
    "rsi": lambda c, x, n: rsi(x, n),
    "roc": lambda c, x, n: roc(x, n),
    "mom": lambda c, x, n: x - lag(x, n),
    "cmo": lambda c, x, n: 2 * rsi(x, n) - 100,
    "apo": lambda c, x, fast, slow: ema(x, fast) - ema(x, slow),
    "ppo": lambda c, x, fast, slow: 100 * (ema(x, fast) / ema(x, slow) - 1),
    "trix": lambda c, x, n: roc(triple(x, n), 1),
    "tsi": lambda c, x, first, second: (
        100 * ema(ema(change(x), first), second) / ema(ema(abs(change(x)), first), second)
    ),
    "cci": lambda c, n: (
        (typical(c) - sma(typical(c), n)) / (0.015 * over(typical(c), n, lambda w: np.mean(abs(w - np.mean(w)))))
    ),
    "ultosc": ultimate,
    "willr": lambda c, n: stochastic(c.close, bottom(c.low, n), top(c.high, n)) - 100,
    "bop": lambda c: (c.close - c.open) / (c.high - c.low),
    "imi": bodies,
    "qstick": lambda c, n: sma(c.close - c.open, n),
    "ao": lambda c, fast, slow: sma(median(c), fast) - sma(median(c), slow),
    "ac": lambda c, fast, slow, signal: (awesome := sma(median(c), fast) - sma(median(c), slow)) - sma(awesome, signal),
    "coppock": lambda c, x, average, short, long: wma(roc(x, short) + roc(x, long), average),
    "dpo": lambda c, x, n: lag(x, n // 2 + 1) - sma(x, n),
    "efficiency_ratio": lambda c, x, n: abs(x - lag(x, n)) / total(abs(change(x)), n),
    "fosc": lambda c, x, n: 100 * (x - lag(line(x, n, n))) / x,
    "macd": lambda c, x, *spans: macd(x, *spans)[0],
    "macd_signal": lambda c, x, *spans: macd(x, *spans)[1],
    "macd_hist": lambda c, x, *spans: macd(x, *spans)[2],
    "wavetrend": lambda c, *spans: wavetrend(c, *spans)[0],
    "wavetrend_signal": lambda c, *spans: wavetrend(c, *spans)[1],
    "kst": lambda c, x, signal: know_sure_thing(x, signal)[0],
    "kst_signal": lambda c, x, signal: know_sure_thing(x, signal)[1],
    "connors_rsi": lambda c, x, n, streak, places: connors(x, n, streak, places),
    "stoch_k": lambda c, n, smooth, signal: sma(stochastic(c.close, bottom(c.low, n), top(c.high, n)), smooth),
    "stoch_d": lambda c, n, smooth, signal: sma(
        sma(stochastic(c.close, bottom(c.low, n), top(c.high, n)), smooth), signal
    ),
    "stochrsi_k": lambda c, x, n, window, signal: stochastic(
        rsi(x, n), bottom(rsi(x, n), window), top(rsi(x, n), window)
    ),
    "stochrsi_d": lambda c, x, n, window, signal: sma(
        stochastic(rsi(x, n), bottom(rsi(x, n), window), top(rsi(x, n), window)), signal
    ),
    "kdj_k": lambda c, n, smooth, signal: rma(stochastic(c.close, bottom(c.low, n), top(c.high, n)), smooth),
    "kdj_d": lambda c, n, smooth, signal: rma(DEFINITIONS["kdj_k"](c, n, smooth, signal), signal),
    "kdj_j": lambda c, *spans: 3 * DEFINITIONS["kdj_k"](c, *spans) - 2 * DEFINITIONS["kdj_d"](c, *spans),
    "smi": lambda c, n, fast, slow, signal: smi(c, n, fast, slow),
    "smi_signal": lambda c, n, fast, slow, signal: ema(smi(c, n, fast, slow), signal),
    "fisher": fisher,
    "trange": true_range,
    "atr": atr,
    "natr": lambda c, n: 100 * atr(c, n) / c.close,
    "adr": lambda c, n: sma(c.high - c.low, n),
    "chaikin_volatility": lambda c, n, ago: roc(ema(c.high - c.low, n), ago),
    "mass_index": mass,
    "rvi": lambda c, x, n, window: relative_volatility(x, n, window),
    "ulcer_index": lambda c, x, n: over(drawdown(x, n), n, root_mean_square),
    "realised_volatility": lambda c, n, year: per_year(sma(np.log(c.close / lag(c.close)) ** 2, n), year),
    "historical_volatility": lambda c, n, year: per_year(sample(np.log(c.close / lag(c.close)), n), year),
    "parkinson_volatility": lambda c, n, year: per_year(sma(np.log(c.high / c.low) ** 2, n) / (4 * math.log(2)), year),
    "garman_klass_volatility": lambda c, n, year: per_year(
        sma(np.log(c.high / c.low) ** 2 / 2 - (2 * math.log(2) - 1) * np.log(c.close / c.open) ** 2, n), year
    ),
    "rogers_satchell_volatility": lambda c, n, year: per_year(rogers_satchell(c, n), year),
    "yang_zhang_volatility": lambda c, n, year: per_year(yang_zhang(c, n), year),
    "mfi": money_flow,
    "obv": lambda c: running(np.sign(change(c.close)) * c.volume, c.volume[0]),
    "ad": lambda c: np.cumsum(flow(c)),
    "adosc": lambda c, fast, slow: started_low(np.cumsum(flow(c)), fast, slow),
    "cmf": lambda c, n: total(flow(c), n) / total(c.volume, n),
    "force_index": lambda c, n: ema(change(c.close) * c.volume, n),
    "market_facilitation": lambda c: (c.high - c.low) / c.volume,
    "nvi": lambda c: volume_index(c, less=True),
    "pvi": lambda c: volume_index(c, less=False),
    "pvt": lambda c: running(c.volume * change(c.close) / lag(c.close)),
    "wad": williams_flow,
    "pvo": lambda c, fast, slow: 100 * (ema(c.volume, fast) / ema(c.volume, slow) - 1),
    "relative_volume": lambda c, n: c.volume / lag(sma(c.volume, n)),
    "vwap": session_vwap,
    "vwap_upper": session_vwap,
    "vwap_lower": lambda c, k: session_vwap(c, -k),
    "rolling_vwap": lambda c, n: total(typical(c) * c.volume, n) / total(c.volume, n),
    "session_open": lambda c: np.array([c.open[rows[0]] for rows in days(c)]),
    "session_high": lambda c: np.array([c.high[list(rows)].max() for rows in days(c)]),
    "session_low": lambda c: np.array([c.low[list(rows)].min() for rows in days(c)]),
    "stddev": lambda c, x, n: deviation(x, n),
    "variance": lambda c, x, n: deviation(x, n) ** 2,
    "avgdev": lambda c, x, n: over(x, n, lambda window: float(np.mean(abs(window - window.mean())))),
    "rolling_sum": lambda c, x, n: total(x, n),
    "percentile": lambda c, x, n, percent: over(x, n, lambda w: sorted(w)[max(math.ceil(percent / 100 * n), 1) - 1]),
    "percent_rank": lambda c, x, n: rank(x, n),
    "zscore": lambda c, x, n: (x - sma(x, n)) / deviation(x, n),
    "linreg": lambda c, x, n: line(x, n, n - 1),
    "linreg_slope": lambda c, x, n: line(x, n, 1) - line(x, n, 0),
    "linreg_intercept": lambda c, x, n: line(x, n, 0),
    "tsf": lambda c, x, n: line(x, n, n),
    "r_squared": lambda c, x, n: over(x, n, linear_share),
    "correlation": lambda c, x, y, n: paired(x, y, n, lambda left, right: float(np.corrcoef(left, right)[0, 1])),
    "beta": lambda c, x, y, n: paired(x, y, n, covariance_ratio),
    "hurst": lambda c, x, n: hurst(x, n),
}

#: Ehlers' Hilbert transform is TA-Lib's word against a page of filters; patterns have a test of their own.
ELSEWHERE = {"ht_trendline", "ht_period"} | {entry.name for entry in FAMILIES["patterns"]}

#: Other arguments than the defaults, odd and even.
OTHERS: dict[str, tuple[Sequence[float], ...]] = {
    "hma": ((7,), (2,), (16,)),
    "trima": ((7,), (2,)),
    "zlema": ((7,), (2,)),
    "dpo": ((7,), (2,), (3,)),
    "alma": ((5, 0.5, 3.0),),
    "t3": ((3, 0.2),),
    "keltner_upper": ((5, 30, 1.3),),
    "ichimoku_span_a": ((3, 5, 0),),
    "ichimoku_span_b": ((7, 3),),
    "supertrend": ((3, 0.7),),
    "supertrend_side": ((3, 0.7),),
    "sar": ((0.1, 0.3),),
    "hurst": ((20,), (64,)),
    "percentile": ((5, 0.0), (5, 100.0), (8, 33.0)),
    "realised_volatility": ((2, 1), (7, 105_120)),
    "historical_volatility": ((2, 1),),
    "yang_zhang_volatility": ((2, 1),),
    "beta": ((2,),),
    "correlation": ((3,),),
    "zscore": ((2,), (31,)),
    "connors_rsi": ((5, 3, 10),),
    "ulcer_index": ((2,),),
    "choppiness": ((2,),),
    "relative_volume": ((2,),),
}
CASES = [
    pytest.param(name, tuple(arguments), id=f"{name}{list(arguments)}")
    for name in DEFINITIONS
    for arguments in (tuple(each.default for each in CATALOGUE[name].arguments), *OTHERS.get(name, ()))
]


def test_every_entry_has_a_definition_here_or_a_reason() -> None:
    assert DEFINITIONS.keys() | ELSEWHERE == CATALOGUE.keys()
    assert not DEFINITIONS.keys() & ELSEWHERE


def agree(indicator: Indicator, columns: Columns, arguments: tuple[float, ...]) -> None:
    series = (columns.close, columns.open)[: indicator.series]
    values = indicator.compute(columns, *arguments, series=series)
    given = [int(value) if each.whole else value for each, value in zip(indicator.arguments, arguments, strict=True)]
    expected = DEFINITIONS[indicator.name](columns, *series, *given)
    start = indicator.warmup(*arguments)
    assert np.isnan(values[:start]).all()
    scale = np.nanmax(np.abs(expected))
    np.testing.assert_allclose(values[start:], expected[start:], rtol=1e-9, atol=1e-9 * scale)


@pytest.mark.parametrize(("name", "arguments"), CASES)
def test_values_follow_the_definition(name: str, arguments: tuple[float, ...]) -> None:
    agree(CATALOGUE[name], random_columns(17, 420), arguments)


@pytest.mark.parametrize("name", DEFINITIONS)
def test_values_follow_the_definition_on_recorded_candles(name: str) -> None:
    agree(CATALOGUE[name], recorded("ETHUSDT", "5m", 400), tuple(each.default for each in CATALOGUE[name].arguments))
