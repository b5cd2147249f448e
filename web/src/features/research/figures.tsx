import type { Unit } from "@/client";
import { sign } from "@/format/decimal";
import type { Formatter } from "@/format";
import { inPercent } from "@/format/percent";
import { useFormat } from "@/i18n";
import { PnlPercent } from "@/ui/numbers";

export const NONE = "—";

/** A share of one as a percentage. */
export function percentOf(format: Formatter, share: string | null, signed = false): string {
  return share === null ? NONE : format.percent(inPercent(share), { signed });
}

export function ratioOf(format: Formatter, value: string | null, fraction = 2): string {
  return value === null ? NONE : format.price(value, fraction);
}

/** A measure as its unit wants it. */
export function figure(format: Formatter, unit: Unit, value: string | number | null): string {
  if (value === null) return NONE;
  const text = String(value);
  switch (unit) {
    case "count":
    case "days":
      return format.integer(Number(text));
    case "money":
      return format.money(text);
    case "fraction":
      return percentOf(format, text);
    case "ratio":
      return ratioOf(format, text);
    case "risks":
      return format.r(text);
  }
}

/** A gain or a loss as a share of one, in its colour. */
export function Gained({ share, className }: { share: string | null; className?: string }) {
  return share === null ? <span className={className}>{NONE}</span> : <PnlPercent value={inPercent(share)} className={className} />;
}

/** A score by its measure: what is a share is shown as a percentage. */
export function useScore(): (measure: string, score: string | null) => string {
  const format = useFormat();
  return (measure, score) => {
    if (score === null) return NONE;
    if (measure === "total_return") return percentOf(format, score, true);
    return sign(score) < 0 ? format.price(score, 2) : ratioOf(format, score);
  };
}
