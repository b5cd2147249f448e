/** What a form for a run holds, and what it asks the server for. */
import type { DraftSearch, RUN_KINDS } from "@/app/search";
import type { BacktestWish, DocumentItem, Measure, Profile, RunItem, SamplerKind, SeriesItem, Timeframe, ValidationWish, WalkForward } from "@/client";
import { decimal, multiply, text } from "@/format/decimal";

export type Kind = (typeof RUN_KINDS)[number];
export type Fills = Profile | "auto";

/** How far a parameter varies; empty where the server is to say. */
export interface Reach {
  from: string;
  to: string;
  step: string;
}

export interface Draft {
  kind: Kind;
  /** `own:NAME` for a document of one's own. */
  strategy: string;
  version: number | null;
  parameters: Record<string, string>;
  vary: Record<string, Reach>;
  symbols: string[];
  timeframe: string;
  from: string;
  to: string;
  profile: Fills;
  /** In per cent. */
  fee: string;
  sampler: SamplerKind;
  trials: string;
  objective: Measure;
  min_trades: string;
  folds: string;
  mode: WalkForward;
  purge: string;
  paths: string;
  ruin: string;
}

export const OWN = "own:";

export function draftOf(search: DraftSearch): Draft {
  return {
    kind: search.kind ?? "backtest",
    strategy: search.strategy ?? "",
    version: search.version ?? null,
    parameters: search.set ?? {},
    vary: {},
    symbols: search.symbols?.split(",") ?? [],
    timeframe: search.timeframe ?? "",
    from: search.from ?? "",
    to: search.to ?? "",
    profile: search.profile ?? "auto",
    fee: search.fee ? plain(text(multiply(decimal(search.fee), decimal("100")))) : "",
    sampler: "grid",
    trials: "",
    objective: "sharpe",
    min_trades: "",
    folds: "5",
    mode: "rolling",
    purge: "0",
    paths: "2000",
    ruin: "50",
  };
}

/** The address of a form that begins with what `run` was, or with one of its sets. */
export function searchOf(run: RunItem, kind: Kind, set: Record<string, string> = {}): DraftSearch {
  return {
    kind,
    strategy: run.own ? `${OWN}${run.strategy}` : run.strategy,
    version: run.own ? run.strategy_version : undefined,
    symbols: run.symbols.join(","),
    timeframe: run.timeframe,
    from: run.from.slice(0, 10),
    to: run.to.slice(0, 10),
    profile: run.profile,
    fee: run.fee ?? undefined,
    set: { ...run.parameters, ...set },
  };
}

const NUMBER = /^-?\d+(\.\d+)?$/;

/** A number as people type it, as the API takes it; null when it is none. */
export function typed(value: string): string | null {
  const found = value.trim().replace(",", ".");
  return NUMBER.test(found) ? found : null;
}

function plain(value: string): string {
  return value.includes(".") ? value.replace(/\.?0+$/, "") : value;
}

/** A percentage as a share of one. */
function shareOf(percent: string): string | null {
  const found = typed(percent);
  return found === null ? null : plain(text(multiply(decimal(found), decimal("0.01"))));
}

export type Faults = Record<string, "choose_symbol" | "choose_vary" | "not_a_number">;
export type AnyWish = BacktestWish & ValidationWish;

/** The request, or what keeps it from being made, by field. */
export function wishOf(draft: Draft, document: DocumentItem): { wish: AnyWish } | { faults: Faults } {
  const faults: Faults = {};
  const number = (field: string, value: string): string | undefined => {
    if (!value.trim()) return undefined;
    const found = typed(value);
    if (found === null) faults[field] = "not_a_number";
    return found ?? undefined;
  };
  const whole = (field: string, value: string): number | undefined => {
    const found = number(field, value);
    if (found === undefined) return undefined;
    if (!/^\d+$/.test(found)) faults[field] = "not_a_number";
    return Number(found);
  };
  const names = new Set([...document.parameters, ...document.choices].map((each) => each.name));
  const numbers = new Set(document.parameters.map((each) => each.name));
  const searching = draft.kind !== "backtest";
  const vary: Record<string, { from: string; to: string; step?: string } | null> = {};
  for (const [name, reach] of searching ? Object.entries(draft.vary) : []) {
    if (!names.has(name)) continue;
    if (!numbers.has(name)) {
      vary[name] = null;
      continue;
    }
    const [from, to, step] = [number(`vary.${name}`, reach.from), number(`vary.${name}`, reach.to), number(`vary.${name}`, reach.step)];
    if (from === undefined || to === undefined) faults[`vary.${name}`] = "not_a_number";
    else vary[name] = { from, to, ...(step === undefined ? {} : { step }) };
  }
  const parameters: Record<string, string> = {};
  for (const [name, value] of Object.entries(draft.parameters)) {
    if (!names.has(name) || name in vary || !value.trim()) continue;
    const found = numbers.has(name) ? number(`parameters.${name}`, value) : value;
    if (found !== undefined) parameters[name] = found;
  }
  if (!draft.symbols.length) faults.symbols = "choose_symbol";
  if (draft.kind === "sweep" && !Object.keys(draft.vary).some((name) => names.has(name))) faults.vary = "choose_vary";
  const ideal = draft.profile === "ideal" && draft.kind !== "validation";
  const fee = ideal && draft.fee.trim() ? shareOf(draft.fee) : undefined;
  if (fee === null) faults.fee = "not_a_number";
  const ruin = shareOf(draft.ruin);
  if (draft.kind === "validation" && ruin === null) faults.ruin = "not_a_number";
  const trials = searching ? whole("trials", draft.trials) : undefined;
  const min_trades = searching ? whole("min_trades", draft.min_trades) : undefined;
  const wish = {
    strategy: draft.strategy,
    ...(draft.version === null ? {} : { version: draft.version }),
    parameters,
    symbols: draft.symbols,
    timeframe: draft.timeframe as Timeframe,
    ...(draft.from ? { from: `${draft.from}T00:00:00Z` } : {}),
    ...(draft.to ? { to: `${draft.to}T00:00:00Z` } : {}),
    ...(draft.profile === "auto" || draft.kind === "validation" ? {} : { profile: draft.profile }),
    ...(fee ? { fee } : {}),
    ...(searching ? { vary, sampler: draft.sampler, objective: draft.objective } : {}),
    ...(trials === undefined ? {} : { trials }),
    ...(min_trades === undefined ? {} : { min_trades }),
    ...(draft.kind === "validation"
      ? {
          folds: whole("folds", draft.folds) ?? 5,
          mode: draft.mode,
          purge: whole("purge", draft.purge) ?? 0,
          paths: whole("paths", draft.paths) ?? 2000,
          ruin: ruin ?? "0.5",
        }
      : {}),
  };
  return Object.keys(faults).length ? { faults } : { wish };
}

const TIMEFRAME_MS: Record<string, number> = { m: 60_000, h: 3_600_000, d: 86_400_000 };

/** About how many candles a draft reads. */
export function candlesOf(draft: Draft, series: readonly SeriesItem[]): number {
  const ms = Number(draft.timeframe.slice(0, -1)) * (TIMEFRAME_MS[draft.timeframe.slice(-1)] ?? 1);
  const low = draft.from ? Date.parse(`${draft.from}T00:00:00Z`) : -Infinity;
  const high = draft.to ? Date.parse(`${draft.to}T00:00:00Z`) : Infinity;
  return series
    .filter((each) => each.timeframe === draft.timeframe && draft.symbols.includes(each.symbol))
    .reduce((sum, each) => sum + Math.max(0, Math.min(high, Date.parse(each.to)) - Math.max(low, Date.parse(each.from))) / ms, 0);
}

/** How many sets a grid over what varies has; null while something that is typed is no number. */
export function combinations(draft: Draft, document: DocumentItem): number | null {
  let size = 1;
  for (const [name, reach] of Object.entries(draft.vary)) {
    const choice = document.choices.find((each) => each.name === name);
    const parameter = document.parameters.find((each) => each.name === name);
    if (choice) size *= choice.options.length;
    if (!parameter) continue;
    const [from, to] = [typed(reach.from), typed(reach.to)];
    const step = reach.step.trim() ? typed(reach.step) : parameter.whole ? "1" : null;
    if (from === null || to === null || (reach.step.trim() && step === null)) return null;
    const steps = step === null ? 20 : (Number(to) - Number(from)) / Number(step);
    if (!Number.isFinite(steps) || steps < 0) return null;
    size *= Math.floor(steps + 1e-9) + 1;
  }
  return size;
}
