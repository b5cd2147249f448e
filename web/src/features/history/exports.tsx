import { Download } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import type { LotMethod } from "@/client";
import { buttonClass } from "@/ui/button";
import { Segments } from "@/ui/tabs";

export const METHODS: readonly LotMethod[] = ["fifo", "lifo", "hifo"];

/** Everything that was booked, as files for a spreadsheet or a tax adviser. */
export function Exports() {
  const { t } = useTranslation();
  const [method, choose] = useState<LotMethod>("fifo");
  return (
    <section aria-label={t("history.exports")} className="mt-4 flex flex-wrap items-center gap-2">
      <File name="fills">{t("history.fills")}</File>
      <File name="ledger">{t("history.ledger")}</File>
      <span className="flex flex-wrap items-center gap-2">
        <File name="tax-lots" query={`?method=${method}`}>
          {t("history.tax_lots")}
        </File>
        <Segments
          label={t("history.method")}
          value={method}
          options={METHODS.map((each) => ({ value: each, label: each.toUpperCase() }))}
          onChange={choose}
        />
      </span>
    </section>
  );
}

export function File({ name, query = "", children }: { name: string; query?: string; children: string }) {
  return (
    <a href={`/api/v1/history/${name}.csv${query}`} download className={buttonClass("secondary", "sm")}>
      <Download className="size-3.5" aria-hidden="true" />
      {children}
    </a>
  );
}
