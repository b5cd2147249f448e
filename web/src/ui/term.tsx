import { Popover } from "radix-ui";
import { useId, useState } from "react";

/** A term that says what it means: to the pointer, to the keyboard and to a finger. */
export function Term({ label, children }: { label: string; children: string }) {
  const id = useId();
  const [open, setOpen] = useState(false);
  const show = () => setOpen(true);
  const hide = () => setOpen(false);
  // A popover and not Radix's tooltip: that one closes as soon as the focus scrolls it into view.
  return (
    <Popover.Root open={open} onOpenChange={setOpen}>
      <Popover.Anchor asChild>
        <button
          type="button"
          aria-describedby={open ? id : undefined}
          className="cursor-help rounded text-left text-muted underline decoration-line-strong decoration-dotted underline-offset-3 hover:text-ink"
          onClick={show}
          onFocus={show}
          onBlur={hide}
          onPointerEnter={show}
          onPointerLeave={(event) => {
            if (event.currentTarget !== document.activeElement) hide();
          }}
        >
          {label}
        </button>
      </Popover.Anchor>
      <Popover.Portal>
        <Popover.Content
          id={id}
          role="tooltip"
          sideOffset={6}
          collisionPadding={12}
          className="pointer-events-none z-50 max-w-72 rounded-lg border border-line bg-raised px-3 py-2 text-xs leading-5 text-soft shadow-float outline-none"
          onOpenAutoFocus={(event) => event.preventDefault()}
          onCloseAutoFocus={(event) => event.preventDefault()}
        >
          {children}
        </Popover.Content>
      </Popover.Portal>
    </Popover.Root>
  );
}
