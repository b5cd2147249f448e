"""Forms of rolling statistics: each looks at its window again."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from tradewind.core.indicators.incremental.parts import Sum, Window, moments, ratio, spread
from tradewind.core.indicators.incremental.state import Form, Single, State
from tradewind.core.series import Floats


def variance(state: State, n: int) -> Single:
    window = Window(state, n)
    return lambda x: spread(window(x)) / n


def stddev(state: State, n: int) -> Single:
    squared = variance(state, n)
    return lambda x: np.sqrt(squared(x))


def avgdev(state: State, n: int) -> Single:
    window = Window(state, n)
    return lambda x: np.abs(moments(window(x))[1]).mean(axis=1)


def percentile(state: State, n: int, percent: float) -> Single:
    window, place = Window(state, n), max(math.ceil(percent / 100.0 * n), 1) - 1
    return lambda x: np.sort(window(x), axis=1)[:, place]


def percent_rank(state: State, n: int) -> Single:
    window = Window(state, n + 1)

    def update(x: Floats) -> Floats:
        values = window(x)
        below = np.count_nonzero(values[:, :-1] < values[:, -1:], axis=1)
        return np.where(np.isnan(values[:, 0]), np.nan, 100.0 * below / n)

    return update


def zscore(state: State, n: int) -> Single:
    window = Window(state, n)

    def update(x: Floats) -> Floats:
        values = window(x)
        return ratio(moments(values)[1][:, -1], np.sqrt(spread(values) / n))

    return update


def line(ahead: Callable[[int], float]) -> Callable[[State, int], Single]:
    """A least-squares line through the window, at a place counted in candles from the window's first one."""

    def form(state: State, n: int) -> Single:
        window, place = Window(state, n), ahead(n) - (n - 1) / 2.0
        weights = _slope_weights(n)

        def update(x: Floats) -> Floats:
            mean, deviations = moments(window(x))
            result: Floats = mean + (deviations * weights).sum(axis=1) * place
            return result

        return update

    return form


def slope(state: State, n: int) -> Single:
    window, weights = Window(state, n), _slope_weights(n)
    return lambda x: (moments(window(x))[1] * weights).sum(axis=1)


def _slope_weights(n: int) -> Floats:
    places = np.arange(float(n)) - (n - 1) / 2.0
    weights: Floats = places / (places * places).sum()
    return weights


linreg = line(lambda n: n - 1)
forecast = line(lambda n: n)


def correlation(state: State, n: int) -> Single:
    xs, ys = Window(state, n), Window(state, n)

    def update(x: Floats, y: Floats) -> Floats:
        return _correlated(moments(xs(x))[1], moments(ys(y))[1])

    return update


def r_squared(state: State, n: int) -> Single:
    window, places = Window(state, n), np.arange(float(n)) - (n - 1) / 2.0
    return lambda x: _correlated(moments(window(x))[1], places) ** 2


def _correlated(dx: Floats, dy: Floats) -> Floats:
    both = np.sqrt((dx * dx).sum(axis=-1)) * np.sqrt((dy * dy).sum(axis=-1))
    return np.clip(ratio((dx * dy).sum(axis=-1), both), -1.0, 1.0)


def beta(state: State, n: int) -> Single:
    xs, ys = Window(state, n), Window(state, n)

    def update(x: Floats, y: Floats) -> Floats:
        dx, dy = moments(xs(x))[1], moments(ys(y))[1]
        return ratio((dx * dy).sum(axis=1), (dy * dy).sum(axis=1))

    return update


def hurst(state: State, n: int) -> Single:
    lags = [2**power for power in range(n.bit_length()) if 2**power <= n // 4]
    places = np.log(lags)
    weights = places - places.mean()
    weights /= (weights * weights).sum()
    window = Window(state, n)

    def update(x: Floats) -> Floats:
        values = window(x)
        result = np.where(np.isnan(values[:, 0]), np.nan, 0.0)
        still = np.zeros(len(x), dtype=np.bool_)
        for lag, weight in zip(lags, weights, strict=True):
            moves = values[:, lag:] - values[:, :-lag]
            square = (moves * moves).mean(axis=1)
            still |= square == 0.0
            result += weight * 0.5 * np.log(np.where(square == 0.0, 1.0, square))
        return np.where(still, 0.5, result)

    return update


FORMS: dict[str, Form] = {
    "stddev": stddev,
    "variance": variance,
    "avgdev": avgdev,
    "rolling_sum": Sum,
    "percentile": percentile,
    "percent_rank": percent_rank,
    "zscore": zscore,
    "linreg": linreg,
    "linreg_slope": slope,
    "linreg_intercept": line(lambda _: 0.0),
    "tsf": forecast,
    "r_squared": r_squared,
    "correlation": correlation,
    "beta": beta,
    "hurst": hurst,
}
