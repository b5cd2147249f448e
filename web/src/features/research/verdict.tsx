import { clsx } from "clsx";
import { CircleAlert, CircleCheck, CircleX } from "lucide-react";
import { useTranslation } from "react-i18next";

import type { MonteCarloItem, RunDetail, State, VerdictItem, WalkForwardItem } from "@/client";
import { useFormat } from "@/i18n";
import { Card, CardTitle, Fact } from "@/ui/surface";
import { Cell, Head, Table } from "@/ui/table";
import { Term } from "@/ui/term";
import { Gained, NONE, percentOf, ratioOf } from "./figures";
import { HonestyCard } from "./honesty";
import { Settings } from "./run";

const LOOKS = {
  passed: { Icon: CircleCheck, text: "text-gain", wash: "bg-gain-wash" },
  doubt: { Icon: CircleAlert, text: "text-warn", wash: "bg-warn-wash" },
  failed: { Icon: CircleX, text: "text-loss", wash: "bg-loss-wash" },
} as const satisfies Record<State, unknown>;

/** Whether a back-test may be believed, and why. */
export function VerdictParts({ run, verdict }: { run: RunDetail; verdict: VerdictItem }) {
  return (
    <>
      <div className={clsx("grid items-start gap-4", run.honesty && "xl:grid-cols-[minmax(0,3fr)_minmax(0,2fr)]")}>
        <VerdictCard verdict={verdict} />
        <HonestyCard honesty={run.honesty} over />
      </div>
      <MonteCarloCard verdict={verdict} />
      <ForwardCard forward={verdict.walk_forward} />
    </>
  );
}

function VerdictCard({ verdict }: { verdict: VerdictItem }) {
  const { t } = useTranslation();
  const format = useFormat();
  const { Icon, text, wash } = LOOKS[verdict.state];
  return (
    <Card aria-labelledby="run-verdict" className="overflow-hidden">
      <div className={clsx("flex gap-3 px-4 py-4 sm:px-5", wash)}>
        <Icon className={clsx("mt-0.5 size-6 shrink-0", text)} aria-hidden="true" />
        <div className="min-w-0">
          <h2 id="run-verdict" className={clsx("text-lg leading-7 font-semibold", text)}>
            {t(`research.verdicts.${verdict.state}`)}
          </h2>
          <p className="mt-0.5 leading-5.5 text-soft">{verdict.text}</p>
        </div>
      </div>
      <h3 className="px-4 pt-4 pb-1 text-xs font-semibold text-muted sm:px-5">{t("research.validation.checks")}</h3>
      <ul className="px-4 sm:px-5">
        {verdict.checks.map((check) => {
          const look = LOOKS[check.state];
          return (
            <li key={check.check} className="flex gap-2.5 border-line py-2.5 not-last:border-b">
              <look.Icon className={clsx("mt-0.5 size-4 shrink-0", look.text)} aria-hidden="true" />
              <span className="min-w-0 flex-1 leading-5.5">{check.text}</span>
              <span className={clsx("shrink-0 text-xs leading-5.5 font-medium", look.text)}>
                {t(`research.validation.check_states.${check.state}`)}
              </span>
            </li>
          );
        })}
      </ul>
      <dl className="grid gap-x-8 border-t border-line px-4 py-2 sm:grid-cols-2 sm:px-5">
        <div className="flex items-baseline justify-between gap-4 py-1.5">
          <dt>
            <Term label={t("research.validation.psr")}>{t("research.validation.psr_hint")}</Term>
          </dt>
          <dd className="tnum font-medium">{percentOf(format, verdict.probabilistic_sharpe)}</dd>
        </div>
        <div className="flex items-baseline justify-between gap-4 py-1.5">
          <dt>
            <Term label={t("research.validation.track")}>{t("research.validation.track_hint")}</Term>
          </dt>
          <dd className="tnum font-medium">
            {verdict.minimum_track_record_days === null
              ? NONE
              : format.integer(Math.ceil(Number(verdict.minimum_track_record_days)))}
          </dd>
        </div>
      </dl>
    </Card>
  );
}

function MonteCarloCard({ verdict }: { verdict: VerdictItem }) {
  const { t } = useTranslation();
  if (!verdict.bootstrap && !verdict.shuffle) return null;
  return (
    <Card aria-labelledby="run-montecarlo" className="overflow-hidden">
      <CardTitle id="run-montecarlo" title={t("research.validation.montecarlo")} />
      <div className="grid items-start gap-x-8 gap-y-5 pb-3 xl:grid-cols-2">
        {verdict.bootstrap && <Resampled title={t("research.validation.bootstrap")} found={verdict.bootstrap} />}
        {verdict.shuffle && <Resampled title={t("research.validation.shuffle")} found={verdict.shuffle} />}
      </div>
    </Card>
  );
}

function Resampled({ title, found }: { title: string; found: MonteCarloItem }) {
  const { t } = useTranslation();
  const format = useFormat();
  // In another order the same trades come to the same end.
  const ends = found.resampling !== "shuffle";
  return (
    <section className="min-w-0">
      <h3 className="flex items-baseline justify-between gap-3 px-4 pb-1 text-xs sm:px-5">
        <span className="font-semibold text-muted">{title}</span>
        <span className="tnum text-muted">{t("research.validation.paths", { paths: format.integer(found.paths) })}</span>
      </h3>
      <Table
        label={title}
        head={
          <>
            <Head>{t("research.validation.percentile")}</Head>
            {ends && <Head number>{t("research.validation.final_return")}</Head>}
            <Head number>{t("research.validation.max_drawdown")}</Head>
          </>
        }
      >
        {found.percentiles.map((percentile, place) => (
          <tr key={percentile}>
            <Cell className="tnum !py-1.5 text-soft">{percentile === null ? NONE : format.plain(percentile)}</Cell>
            {ends && (
              <Cell number className="!py-1.5">
                <Gained share={found.final_return[place] ?? null} />
              </Cell>
            )}
            <Cell number className="!py-1.5">
              {percentOf(format, found.max_drawdown[place] ?? null)}
            </Cell>
          </tr>
        ))}
        <tr className="font-semibold">
          <Cell className="!py-1.5">{t("research.validation.observed")}</Cell>
          {ends && (
            <Cell number className="!py-1.5">
              <Gained share={found.observed_return} />
            </Cell>
          )}
          <Cell number className="!py-1.5">
            {percentOf(format, found.observed_drawdown)}
          </Cell>
        </tr>
      </Table>
      <dl className="px-4 pt-1 sm:px-5">
        {ends && <Fact term={t("research.validation.loss_share")}>{percentOf(format, found.loss_share)}</Fact>}
        <Fact term={t("research.validation.deeper_share")}>{percentOf(format, found.deeper_share)}</Fact>
        <Fact term={t("research.validation.ruin_share", { ruin: found.ruin === null ? NONE : format.share(found.ruin) })}>
          {percentOf(format, found.ruin_share)}
        </Fact>
      </dl>
    </section>
  );
}

function ForwardCard({ forward }: { forward: WalkForwardItem | null }) {
  const { t } = useTranslation();
  const format = useFormat();
  return (
    <Card aria-labelledby="run-forward" className="overflow-hidden">
      <CardTitle id="run-forward" title={t("research.validation.forward")}>
        <span className="text-xs text-muted">{t("research.validation.forward_text")}</span>
      </CardTitle>
      {!forward ? (
        <p className="px-4 pb-4 text-muted sm:px-5">{t("research.validation.no_forward")}</p>
      ) : (
        <>
          <dl className="grid gap-x-10 px-4 pb-2 sm:grid-cols-2 sm:px-5 xl:grid-cols-3">
            <Fact term={t("research.validation.in_sample")}>{ratioOf(format, forward.in_sample_sharpe)}</Fact>
            <Fact term={t("research.validation.out_of_sample")}>{ratioOf(format, forward.out_of_sample_sharpe)}</Fact>
            <Fact term={t("research.validation.efficiency")} hint={t("research.validation.efficiency_hint")}>
              {ratioOf(format, forward.efficiency)}
            </Fact>
            <Fact term={t("research.validation.drift")} hint={t("research.validation.drift_hint")}>
              {ratioOf(format, forward.drift)}
            </Fact>
            <Fact term={t("research.validation.return")}>
              <Gained share={forward.total_return} />
            </Fact>
            <Fact term={t("research.validation.max_drawdown")}>{percentOf(format, forward.max_drawdown)}</Fact>
          </dl>
          <Table
            label={t("research.validation.forward")}
            head={
              <>
                <Head>{t("research.validation.window")}</Head>
                <Head>{t("research.validation.train")}</Head>
                <Head>{t("research.validation.test")}</Head>
                <Head>{t("research.validation.chosen")}</Head>
                <Head number>{t("research.validation.in_sample")}</Head>
                <Head number>{t("research.validation.out_of_sample")}</Head>
                <Head number>{t("research.validation.return")}</Head>
                <Head number>{t("research.report.trades")}</Head>
              </>
            }
          >
            {forward.windows.map((window, place) => (
              <tr key={window.test_from}>
                <Cell className="tnum text-muted">{place + 1}</Cell>
                <Cell className="tnum text-soft">
                  {format.fullDate(window.train_from)} – {format.fullDate(window.train_to)}
                </Cell>
                <Cell className="tnum text-soft">
                  {format.fullDate(window.test_from)} – {format.fullDate(window.test_to)}
                </Cell>
                <Cell>
                  {window.parameters ? (
                    <span className="flex flex-wrap gap-1.5">
                      <Settings set={window.parameters} />
                    </span>
                  ) : (
                    <span className="text-muted">{t("research.validation.none_chosen")}</span>
                  )}
                </Cell>
                <Cell number>{ratioOf(format, window.in_sample_sharpe)}</Cell>
                <Cell number>{ratioOf(format, window.out_of_sample_sharpe)}</Cell>
                <Cell number>
                  <Gained share={window.return} />
                </Cell>
                <Cell number>{format.integer(window.trades)}</Cell>
              </tr>
            ))}
          </Table>
        </>
      )}
    </Card>
  );
}
