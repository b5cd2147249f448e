import { clsx } from "clsx";
import type { ComponentProps, ReactNode } from "react";

const HEAD = "px-2.5 py-2 text-xs font-medium whitespace-nowrap text-muted first:pl-4 last:pr-4 sm:first:pl-5 sm:last:pr-5";
const CELL = "px-2.5 py-2 first:pl-4 last:pr-4 sm:first:pl-5 sm:last:pr-5";

/** A dense table that scrolls sideways by itself where it is wider than its place. */
export function Table({ label, head, children }: { label: string; head: ReactNode; children: ReactNode }) {
  return (
    <div role="group" aria-label={label} tabIndex={0} className="relative overflow-x-auto -outline-offset-2">
      <table className="w-full border-collapse text-left">
        <thead>
          <tr className="border-b border-line">{head}</tr>
        </thead>
        <tbody className="[&>tr]:border-line [&>tr:not(:last-child)]:border-b">{children}</tbody>
      </table>
    </div>
  );
}

export function Head({ number = false, className, ...rest }: ComponentProps<"th"> & { number?: boolean }) {
  return <th scope="col" className={clsx(HEAD, number && "text-right", className)} {...rest} />;
}

export function Cell({ number = false, className, ...rest }: ComponentProps<"td"> & { number?: boolean }) {
  return <td className={clsx(CELL, number && "tnum text-right", className)} {...rest} />;
}
