import type { LucideIcon } from "lucide-react";
import type { ReactNode } from "react";

interface Props {
  icon: LucideIcon;
  title: string;
  badge?: ReactNode;
  text: string;
  problem?: string;
  /** What can be done, and the dialogs that it opens. */
  children?: ReactNode;
}

/** One way to prove who one is, and what can be done about it. */
export function Row({ icon: Icon, title, badge, text, problem, children }: Props) {
  return (
    <div className="flex flex-wrap items-center gap-x-4 gap-y-3 py-4">
      <span className="flex size-10 shrink-0 items-center justify-center rounded-xl bg-sunken text-soft">
        <Icon className="size-5" strokeWidth={1.8} aria-hidden="true" />
      </span>
      <div className="min-w-48 flex-1">
        <h3 className="flex flex-wrap items-center gap-2 font-medium">
          {title}
          {badge}
        </h3>
        <p className="text-sm text-muted">{text}</p>
        {problem && (
          <p role="alert" className="text-sm text-loss">
            {problem}
          </p>
        )}
      </div>
      {children !== undefined && <div className="flex flex-wrap gap-2">{children}</div>}
    </div>
  );
}
