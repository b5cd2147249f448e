import { useMutation } from "@tanstack/react-query";
import { KeyRound, Pencil, Trash2 } from "lucide-react";
import { type SyntheticEvent, useState } from "react";
import { useTranslation } from "react-i18next";

import { makePasskey, passkeysSupported } from "@/api/webauthn";
import { addPasskey, beginPasskey, type PasskeyItem, removePasskey, renamePasskey } from "@/client";
import { useFormat } from "@/i18n";
import { Badge } from "@/ui/badge";
import { Button, IconButton } from "@/ui/button";
import { Dialog } from "@/ui/dialog";
import { Field } from "@/ui/field";
import { Row } from "./row";
import { useProofProblem } from "./words";

interface Props {
  passkeys: readonly PasskeyItem[];
  available: boolean;
  onCodes: (codes: string[]) => void;
  onChange: () => void;
}

/** Passkeys: made on this device, named, taken away. */
export function Passkeys({ passkeys, available, onCodes, onChange }: Props) {
  const { t } = useTranslation();
  const [naming, setNaming] = useState(false);
  const possible = available && passkeysSupported();
  return (
    <>
      <Row
        icon={KeyRound}
        title={t("factors.passkeys")}
        text={available ? t("factors.passkeys_text") : t("factors.passkeys_unavailable")}
        problem={available && !possible ? t("factors.passkeys_unsupported") : undefined}
      >
        <Button size="sm" variant={passkeys.length ? "secondary" : "primary"} disabled={!possible} onClick={() => setNaming(true)}>
          {t("factors.passkey_add")}
        </Button>
      </Row>
      {passkeys.length > 0 && (
        <ul aria-label={t("factors.passkeys")} className="grid gap-1 pb-4">
          {passkeys.map((passkey) => (
            <Passkey key={passkey.id} passkey={passkey} onChange={onChange} />
          ))}
        </ul>
      )}
      {naming && (
        <Add
          onClose={() => setNaming(false)}
          onDone={(codes) => {
            setNaming(false);
            onChange();
            if (codes) onCodes(codes);
          }}
        />
      )}
    </>
  );
}

function Add({ onClose, onDone }: { onClose: () => void; onDone: (codes: string[] | null) => void }) {
  const { t } = useTranslation();
  const said = useProofProblem();
  const add = useMutation({
    mutationFn: async (name: string) => {
      const { data } = await beginPasskey();
      const credential = await makePasskey(data.options);
      return (await addPasskey({ body: { name, credential } })).data;
    },
    onSuccess: (added) => onDone(added.recovery_codes),
  });
  return (
    <NameDialog
      title={t("factors.passkey_add")}
      text={t("factors.passkey_add_text")}
      submit={t("factors.passkey_make")}
      busy={add.isPending}
      problem={said(add.error)}
      onClose={onClose}
      onName={add.mutate}
    />
  );
}

function Passkey({ passkey, onChange }: { passkey: PasskeyItem; onChange: () => void }) {
  const { t } = useTranslation();
  const format = useFormat();
  const said = useProofProblem();
  const [open, setOpen] = useState<"name" | "remove" | null>(null);
  const close = () => setOpen(null);
  const path = { passkey_id: passkey.id };
  const rename = useMutation({
    mutationFn: (name: string) => renamePasskey({ path, body: { name } }),
    onSuccess: () => {
      close();
      onChange();
    },
  });
  const remove = useMutation({
    mutationFn: () => removePasskey({ path }),
    onSuccess: () => {
      close();
      onChange();
    },
  });
  const when = passkey.last_used_at
    ? t("factors.last_used", { at: format.fullDate(passkey.last_used_at) })
    : t("factors.added", { at: format.fullDate(passkey.created_at) });
  return (
    <li className="flex items-center gap-3 rounded-xl bg-sunken py-2 pr-2 pl-4">
      <div className="min-w-0 flex-1">
        <p className="flex flex-wrap items-center gap-2 font-medium">
          <span className="truncate">{passkey.name}</span>
          {passkey.synced && <Badge tone="neutral">{t("factors.synced")}</Badge>}
        </p>
        <p className="text-sm text-muted">{when}</p>
      </div>
      <IconButton label={t("factors.rename", { name: passkey.name })} onClick={() => setOpen("name")}>
        <Pencil className="size-4" aria-hidden="true" />
      </IconButton>
      <IconButton label={t("factors.passkey_remove", { name: passkey.name })} onClick={() => setOpen("remove")}>
        <Trash2 className="size-4" aria-hidden="true" />
      </IconButton>
      {open === "name" && (
        <NameDialog
          title={t("factors.rename", { name: passkey.name })}
          value={passkey.name}
          submit={t("factors.save")}
          busy={rename.isPending}
          problem={said(rename.error)}
          onClose={close}
          onName={rename.mutate}
        />
      )}
      {open === "remove" && (
        <Dialog
          title={t("factors.passkey_remove", { name: passkey.name })}
          onClose={close}
          footer={
            <>
              <Button onClick={close}>{t("app.cancel")}</Button>
              <Button variant="danger" busy={remove.isPending} onClick={() => remove.mutate()}>
                {t("factors.remove")}
              </Button>
            </>
          }
        >
          <p className="text-muted">{t("factors.passkey_remove_text")}</p>
          {remove.error && (
            <p role="alert" className="pt-3 text-sm text-loss">
              {said(remove.error)}
            </p>
          )}
        </Dialog>
      )}
    </li>
  );
}

interface Naming {
  title: string;
  text?: string;
  value?: string;
  submit: string;
  busy: boolean;
  problem: string | undefined;
  onClose: () => void;
  onName: (name: string) => void;
}

function NameDialog({ title, text, value = "", submit, busy, problem, onClose, onName }: Naming) {
  const { t } = useTranslation();
  const [name, setName] = useState(value);
  const send = (event: SyntheticEvent) => {
    event.preventDefault();
    onName(name.trim());
  };
  return (
    <Dialog title={title} onClose={onClose}>
      {text && <p className="pb-4 text-muted">{text}</p>}
      <form noValidate className="grid gap-4" onSubmit={send}>
        <Field
          label={t("factors.passkey_name")}
          hint={t("factors.passkey_name_hint")}
          autoComplete="off"
          autoFocus
          maxLength={80}
          value={name}
          onChange={(event) => setName(event.target.value)}
          error={problem}
        />
        <Button type="submit" variant="primary" size="lg" busy={busy} disabled={!name.trim()}>
          {submit}
        </Button>
      </form>
    </Dialog>
  );
}
