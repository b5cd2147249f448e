import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import { problemOf } from "@/api/problem";
import { useProblemText } from "@/api/words";
import { closePosition, type PositionItem } from "@/client";
import { useFormat } from "@/i18n";
import { anyOf, POSITION_LISTS } from "@/realtime/caches";
import { usePrice } from "@/realtime/prices";
import { SimulatedBadge } from "@/trading/badges";
import { PositionPnl } from "@/trading/live";
import { Button } from "@/ui/button";
import { Dialog } from "@/ui/dialog";

/** Closes a position at market, after asking. */
export function CloseButton({ position, size = "sm" }: { position: PositionItem; size?: "sm" | "md" }) {
  const { t } = useTranslation();
  const [asking, setAsking] = useState(false);
  return (
    <>
      <Button
        size={size}
        disabled={position.status !== "open"}
        aria-label={`${t("close.action")} ${position.symbol}`}
        onClick={() => setAsking(true)}
      >
        {t("close.action")}
      </Button>
      {asking && <CloseDialog position={position} onClose={() => setAsking(false)} />}
    </>
  );
}

function CloseDialog({ position, onClose }: { position: PositionItem; onClose: () => void }) {
  const { t } = useTranslation();
  const format = useFormat();
  const queries = useQueryClient();
  const words = useProblemText();
  const price = usePrice(position.symbol) ?? position.mark_price;
  const [key] = useState(() => crypto.randomUUID());
  const close = useMutation({
    mutationFn: () =>
      closePosition({ path: { position_id: position.id }, headers: { "idempotency-key": key } }),
    onSuccess: () => {
      void queries.invalidateQueries(anyOf(POSITION_LISTS));
      onClose();
    },
  });
  const side = t(`side.${position.side}`).toLowerCase();
  return (
    <Dialog
      title={
        <span className="flex flex-wrap items-center gap-2">
          {t("close.title", { symbol: position.symbol, side })}
          <SimulatedBadge />
        </span>
      }
      onClose={onClose}
      footer={
        <>
          <Button onClick={onClose}>{t("app.cancel")}</Button>
          <Button variant="danger" busy={close.isPending} onClick={() => close.mutate()}>
            {close.isPending ? t("close.sending") : t("close.confirm")}
          </Button>
        </>
      }
    >
      <p className="text-soft">
        {t("close.text", {
          quantity: `${format.quantity(position.quantity)} ${position.symbol.replace(/USDT$/, "")}`,
          price: price ? format.price(price) : "—",
        })}
      </p>
      <p className="mt-4 flex items-center justify-between gap-3 rounded-lg bg-sunken px-3.5 py-3">
        <span className="text-muted">{t("close.pnl")}</span>
        <PositionPnl position={position} className="text-base font-semibold" />
      </p>
      {close.error && (
        <p role="alert" className="mt-4 rounded-lg bg-loss-wash px-3.5 py-2.5 font-medium text-loss">
          {words(problemOf(close.error))}
        </p>
      )}
    </Dialog>
  );
}
