import { Tooltip } from "radix-ui";
import { useState } from "react";

/** A term that says what it means: to the pointer, to the keyboard and to a finger. */
export function Term({ label, children }: { label: string; children: string }) {
  const [open, setOpen] = useState(false);
  return (
    <Tooltip.Provider delayDuration={150}>
      <Tooltip.Root open={open} onOpenChange={setOpen}>
        <Tooltip.Trigger
          type="button"
          className="cursor-help rounded text-left text-muted underline decoration-line-strong decoration-dotted underline-offset-3 hover:text-ink"
          onClick={() => setOpen(true)}
        >
          {label}
        </Tooltip.Trigger>
        <Tooltip.Portal>
          <Tooltip.Content
            sideOffset={6}
            collisionPadding={12}
            className="z-50 max-w-72 rounded-lg border border-line bg-raised px-3 py-2 text-xs leading-5 text-soft shadow-float"
          >
            {children}
          </Tooltip.Content>
        </Tooltip.Portal>
      </Tooltip.Root>
    </Tooltip.Provider>
  );
}
