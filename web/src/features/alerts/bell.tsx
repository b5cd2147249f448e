import { BellPlus } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import { usePrice } from "@/realtime/prices";
import { IconButton } from "@/ui/button";
import { AlertDialog } from "./form";

/** Beside a symbol's price: make an alert on it, beginning from the present price. */
export function AlertBell({ symbol }: { symbol: string }) {
  const { t } = useTranslation();
  const price = usePrice(symbol);
  const [level, setLevel] = useState<string | null>(null);
  return (
    <>
      <IconButton label={t("alerts.bell", { symbol })} onClick={() => setLevel(price ?? "")}>
        <BellPlus className="size-4.5" aria-hidden="true" />
      </IconButton>
      {level !== null && <AlertDialog symbol={symbol} price={level} onClose={() => setLevel(null)} />}
    </>
  );
}
