/** Things as the API answers them. */
import type { PositionItem, SignalItem, TradeItem } from "@/client";

export function position(changes: Partial<PositionItem> = {}): PositionItem {
  return {
    id: "p-1",
    account_id: "a-1",
    signal_id: "s-1",
    intent_id: "i-1",
    symbol: "BTCUSDT",
    side: "long",
    status: "open",
    quantity: "0.5",
    entered: "0.5",
    entry_price: "60000",
    exit_price: null,
    mark_price: "60100",
    stop_loss: "59000",
    initial_stop: "59000",
    take_profit: [
      { price: "61000", share: "0.6", filled: "0" },
      { price: "62000.5", share: "0.4", filled: "0" },
    ],
    protection: { state: "live", order_id: "o-1", quantity: "0.5" },
    pnl: "34",
    pnl_pct: "0.1133",
    realised_pnl: "-16",
    unrealised_pnl: "50",
    fees: "16",
    funding: "0",
    exit_reason: null,
    opened_at: "2026-11-22T10:00:00Z",
    closed_at: null,
    ...changes,
  };
}

export function signal(changes: Partial<SignalItem> = {}): SignalItem {
  return {
    locked: false,
    id: "s-1",
    revision: 1,
    venue: "paper",
    symbol: "BTCUSDT",
    timeframe: "5m",
    side: "long",
    strategy: "ema_trend",
    strategy_version: 1,
    created_at: "2026-11-22T10:00:00Z",
    fresh_until: "2026-11-22T10:15:00Z",
    expires_at: "2026-11-22T11:15:00Z",
    entry_zone: { low: "59900", high: "60000" },
    stop_loss: "59000",
    current_stop: "59000",
    take_profit: [{ price: "61000", share: "1" }],
    confidence: "0.6",
    leverage_cap: 5,
    rationale: { en: ["Because."], ru: ["Потому что."] },
    facts: {},
    simulated: true,
    status: "waiting",
    entry_price: null,
    targets_hit: 0,
    end: null,
    filled_at: null,
    closed_at: null,
    r: null,
    pnl_pct: null,
    mfe_r: null,
    mae_r: null,
    executed: false,
    ...changes,
  };
}

export function fill(changes: Partial<TradeItem> = {}): TradeItem {
  return {
    id: "f-1",
    account_id: "a-1",
    order_id: "o-1",
    position_id: "p-1",
    symbol: "BTCUSDT",
    side: "long",
    purpose: "entry",
    price: "60000",
    quantity: "0.1",
    fee: "3.3",
    maker: false,
    at: "2026-11-22T10:00:00Z",
    ...changes,
  };
}
