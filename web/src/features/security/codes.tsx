import { Check, Copy, Download, Printer } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import { useMe } from "@/app/services";
import { Button, buttonClass } from "@/ui/button";
import { Dialog } from "@/ui/dialog";

/** Recovery codes, shown this once. */
export function CodesDialog({ codes, onClose }: { codes: readonly string[]; onClose: () => void }) {
  const { t } = useTranslation();
  const { user } = useMe();
  const [copied, setCopied] = useState(false);
  const text = [`${t("app.name")} – ${t("factors.codes")}`, user.email, "", ...codes, ""].join("\n");
  const copy = async () => {
    await navigator.clipboard.writeText(codes.join("\n"));
    setCopied(true);
  };
  return (
    <Dialog
      title={t("factors.codes")}
      onClose={onClose}
      footer={
        <Button variant="primary" onClick={onClose}>
          {t("factors.codes_kept")}
        </Button>
      }
    >
      <p className="pb-4 text-muted">{t("factors.codes_text")}</p>
      <div className="to-print">
        <p className="hidden pb-4 print:block">
          {t("app.name")} – {t("factors.codes")}, {user.email}
        </p>
        <ol aria-label={t("factors.codes")} className="grid grid-cols-1 gap-x-6 gap-y-2 rounded-xl bg-sunken p-4 font-mono sm:grid-cols-2">
          {codes.map((code) => (
            <li key={code} className="tracking-wide select-all">
              {code}
            </li>
          ))}
        </ol>
      </div>
      <div className="flex flex-wrap gap-2 pt-4">
        <Button size="sm" onClick={() => void copy()}>
          {copied ? <Check className="size-3.5" aria-hidden="true" /> : <Copy className="size-3.5" aria-hidden="true" />}
          {copied ? t("factors.copied") : t("factors.copy")}
        </Button>
        <a
          className={buttonClass("secondary", "sm")}
          href={`data:text/plain;charset=utf-8,${encodeURIComponent(text)}`}
          download="tradewind-recovery-codes.txt"
        >
          <Download className="size-3.5" aria-hidden="true" />
          {t("factors.download")}
        </a>
        <Button size="sm" onClick={() => window.print()}>
          <Printer className="size-3.5" aria-hidden="true" />
          {t("factors.print")}
        </Button>
      </div>
    </Dialog>
  );
}
