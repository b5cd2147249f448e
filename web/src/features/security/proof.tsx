import { KeyRound } from "lucide-react";
import { type ReactNode, type SyntheticEvent, useState } from "react";
import { useTranslation } from "react-i18next";

import { passkeysSupported } from "@/api/webauthn";
import type { Proof } from "@/client";
import { Button } from "@/ui/button";
import { Field } from "@/ui/field";

interface Props {
  accepted: readonly Proof[];
  busy: boolean;
  /** What was wrong with the last try. */
  problem: string | undefined;
  onCode: (code: string) => void;
  onPassword?: (password: string) => void;
  onPasskey: () => void;
  submit: string;
  /** Stands beside the button. */
  children?: ReactNode;
}

/** Asks for one of the accepted proofs: a passkey at a click, a code or the password in a field. */
export function ProofForm({ accepted, busy, problem, onCode, onPassword, onPasskey, submit, children }: Props) {
  const { t } = useTranslation();
  const [typed, setTyped] = useState("");
  const [lost, setLost] = useState(!accepted.includes("totp"));
  const passkey = accepted.includes("passkey") && passkeysSupported();
  const password = accepted.includes("password") && onPassword !== undefined;
  const recovery = accepted.includes("recovery_code");
  const code = accepted.includes("totp") || recovery;
  const send = (event: SyntheticEvent) => {
    event.preventDefault();
    if (password) onPassword(typed);
    else onCode(typed.trim());
    setTyped("");
  };
  const label = password ? t("auth.password") : lost ? t("factors.recovery_code") : t("factors.code");
  return (
    <div className="grid gap-4">
      {passkey && (
        <Button variant={code ? "secondary" : "primary"} size="lg" busy={busy} onClick={onPasskey}>
          <KeyRound className="size-4" aria-hidden="true" />
          {t("factors.use_passkey")}
        </Button>
      )}
      {(code || password) && (
        <form noValidate className="grid gap-4" onSubmit={send}>
          <Field
            label={label}
            hint={password ? undefined : lost ? t("factors.recovery_code_hint") : t("factors.code_hint")}
            type={password ? "password" : "text"}
            inputMode={password || lost ? undefined : "numeric"}
            autoComplete={password ? "current-password" : lost ? "off" : "one-time-code"}
            autoFocus
            value={typed}
            onChange={(event) => setTyped(event.target.value)}
            error={problem}
          />
          <div className="flex flex-wrap items-center gap-2">
            <Button type="submit" variant="primary" size="lg" busy={busy} disabled={typed.trim().length < (password ? 1 : 6)} className="flex-1">
              {submit}
            </Button>
            {children}
          </div>
        </form>
      )}
      {!code && !password && problem && (
        <p role="alert" className="text-sm text-loss">
          {problem}
        </p>
      )}
      {recovery && accepted.includes("totp") && (
        <button type="button" className="justify-self-start text-left text-sm font-medium text-accent hover:underline" onClick={() => setLost(!lost)}>
          {lost ? t("factors.use_code") : t("factors.use_recovery_code")}
        </button>
      )}
    </div>
  );
}
