import { clsx } from "clsx";
import { Search } from "lucide-react";
import { useId, useState } from "react";
import { useTranslation } from "react-i18next";

import type { SeriesItem } from "@/client";
import { useFormat } from "@/i18n";
import { Field } from "@/ui/field";
import { Segments } from "@/ui/tabs";
import type { PartProps } from "./page";

const MOST = 20;
/** With fewer symbols than this nobody needs to search. */
const MANY = 12;

/** Which candles: timeframe, symbols, span. */
export function CandlesPart({
  draft,
  change,
  faults,
  series,
  timeframes,
}: PartProps & { series: readonly SeriesItem[]; timeframes: readonly string[] }) {
  const { t } = useTranslation();
  const format = useFormat();
  const id = useId();
  const [wanted, setWanted] = useState("");
  const held = series.filter((each) => each.timeframe === draft.timeframe);
  const chosen = held.filter((each) => draft.symbols.includes(each.symbol));
  const shown = held.filter((each) => each.symbol.includes(wanted.trim().toUpperCase()));
  const spanned = chosen.length ? chosen : held;
  const first = spanned.map((each) => each.from).sort()[0];
  const last = spanned.map((each) => each.to).sort().at(-1);
  const toggle = (symbol: string) =>
    change({
      symbols: draft.symbols.includes(symbol) ? draft.symbols.filter((each) => each !== symbol) : [...draft.symbols, symbol],
    });
  return (
    <>
      <div>
        <p className="mb-1.5 font-medium">{t("research.form.timeframe")}</p>
        <Segments
          label={t("research.form.timeframe")}
          value={draft.timeframe}
          options={timeframes.map((value) => ({ value, label: value }))}
          onChange={(timeframe) =>
            change({
              timeframe,
              symbols: draft.symbols.filter((symbol) => series.some((each) => each.symbol === symbol && each.timeframe === timeframe)),
            })
          }
        />
        {faults.timeframe && <p className="mt-1.5 text-xs text-loss">{faults.timeframe}</p>}
      </div>
      <fieldset className="min-w-0" aria-describedby={`${id}-count`}>
        <legend className="sr-only">{t("research.symbols")}</legend>
        <div className="mb-1.5 flex items-baseline justify-between gap-3">
          <span className="font-medium" aria-hidden="true">
            {t("research.symbols")}
          </span>
          <span id={`${id}-count`} className="tnum text-xs text-muted">
            {t("research.form.chosen", { count: draft.symbols.length, limit: MOST })}
          </span>
        </div>
        {held.length > MANY && (
          <label className="relative mb-2 block">
            <span className="sr-only">{t("research.form.search")}</span>
            <Search className="pointer-events-none absolute top-2.5 left-2.5 size-4 text-muted" aria-hidden="true" />
            <input
              type="search"
              className="h-9 w-full rounded-lg border border-line-strong bg-surface pr-3 pl-8.5 text-base placeholder:text-muted sm:text-sm"
              placeholder={t("research.form.search")}
              value={wanted}
              onChange={(event) => setWanted(event.target.value)}
            />
          </label>
        )}
        <div className="flex max-h-44 flex-wrap gap-1.5 overflow-y-auto p-0.5">
          {shown.map(({ symbol }) => {
            const on = draft.symbols.includes(symbol);
            return (
              <button
                key={symbol}
                type="button"
                aria-pressed={on}
                disabled={!on && draft.symbols.length >= MOST}
                onClick={() => toggle(symbol)}
                className={clsx(
                  "h-8 rounded-lg border px-2.5 text-xs font-medium transition-colors disabled:cursor-not-allowed disabled:opacity-55",
                  on ? "border-accent bg-accent-wash text-accent" : "border-line-strong text-soft hover:bg-hover hover:text-ink",
                )}
              >
                {symbol}
              </button>
            );
          })}
          {!shown.length && <p className="py-1.5 text-muted">{t("research.form.none_found")}</p>}
        </div>
        {faults.symbols && (
          <p role="alert" className="mt-1.5 text-xs text-loss">
            {faults.symbols}
          </p>
        )}
      </fieldset>
      <div className="grid gap-4 sm:grid-cols-2">
        <Field
          type="date"
          label={t("research.form.from")}
          min={first?.slice(0, 10)}
          max={last?.slice(0, 10)}
          value={draft.from}
          error={faults.from}
          onChange={(event) => change({ from: event.target.value })}
        />
        <Field
          type="date"
          label={t("research.form.to")}
          min={first?.slice(0, 10)}
          max={last?.slice(0, 10)}
          value={draft.to}
          error={faults.to}
          onChange={(event) => change({ to: event.target.value })}
        />
      </div>
      {first && last && (
        <p className="-mt-2 text-xs text-muted">
          {t("research.form.held", { from: format.fullDate(first), to: format.fullDate(last) })}
        </p>
      )}
    </>
  );
}
