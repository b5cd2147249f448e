import { useMutation } from "@tanstack/react-query";
import { Smartphone } from "lucide-react";
import { type SyntheticEvent, useState } from "react";
import { useTranslation } from "react-i18next";

import { confirm2Fa, disable2Fa, enable2Fa, type TotpEnrolment, type TotpItem } from "@/client";
import { useFormat } from "@/i18n";
import { Badge } from "@/ui/badge";
import { Button } from "@/ui/button";
import { Dialog } from "@/ui/dialog";
import { Field } from "@/ui/field";
import { Row } from "./row";
import { useProofProblem } from "./words";

interface Props {
  totp: TotpItem | null;
  onCodes: (codes: string[]) => void;
  onChange: () => void;
}

/** The authenticator app: set up, replaced, taken away. */
export function AuthenticatorApp({ totp, onCodes, onChange }: Props) {
  const { t } = useTranslation();
  const format = useFormat();
  const said = useProofProblem();
  const [asking, setAsking] = useState(false);
  const begin = useMutation({ mutationFn: async () => (await enable2Fa()).data });
  const remove = useMutation({
    mutationFn: () => disable2Fa(),
    onSuccess: onChange,
    onSettled: () => setAsking(false),
  });
  const used = totp?.last_used_at;
  return (
    <Row
      icon={Smartphone}
      title={t("factors.app")}
      badge={totp && <Badge tone="gain">{t("factors.on")}</Badge>}
      text={used ? t("factors.last_used", { at: format.fullDate(used) }) : t("factors.app_text")}
      problem={said(begin.error ?? remove.error)}
    >
      <Button size="sm" variant={totp ? "secondary" : "primary"} busy={begin.isPending} onClick={() => begin.mutate()}>
        {totp ? t("factors.app_replace") : t("factors.set_up")}
      </Button>
      {totp && (
        <Button size="sm" onClick={() => setAsking(true)}>
          {t("factors.remove")}
        </Button>
      )}
      {begin.data && (
        <SetUp
          enrolment={begin.data}
          onClose={begin.reset}
          onDone={(codes) => {
            begin.reset();
            onChange();
            onCodes(codes);
          }}
        />
      )}
      {asking && (
        <Dialog
          title={t("factors.app_remove")}
          onClose={() => setAsking(false)}
          footer={
            <>
              <Button onClick={() => setAsking(false)}>{t("app.cancel")}</Button>
              <Button variant="danger" busy={remove.isPending} onClick={() => remove.mutate()}>
                {t("factors.remove")}
              </Button>
            </>
          }
        >
          <p className="text-muted">{t("factors.app_remove_text")}</p>
        </Dialog>
      )}
    </Row>
  );
}

function SetUp({ enrolment, onClose, onDone }: { enrolment: TotpEnrolment; onClose: () => void; onDone: (codes: string[]) => void }) {
  const { t } = useTranslation();
  const said = useProofProblem();
  const [code, setCode] = useState("");
  const confirm = useMutation({
    mutationFn: async () => (await confirm2Fa({ body: { code: code.trim() } })).data,
    onSuccess: (made) => onDone(made.recovery_codes),
  });
  const send = (event: SyntheticEvent) => {
    event.preventDefault();
    confirm.mutate();
  };
  const grouped = enrolment.secret.replace(/(.{4})(?=.)/g, "$1 ");
  return (
    <Dialog title={t("factors.app_set_up")} onClose={onClose}>
      <p className="pb-4 text-muted">{t("factors.app_scan")}</p>
      <img
        alt={t("factors.qr")}
        src={`data:image/svg+xml,${encodeURIComponent(enrolment.qr_svg)}`}
        className="mx-auto size-52 rounded-xl border border-line"
      />
      <p className="pt-4 text-sm text-muted">{t("factors.app_by_hand")}</p>
      <p className="pb-5 font-mono break-all select-all">{grouped}</p>
      <form noValidate className="flex items-start gap-2" onSubmit={send}>
        <Field
          className="min-w-0 flex-1"
          label={t("factors.code")}
          inputMode="numeric"
          autoComplete="one-time-code"
          maxLength={7}
          value={code}
          onChange={(event) => setCode(event.target.value)}
          error={said(confirm.error)}
        />
        <Button type="submit" variant="primary" className="mt-[1.625rem] !h-11" busy={confirm.isPending} disabled={code.trim().length < 6}>
          {t("factors.confirm")}
        </Button>
      </form>
    </Dialog>
  );
}
