/** What comes over the WebSocket. */
import type { PositionItem, SignalItem, StatsAnswer } from "@/client";

export interface Envelope<T extends string, D> {
  type: T;
  seq: number | null;
  at: string;
  data: D;
}

export interface SignalChange {
  kind: "filled" | "target_hit" | "stop_moved" | "closed" | "not_filled";
  price?: string | null;
  before?: string | null;
  rung?: number;
  why?: string | null;
}

/** A created signal comes whole; later frames leave its words out and say what changed. */
export type SignalNews = Partial<SignalItem> & {
  id: string;
  event: "signal_created" | "signal_updated" | "signal_closed";
  change?: SignalChange;
};

export type PositionNews = Partial<PositionItem> & {
  id: string;
  event: "position_opened" | "position_updated" | "position_closed";
};

export interface OrderNews {
  id: string;
  event: string;
  position_id?: string | null;
  signal_id?: string;
  symbol?: string;
  status?: string;
  deny_reason?: string | null;
}

/** What happened to an alert of one's own, in every language. */
export interface AlertNews {
  event: "alert_triggered" | "alert_expired";
  id: string;
  symbol: string;
  trigger_id?: string;
  words?: Record<string, string>;
}

/** That a back-test, sweep or validation is over. */
export interface ResearchNews {
  event: "research_finished";
  id: string;
  state: "done" | "failed" | "cancelled";
}

/** A notice is about alerts, research, or about something that only the account's figures show. */
export type Notice = AlertNews | ResearchNews | { event: Exclude<string, (AlertNews | ResearchNews)["event"]> };

export interface PriceNews {
  prices: Record<string, string | number>;
  market?: Record<string, unknown>;
}

export type Frame =
  | Envelope<"signal", SignalNews>
  | Envelope<"position", PositionNews>
  | Envelope<"order", OrderNews>
  | Envelope<"notice", Notice>
  | Envelope<"stats", StatsAnswer>
  | Envelope<"price", PriceNews>
  | Envelope<"pong", null>;

export function parseFrame(raw: unknown): Frame | null {
  if (typeof raw !== "string") return null;
  try {
    const frame = JSON.parse(raw) as Partial<Frame> | null;
    return frame && typeof frame.type === "string" ? (frame as Frame) : null;
  } catch {
    return null;
  }
}
