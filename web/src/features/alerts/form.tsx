import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import { fieldErrors, problemOf } from "@/api/problem";
import { useProblemText } from "@/api/words";
import { type AlertWish, createAlert, type Timeframe } from "@/client";
import { getMarketStatusOptions, listAlertsQueryKey } from "@/client/@tanstack/react-query.gen";
import { useFormat } from "@/i18n";
import { anyOf } from "@/realtime/caches";
import { usePrice } from "@/realtime/prices";
import { Button } from "@/ui/button";
import { Dialog } from "@/ui/dialog";
import { Choice, Field } from "@/ui/field";
import { Segments } from "@/ui/tabs";
import { ConditionCheck } from "./check";

const KINDS = ["price", "condition"] as const;
const MOVES = ["touch", "above", "below"] as const;
const COOLDOWNS = [0, 15, 60, 240, 1440] as const;
const LIVES = [0, 1, 7, 30] as const;
const DAY_MS = 86_400_000;
const FIELDS = ["name", "symbol", "price", "expression", "timeframe", "expires_at"];

const EXAMPLES = ["crosses_above(close, ema(close, 50))", "rsi(close, 14) < 30 and regime() == range"] as const;

interface Props {
  symbol?: string;
  price?: string;
  onClose: () => void;
}

/** Makes an alert: on a price level, or on a condition that is tried while it is typed. */
export function AlertDialog({ symbol: given, price: level, onClose }: Props) {
  const { t } = useTranslation();
  const format = useFormat();
  const queries = useQueryClient();
  const words = useProblemText();
  const { data: market } = useQuery(getMarketStatusOptions());
  const symbols = market?.symbols ?? [];
  const timeframes = market?.timeframes ?? [];
  const [kind, setKind] = useState<(typeof KINDS)[number]>("price");
  const [chosen, setSymbol] = useState(given);
  const [price, setPrice] = useState(level ?? "");
  const [move, setMove] = useState<(typeof MOVES)[number]>("touch");
  const [picked, setTimeframe] = useState<string>();
  const [expression, setExpression] = useState("");
  const [name, setName] = useState("");
  const [repeat, setRepeat] = useState<"once" | "every_time">("once");
  const [cooldown, setCooldown] = useState(60);
  const [days, setDays] = useState(0);
  const [telegram, setTelegram] = useState(false);

  const symbol = chosen ?? symbols[0] ?? "";
  const timeframe = (picked ?? (timeframes.includes("1h") ? "1h" : timeframes[0]) ?? "1h") as Timeframe;
  const now = usePrice(symbol);
  const create = useMutation({
    mutationFn: (wish: AlertWish) => createAlert({ body: wish }),
    onSuccess: () => {
      void queries.invalidateQueries(anyOf(listAlertsQueryKey()));
      onClose();
    },
  });
  const problem = create.error && problemOf(create.error);
  const errors = Object.fromEntries(problem ? fieldErrors(problem, FIELDS).known : []);

  const send = () => {
    const since = market?.market_time ? Date.parse(market.market_time) : Date.now();
    create.mutate({
      name,
      symbol,
      ...(kind === "price" ? { price: price.trim().replace(",", "."), move } : { timeframe, expression }),
      repeat,
      cooldown_minutes: cooldown,
      channels: telegram ? ["dashboard", "telegram"] : ["dashboard"],
      expires_at: days ? new Date(since + days * DAY_MS).toISOString() : null,
    });
  };

  return (
    <Dialog
      title={t("alerts.new")}
      onClose={onClose}
      footer={
        <>
          <Button onClick={onClose}>{t("app.cancel")}</Button>
          <Button variant="primary" type="submit" form="new-alert" busy={create.isPending}>
            {t("alerts.create")}
          </Button>
        </>
      }
    >
      <form
        id="new-alert"
        noValidate
        className="grid gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          send();
        }}
      >
        <Segments
          label={t("alerts.kind")}
          value={kind}
          options={KINDS.map((each) => ({ value: each, label: t(`alerts.kinds.${each}`) }))}
          onChange={setKind}
        />
        <div className="grid gap-4 sm:grid-cols-2">
          <Choice label={t("alerts.symbol")} value={symbol} onChange={setSymbol} options={symbols.map((each) => [each, each])} error={errors.symbol} />
          {kind === "price" ? (
            <Choice
              label={t("alerts.move")}
              value={move}
              onChange={setMove}
              options={MOVES.map((each) => [each, t(`alerts.moves.${each}`)])}
            />
          ) : (
            <Choice
              label={t("alerts.timeframe")}
              value={timeframe}
              onChange={setTimeframe}
              options={timeframes.map((each) => [each, each])}
              error={errors.timeframe}
            />
          )}
        </div>
        {kind === "price" ? (
          <Field
            label={t("alerts.price")}
            hint={now ? t("alerts.price_now", { price: format.price(now) }) : undefined}
            inputMode="decimal"
            autoComplete="off"
            value={price}
            onChange={(event) => setPrice(event.target.value)}
            error={errors.price}
          />
        ) : (
          <>
            <Field
              label={t("alerts.expression")}
              hint={t("alerts.expression_hint")}
              autoComplete="off"
              autoCapitalize="off"
              spellCheck={false}
              className="[&_input]:font-mono"
              value={expression}
              onChange={(event) => setExpression(event.target.value)}
              error={errors.expression}
            />
            <p className="-mt-2 flex flex-wrap gap-1.5 text-xs">
              {EXAMPLES.map((example) => (
                <button
                  key={example}
                  type="button"
                  className="rounded-md bg-sunken px-2 py-1 font-mono text-soft hover:text-ink"
                  onClick={() => setExpression(example)}
                >
                  {example}
                </button>
              ))}
            </p>
            <ConditionCheck symbol={symbol} timeframe={timeframe} expression={expression} />
          </>
        )}
        <Field
          label={t("alerts.name")}
          optional
          maxLength={80}
          value={name}
          onChange={(event) => setName(event.target.value)}
          error={errors.name}
        />
        <div className="grid gap-4 sm:grid-cols-2">
          <Choice
            label={t("alerts.repeat")}
            value={repeat}
            onChange={setRepeat}
            options={[
              ["once", t("alerts.repeats.once")],
              ["every_time", t("alerts.repeats.every_time")],
            ]}
          />
          {repeat === "every_time" && (
            <Choice
              label={t("alerts.cooldown")}
              value={String(cooldown)}
              onChange={(value) => setCooldown(Number(value))}
              options={COOLDOWNS.map((each) => [String(each), each ? format.duration(each * 60_000) : t("alerts.no_cooldown")])}
            />
          )}
          <Choice
            label={t("alerts.expires")}
            value={String(days)}
            onChange={(value) => setDays(Number(value))}
            options={LIVES.map((each) => [String(each), each ? t("alerts.days", { count: each }) : t("alerts.never")])}
            error={errors.expires_at}
          />
        </div>
        <label className="flex items-start gap-2.5">
          <input type="checkbox" className="mt-0.5 size-4 accent-accent" checked={telegram} onChange={(event) => setTelegram(event.target.checked)} />
          <span>
            {t("alerts.telegram")}
            <span className="block text-xs text-muted">{t("alerts.telegram_hint")}</span>
          </span>
        </label>
        {problem && !Object.keys(errors).length && (
          <p role="alert" className="rounded-lg bg-loss-wash px-3.5 py-2.5 font-medium text-loss">
            {words(problem)}
          </p>
        )}
      </form>
    </Dialog>
  );
}
