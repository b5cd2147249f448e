import { clsx } from "clsx";
import { TrendingDown, TrendingUp } from "lucide-react";
import { useEffect, useRef } from "react";
import { useTranslation } from "react-i18next";

import { MINUS } from "@/format";
import { compare, decimal } from "@/format/decimal";
import { useFormat } from "@/i18n";
import { Badge } from "./badge";

/** The colour of a gain, a loss or neither, by the sign that is shown: what rounds to nothing has none. */
function tone(shown: string): string {
  return shown.startsWith("+") ? "text-gain" : shown.startsWith(MINUS) ? "text-loss" : "text-ink";
}

/** Money won or lost: always with its sign. */
export function Pnl({ value, className }: { value: string; className?: string }) {
  const shown = useFormat().money(value, { signed: true });
  return <span className={clsx("tnum", tone(shown), className)}>{shown}</span>;
}

export function PnlPercent({ value, className }: { value: string; className?: string }) {
  const shown = useFormat().percent(value, { signed: true });
  return <span className={clsx("tnum", tone(shown), className)}>{shown}</span>;
}

export function Multiple({ value, className }: { value: string; className?: string }) {
  const shown = useFormat().r(value);
  return <span className={clsx("tnum", tone(shown), className)}>{shown}</span>;
}

/** Prices that move more often than this do not light up: that would be flicker. */
const CALM_MS = 1500;

/** A price that lights up for a moment when it moves. */
export function LivePrice({ value, digits, className }: { value: string; digits?: number; className?: string }) {
  const format = useFormat();
  const element = useRef<HTMLSpanElement>(null);
  const before = useRef({ value, at: 0 });
  useEffect(() => {
    const direction = compare(decimal(value), decimal(before.current.value));
    const at = performance.now();
    const hasty = at - before.current.at < CALM_MS;
    before.current = { value, at };
    const node = element.current;
    if (!direction || !node || hasty) return;
    node.classList.remove("flash-up", "flash-down");
    node.getBoundingClientRect(); // restarts the animation
    node.classList.add(direction > 0 ? "flash-up" : "flash-down");
  }, [value]);
  return (
    <span ref={element} className={clsx("tnum -mx-1 rounded px-1", className)}>
      {format.price(value, digits)}
    </span>
  );
}

export function SideBadge({ side }: { side: "long" | "short" }) {
  const { t } = useTranslation();
  const Icon = side === "long" ? TrendingUp : TrendingDown;
  return (
    <Badge tone={side}>
      <Icon className="size-3.5" aria-hidden="true" />
      {t(`side.${side}`)}
    </Badge>
  );
}
