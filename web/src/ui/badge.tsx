import { clsx } from "clsx";
import type { ReactNode } from "react";

export type Tone = "neutral" | "accent" | "gain" | "loss" | "warn" | "long" | "short";

const TONES: Record<Tone, string> = {
  neutral: "bg-sunken text-soft",
  accent: "bg-accent-wash text-accent",
  gain: "bg-gain-wash text-gain",
  loss: "bg-loss-wash text-loss",
  warn: "bg-warn-wash text-warn",
  long: "bg-long-wash text-long",
  short: "bg-short-wash text-short",
};

export function Badge({ tone = "neutral", title, children }: { tone?: Tone; title?: string; children: ReactNode }) {
  return (
    <span
      title={title}
      className={clsx(
        "inline-flex h-5.5 items-center gap-1 rounded-md px-1.5 text-xs font-medium whitespace-nowrap",
        TONES[tone],
      )}
    >
      {children}
    </span>
  );
}
