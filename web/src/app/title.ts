import { useEffect } from "react";
import { useTranslation } from "react-i18next";

/** The title of the page, and that of the sheet that lies over it. */
const titles = { page: "", sheet: "" };

/** The browser tab and the history say what is shown: "BTCUSDT · Market · Tradewind". */
export function useTitle(parts: readonly (string | undefined)[], place: keyof typeof titles = "page"): void {
  const { t } = useTranslation();
  const title = [...parts.filter(Boolean), t("app.name")].join(" · ");
  useEffect(() => {
    const show = (shown: string) => {
      titles[place] = shown;
      document.title = titles.sheet || titles.page;
    };
    show(title);
    return () => show("");
  }, [place, title]);
}
