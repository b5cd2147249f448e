import { clsx } from "clsx";
import { useTranslation } from "react-i18next";

import type { ChoiceItem, DocumentItem, ParameterItem } from "@/client";
import { useFormat } from "@/i18n";
import type { PartProps } from "./page";

const INPUT =
  "h-9 min-w-0 rounded-lg border border-line-strong bg-surface px-2.5 text-right text-base tabular-nums placeholder:text-muted aria-invalid:border-loss sm:text-sm";

/** Every number and word that may be set: its value, or how far it varies. */
export function ParametersPart({ draft, change, faults, document }: PartProps & { document: DocumentItem }) {
  const { t } = useTranslation();
  const varies = draft.kind !== "backtest";
  const part: PartProps = { draft, change, faults };
  if (!document.parameters.length && !document.choices.length) return null;
  return (
    <fieldset className="min-w-0">
      <legend className="font-medium">{t("research.form.parameters")}</legend>
      <p className={clsx("mt-0.5 text-xs", faults.vary ? "font-medium text-loss" : "text-muted")}>
        {faults.vary ?? t(varies ? "research.form.parameters_vary" : "research.form.parameters_hint")}
      </p>
      {varies && Object.keys(draft.vary).length > 0 && (
        <p aria-hidden="true" className="mt-2 hidden justify-end gap-1.5 text-xs text-muted sm:flex">
          {(["from", "to", "step"] as const).map((end) => (
            <span key={end} className="w-19 pr-2.5 text-right">
              {t(`research.form.${LABELS[end]}_short`)}
            </span>
          ))}
        </p>
      )}
      <ul className="mt-2">
        {document.parameters.map((parameter) => (
          <ParameterRow key={parameter.name} {...part} parameter={parameter} varies={varies} />
        ))}
        {document.choices.map((choice) => (
          <ChoiceRow key={choice.name} {...part} choice={choice} varies={varies} />
        ))}
      </ul>
    </fieldset>
  );
}

function ParameterRow({ draft, change, faults, parameter, varies }: PartProps & { parameter: ParameterItem; varies: boolean }) {
  const { t } = useTranslation();
  const format = useFormat();
  const { name, title } = parameter;
  const reach = varies ? draft.vary[name] : undefined;
  const fault = faults[`parameters.${name}`] ?? faults[`vary.${name}`];
  const set = (value: string) => change({ parameters: { ...draft.parameters, [name]: value } });
  const vary = (part: Partial<{ from: string; to: string; step: string }>) =>
    reach && change({ vary: { ...draft.vary, [name]: { ...reach, ...part } } });
  return (
    <li className="border-t border-line py-2 first:border-t-0">
      <div className="flex flex-wrap items-center gap-x-3 gap-y-1.5">
        {varies && (
          <VaryBox
            title={title}
            on={reach !== undefined}
            onChange={(on) => change({ vary: on ? { ...draft.vary, [name]: around(parameter) } : without(draft.vary, name) })}
          />
        )}
        <span className="min-w-36 flex-1">
          <span className="block">{title}</span>
          <span className="tnum block text-xs text-muted">
            {format.plain(parameter.min)} – {format.plain(parameter.max)}
          </span>
        </span>
        {reach ? (
          <span className="flex items-center gap-1.5">
            {(["from", "to", "step"] as const).map((end) => (
              <input
                key={end}
                className={clsx(INPUT, "w-19")}
                inputMode="decimal"
                autoComplete="off"
                aria-label={t(`research.form.${LABELS[end]}`, { name: title })}
                placeholder={t(`research.form.${LABELS[end]}_short`)}
                aria-invalid={fault ? true : undefined}
                value={reach[end]}
                onChange={(event) => vary({ [end]: event.target.value })}
              />
            ))}
          </span>
        ) : (
          <input
            className={clsx(INPUT, "w-28")}
            inputMode="decimal"
            autoComplete="off"
            aria-label={title}
            placeholder={format.plain(parameter.default)}
            aria-invalid={fault ? true : undefined}
            value={draft.parameters[name] ?? ""}
            onChange={(event) => set(event.target.value)}
          />
        )}
      </div>
      {fault && <p className="mt-1 text-xs text-loss">{fault}</p>}
    </li>
  );
}

const LABELS = { from: "low", to: "high", step: "step" } as const;

function ChoiceRow({ draft, change, faults, choice, varies }: PartProps & { choice: ChoiceItem; varies: boolean }) {
  const { t } = useTranslation();
  const { name, title, options } = choice;
  const varied = varies && name in draft.vary;
  const fault = faults[`parameters.${name}`] ?? faults[`vary.${name}`];
  return (
    <li className="border-t border-line py-2">
      <div className="flex flex-wrap items-center gap-x-3 gap-y-1.5">
        {varies && (
          <VaryBox
            title={title}
            on={varied}
            onChange={(on) =>
              change({ vary: on ? { ...draft.vary, [name]: { from: "", to: "", step: "" } } : without(draft.vary, name) })
            }
          />
        )}
        <span className="min-w-36 flex-1">{title}</span>
        {varied ? (
          <span className="text-muted">{t("research.form.all_options", { options: options.join(", ") })}</span>
        ) : (
          <select
            aria-label={title}
            className={clsx(INPUT, "w-28 text-left")}
            value={draft.parameters[name] ?? choice.default}
            onChange={(event) => change({ parameters: { ...draft.parameters, [name]: event.target.value } })}
          >
            {options.map((option) => (
              <option key={option}>{option}</option>
            ))}
          </select>
        )}
      </div>
      {fault && <p className="mt-1 text-xs text-loss">{fault}</p>}
    </li>
  );
}

function VaryBox({ title, on, onChange }: { title: string; on: boolean; onChange: (on: boolean) => void }) {
  const { t } = useTranslation();
  return (
    <input
      type="checkbox"
      className="size-4.5 shrink-0 accent-accent"
      aria-label={t("research.form.vary", { name: title })}
      checked={on}
      onChange={(event) => onChange(event.target.checked)}
    />
  );
}

/** Where a search may begin: around the default, within the bounds, in a handful of steps. */
function around({ default: middle, min, max, whole }: ParameterItem): { from: string; to: string; step: string } {
  const [value, low, high] = [Number(middle), Number(min), Number(max)];
  const round = (given: number) => (whole ? Math.round(given) : Number(given.toPrecision(3)));
  const step = Math.max(whole ? 1 : 0, round(Math.abs(value) / 4)) || round((high - low) / 8);
  const from = Math.max(low, round(value - 2 * step));
  const to = Math.min(high, round(from + 4 * step));
  return { from: String(from), to: String(to), step: String(step) };
}

function without<T>(record: Record<string, T>, name: string): Record<string, T> {
  const { [name]: _left, ...rest } = record;
  return rest;
}
