/** What has happened lately, newest first: for the activity list and the pop-up messages. */
import { useSyncExternalStore } from "react";

import type { PositionItem } from "@/client";
import { compare, decimal, digits, divide, multiply, negate, subtract, text, ZERO } from "@/format/decimal";
import type { AlertNews, Notice, PositionNews, SignalNews } from "./frames";

export type ActivityKind =
  | "signal_created"
  | "position_opened"
  | "stop_moved"
  | "target_filled"
  | "position_closing"
  | "position_closed"
  | "intent_denied"
  | "alert_triggered";

export interface Activity {
  id: string;
  at: string;
  kind: ActivityKind;
  symbol: string;
  side?: "long" | "short";
  /** Numbers as decimal strings, by the names that the sentence uses. */
  numbers: Record<string, string>;
  /** Digits that its prices have. */
  fraction?: number;
  strategy?: string;
  timeframe?: string;
  reason?: string;
  /** PnL and R of what was closed. */
  pnl?: string;
  r?: string | null;
  signalId?: string;
  positionId?: string;
  alertId?: string;
  /** What is said as it stands, by language. */
  words?: Record<string, string>;
}

const LONGEST = 120;

/** The result in initial risks: net PnL ÷ what the first stop would have cost. */
export function resultInR(
  position: Partial<Pick<PositionItem, "realised_pnl" | "entry_price" | "initial_stop" | "entered">>,
): string | null {
  const { realised_pnl, entry_price, initial_stop, entered } = position;
  if (!realised_pnl || !entry_price || !initial_stop || !entered) return null;
  let distance = subtract(decimal(entry_price), decimal(initial_stop));
  if (compare(distance, ZERO) < 0) distance = negate(distance);
  const r = divide(decimal(realised_pnl), multiply(distance, decimal(entered)), 4);
  return r && text(r);
}

/** Averages fall between ticks; stop and targets tell how fine the ticks are. */
export function fractionOf({ stop_loss, take_profit }: Partial<Pick<PositionItem, "stop_loss" | "take_profit">>): number {
  return Math.max(0, ...[stop_loss, ...(take_profit ?? []).map((target) => target.price)].map((price) => digits(price ?? "")));
}

export function fromSignal(news: SignalNews, at: string): Activity | null {
  if (news.event !== "signal_created" || !news.symbol) return null;
  return {
    id: `signal_created:${news.id}`,
    at,
    kind: "signal_created",
    symbol: news.symbol,
    side: news.side,
    strategy: news.strategy,
    timeframe: news.timeframe,
    numbers: {},
    signalId: news.id,
  };
}

function isAlert(notice: Notice): notice is AlertNews {
  return notice.event === "alert_triggered" || notice.event === "alert_expired";
}

export function fromNotice(notice: Notice, at: string): Activity | null {
  if (!isAlert(notice) || !notice.trigger_id) return null;
  const { id, symbol, trigger_id, words } = notice;
  return { id: `alert_triggered:${trigger_id}`, at, kind: "alert_triggered", symbol, numbers: {}, alertId: id, words };
}

/** What a position frame tells, compared with what was known of the position before. */
export function fromPosition(news: PositionNews, at: string, before: Partial<PositionItem> | null): Activity[] {
  const symbol = news.symbol ?? before?.symbol;
  if (!symbol) return [];
  const base = { at, symbol, side: news.side ?? before?.side, positionId: news.id, fraction: fractionOf({ ...before, ...news }) };
  if (news.event === "position_opened") {
    return [
      { ...base, id: `position_opened:${news.id}`, kind: "position_opened", numbers: { price: news.entry_price ?? "0" } },
    ];
  }
  const told: Activity[] = targetsFilled(news, before).map(({ number, price }) => ({
    ...base,
    id: `target_filled:${news.id}:${number}`,
    kind: "target_filled",
    numbers: { number: String(number), price },
  }));
  if (news.event === "position_closed") {
    told.push({
      ...base,
      id: `position_closed:${news.id}`,
      kind: "position_closed",
      numbers: {},
      reason: news.exit_reason ?? undefined,
      pnl: news.realised_pnl,
      r: resultInR({ ...before, ...news }),
    });
    return told;
  }
  if (before?.stop_loss && news.stop_loss && compare(decimal(before.stop_loss), decimal(news.stop_loss)) !== 0) {
    told.push({
      ...base,
      id: `stop_moved:${news.id}:${news.stop_loss}`,
      kind: "stop_moved",
      numbers: { before: before.stop_loss, after: news.stop_loss },
    });
  }
  if (news.status === "closing" && before?.status === "open") {
    told.push({ ...base, id: `position_closing:${news.id}`, kind: "position_closing", numbers: {} });
  }
  return told;
}

function targetsFilled(news: PositionNews, before: Partial<PositionItem> | null): { number: number; price: string }[] {
  if (!before?.take_profit || !news.take_profit) return [];
  return news.take_profit.flatMap((target, place) => {
    const was = before.take_profit?.[place];
    const filled = was && compare(decimal(target.filled), decimal(was.filled)) > 0 && compare(decimal(was.filled), ZERO) === 0;
    return filled ? [{ number: place + 1, price: target.price }] : [];
  });
}

function beforeOf({ numbers }: Activity): Record<string, string> {
  return numbers.before === undefined ? {} : { before: numbers.before };
}

type Listener = () => void;

export class ActivityLog {
  private items: readonly Activity[] = [];
  private unreadCount = 0;
  private readonly listeners = new Set<Listener>();
  private readonly arrivals = new Set<(activity: Activity) => void>();

  /** Something happened now. */
  add(activity: Activity): void {
    if (this.items.some((item) => item.id === activity.id)) return;
    const trailed = this.trailed(activity);
    const told = trailed ? { ...activity, id: trailed.id, numbers: { ...activity.numbers, ...beforeOf(trailed) } } : activity;
    this.items = [told, ...this.items.filter((item) => item !== trailed)].slice(0, LONGEST);
    if (!trailed) this.unreadCount += 1;
    this.told();
    this.arrivals.forEach((listener) => listener(told));
  }

  /** The last move of the same stop, if nothing else has happened to the position since: they are told as one. */
  private trailed({ kind, positionId }: Activity): Activity | undefined {
    if (kind !== "stop_moved") return undefined;
    const last = this.items.find((item) => item.positionId === positionId);
    return last?.kind === "stop_moved" ? last : undefined;
  }

  /** What happened before this page was opened. */
  seed(older: Activity[]): void {
    const known = new Set(this.items.map((item) => item.id));
    const fresh = older.filter((item) => !known.has(item.id));
    if (!fresh.length) return;
    this.items = [...this.items, ...fresh].sort((a, b) => Date.parse(b.at) - Date.parse(a.at)).slice(0, LONGEST);
    this.told();
  }

  read(): void {
    if (!this.unreadCount) return;
    this.unreadCount = 0;
    this.told();
  }

  clear(): void {
    this.items = [];
    this.unreadCount = 0;
    this.told();
  }

  get all(): readonly Activity[] {
    return this.items;
  }

  get unread(): number {
    return this.unreadCount;
  }

  subscribe = (listener: Listener): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  onArrival(listener: (activity: Activity) => void): () => void {
    this.arrivals.add(listener);
    return () => this.arrivals.delete(listener);
  }

  private told(): void {
    this.listeners.forEach((listener) => listener());
  }
}

export const activityLog = new ActivityLog();

export function useActivity(): readonly Activity[] {
  return useSyncExternalStore(activityLog.subscribe, () => activityLog.all);
}

export function useUnread(): number {
  return useSyncExternalStore(activityLog.subscribe, () => activityLog.unread);
}
