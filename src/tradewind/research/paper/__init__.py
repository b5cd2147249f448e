"""The paper profile of a back-test: what a replay decides, without its database."""

from tradewind.research.paper.running import run_paper

__all__ = ["run_paper"]
