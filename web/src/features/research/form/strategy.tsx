import { useId } from "react";
import { useTranslation } from "react-i18next";

import type { OwnStrategyItem, StrategyItem } from "@/client";
import { Choice, GroupedChoice } from "@/ui/field";
import { OWN } from "./draft";
import type { PartProps } from "./page";

/** Which document, and which version of it. */
export function StrategyPart({
  draft,
  change,
  faults,
  builtin,
  own,
}: PartProps & { builtin: readonly StrategyItem[]; own: readonly OwnStrategyItem[] }) {
  const { t } = useTranslation();
  const description = useId();
  const mine = own.find((each) => `${OWN}${each.name}` === draft.strategy);
  const known = builtin.find((each) => each.name === draft.strategy);
  const groups = [
    { label: t("research.form.builtin"), options: builtin.map((each) => [each.name, each.title] as const) },
    { label: t("research.form.own"), options: own.map((each) => [`${OWN}${each.name}`, each.name] as const) },
  ];
  // A yardstick, or a document that was deleted: the run that it comes from knows it.
  if (!mine && !known) groups.push({ label: "", options: [[draft.strategy, draft.strategy.replace(OWN, "")]] });
  return (
    <>
      <div className={mine ? "grid gap-4 sm:grid-cols-[minmax(0,2fr)_minmax(0,1fr)]" : ""}>
        <GroupedChoice
          label={t("research.strategy")}
          value={draft.strategy}
          groups={groups.filter((group) => group.options.length)}
          error={faults.strategy}
          onChange={(strategy) => change({ strategy, version: null, parameters: {}, vary: {} })}
        />
        {mine && (
          <Choice
            label={t("research.form.own_version")}
            value={draft.version === null ? "" : String(draft.version)}
            options={[
              ["", t("research.form.active_version", { version: mine.active_version })],
              ...mine.versions.map((each) => [String(each.version), t("research.version", { version: each.version })] as const),
            ]}
            error={faults.version}
            onChange={(version) => change({ version: version ? Number(version) : null, parameters: {}, vary: {} })}
          />
        )}
      </div>
      {known && (
        <p id={description} className="-mt-1 text-xs leading-5 text-muted">
          {known.description}
        </p>
      )}
    </>
  );
}
