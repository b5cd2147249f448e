import { zodResolver } from "@hookform/resolvers/zod";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useForm, useWatch } from "react-hook-form";
import { useTranslation } from "react-i18next";
import { z } from "zod/mini";

import { problemOf } from "@/api/problem";
import { changePassword } from "@/client";
import { listSessionsQueryKey } from "@/client/@tanstack/react-query.gen";
import { FormProblem, useFieldError } from "@/features/auth/frame";
import { NewPassword, newPassword } from "@/features/auth/password";
import { showProblem } from "@/features/auth/problems";
import { Button } from "@/ui/button";
import { Field } from "@/ui/field";
import { Card, CardTitle } from "@/ui/surface";

const schema = z.object({ current_password: z.string().check(z.minLength(1, "required")), password: newPassword });
type Form = z.infer<typeof schema>;

export function PasswordCard() {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const fieldError = useFieldError();
  const form = useForm<Form>({ resolver: zodResolver(schema), defaultValues: { current_password: "", password: "" } });
  const change = useMutation({
    mutationFn: (values: Form) => changePassword({ body: values }),
    onSuccess: () => {
      form.reset();
      void queries.invalidateQueries({ queryKey: listSessionsQueryKey() });
    },
    onError: (error) => showProblem(problemOf(error), form, ["current_password", "password"]),
  });
  const { errors } = form.formState;
  const password = useWatch({ control: form.control, name: "password" });
  return (
    <Card aria-labelledby="security-password">
      <CardTitle id="security-password" title={t("security.password")} />
      <form
        noValidate
        className="grid max-w-md gap-4 px-4 pt-1 pb-5 sm:px-5"
        onSubmit={(event) => void form.handleSubmit((values) => change.mutate(values))(event)}
      >
        <p className="text-muted">{t("security.password_text")}</p>
        <FormProblem form={form} error={change.error} />
        <Field
          label={t("security.current_password")}
          type="password"
          autoComplete="current-password"
          error={fieldError(errors.current_password?.message)}
          {...form.register("current_password")}
        />
        <NewPassword
          label={t("auth.new_password")}
          value={password}
          error={fieldError(errors.password?.message)}
          {...form.register("password")}
        />
        <div className="flex flex-wrap items-center gap-3">
          <Button type="submit" variant="primary" busy={change.isPending}>
            {t("security.password_save")}
          </Button>
          <span role="status" className="font-medium text-gain">
            {change.isSuccess && t("security.password_done")}
          </span>
        </div>
      </form>
    </Card>
  );
}
