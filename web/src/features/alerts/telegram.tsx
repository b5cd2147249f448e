import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { type SyntheticEvent, useState } from "react";
import { useTranslation } from "react-i18next";

import { problemOf } from "@/api/problem";
import { useProblemText } from "@/api/words";
import { confirmTelegramChat, deleteTelegramChat, putTelegramChat, type TelegramChatItem } from "@/client";
import { getTelegramChatOptions, getTelegramChatQueryKey } from "@/client/@tanstack/react-query.gen";
import { Badge } from "@/ui/badge";
import { Button } from "@/ui/button";
import { Field } from "@/ui/field";
import { Card, CardTitle } from "@/ui/surface";

/** Where alerts go on Telegram: a chat of one's own, proven by the code that was sent there. */
export function TelegramChat() {
  const { t } = useTranslation();
  const { data } = useQuery(getTelegramChatOptions());
  if (!data?.available) return null;
  return (
    <Card aria-labelledby="alerts-telegram">
      <CardTitle id="alerts-telegram" title={t("telegram.title")}>
        {data.state === "confirmed" && <Badge tone="gain">{t("telegram.connected")}</Badge>}
      </CardTitle>
      <div className="px-4 pb-4 sm:px-5">{data.state === "confirmed" ? <Connected chat={data.chat ?? ""} /> : <Connect item={data} />}</div>
    </Card>
  );
}

function useChat(): (item: TelegramChatItem | undefined) => void {
  const queries = useQueryClient();
  return (item) => {
    if (item) queries.setQueryData(getTelegramChatQueryKey(), item);
    else void queries.invalidateQueries({ queryKey: getTelegramChatQueryKey() });
  };
}

function Connected({ chat }: { chat: string }) {
  const { t } = useTranslation();
  const show = useChat();
  const remove = useMutation({ mutationFn: () => deleteTelegramChat(), onSuccess: () => show(undefined) });
  return (
    <div className="flex items-center justify-between gap-3">
      <span className="min-w-0 truncate font-medium">{chat}</span>
      <Button size="sm" busy={remove.isPending} onClick={() => remove.mutate()}>
        {t("telegram.disconnect")}
      </Button>
    </div>
  );
}

function Connect({ item }: { item: TelegramChatItem }) {
  const { t } = useTranslation();
  const words = useProblemText();
  const show = useChat();
  const [chat, setChat] = useState(item.chat ?? "");
  const [code, setCode] = useState("");
  const name = useMutation({
    mutationFn: async () => (await putTelegramChat({ body: { chat: chat.trim() }, throwOnError: true })).data,
    onSuccess: show,
  });
  const confirm = useMutation({
    mutationFn: async () => (await confirmTelegramChat({ body: { code: code.trim() }, throwOnError: true })).data,
    onSuccess: show,
  });
  const said = (error: Error | null) => {
    const problem = error && problemOf(error);
    return problem ? (problem.errors[0]?.detail ?? words(problem)) : undefined;
  };
  const sending = (work: () => void) => (event: SyntheticEvent) => {
    event.preventDefault();
    work();
  };
  return (
    <div className="grid gap-4">
      <form noValidate className="flex items-start gap-2" onSubmit={sending(name.mutate)}>
        <Field
          className="min-w-0 flex-1"
          label={t("telegram.chat")}
          hint={t("telegram.chat_hint")}
          autoComplete="off"
          value={chat}
          onChange={(event) => setChat(event.target.value)}
          error={said(name.error)}
        />
        <Button type="submit" className="mt-[1.625rem] !h-11" busy={name.isPending} disabled={!chat.trim()}>
          {t("telegram.send")}
        </Button>
      </form>
      {item.state === "unconfirmed" && (
        <form noValidate className="flex items-start gap-2" onSubmit={sending(confirm.mutate)}>
          <Field
            className="min-w-0 flex-1"
            label={t("telegram.code")}
            hint={t("telegram.code_hint", { chat: item.chat })}
            inputMode="numeric"
            autoComplete="one-time-code"
            maxLength={6}
            value={code}
            onChange={(event) => setCode(event.target.value)}
            error={said(confirm.error)}
          />
          <Button type="submit" variant="primary" className="mt-[1.625rem] !h-11" busy={confirm.isPending} disabled={code.trim().length !== 6}>
            {t("telegram.confirm")}
          </Button>
        </form>
      )}
    </div>
  );
}
