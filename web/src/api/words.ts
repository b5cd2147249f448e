import type { TFunction } from "i18next";
import { useCallback } from "react";
import { useTranslation } from "react-i18next";

import type { ApiProblem } from "./problem";

type Loose = (key: string) => string;

/** The words for a code of the API; null for one that is newer than our words. */
function wordsFor(t: TFunction, exists: (key: string) => boolean, key: string): string | null {
  return exists(key) ? (t as unknown as Loose)(key) : null;
}

/** A problem in the user's words; what we have no words for is told as the server tells it. */
export function useProblemText(): (problem: ApiProblem) => string {
  const { t, i18n } = useTranslation();
  return useCallback(
    (problem) => {
      if (problem.code === "offline") return t("error.offline");
      const known = wordsFor(t, (key) => i18n.exists(key), `error.code.${problem.code}`);
      if (known) return known;
      return problem.status >= 500 ? t("error.code.internal_error") : problem.message || t("error.code.other");
    },
    [t, i18n],
  );
}

/** Why something was denied. */
export function useDenyText(): (reason: string) => string {
  const { t, i18n } = useTranslation();
  return useCallback((reason) => wordsFor(t, (key) => i18n.exists(key), `deny.${reason}`) ?? t("deny.other"), [t, i18n]);
}

/** Why a position was closed; null for a reason that we have no words for. */
export function useExitText(): (reason: string | null | undefined) => string | null {
  const { t, i18n } = useTranslation();
  return useCallback(
    (reason) => (reason ? wordsFor(t, (key) => i18n.exists(key), `positions.exit.${reason}`) : null),
    [t, i18n],
  );
}
