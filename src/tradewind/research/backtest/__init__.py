"""Back-tests of strategy documents over recorded candles."""

from tradewind.research.backtest.assumptions import Assumption, Resolution, missing_candles, paper_assumptions
from tradewind.research.backtest.ideal import IdealOptions, run_ideal
from tradewind.research.backtest.loading import load_candles, load_inside, open_paper_feed
from tradewind.research.backtest.parameters import ParameterError, set_parameters
from tradewind.research.backtest.result import (
    START_EQUITY,
    TRADE_KEYS,
    BacktestResult,
    BacktestTrade,
    Profile,
    exposure_of,
    parameters_of,
)
from tradewind.research.backtest.unclear import stop_before_target

__all__ = [
    "START_EQUITY",
    "TRADE_KEYS",
    "Assumption",
    "BacktestResult",
    "BacktestTrade",
    "IdealOptions",
    "ParameterError",
    "Profile",
    "Resolution",
    "exposure_of",
    "load_candles",
    "load_inside",
    "missing_candles",
    "open_paper_feed",
    "paper_assumptions",
    "parameters_of",
    "run_ideal",
    "set_parameters",
    "stop_before_target",
]
