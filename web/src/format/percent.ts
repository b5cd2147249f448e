import { decimal, multiply, text } from "@/format/decimal";

const HUNDRED = decimal("100");

/** A share of one as a percentage, exactly: "0.0045" is "0.45". */
export function inPercent(share: string): string {
  return text(multiply(decimal(share), HUNDRED));
}

/** A share of one as a width for drawing; nothing below zero, nothing above the whole. */
export function widthOf(share: string): string {
  return `${Math.min(100, Math.max(0, Number(share) * 100))}%`;
}
