"""Back-tests and sweeps that outlive whoever computes them: rows that workers take, and what came of them."""

from tradewind.research.runs.jobs import research, sweep_research
from tradewind.research.runs.researcher import Researcher

__all__ = ["Researcher", "research", "sweep_research"]
