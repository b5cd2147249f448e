/** The latest price of every symbol and the market clock, outside React: a price re-renders only what shows it. */
import { useCallback, useSyncExternalStore } from "react";

import { digits } from "@/format/decimal";

type Listener = () => void;

export class Board {
  private readonly prices = new Map<string, string>();
  private readonly digits = new Map<string, number>();
  private readonly bySymbol = new Map<string, Set<Listener>>();
  private readonly byClock = new Set<Listener>();
  private ms: number | null = null;

  /** Put up prices as of market time `at`; older ones than are up already are left out. */
  put(at: string, prices: Record<string, string | number>): void {
    const ms = Date.parse(at);
    if (this.ms !== null && ms < this.ms) return;
    const told = this.ms !== ms;
    this.ms = ms;
    for (const [symbol, price] of Object.entries(prices)) {
      const text = this.aligned(symbol, plain(price));
      if (this.prices.get(symbol) === text) continue;
      this.prices.set(symbol, text);
      this.bySymbol.get(symbol)?.forEach((listener) => listener());
    }
    if (told) this.byClock.forEach((listener) => listener());
  }

  /** With as many digits as the symbol's prices have had: "87.9" after "87.95" is "87.90", so that nothing jumps. */
  private aligned(symbol: string, price: string): string {
    const has = digits(price);
    const most = Math.max(has, this.digits.get(symbol) ?? 0);
    this.digits.set(symbol, most);
    if (has === most) return price;
    return `${price}${has === 0 ? "." : ""}${"0".repeat(most - has)}`;
  }

  /** A new world has its own clock. */
  clear(): void {
    this.ms = null;
    this.prices.clear();
    this.digits.clear();
  }

  price(symbol: string): string | null {
    return this.prices.get(symbol) ?? null;
  }

  /** Market time in ms; null before the first word. */
  get now(): number | null {
    return this.ms;
  }

  onPrice(symbol: string, listener: Listener): () => void {
    const listeners = this.bySymbol.get(symbol) ?? new Set();
    this.bySymbol.set(symbol, listeners.add(listener));
    return () => listeners.delete(listener);
  }

  onClock(listener: Listener): () => void {
    this.byClock.add(listener);
    return () => this.byClock.delete(listener);
  }
}

/** A price as a decimal string; numbers are written out without an exponent. */
function plain(price: string | number): string {
  if (typeof price === "string" && !/e/i.test(price)) return price;
  const value = Number(price);
  const text = String(value);
  if (!/e/i.test(text)) return text;
  const [mantissa = "0", exponent = "0"] = text.split(/e/i);
  const shift = Number(exponent);
  const [whole = "0", fraction = ""] = mantissa.split(".");
  if (shift < 0) return `0.${"0".repeat(-shift - whole.length)}${whole}${fraction}`;
  return `${whole}${fraction}${"0".repeat(shift - fraction.length)}`;
}

export const board = new Board();

/** The latest price of a symbol; null when nobody has told one. */
export function usePrice(symbol: string): string | null {
  const subscribe = useCallback((listener: Listener) => board.onPrice(symbol, listener), [symbol]);
  return useSyncExternalStore(subscribe, () => board.price(symbol));
}

/** Market time in ms, rounded down to `step`, so that what shows minutes does not render four times a second. */
export function useMarketNow(step = 1000): number | null {
  return useSyncExternalStore(
    (listener) => board.onClock(listener),
    () => (board.now === null ? null : Math.floor(board.now / step) * step),
  );
}
