import { clsx } from "clsx";
import { X } from "lucide-react";
import { type ReactNode, useId, useLayoutEffect, useRef } from "react";
import { useTranslation } from "react-i18next";

import { IconButton } from "./button";

interface Props {
  title: ReactNode;
  kind?: "popup" | "sheet";
  onClose: () => void;
  children: ReactNode;
  footer?: ReactNode;
}

/**
 * A modal dialog in the browser's top layer: `popup` asks, `sheet` shows details from the side. It is open while it is
 * rendered; the browser keeps the focus inside, gives it back afterwards and makes everything else inert.
 */
export function Dialog({ title, kind = "popup", onClose, children, footer }: Props) {
  const { t } = useTranslation();
  const dialog = useRef<HTMLDialogElement>(null);
  const heading = useId();

  useLayoutEffect(() => {
    const element = dialog.current;
    element?.showModal();
    return () => element?.close();
  }, []);

  return (
    <dialog
      ref={dialog}
      className={kind}
      aria-labelledby={heading}
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
      onMouseDown={(event) => {
        if (event.target === event.currentTarget) onClose(); // the backdrop
      }}
    >
      <div className={clsx("flex min-h-0 flex-1 flex-col", kind === "popup" && "max-h-[85dvh]")}>
        <div className="flex items-start justify-between gap-3 border-b border-line py-3 pr-3 pl-5">
          <h2 id={heading} className="min-w-0 pt-1.5 text-base leading-6 font-semibold">
            {title}
          </h2>
          <IconButton label={t("app.close")} onClick={onClose}>
            <X className="size-4.5" aria-hidden="true" />
          </IconButton>
        </div>
        {/* Can be scrolled with the keyboard, too. */}
        <div tabIndex={0} className="min-h-0 flex-1 overflow-y-auto overscroll-contain px-5 py-4 -outline-offset-2">
          {children}
        </div>
        {footer !== undefined && (
          <div className="flex flex-wrap justify-end gap-2 border-t border-line px-5 py-3.5">{footer}</div>
        )}
      </div>
    </dialog>
  );
}
