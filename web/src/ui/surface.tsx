import { clsx } from "clsx";
import type { ComponentProps, ReactNode } from "react";

export function Card({ className, ...rest }: ComponentProps<"section">) {
  return <section className={clsx("min-w-0 rounded-2xl border border-line bg-surface shadow-card", className)} {...rest} />;
}

export function CardTitle({ id, title, children }: { id?: string; title: string; children?: ReactNode }) {
  return (
    <header className="flex min-h-12 flex-wrap items-center justify-between gap-x-3 gap-y-1 px-4 pt-3 pb-1 sm:px-5">
      <h2 id={id} className="text-sm font-semibold text-ink">
        {title}
      </h2>
      {children}
    </header>
  );
}

export function PageHeader({ title, children }: { title: string; children?: ReactNode }) {
  return (
    <header className="flex flex-wrap items-center justify-between gap-3 pb-4">
      <h1 className="text-[1.375rem] leading-8 font-semibold tracking-[-0.015em]">{title}</h1>
      {children}
    </header>
  );
}

/** A term and its value, for lists of figures. */
export function Fact({ term, hint, children }: { term: string; hint?: string; children: ReactNode }) {
  return (
    <div className="flex items-baseline justify-between gap-4 py-1.5">
      <dt className="text-muted" title={hint}>
        {term}
      </dt>
      <dd className="tnum text-right font-medium">{children}</dd>
    </div>
  );
}

/** A titled part of a sheet. */
export function Section({ title, children }: { title: string; children: ReactNode }) {
  return (
    <section className="border-t border-line pt-4 pb-5 first:border-t-0 first:pt-0">
      <h3 className="pb-2 text-xs font-semibold text-muted">{title}</h3>
      {children}
    </section>
  );
}
