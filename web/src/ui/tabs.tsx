import { clsx } from "clsx";
import type { ReactNode } from "react";

const TAB =
  "inline-flex h-8 items-center gap-1.5 rounded-md px-3 font-medium whitespace-nowrap transition-colors";
const TAB_OFF = "text-muted hover:text-ink";
const TAB_ON = "bg-chip text-ink shadow-card";

/** The looks of a tab, chosen or not. */
export function tabClass(chosen: boolean): string {
  return clsx(TAB, chosen ? TAB_ON : TAB_OFF);
}

/** A row of links that filter what is below; the address holds the choice. */
export function TabBar({ label, children }: { label: string; children: ReactNode }) {
  return (
    <nav aria-label={label} className="inline-flex max-w-full gap-0.5 overflow-x-auto rounded-lg bg-sunken p-0.5">
      {children}
    </nav>
  );
}

/** One of a few choices that change what a figure shows. */
export function Segments<T extends string>({
  label,
  value,
  options,
  onChange,
}: {
  label: string;
  value: T;
  options: readonly { value: T; label: string }[];
  onChange: (value: T) => void;
}) {
  return (
    <div role="group" aria-label={label} className="inline-flex gap-0.5 rounded-lg bg-sunken p-0.5">
      {options.map((option) => (
        <button
          key={option.value}
          type="button"
          aria-pressed={option.value === value}
          onClick={() => onChange(option.value)}
          className={clsx(TAB, "!h-7 !px-2.5 text-xs", option.value === value ? TAB_ON : TAB_OFF)}
        >
          {option.label}
        </button>
      ))}
    </div>
  );
}
