import { clsx } from "clsx";
import { ChevronDown, Eye, EyeOff } from "lucide-react";
import { type ComponentProps, useId, useState } from "react";
import { useTranslation } from "react-i18next";

interface Props extends ComponentProps<"input"> {
  label: string;
  hint?: string;
  optional?: boolean;
  error?: string;
}

const INPUT =
  "h-11 w-full rounded-lg border bg-surface px-3 text-base text-ink placeholder:text-muted sm:text-sm aria-invalid:border-loss border-line-strong";

/** A labelled input with its hint and its error, tied together for screen readers. */
export function Field({ label, hint, optional, error, type, className, ...rest }: Props) {
  const { t } = useTranslation();
  const id = useId();
  const [shown, setShown] = useState(false);
  const password = type === "password";
  const described = [hint && `${id}-hint`, error && `${id}-error`].filter(Boolean).join(" ");
  return (
    <div className={className}>
      <label htmlFor={id} className="mb-1.5 flex justify-between gap-2 font-medium">
        {label}
        {optional && <span className="font-normal text-muted">{t("auth.optional")}</span>}
      </label>
      <div className="relative">
        <input
          id={id}
          type={password && shown ? "text" : type}
          className={clsx(INPUT, password && "pr-11")}
          aria-invalid={error ? true : undefined}
          aria-describedby={described || undefined}
          {...rest}
        />
        {password && (
          <button
            type="button"
            className="absolute inset-y-1 right-1 flex w-9 items-center justify-center rounded-md text-muted hover:text-ink"
            aria-label={shown ? t("auth.hide_password") : t("auth.show_password")}
            onClick={() => setShown(!shown)}
          >
            {shown ? <EyeOff className="size-4.5" aria-hidden="true" /> : <Eye className="size-4.5" aria-hidden="true" />}
          </button>
        )}
      </div>
      {hint && !error && (
        <p id={`${id}-hint`} className="mt-1.5 text-xs text-muted">
          {hint}
        </p>
      )}
      {error && (
        <p id={`${id}-error`} className="mt-1.5 text-xs text-loss">
          {error}
        </p>
      )}
    </div>
  );
}

type Options<T extends string> = readonly (readonly [T, string])[];

interface ChoiceProps<T extends string> {
  label: string;
  value: T;
  error?: string;
  onChange: (value: T) => void;
}

/** A labelled choice in a form, as wide as its place. */
export function Choice<T extends string>({ options, ...rest }: ChoiceProps<T> & { options: Options<T> }) {
  return <GroupedChoice groups={[{ label: "", options }]} {...rest} />;
}

/** The same with its options in groups; one without a label stands by itself. */
export function GroupedChoice<T extends string>({
  label,
  value,
  groups,
  error,
  onChange,
}: ChoiceProps<T> & { groups: readonly { label: string; options: Options<T> }[] }) {
  const id = useId();
  const listed = (options: Options<T>) =>
    options.map(([each, words]) => (
      <option key={each} value={each}>
        {words}
      </option>
    ));
  return (
    <div className="min-w-0">
      <label htmlFor={id} className="mb-1.5 block font-medium">
        {label}
      </label>
      <div className="relative">
        <select
          id={id}
          className={clsx(INPUT, "appearance-none truncate pr-8")}
          value={value}
          aria-invalid={error ? true : undefined}
          aria-describedby={error ? `${id}-error` : undefined}
          onChange={(event) => onChange(event.target.value as T)}
        >
          {groups.map((group) =>
            group.label ? (
              <optgroup key={group.label} label={group.label}>
                {listed(group.options)}
              </optgroup>
            ) : (
              listed(group.options)
            ),
          )}
        </select>
        <ChevronDown className="pointer-events-none absolute top-3.5 right-2.5 size-4 text-muted" aria-hidden="true" />
      </div>
      {error && (
        <p id={`${id}-error`} className="mt-1.5 text-xs text-loss">
          {error}
        </p>
      )}
    </div>
  );
}

export function Select({ label, className, ...rest }: ComponentProps<"select"> & { label: string }) {
  return (
    <label className={clsx("relative", className)}>
      <span className="sr-only">{label}</span>
      <select
        className="h-9 w-full appearance-none truncate rounded-lg border border-line-strong bg-surface pr-7 pl-3 text-sm text-ink hover:bg-hover"
        {...rest}
      />
      <ChevronDown className="pointer-events-none absolute top-2.5 right-2 size-4 text-muted" aria-hidden="true" />
    </label>
  );
}
