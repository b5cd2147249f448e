import type { FieldValues, Path, UseFormReturn } from "react-hook-form";

import { type ApiProblem, fieldErrors } from "@/api/problem";

/** Put the server's objections where they belong: at their fields, or over the form. */
export function showProblem<T extends FieldValues>(
  problem: ApiProblem,
  form: Pick<UseFormReturn<T>, "setError">,
  fields: readonly Path<T>[],
): void {
  const { known, rest } = fieldErrors(problem, fields);
  known.forEach(([field, message], place) => {
    form.setError(field as Path<T>, { type: "server", message }, { shouldFocus: place === 0 });
  });
  if (!known.length || rest.length) form.setError("root", { type: "server", message: problem.code });
}
