/** The line to the server while somebody is logged in: frames into caches, prices and activity. */
import type { QueryClient, QueryKey } from "@tanstack/react-query";
import { useSyncExternalStore } from "react";

import type { PositionItem } from "@/client";
import {
  getBacktestQueryKey,
  getEquityQueryKey,
  getIntentQueryKey,
  getMarketStatusQueryKey,
  getMeOptions,
  getMeQueryKey,
  getPositionQueryKey,
  getSignalQueryKey,
  listAlertsQueryKey,
  listAlertTriggersQueryKey,
  listBacktestsQueryKey,
  listTradesQueryKey,
} from "@/client/@tanstack/react-query.gen";
import { type Activity, activityLog, fromNotice, fromPosition, fromSignal } from "./activity";
import {
  anyOf,
  applyPosition,
  applySignal,
  applyStats,
  isCandles,
  knownPosition,
  markExecuted,
  POSITION_LISTS,
  SIGNAL_LISTS,
} from "./caches";
import { Connection, type ConnectionState } from "./connection";
import type { Frame, Notice, OrderNews, PositionNews, ResearchNews, SignalNews } from "./frames";
import { board } from "./prices";

/** Lists settle a moment after what ended was shown as ended. */
const SETTLE_MS = 3_500;
const SOON_MS = 400;

export class Live {
  private connection: Connection | null = null;
  private current: ConnectionState = "connecting";
  private readonly listeners = new Set<() => void>();
  private readonly due = new Map<string, ReturnType<typeof setTimeout>>();
  private readonly known = new Map<string, Partial<PositionItem>>();

  constructor(private readonly queries: QueryClient) {}

  start(userId: string): void {
    if (this.connection) return;
    const scheme = location.protocol === "https:" ? "wss" : "ws";
    this.connection = new Connection(`${scheme}://${location.host}/ws/user/${userId}`, {
      frame: (frame) => this.take(frame),
      state: (state) => this.become(state),
      connected: (resumed) => this.connected(resumed),
      refused: () => void this.queries.query({ ...getMeOptions(), staleTime: 0 }).catch(() => undefined),
    });
    this.connection.start();
  }

  stop(): void {
    this.connection?.stop();
    this.connection = null;
    this.due.forEach((timer) => clearTimeout(timer));
    this.due.clear();
    this.known.clear();
    this.become("connecting");
  }

  get state(): ConnectionState {
    return this.current;
  }

  subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  private become(state: ConnectionState): void {
    if (state === this.current) return;
    this.current = state;
    this.listeners.forEach((listener) => listener());
  }

  /** Missed frames are told again; what frames do not tell is asked for, and everything when some were lost. */
  private connected(resumed: boolean): void {
    if (resumed) {
      void this.queries.invalidateQueries(anyOf(getEquityQueryKey(), getMeQueryKey(), getMarketStatusQueryKey()));
      return;
    }
    this.known.clear();
    void this.queries.invalidateQueries({ predicate: (query) => !isCandles(query.queryKey) });
  }

  private take(frame: Frame): void {
    switch (frame.type) {
      case "signal":
        this.signal(frame.data, frame.at);
        break;
      case "position":
        this.position(frame.data, frame.at);
        break;
      case "order":
        this.order(frame.data, frame.at);
        break;
      case "stats":
        applyStats(this.queries, frame.data);
        break;
      case "price":
        board.put(frame.at, frame.data.prices);
        break;
      case "notice":
        this.notice(frame.data, frame.at);
        break;
      case "pong":
        break;
    }
  }

  private notice(news: Notice, at: string): void {
    this.tell(fromNotice(news, at));
    if (news.event.startsWith("alert_")) {
      this.soon(0, listAlertsQueryKey());
      this.soon(0, listAlertTriggersQueryKey());
    } else if (news.event === "research_finished") {
      this.soon(0, listBacktestsQueryKey());
      this.soon(0, getBacktestQueryKey({ path: { run_id: (news as ResearchNews).id } }));
    } else {
      this.soon(SETTLE_MS, getMeQueryKey());
    }
  }

  private signal(news: SignalNews, at: string): void {
    applySignal(this.queries, news);
    this.tell(fromSignal(news, at));
    if (news.event === "signal_created") this.soon(SOON_MS, getMeQueryKey());
    if (news.event !== "signal_updated") this.soon(SETTLE_MS, SIGNAL_LISTS);
    this.soon(SOON_MS, getSignalQueryKey({ path: { signal_id: news.id } }));
  }

  private position(news: PositionNews, at: string): void {
    const before = this.known.get(news.id) ?? knownPosition(this.queries, news.id);
    fromPosition(news, at, before).forEach((activity) => this.tell(activity));
    this.known.set(news.id, { ...before, ...(news as Partial<PositionItem>) });
    applyPosition(this.queries, news);
    this.soon(SOON_MS, getPositionQueryKey({ path: { position_id: news.id } }));
    if (news.event === "position_opened" && news.signal_id) markExecuted(this.queries, news.signal_id);
    if (news.event === "position_closed") this.known.delete(news.id);
    if (news.event !== "position_updated") {
      this.soon(SETTLE_MS, POSITION_LISTS);
      this.soon(SETTLE_MS, getEquityQueryKey());
      this.soon(SOON_MS, getMeQueryKey());
    }
  }

  private order(news: OrderNews, at: string): void {
    if (news.position_id) this.soon(SOON_MS, getPositionQueryKey({ path: { position_id: news.position_id } }));
    if (news.event === "order_filled") this.soon(SOON_MS, listTradesQueryKey());
    if (!news.event.startsWith("intent_")) return;
    this.soon(0, getIntentQueryKey({ path: { intent_id: news.id } }));
    this.soon(SOON_MS, getMeQueryKey());
    this.soon(SETTLE_MS, SIGNAL_LISTS);
    if (news.event === "intent_accepted" && news.signal_id) markExecuted(this.queries, news.signal_id);
    if (news.event === "intent_denied") this.tell(this.denial(news, at));
  }

  private denial(news: OrderNews, at: string): Activity | null {
    const symbol = news.symbol ?? this.symbolOf(news.signal_id);
    if (!symbol) return null;
    return {
      id: `intent_denied:${news.id}`,
      at,
      kind: "intent_denied",
      symbol,
      numbers: {},
      reason: news.deny_reason ?? "other",
      signalId: news.signal_id,
    };
  }

  private symbolOf(signalId: string | undefined): string | null {
    const told = activityLog.all.find((activity) => activity.signalId === signalId);
    return told?.symbol ?? null;
  }

  private tell(activity: Activity | null): void {
    if (activity) activityLog.add(activity);
  }

  /** Ask the server again after a while; more news meanwhile does not put it off. */
  private soon(pause: number, key: QueryKey): void {
    const name = JSON.stringify(key);
    if (this.due.has(name)) return;
    const timer = setTimeout(() => {
      this.due.delete(name);
      const exact = JSON.stringify(key).includes('"path"');
      void this.queries.invalidateQueries(exact ? { queryKey: key } : anyOf(key));
    }, pause);
    this.due.set(name, timer);
  }
}

export function useConnection(live: Live): ConnectionState {
  return useSyncExternalStore(live.subscribe, () => live.state);
}
