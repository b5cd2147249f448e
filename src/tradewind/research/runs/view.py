"""Runs as answers."""

from __future__ import annotations

from typing import Any

from tradewind.core.values import decimal_of
from tradewind.kit.clock import from_ms
from tradewind.kit.language import Language
from tradewind.research.backtest import Profile
from tradewind.research.runs.queries import Run, TrialRecord
from tradewind.research.runs.schemas import (
    HeatMapAnswer,
    HonestyItem,
    MetricsItem,
    RunDetail,
    RunItem,
    SweepItem,
    TrialItem,
    VerdictItem,
    shown,
)
from tradewind.research.studies import SweepPlan
from tradewind.research.sweeps.heatmap import HeatMap
from tradewind.research.sweeps.space import Axis, Space


def run_item(run: Run) -> RunItem:
    return RunItem.model_validate(_values(run))


def run_detail(run: Run, best: TrialRecord | None, language: Language) -> RunDetail:
    result = run.result or {}
    validation = result.get("validation") or {}
    sweep = run.study.sweep
    return RunDetail.model_validate(
        _values(run)
        | {
            "candles": result.get("candles"),
            "fingerprint": result.get("fingerprint"),
            "metrics": _metrics(result.get("metrics")),
            "assumptions": [
                {"key": each["key"], "value": _word(each["value"]), "text": each[language.value]}
                for each in result.get("assumptions", ())
            ],
            "warnings": [{"code": each["key"], "text": each[language.value]} for each in result.get("warnings", ())],
            "refusals": [_refusal(each, language) for each in result.get("refused", ())],
            "best": None if best is None or sweep is None else trial_item(best, sweep.sampler.space),
            "honesty": _honesty(result.get("honesty") or validation.get("sweep"), language),
            "verdict": _verdict(result, language) if validation else None,
        }
    )


def trial_item(trial: TrialRecord, space: Space) -> TrialItem:
    return TrialItem(
        number=trial.ordinal,
        parameters=_settings(space.settings(trial.point)),
        score=trial.score,
        metrics=_metrics(trial.metrics),
        error=trial.error,
    )


def heat_map_answer(found: HeatMap, plan: SweepPlan) -> HeatMapAnswer:
    return HeatMapAnswer.model_validate(
        {
            "x": _axis(found.x),
            "y": None if found.y is None else _axis(found.y),
            "fold": found.fold,
            "objective": plan.objective.measure,
            "cells": found.cells,
            "trials": found.trials,
        }
    )


def _values(run: Run) -> dict[str, Any]:
    study = run.study
    assert study.start is not None, "bounds are fixed when a run is made"
    assert study.stop is not None, "bounds are fixed when a run is made"
    return {
        "id": run.id,
        "kind": run.kind,
        "state": run.state,
        "strategy": run.strategy,
        "own": run.own,
        "strategy_version": run.strategy_version,
        "document_hash": study.document_hash,
        "parameters": _settings(study.parameters),
        "symbols": study.symbols,
        "timeframe": study.timeframe,
        "from": from_ms(study.start),
        "to": from_ms(study.stop),
        "profile": study.profile,
        "fee": decimal_of(study.fee) if study.profile is Profile.IDEAL else None,
        "done": run.done,
        "total": run.total,
        "sweep": None if study.sweep is None else _sweep(study.sweep),
        "validation": None if study.validation is None else study.validation.document(),
        "error": run.error,
        "created_at": run.created_at,
        "started_at": run.started_at,
        "finished_at": run.finished_at,
    }


def _sweep(plan: SweepPlan) -> SweepItem:
    sampler = plan.sampler
    return SweepItem.model_validate(
        {
            "axes": [_axis(axis) for axis in sampler.space.axes],
            "size": sampler.space.size,
            "sampler": sampler.kind,
            "trials": sampler.trials,
            "seed": sampler.seed,
            "objective": plan.objective.measure,
            "min_trades": plan.objective.min_trades,
        }
    )


def _refusal(document: dict[str, Any], language: Language) -> dict[str, Any]:
    return {"filter": document["filter"], "setups": document["setups"], "text": document[language.value]}


def _verdict(result: dict[str, Any], language: Language) -> VerdictItem:
    found = result["validation"]
    walked = found["walk_forward"]
    return VerdictItem.model_validate(
        found
        | {
            "text": found[language.value],
            "parameters": _settings(result["parameters"]),
            "checks": [each | {"text": each[language.value]} for each in found["checks"]],
            "unchecked": result["unchecked"],
            "walk_forward": None
            if walked is None
            else walked | {"windows": [_window(each) for each in walked["windows"]]},
        }
    )


def _window(document: dict[str, Any]) -> dict[str, Any]:
    chosen = document["parameters"]
    spans = {
        f"{part}_{end}": from_ms(ms)
        for part in ("train", "test")
        for end, ms in zip(("from", "to"), document[part], strict=True)
    }
    return document | spans | {"parameters": None if chosen is None else _settings(chosen)}


def _settings(values: dict[str, Any]) -> dict[str, str]:
    return {name: shown(value) for name, value in values.items()}


def _word(value: str | float | None) -> str | None:
    return None if value is None else shown(value)


def _axis(axis: Axis) -> dict[str, Any]:
    return {"name": axis.name, "values": [shown(value) for value in axis.values]}


def _metrics(document: dict[str, Any] | None) -> MetricsItem | None:
    return None if document is None else MetricsItem.model_validate(document)


def _honesty(document: dict[str, Any] | None, language: Language) -> HonestyItem | None:
    if document is None:
        return None
    warnings = [{"code": each["code"], "text": each[language.value]} for each in document["warnings"]]
    return HonestyItem.model_validate(document | {"warnings": warnings})
