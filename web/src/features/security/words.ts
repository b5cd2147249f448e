import { useCallback } from "react";
import { useTranslation } from "react-i18next";

import { problemOf } from "@/api/problem";
import { NoPasskeyError, PasskeyThereError } from "@/api/webauthn";
import { useProblemText } from "@/api/words";

/** What went wrong with a proof, in the user's words; nothing for nothing. */
export function useProofProblem(): (error: unknown) => string | undefined {
  const { t } = useTranslation();
  const words = useProblemText();
  return useCallback(
    (error) => {
      if (!error) return undefined;
      if (error instanceof NoPasskeyError) return t("factors.passkey_not_given");
      if (error instanceof PasskeyThereError) return t("factors.passkey_there");
      return words(problemOf(error));
    },
    [t, words],
  );
}
