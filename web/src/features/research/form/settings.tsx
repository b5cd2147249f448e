import { useTranslation } from "react-i18next";

import type { Measure, SamplerKind, WalkForward } from "@/client";
import { Choice, Field } from "@/ui/field";
import { Card, CardTitle } from "@/ui/surface";
import type { Fills } from "./draft";
import type { PartProps } from "./page";

const FILLS: readonly Fills[] = ["auto", "paper", "ideal"];
const SAMPLERS: readonly SamplerKind[] = ["grid", "random", "tpe"];
const MEASURES: readonly Measure[] = ["sharpe", "sortino", "calmar", "profit_factor", "total_return", "expectancy_r"];
const MODES: readonly WalkForward[] = ["rolling", "anchored"];

/** A number that is typed. */
function Typed({
  field,
  label,
  hint,
  draft,
  change,
  faults,
}: PartProps & { field: "fee" | "trials" | "min_trades" | "folds" | "purge" | "paths" | "ruin"; label: string; hint?: string }) {
  return (
    <Field
      label={label}
      hint={hint}
      inputMode="decimal"
      autoComplete="off"
      value={draft[field]}
      error={faults[field]}
      onChange={(event) => change({ [field]: event.target.value })}
    />
  );
}

export function FillsPart(part: PartProps) {
  const { t } = useTranslation();
  const { draft, change, faults } = part;
  return (
    <Card aria-labelledby="run-fills">
      <CardTitle id="run-fills" title={t("research.form.fills")} />
      <div className="grid gap-4 px-4 pt-1 pb-5 sm:grid-cols-2 sm:px-5">
        <Choice
          label={t("research.form.profile")}
          value={draft.profile}
          options={FILLS.map((each) => [each, t(`research.form.profiles.${each}`)])}
          error={faults.profile}
          onChange={(profile) => change({ profile })}
        />
        {draft.profile === "ideal" && (
          <Typed {...part} field="fee" label={t("research.form.fee")} hint={t("research.form.fee_hint")} />
        )}
      </div>
    </Card>
  );
}

export function SearchPart(part: PartProps) {
  const { t } = useTranslation();
  const { draft, change, faults } = part;
  return (
    <Card aria-labelledby="run-search">
      <CardTitle id="run-search" title={t("research.form.search_title")} />
      <div className="grid gap-4 px-4 pt-1 pb-5 sm:grid-cols-2 sm:px-5">
        <Choice
          label={t("research.form.sampler")}
          value={draft.sampler}
          options={SAMPLERS.map((each) => [each, t(`research.form.samplers.${each}`)])}
          error={faults.sampler}
          onChange={(sampler) => change({ sampler })}
        />
        <Typed {...part} field="trials" label={t("research.form.trials")} hint={t("research.form.trials_hint")} />
        <Choice
          label={t("research.form.objective")}
          value={draft.objective}
          options={MEASURES.map((each) => [each, t(`research.measures.${each}`)])}
          error={faults.objective}
          onChange={(objective) => change({ objective })}
        />
        <Typed {...part} field="min_trades" label={t("research.form.min_trades")} hint={t("research.form.min_trades_hint")} />
      </div>
    </Card>
  );
}

export function LooksPart(part: PartProps) {
  const { t } = useTranslation();
  const { draft, change, faults } = part;
  return (
    <Card aria-labelledby="run-looks">
      <CardTitle id="run-looks" title={t("research.form.looks")} />
      <div className="grid gap-4 px-4 pt-1 pb-5 sm:grid-cols-2 sm:px-5">
        <Typed {...part} field="folds" label={t("research.form.folds")} hint={t("research.form.folds_hint")} />
        <Choice
          label={t("research.form.mode")}
          value={draft.mode}
          options={MODES.map((each) => [each, t(`research.form.modes.${each}`)])}
          error={faults.mode}
          onChange={(mode) => change({ mode })}
        />
        <Typed {...part} field="purge" label={t("research.form.purge")} />
        <Typed {...part} field="paths" label={t("research.form.paths")} />
        <Typed {...part} field="ruin" label={t("research.form.ruin")} />
      </div>
    </Card>
  );
}
