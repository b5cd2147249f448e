import { useTranslation } from "react-i18next";

import { useTitle } from "@/app/title";
import { PageHeader } from "@/ui/surface";
import { EmailCard } from "./email";
import { SecondFactors } from "./factors";
import { PasswordCard } from "./password";
import { Sessions } from "./sessions";

export function SecurityPage() {
  const { t } = useTranslation();
  useTitle([t("security.title")]);
  return (
    <div className="mx-auto max-w-3xl">
      <PageHeader title={t("security.title")} />
      <div className="grid gap-4">
        <EmailCard />
        <PasswordCard />
        <SecondFactors />
        <Sessions />
      </div>
    </div>
  );
}
