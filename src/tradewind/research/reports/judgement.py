"""A validation as the page shows it: the verdict, its checks, the windows of the walk-forward and resampled paths."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tradewind.kit.language import Language

#: Of the words beside `WORDS` that say what was resampled.
_RESAMPLED = ("bootstrap", "shuffle")
_HONESTY = ("trials", "effective_trials", "deflated_sharpe", "pbo")


def validation_content(validation: Mapping[str, Any], language: Language) -> dict[str, Any]:
    """What the page draws of `validation`, which is as `reports.validating.Validation.document` has it."""
    walked, searched = validation["walk_forward"], validation["sweep"]
    return {
        "state": validation["state"],
        "text": validation[language.value],
        "checks": [{"state": each["state"], "text": each[language.value]} for each in validation["checks"]],
        "probability": validation["probabilistic_sharpe"],
        "needed": validation["minimum_track_record_days"],
        "paths": [{"of": name, **validation[name]} for name in _RESAMPLED if validation[name] is not None],
        "search": None
        if searched is None
        else {name: searched[name] for name in _HONESTY}
        | {"warnings": [each[language.value] for each in searched["warnings"]]},
        "walk": walked,
    }
