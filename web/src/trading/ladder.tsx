import { clsx } from "clsx";
import { Check } from "lucide-react";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";

import { compare, decimal } from "@/format/decimal";
import { useFormat } from "@/i18n";
import { usePrice } from "@/realtime/prices";
import { Multiple } from "@/ui/numbers";
import { finest } from "./levels";
import { multipleAt, percentBetween } from "./pnl";

interface Props {
  symbol: string;
  side: "long" | "short";
  stop: string;
  stopNow: string;
  /** What distances are counted from: the fill, or the entry limit before. */
  entry: string;
  filled: boolean;
  zone?: { low: string; high: string };
  targets: readonly { price: string; share: string; done: boolean }[];
  over?: boolean;
}

type Kind = "target" | "done" | "entry" | "stop" | "old" | "now";

interface Rung {
  key: string;
  kind: Kind;
  label: ReactNode;
  price: string;
  upTo?: string;
}

const DOTS: Record<Kind, string> = {
  target: "border-gain bg-surface",
  done: "border-gain bg-gain",
  entry: "border-accent bg-accent",
  stop: "border-loss bg-loss",
  old: "border-line-strong bg-surface",
  now: "border-ink bg-ink",
};

/** Every level by price, the highest on top; the price now moves among them. */
export function Ladder(props: Props) {
  const { symbol, side, stop, stopNow, entry, filled, zone, targets, over = false } = props;
  const { t } = useTranslation();
  const format = useFormat();
  const now = usePrice(symbol);
  // Averages fall between ticks; the levels tell how fine the ticks are.
  const fraction = finest(stop, stopNow, ...targets.map((target) => target.price));
  const moved = compare(decimal(stop), decimal(stopNow)) !== 0;

  const rungs: Rung[] = targets.map((target, place) => ({
    key: `target-${place}`,
    kind: target.done ? "done" : "target",
    price: target.price,
    label: (
      <>
        {t("signals.target", { number: place + 1 })}
        <span className="text-muted"> · {format.share(target.share)}</span>
        {target.done && <Check className="ml-1 inline size-3.5 text-gain" aria-label={t("positions.target_filled")} />}
      </>
    ),
  }));
  if (filled) rungs.push({ key: "entry", kind: "entry", price: entry, label: t("signals.entry") });
  else if (zone) {
    const [near, far] = side === "long" ? [zone.high, zone.low] : [zone.low, zone.high];
    rungs.push({ key: "entry", kind: "entry", price: near, upTo: far, label: t("signals.entry_zone") });
  }
  rungs.push({ key: "stop", kind: "stop", price: stopNow, label: t(moved ? (over ? "signals.stop_last" : "signals.stop_now") : "signals.stop") });
  if (moved) rungs.push({ key: "old", kind: "old", price: stop, label: t("positions.initial_stop") });
  if (now && !over) rungs.push({ key: "now", kind: "now", price: now, label: t("signals.price_now") });
  rungs.sort((a, b) => compare(decimal(b.price), decimal(a.price)) || (a.kind === "now" ? -1 : 1));

  return (
    <ol className="relative">
      <span className="absolute top-4 bottom-4 left-[1.0625rem] w-px bg-line-strong" aria-hidden="true" />
      {rungs.map(({ key, kind, label, price, upTo }) => {
        const multiple = kind === "entry" ? null : multipleAt(side, entry, stop, price);
        const distance = kind === "entry" ? null : percentBetween(entry, price);
        return (
          <li
            key={key}
            className={clsx(
              "relative grid grid-cols-[1.25rem_minmax(0,1fr)_auto_4.5rem] items-center gap-x-2 rounded-lg py-1.5 pr-2 pl-2",
              kind === "now" && "bg-sunken font-semibold",
            )}
          >
            <span className={clsx("mx-auto size-2.5 rounded-full border-2", DOTS[kind])} aria-hidden="true" />
            <span className={clsx("truncate", kind === "old" && "text-muted")}>{label}</span>
            <span className={clsx("tnum text-right font-medium", kind === "old" && "text-muted line-through")}>
              {upTo && <span className="text-muted">{format.price(upTo, fraction)} – </span>}
              {format.price(price, Math.max(fraction, kind === "now" ? finest(price) : 0))}
            </span>
            <span className="tnum flex flex-col text-right text-xs leading-4 text-muted">
              {multiple && <Multiple value={multiple} className={kind === "now" ? "" : "!text-soft"} />}
              {distance && format.percent(distance, { signed: true })}
            </span>
          </li>
        );
      })}
    </ol>
  );
}
