import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { LifeBuoy } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import { renewRecoveryCodes } from "@/client";
import { getFactorsOptions, getFactorsQueryKey } from "@/client/@tanstack/react-query.gen";
import { Button } from "@/ui/button";
import { Dialog } from "@/ui/dialog";
import { LoadProblem, SkeletonRows } from "@/ui/state";
import { Card, CardTitle } from "@/ui/surface";
import { CodesDialog } from "./codes";
import { Passkeys } from "./passkeys";
import { Row } from "./row";
import { AuthenticatorApp } from "./totp";
import { useProofProblem } from "./words";

/** All second factors of the user, for any page. */
export function SecondFactors() {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const [codes, setCodes] = useState<string[] | null>(null);
  const { data, error, refetch } = useQuery(getFactorsOptions());
  const changed = () => void queries.invalidateQueries({ queryKey: getFactorsQueryKey() });
  return (
    <Card aria-labelledby="second-factors">
      <CardTitle id="second-factors" title={t("factors.card")} />
      <div className="px-4 pb-2 sm:px-5">
        <p className="pb-2 text-muted">{t("factors.text")}</p>
        {error ? (
          <LoadProblem error={error} retry={() => void refetch()} />
        ) : !data ? (
          <SkeletonRows rows={3} />
        ) : (
          <div className="divide-y divide-line">
            <AuthenticatorApp totp={data.totp} onCodes={setCodes} onChange={changed} />
            <div>
              <Passkeys passkeys={data.passkeys} available={data.passkeys_available} onCodes={setCodes} onChange={changed} />
            </div>
            {(data.totp ?? data.passkeys.length > 0) && <RecoveryCodes left={data.recovery_codes_left} onCodes={setCodes} onChange={changed} />}
          </div>
        )}
      </div>
      {codes && <CodesDialog codes={codes} onClose={() => setCodes(null)} />}
    </Card>
  );
}

function RecoveryCodes({ left, onCodes, onChange }: { left: number; onCodes: (codes: string[]) => void; onChange: () => void }) {
  const { t } = useTranslation();
  const said = useProofProblem();
  const [asking, setAsking] = useState(false);
  const renew = useMutation({
    mutationFn: async () => (await renewRecoveryCodes()).data,
    onSuccess: (made) => {
      onChange();
      onCodes(made.recovery_codes);
    },
    onSettled: () => setAsking(false),
  });
  return (
    <Row
      icon={LifeBuoy}
      title={t("factors.codes")}
      text={t("factors.codes_left", { count: left })}
      problem={said(renew.error) ?? (left < 3 ? t("factors.codes_few") : undefined)}
    >
      <Button size="sm" onClick={() => setAsking(true)}>
        {t("factors.codes_renew")}
      </Button>
      {asking && (
        <Dialog
          title={t("factors.codes_renew")}
          onClose={() => setAsking(false)}
          footer={
            <>
              <Button onClick={() => setAsking(false)}>{t("app.cancel")}</Button>
              <Button variant="primary" busy={renew.isPending} onClick={() => renew.mutate()}>
                {t("factors.codes_renew")}
              </Button>
            </>
          }
        >
          <p className="text-muted">{t("factors.codes_renew_text")}</p>
        </Dialog>
      )}
    </Row>
  );
}
