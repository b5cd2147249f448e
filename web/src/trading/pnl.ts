/** What a position is worth at a price, exactly as the server reckons it. */
import type { PositionItem } from "@/client";
import { add, compare, decimal, type Decimal, divide, multiply, negate, subtract, text, ZERO } from "@/format/decimal";

export type Held = Pick<
  PositionItem,
  "side" | "status" | "quantity" | "entered" | "entry_price" | "realised_pnl" | "mark_price"
>;

export interface Worth {
  pnl: string;
  /** In percent of the value entered. */
  percent: string | null;
  /** Of what is still held; null when nothing is, or when there is no price. */
  unrealised: string | null;
}

const HUNDRED: Decimal = { units: 100n, scale: 0 };

/** PnL after fees and funding: realised, plus what the quantity still held would bring at `mark`, before leaving costs. */
export function worthAt(position: Held, mark: string | null): Worth {
  const realised = decimal(position.realised_pnl);
  const price = mark ?? position.mark_price;
  let unrealised: Decimal | null = null;
  if (position.status !== "closed" && price !== null) {
    const move = subtract(decimal(price), decimal(position.entry_price));
    unrealised = multiply(position.side === "long" ? move : negate(move), decimal(position.quantity));
  }
  const pnl = unrealised ? add(realised, unrealised) : realised;
  const value = multiply(decimal(position.entry_price), decimal(position.entered));
  const percent = divide(multiply(pnl, HUNDRED), value, 4);
  return { pnl: text(pnl), percent: percent && text(percent), unrealised: unrealised && text(unrealised) };
}

/** PnL of several positions together, at the prices that `markOf` knows. */
export function totalWorth(positions: readonly (Held & { symbol: string })[], markOf: (symbol: string) => string | null): string {
  return text(
    positions.reduce((sum, position) => add(sum, decimal(worthAt(position, markOf(position.symbol)).pnl)), ZERO),
  );
}

/** How far `price` is from `entry` towards the gain, in initial risks; null without a risk. */
export function multipleAt(side: "long" | "short", entry: string, stop: string, price: string): string | null {
  const direction = (value: Decimal) => (side === "long" ? value : negate(value));
  const risk = direction(subtract(decimal(entry), decimal(stop)));
  if (compare(risk, ZERO) <= 0) return null;
  const gained = divide(direction(subtract(decimal(price), decimal(entry))), risk, 4);
  return gained && text(gained);
}

/** How far `to` is from `from`, in percent of `from`. */
export function percentBetween(from: string, to: string): string | null {
  const part = divide(multiply(subtract(decimal(to), decimal(from)), HUNDRED), decimal(from), 4);
  return part && text(part);
}
