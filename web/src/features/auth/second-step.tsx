import { useMutation } from "@tanstack/react-query";
import { KeyRound } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import { ApiProblem } from "@/api/problem";
import { session } from "@/api/session";
import { NoPasskeyError, passkeysSupported, provePasskey } from "@/api/webauthn";
import { beginPasskeyLogin, type LoginWritable, logInWithPasskey, openBrowserSession } from "@/client";
import { ProofForm } from "@/features/security/proof";
import { useProofProblem } from "@/features/security/words";
import { Button } from "@/ui/button";

/** A right password that is not enough: what else is asked, and the credentials to be sent along with it. */
export interface Asked {
  credentials: LoginWritable;
  problem: ApiProblem;
}

/** What log-in asks next, if the problem is that the password alone does not do. */
export function askedBy(error: unknown, credentials: LoginWritable): Asked | null {
  return error instanceof ApiProblem && error.code === "second_factor_required" ? { credentials, problem: error } : null;
}

async function enter(body: LoginWritable): Promise<void> {
  const { data } = await openBrowserSession({ body });
  session.begin(data.csrf_token);
}

/** The second step of log-in. */
export function SecondStep({ asked, onDone, onBack }: { asked: Asked; onDone: () => void; onBack: () => void }) {
  const { t } = useTranslation();
  const said = useProofProblem();
  const { credentials, problem } = asked;
  const [options, setOptions] = useState(problem.passkeyOptions);
  const login = useMutation({ mutationFn: (give: () => Promise<Partial<LoginWritable>>) => give().then((proof) => enter({ ...credentials, ...proof })), onSuccess: onDone });
  const byPasskey = async () => {
    // A challenge is good once: after a failure there is another one for the same password.
    const fresh = options ?? (await anotherChallenge(credentials));
    setOptions(null);
    return { passkey: await provePasskey(fresh) };
  };
  return (
    <ProofForm
      accepted={problem.accepted}
      busy={login.isPending}
      problem={said(login.error)}
      submit={t("auth.log_in")}
      onCode={(totp_code) => login.mutate(() => Promise.resolve({ totp_code }))}
      onPasskey={() => login.mutate(byPasskey)}
    >
      <Button size="lg" onClick={onBack}>
        {t("factors.back")}
      </Button>
    </ProofForm>
  );
}

async function anotherChallenge(credentials: LoginWritable): Promise<Record<string, unknown>> {
  try {
    await openBrowserSession({ body: credentials });
  } catch (error) {
    const next = askedBy(error, credentials)?.problem.passkeyOptions;
    if (next) return next;
    throw error;
  }
  throw new NoPasskeyError();
}

/** Log-in with a passkey and nothing else. */
export function PasskeyLogin({ onDone }: { onDone: () => void }) {
  const { t } = useTranslation();
  const said = useProofProblem();
  const login = useMutation({
    mutationFn: async () => {
      const { data } = await beginPasskeyLogin();
      const opened = await logInWithPasskey({ body: { credential: await provePasskey(data.options) } });
      session.begin(opened.data.csrf_token);
    },
    onSuccess: onDone,
  });
  if (!passkeysSupported()) return null;
  return (
    <div className="mt-3 grid gap-2">
      <Button size="lg" busy={login.isPending} onClick={() => login.mutate()}>
        <KeyRound className="size-4" aria-hidden="true" />
        {t("factors.use_passkey")}
      </Button>
      {login.error && (
        <p role="alert" className="text-sm text-loss">
          {said(login.error)}
        </p>
      )}
    </div>
  );
}
