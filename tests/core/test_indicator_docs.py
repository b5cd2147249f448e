"""docs/indicators.md says what the catalogue says."""

from __future__ import annotations

import runpy
from pathlib import Path

from tradewind.core.indicators import CATALOGUE

ROOT = Path(__file__).resolve().parents[2]


def test_the_page_is_up_to_date() -> None:
    script = runpy.run_path(str(ROOT / "scripts" / "indicators.py"))
    text = (ROOT / "docs" / "indicators.md").read_text(encoding="utf-8")
    assert text == script["page"](), "run .venv/bin/python scripts/indicators.py"
    assert all(f"| `{entry.signature}` |" in text for entry in CATALOGUE.values())
