import { zodResolver } from "@hookform/resolvers/zod";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { useForm } from "react-hook-form";
import { useTranslation } from "react-i18next";
import { z } from "zod/mini";

import { problemOf } from "@/api/problem";
import { useMe } from "@/app/services";
import { changeEmail } from "@/client";
import { FormProblem, useFieldError } from "@/features/auth/frame";
import { showProblem } from "@/features/auth/problems";
import { Badge } from "@/ui/badge";
import { Button } from "@/ui/button";
import { Field } from "@/ui/field";
import { Card, CardTitle } from "@/ui/surface";

const schema = z.object({
  email: z.string().check(z.minLength(1, "required"), z.email("email")),
  current_password: z.string().check(z.minLength(1, "required")),
});
type Form = z.infer<typeof schema>;

export function EmailCard() {
  const { t } = useTranslation();
  const { user } = useMe();
  const [asked, setAsked] = useState<string | null>(null);
  const fieldError = useFieldError();
  const form = useForm<Form>({ resolver: zodResolver(schema), defaultValues: { email: "", current_password: "" } });
  const change = useMutation({
    mutationFn: (values: Form) => changeEmail({ body: values }),
    onSuccess: (_, { email }) => {
      setAsked(email);
      form.reset();
    },
    onError: (error) => showProblem(problemOf(error), form, ["email", "current_password"]),
  });
  const { errors } = form.formState;
  return (
    <Card aria-labelledby="security-email">
      <CardTitle id="security-email" title={t("security.email")}>
        {user.email_verified ? (
          <Badge tone="gain">{t("security.confirmed")}</Badge>
        ) : (
          <Badge tone="warn">{t("security.unconfirmed")}</Badge>
        )}
      </CardTitle>
      <div className="max-w-md px-4 pt-1 pb-5 sm:px-5">
        <p className="truncate text-base font-medium">{user.email}</p>
        <form
          noValidate
          className="mt-4 grid gap-4"
          onSubmit={(event) => void form.handleSubmit((values) => change.mutate(values))(event)}
        >
          <p className="text-muted">{t("security.email_text")}</p>
          <FormProblem form={form} error={change.error} />
          <Field
            label={t("security.new_email")}
            type="email"
            inputMode="email"
            autoComplete="email"
            error={fieldError(errors.email?.message)}
            {...form.register("email")}
          />
          <Field
            label={t("security.current_password")}
            type="password"
            autoComplete="current-password"
            error={fieldError(errors.current_password?.message)}
            {...form.register("current_password")}
          />
          <div>
            <Button type="submit" variant="primary" busy={change.isPending}>
              {t("security.email_save")}
            </Button>
          </div>
          <p role="status" className="font-medium text-gain">
            {asked && t("security.email_done", { email: asked })}
          </p>
        </form>
      </div>
    </Card>
  );
}
