import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Monitor, TerminalSquare } from "lucide-react";
import { useTranslation } from "react-i18next";

import { problemOf } from "@/api/problem";
import { useProblemText } from "@/api/words";
import { endOtherSessions, endSession, type SessionItem } from "@/client";
import { listSessionsOptions, listSessionsQueryKey } from "@/client/@tanstack/react-query.gen";
import { useFormat } from "@/i18n";
import { Badge } from "@/ui/badge";
import { Button } from "@/ui/button";
import { LoadProblem, SkeletonRows } from "@/ui/state";
import { Card, CardTitle } from "@/ui/surface";
import { deviceName } from "./device";

/** Where the account is logged in, and how to end it there. */
export function Sessions() {
  const { t } = useTranslation();
  const words = useProblemText();
  const queries = useQueryClient();
  const { data, error, refetch } = useQuery({ ...listSessionsOptions(), staleTime: 0 });
  const end = useMutation({
    mutationFn: (id: string | null) => (id ? endSession({ path: { session_id: id } }) : endOtherSessions()),
    onSettled: () => queries.invalidateQueries({ queryKey: listSessionsQueryKey() }),
  });
  const others = data?.items.some((each) => !each.current) ?? false;
  return (
    <Card aria-labelledby="security-sessions">
      <CardTitle id="security-sessions" title={t("security.sessions")}>
        {others && (
          <Button size="sm" busy={end.isPending && end.variables === null} onClick={() => end.mutate(null)}>
            {t("security.end_others")}
          </Button>
        )}
      </CardTitle>
      {end.error && (
        <p role="alert" className="px-4 pb-2 font-medium text-loss sm:px-5">
          {words(problemOf(end.error))}
        </p>
      )}
      {error ? (
        <LoadProblem error={error} retry={() => void refetch()} />
      ) : !data ? (
        <div className="px-4 pb-4 sm:px-5">
          <SkeletonRows rows={2} />
        </div>
      ) : (
        <ul className="divide-y divide-line pb-1">
          {data.items.map((each) => (
            <Row
              key={each.id}
              item={each}
              busy={end.isPending && end.variables === each.id}
              onEnd={() => end.mutate(each.id)}
            />
          ))}
        </ul>
      )}
    </Card>
  );
}

function Row({ item, busy, onEnd }: { item: SessionItem; busy: boolean; onEnd: () => void }) {
  const { t } = useTranslation();
  const format = useFormat();
  const Icon = item.kind === "browser" ? Monitor : TerminalSquare;
  const name = deviceName(item.user_agent) ?? t(`security.kind.${item.kind}`);
  return (
    <li className="flex items-center gap-3.5 px-4 py-3 sm:px-5">
      <Icon className="size-5 shrink-0 text-muted" strokeWidth={1.8} aria-hidden="true" />
      <div className="min-w-0 flex-1">
        <p className="flex flex-wrap items-center gap-2 font-medium" title={item.user_agent ?? undefined}>
          <span className="truncate">{name}</span>
          {item.current && <Badge tone="accent">{t("security.this_device")}</Badge>}
        </p>
        <p className="truncate text-xs text-muted">
          {item.ip_address && <>{item.ip_address} · </>}
          {t("security.last_seen", { at: format.dateTime(item.last_seen_at) })}
        </p>
      </div>
      {!item.current && (
        <Button size="sm" busy={busy} onClick={onEnd} aria-label={t("security.end_named", { name })}>
          {t("security.end")}
        </Button>
      )}
    </li>
  );
}
