import { useQuery } from "@tanstack/react-query";
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { Check, Lock, Radar } from "lucide-react";
import { type ReactNode, useState } from "react";
import { useTranslation } from "react-i18next";

import { ApiProblem } from "@/api/problem";
import { useMe, useStrategyTitle } from "@/app/services";
import { useTitle } from "@/app/title";
import type { SignalDetail, SignalItem, SignalLifeEvent } from "@/client";
import { getSignalOptions } from "@/client/@tanstack/react-query.gen";
import { useFormat } from "@/i18n";
import { useMarketNow } from "@/realtime/prices";
import { PhaseBadge } from "@/trading/badges";
import { Ladder } from "@/trading/ladder";
import { percentBetween } from "@/trading/pnl";
import { Badge } from "@/ui/badge";
import { Dialog } from "@/ui/dialog";
import { Multiple, PnlPercent, SideBadge } from "@/ui/numbers";
import { Empty, LoadProblem, SkeletonRows } from "@/ui/state";
import { Fact, Section } from "@/ui/surface";
import { Confidence, reasons } from "./card";
import { ExecuteButton, ExecuteDialog, useExecutable } from "./execute";

const route = getRouteApi("/inside/signals/$signalId");

export function SignalSheet() {
  const { t } = useTranslation();
  const format = useFormat();
  const [executing, setExecuting] = useState<SignalItem | null>(null);
  const { signalId } = route.useParams();
  const search = route.useSearch();
  const navigate = useNavigate();
  const { plan } = useMe();
  const { data, error, refetch } = useQuery(getSignalOptions({ path: { signal_id: signalId } }));
  useTitle([data?.symbol, t("signals.one")], "sheet");
  const close = () => void navigate({ to: "/signals", search, resetScroll: false });
  const problem = error instanceof ApiProblem ? error : null;
  return (
    <Dialog
      kind="sheet"
      title={
        data ? (
          <span className="flex flex-wrap items-center gap-2">
            {data.symbol}
            <SideBadge side={data.side} />
            <PhaseBadge status={data.status} />
          </span>
        ) : (
          t("signals.title")
        )
      }
      onClose={close}
      footer={data && <Actions signal={data} onExecute={setExecuting} />}
    >
      {data ? (
        <Detail signal={data} />
      ) : problem?.code === "plan_limit_reached" ? (
        <Empty icon={Lock} title={t("signals.locked_title")}>
          {t("signals.locked_text", { limit: format.integer(plan.max_signals_per_day ?? 0) })}
        </Empty>
      ) : problem?.status === 404 || problem?.status === 422 ? (
        <Empty icon={Radar} title={t("signals.not_found")} />
      ) : error ? (
        <LoadProblem error={error} retry={() => void refetch()} />
      ) : (
        <SkeletonRows rows={6} />
      )}
      {executing && <ExecuteDialog signal={executing} onClose={() => setExecuting(null)} />}
    </Dialog>
  );
}

function Actions({ signal, onExecute }: { signal: SignalDetail; onExecute: (signal: SignalItem) => void }) {
  const { t } = useTranslation();
  const format = useFormat();
  const executable = useExecutable(signal);
  const active = signal.status === "waiting" || signal.status === "open";
  if (!active) return <span className="text-muted">{signal.end && sentence(t(`signals.end.${signal.end}`))}</span>;
  return (
    <>
      <span className="mr-auto self-center text-xs text-muted">
        {signal.executed ? null : executable
          ? `${t("signals.executable_until")} ${format.clock(signal.expires_at)}`
          : t("execute.too_late")}
      </span>
      {signal.executed && (
        <Badge tone="gain">
          <Check className="size-3.5" aria-hidden="true" />
          {t("signals.executed")}
        </Badge>
      )}
      {!signal.executed && <ExecuteButton signal={signal} size="md" onExecute={onExecute} />}
    </>
  );
}

function sentence(words: string): string {
  return words.charAt(0).toUpperCase() + words.slice(1);
}

function Detail({ signal }: { signal: SignalDetail }) {
  const { t } = useTranslation();
  const format = useFormat();
  const strategy = useStrategyTitle();
  const over = signal.status === "closed" || signal.status === "not_filled";
  const limit = signal.side === "long" ? signal.entry_zone.high : signal.entry_zone.low;
  const risk = percentBetween(limit, signal.stop_loss);
  return (
    <>
      <div className="flex items-center justify-between gap-3 pb-4 text-muted">
        <span>
          {strategy(signal.strategy)} · {signal.timeframe}
        </span>
        {signal.simulated && <Badge tone="warn">{t("signals.simulated")}</Badge>}
      </div>
      {signal.r !== null && (
        <div className="mb-5 grid grid-cols-3 gap-3 rounded-xl bg-sunken px-4 py-3">
          <Outcome term={t("signals.result")}>
            <Multiple value={signal.r} className="text-xl font-semibold" />
            {signal.pnl_pct !== null && <PnlPercent value={signal.pnl_pct} className="block text-xs" />}
          </Outcome>
          <Outcome term={t("signals.best")}>
            {signal.mfe_r !== null && <span className="tnum text-base font-medium">{format.r(signal.mfe_r)}</span>}
          </Outcome>
          <Outcome term={t("signals.worst")}>
            {signal.mae_r !== null && <span className="tnum text-base font-medium">{format.r(`-${signal.mae_r}`)}</span>}
          </Outcome>
        </div>
      )}
      <Section title={t("signals.why")}>
        <ul className="grid grid-cols-1 gap-2">
          {reasons(signal).map((reason) => (
            <li key={reason} className="relative pl-4 leading-5.5 text-soft">
              <span className="absolute top-2.25 left-0 size-1.5 rounded-full bg-accent" aria-hidden="true" />
              {reason}
            </li>
          ))}
        </ul>
      </Section>
      <Section title={t("signals.levels")}>
        <Ladder
          symbol={signal.symbol}
          side={signal.side}
          stop={signal.stop_loss}
          stopNow={signal.current_stop}
          entry={signal.entry_price ?? limit}
          filled={signal.entry_price !== null}
          zone={signal.entry_zone}
          targets={signal.take_profit.map((target, place) => ({ ...target, done: place < signal.targets_hit }))}
          over={over}
        />
      </Section>
      {signal.further_entries.length > 0 && (
        <Section title={t("signals.further_entries")}>
          <dl>
            {signal.further_entries.map((part) => (
              <Fact key={part.price} term={format.price(part.price)}>
                {part.target
                  ? t("signals.grid_level", {
                      share: format.share(part.share),
                      target: format.price(part.target),
                    })
                  : format.share(part.share)}
              </Fact>
            ))}
          </dl>
        </Section>
      )}
      <Section title={t("signals.details")}>
        <dl>
          <Fact term={t("signals.confidence")} hint={t("signals.confidence_hint")}>
            <span className="inline-flex items-center gap-2">
              <Confidence value={signal.confidence} />
              {format.share(signal.confidence)}
            </span>
          </Fact>
          {risk && <Fact term={t("signals.risk")}>{format.percent(risk.replace("-", ""))}</Fact>}
          <Fact term={t("signals.leverage")}>{t("market_banner.speed", { speed: format.integer(signal.leverage_cap) })}</Fact>
          <Fact term={t("signals.created")}>{format.dateTime(signal.created_at)}</Fact>
          <Until signal={signal} over={over} />
        </dl>
      </Section>
      <Section title={t("signals.life")}>
        <Life signal={signal} />
      </Section>
    </>
  );
}

function Outcome({ term, children }: { term: string; children: ReactNode }) {
  return (
    <div>
      <p className="text-xs text-muted">{term}</p>
      <div className="mt-0.5">{children}</div>
    </div>
  );
}

function Until({ signal, over }: { signal: SignalDetail; over: boolean }) {
  const { t } = useTranslation();
  const format = useFormat();
  const now = useMarketNow(1000);
  if (over) return null;
  const left = now === null ? null : Date.parse(signal.expires_at) - now;
  return (
    <Fact term={t("signals.valid_until")}>
      {format.dateTime(signal.expires_at)}
      {left !== null && left > 0 && <span className="font-normal text-muted"> · {format.duration(left)}</span>}
    </Fact>
  );
}

function Life({ signal }: { signal: SignalDetail }) {
  const { t } = useTranslation();
  const events = signal.events.toReversed();
  return (
    <ol className="relative">
      <span className="absolute top-2 bottom-4 left-[0.1875rem] w-px bg-line-strong" aria-hidden="true" />
      {events.map((event) => (
        <Step key={event.seq} at={event.at}>
          <EventWords event={event} />
        </Step>
      ))}
      <Step at={signal.created_at}>{t("signals.event.created")}</Step>
    </ol>
  );
}

function Step({ at, children }: { at: string; children: ReactNode }) {
  const format = useFormat();
  return (
    <li className="relative flex justify-between gap-4 py-1.5 pl-5">
      <span className="absolute top-3.25 left-0 size-1.75 rounded-full bg-accent ring-3 ring-surface" aria-hidden="true" />
      <span>{children}</span>
      <time dateTime={at} title={format.exact(at)} className="tnum shrink-0 text-xs leading-5 text-muted">
        {format.clock(at)}
      </time>
    </li>
  );
}

function EventWords({ event }: { event: SignalLifeEvent }) {
  const { t, i18n } = useTranslation();
  const format = useFormat();
  const numbers = {
    price: event.price ? format.price(event.price) : "",
    before: event.before ? format.price(event.before) : "",
    rung: event.rung,
  };
  const key = event.kind === "stop_moved" ? `signals.moved.${event.why ?? ""}` : `signals.end.${event.why ?? ""}`;
  const why = event.why && i18n.exists(key) ? (t as unknown as (key: string) => string)(key) : null;
  return (
    <>
      {t(`signals.event.${event.kind}`, numbers)}
      {why && <span className="block text-xs text-muted">{why}</span>}
    </>
  );
}
