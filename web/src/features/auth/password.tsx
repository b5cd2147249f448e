import { clsx } from "clsx";
import type { ComponentProps } from "react";
import { useTranslation } from "react-i18next";
import { z } from "zod/mini";

import { Field } from "@/ui/field";

const SHORTEST = 12;
const LONGEST = 128;

/** What the browser can say of a new password; the server knows the lists of common ones. */
export const newPassword = z
  .string()
  .check(z.minLength(SHORTEST, `too_short:${SHORTEST}`), z.maxLength(LONGEST, `too_long:${LONGEST}`));

const LEVELS = ["short", "fair", "good", "strong"] as const;
const COLOURS = ["bg-loss", "bg-warn", "bg-gain", "bg-gain"] as const;

/** How hard it is to guess, from 0 to 3: length counts, as far as characters differ. */
export function strength(password: string): 0 | 1 | 2 | 3 {
  if (password.length < SHORTEST) return 0;
  const worth = Math.min(password.length, 2.5 * new Set(password.toLowerCase()).size);
  return worth >= 24 ? 3 : worth >= 18 ? 2 : 1;
}

/** A new password with what it must be, and how good it is so far. Pasting is welcome. */
export function NewPassword({ value, ...rest }: Omit<ComponentProps<typeof Field>, "value"> & { value: string }) {
  const { t } = useTranslation();
  const level = strength(value);
  return (
    <div>
      <Field type="password" autoComplete="new-password" hint={t("auth.password_hint")} {...rest} />
      {value && (
        <div className="mt-2 flex items-center gap-2.5" role="status">
          <span className="grid flex-1 grid-cols-4 gap-1" aria-hidden="true">
            {LEVELS.map((each, place) => (
              <span key={each} className={clsx("h-1 rounded-full", place <= level ? COLOURS[level] : "bg-line")} />
            ))}
          </span>
          <span className="text-xs text-muted">{t(`auth.strength.${LEVELS[level]}`)}</span>
        </div>
      )}
    </div>
  );
}
