import { clsx } from "clsx";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";

import { digits, toPixels } from "@/format/decimal";
import { useFormat } from "@/i18n";
import { usePrice } from "@/realtime/prices";

interface Levels {
  symbol: string;
  side: "long" | "short";
  /** The first stop, where the picture begins. */
  stop: string;
  /** The stop in force. */
  stopNow: string;
  zone?: { low: string; high: string };
  entry: string | null;
  targets: readonly { price: string; share: string }[];
  /** How many of the targets were reached. */
  reached: number;
  /** The trade is over: no live price. */
  over?: boolean;
  className?: string;
}

/** As many digits as the finest of these prices has. */
export function finest(...prices: (string | null | undefined)[]): number {
  return Math.max(0, ...prices.map((price) => (price ? digits(price) : 0)));
}

/**
 * A trade at a glance, from its stop (left) over its entry to its last target (right), whichever way it goes; the
 * needle is the price now.
 */
export function LevelBar(levels: Levels) {
  const { symbol, side, stop, stopNow, zone, entry, targets, reached, over = false, className } = levels;
  const { t } = useTranslation();
  const format = useFormat();
  const live = usePrice(symbol);
  const last = targets.at(-1)?.price ?? stop;
  const start = toPixels(stop);
  const width = toPixels(last) - start;
  const at = (price: string) => Math.max(0, Math.min(1, (toPixels(price) - start) / width)) * 100;

  const limit = zone ? (side === "long" ? zone.high : zone.low) : (entry ?? stop);
  const from = entry ?? limit;
  const now = over ? null : live;
  const moved = stopNow !== stop;
  const stopTerm = t(moved ? (over ? "signals.stop_last" : "signals.stop_now") : "signals.stop");
  // Averages fall between ticks; the levels tell how fine the ticks are.
  const fraction = finest(stop, stopNow, zone && limit, ...targets.map((target) => target.price));
  const shown = (price: string) => format.price(price, fraction);
  const label = t("signals.levels_label", {
    side: t(`side.${side}`),
    stop: shown(stopNow),
    entry: shown(from),
    targets: targets.map((target) => shown(target.price)).join(", "),
    now: now ? format.price(now) : "—",
  });

  return (
    <div className={className}>
      <div role="img" aria-label={label} className="relative h-5">
        <span className="absolute inset-x-0 top-2 h-1 rounded-full bg-line" />
        <span className="absolute top-2 left-0 h-1 rounded-l-full bg-loss opacity-45" style={{ width: `${at(from)}%` }} />
        <span
          className="absolute top-2 h-1 rounded-r-full bg-gain opacity-45"
          style={{ left: `${at(from)}%`, right: 0 }}
        />
        {zone && (
          <span
            className="absolute top-1.5 h-2 rounded-sm bg-accent opacity-55"
            style={{
              left: `${Math.min(at(zone.low), at(zone.high))}%`,
              width: `max(4px, ${Math.abs(at(zone.high) - at(zone.low))}%)`,
            }}
          />
        )}
        {moved && (
          <span className="absolute top-1 h-3 w-0.5 -translate-x-1/2 rounded-full bg-loss" style={{ left: `${at(stopNow)}%` }} />
        )}
        {targets.map((target, number) => (
          <span
            key={target.price}
            className={clsx(
              "absolute top-1 size-3 -translate-x-1/2 rounded-full border-2 border-gain",
              number < reached ? "bg-gain" : "bg-surface",
            )}
            style={{ left: `${at(target.price)}%` }}
          />
        ))}
        {now && (
          <span
            className="absolute top-0 h-5 w-0.75 -translate-x-1/2 rounded-full bg-ink ring-2 ring-surface transition-[left] duration-300"
            style={{ left: `${at(now)}%` }}
          />
        )}
      </div>
      <div aria-hidden="true" className="tnum mt-1 grid grid-cols-3 gap-2 text-xs text-muted">
        <Level term={stopTerm}>{shown(stopNow)}</Level>
        <Level term={t("signals.entry")} className="justify-center text-center">
          {shown(from)}
        </Level>
        <Level term={t("chart.line_target", { number: targets.length })} className="justify-end text-right">
          {shown(last)}
        </Level>
      </div>
    </div>
  );
}

/** A word over its price where there is little room, before it where there is enough. */
function Level({ term, className, children }: { term: string; className?: string; children: ReactNode }) {
  return (
    <span className={clsx("flex flex-wrap gap-x-1", className)}>
      {term} <b className="font-medium text-soft">{children}</b>
    </span>
  );
}
