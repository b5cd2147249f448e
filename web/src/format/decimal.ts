/**
 * Exact arithmetic on decimal strings: money, prices and quantities never become floats.
 *
 * A decimal is `units × 10^-scale`. Only `toPixels` leaves this world, for drawing.
 */
export interface Decimal {
  units: bigint;
  scale: number;
}

const PATTERN = /^(-?)(\d+)(?:\.(\d+))?$/;

export const ZERO: Decimal = { units: 0n, scale: 0 };

/** The decimal that `text` writes down, such as "-0.0125". */
export function decimal(text: string): Decimal {
  const match = PATTERN.exec(text);
  if (!match) throw new RangeError(`expected a decimal such as "61250.5", got "${text}"`);
  const fraction = match[3] ?? "";
  const units = BigInt(`${match[2] ?? "0"}${fraction}`);
  return { units: match[1] ? -units : units, scale: fraction.length };
}

export function text(value: Decimal): string {
  const negative = value.units < 0n;
  const digits = (negative ? -value.units : value.units).toString().padStart(value.scale + 1, "0");
  const whole = value.scale ? digits.slice(0, -value.scale) : digits;
  const fraction = value.scale ? `.${digits.slice(-value.scale)}` : "";
  return `${negative ? "-" : ""}${whole}${fraction}`;
}

function at(value: Decimal, scale: number): bigint {
  return value.units * 10n ** BigInt(scale - value.scale);
}

export function add(a: Decimal, b: Decimal): Decimal {
  const scale = Math.max(a.scale, b.scale);
  return { units: at(a, scale) + at(b, scale), scale };
}

export function negate(a: Decimal): Decimal {
  return { units: -a.units, scale: a.scale };
}

export function subtract(a: Decimal, b: Decimal): Decimal {
  return add(a, negate(b));
}

export function multiply(a: Decimal, b: Decimal): Decimal {
  return { units: a.units * b.units, scale: a.scale + b.scale };
}

/** `a ÷ b`, cut (not rounded) to `scale` digits; null when there is nothing to divide by. */
export function divide(a: Decimal, b: Decimal, scale: number): Decimal | null {
  if (b.units === 0n) return null;
  const shift = scale + b.scale - a.scale;
  const [top, bottom] =
    shift >= 0 ? [a.units * 10n ** BigInt(shift), b.units] : [a.units, b.units * 10n ** BigInt(-shift)];
  return { units: top / bottom, scale };
}

/** -1, 0 or 1, as `a` is less than, equal to or more than `b`. */
export function compare(a: Decimal, b: Decimal): number {
  const scale = Math.max(a.scale, b.scale);
  const difference = at(a, scale) - at(b, scale);
  return difference === 0n ? 0 : difference > 0n ? 1 : -1;
}

/** -1, 0 or 1: the sign of a decimal string. */
export function sign(value: string): number {
  return compare(decimal(value), ZERO);
}

/** How many digits a decimal string has behind the point. */
export function digits(value: string): number {
  const point = value.indexOf(".");
  return point < 0 ? 0 : value.length - point - 1;
}

/** A float for drawing: positions on the screen, never sums. */
export function toPixels(value: string): number {
  return Number(value);
}
