import { useMutation } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";

import { useStepUp } from "@/api/step-up";
import { NoPasskeyError, provePasskey } from "@/api/webauthn";
import { beginStepUp, type Proof, type StepUpWritable, stepUp } from "@/client";
import { Button } from "@/ui/button";
import { Dialog } from "@/ui/dialog";
import { ProofForm } from "./proof";
import { useProofProblem } from "./words";

/** Asks for a fresh proof whenever a request needs one. One per page. */
export function StepUpPrompt() {
  const asked = useStepUp();
  return asked && <Prompt accepted={asked.accepted} answer={asked.answer} />;
}

function Prompt({ accepted, answer }: { accepted: readonly Proof[]; answer: (proven: boolean) => void }) {
  const { t } = useTranslation();
  const said = useProofProblem();
  const prove = useMutation({
    mutationFn: async (give: () => Promise<StepUpWritable>) => stepUp({ body: await give() }),
    onSuccess: () => answer(true),
  });
  const byPasskey = async (): Promise<StepUpWritable> => {
    const { data } = await beginStepUp();
    if (!data.passkey_options) throw new NoPasskeyError();
    return { passkey: await provePasskey(data.passkey_options) };
  };
  return (
    <Dialog title={t("factors.step_up")} onClose={() => answer(false)}>
      <p className="pb-4 text-muted">{t("factors.step_up_text")}</p>
      <ProofForm
        accepted={accepted}
        busy={prove.isPending}
        problem={said(prove.error)}
        submit={t("factors.confirm")}
        onCode={(totp_code) => prove.mutate(() => Promise.resolve({ totp_code }))}
        onPassword={(password) => prove.mutate(() => Promise.resolve({ password }))}
        onPasskey={() => prove.mutate(byPasskey)}
      >
        <Button size="lg" onClick={() => answer(false)}>
          {t("app.cancel")}
        </Button>
      </ProofForm>
    </Dialog>
  );
}
