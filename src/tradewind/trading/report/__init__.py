"""The report of a replay: everything that was decided and done, in canonical order, to the last digit."""

from tradewind.trading.report.service import ReplayReport, build_report

__all__ = ["ReplayReport", "build_report"]
