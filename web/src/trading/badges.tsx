import { CircleCheck, CircleDashed, CircleX, LoaderCircle, ShieldAlert, ShieldCheck } from "lucide-react";
import { useTranslation } from "react-i18next";

import { useMarketStatus } from "@/app/services";
import type { PositionItem, SignalItem, SignalPhase } from "@/client";
import { useFormat } from "@/i18n";
import { Badge, type Tone } from "@/ui/badge";

const PHASES: Record<SignalPhase, { tone: Tone; Icon: typeof CircleCheck }> = {
  waiting: { tone: "neutral", Icon: CircleDashed },
  open: { tone: "accent", Icon: LoaderCircle },
  closed: { tone: "neutral", Icon: CircleCheck },
  not_filled: { tone: "neutral", Icon: CircleX },
};

export function PhaseBadge({ status }: { status: SignalItem["status"] }) {
  const { t } = useTranslation();
  const { tone, Icon } = PHASES[status];
  return (
    <Badge tone={tone}>
      <Icon className="size-3.5" aria-hidden="true" />
      {t(`signals.status.${status}`)}
    </Badge>
  );
}

const STATES: Record<PositionItem["protection"]["state"], { tone: Tone; Icon: typeof CircleCheck }> = {
  live: { tone: "gain", Icon: ShieldCheck },
  placing: { tone: "warn", Icon: LoaderCircle },
  flattening: { tone: "warn", Icon: LoaderCircle },
  none: { tone: "loss", Icon: ShieldAlert },
};

/** That no real money moves, wherever a page's banner does not reach. */
export function SimulatedBadge() {
  const { t } = useTranslation();
  const status = useMarketStatus();
  return status?.simulated ? <Badge tone="warn">{t("signals.simulated")}</Badge> : null;
}

/** Whether a stop stands on the venue for what is held. */
export function ProtectionBadge({ protection }: { protection: PositionItem["protection"] }) {
  const { t } = useTranslation();
  const format = useFormat();
  const { tone, Icon } = STATES[protection.state];
  return (
    <Badge
      tone={tone}
      title={t(`positions.protection_hint.${protection.state}`, { quantity: format.quantity(protection.quantity) })}
    >
      <Icon className="size-3.5" aria-hidden="true" />
      {t(`positions.protection_state.${protection.state}`)}
    </Badge>
  );
}
