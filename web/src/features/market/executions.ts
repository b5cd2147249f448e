/** Fills gathered by order: one order may be filled in dozens of parts. */
import type { TradeItem } from "@/client";
import { add, decimal, type Decimal, divide, multiply, text, ZERO } from "@/format/decimal";
import { finest } from "@/trading/levels";

export interface Execution {
  orderId: string;
  positionId: string;
  /** Of the last part. */
  at: string;
  side: "long" | "short";
  purpose: TradeItem["purpose"];
  /** Average of the parts. */
  price: string;
  quantity: string;
  fee: string;
  parts: number;
}

export function executionsOf(fills: readonly TradeItem[], symbol: string): Execution[] {
  const byOrder = new Map<string, [TradeItem, ...TradeItem[]]>();
  for (const fill of fills) {
    if (fill.symbol !== symbol) continue;
    const parts = byOrder.get(fill.order_id);
    if (parts) parts.push(fill);
    else byOrder.set(fill.order_id, [fill]);
  }
  return [...byOrder.values()].map(gathered).sort((a, b) => Date.parse(b.at) - Date.parse(a.at));
}

function gathered(fills: [TradeItem, ...TradeItem[]]): Execution {
  const [first] = fills;
  const sum = (value: (fill: TradeItem) => Decimal) => fills.reduce((total, fill) => add(total, value(fill)), ZERO);
  const quantity = sum((fill) => decimal(fill.quantity));
  const spent = sum((fill) => multiply(decimal(fill.price), decimal(fill.quantity)));
  const average = divide(spent, quantity, finest(...fills.map((fill) => fill.price)));
  return {
    orderId: first.order_id,
    positionId: first.position_id,
    at: fills.reduce((latest, fill) => (fill.at > latest ? fill.at : latest), first.at),
    side: first.side,
    purpose: first.purpose,
    price: average ? text(average) : first.price,
    quantity: text(quantity),
    fee: text(sum((fill) => decimal(fill.fee))),
    parts: fills.length,
  };
}
