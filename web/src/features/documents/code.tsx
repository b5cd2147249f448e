import { clsx } from "clsx";
import { type KeyboardEvent, type Ref, useId, useRef } from "react";

interface Props {
  ref?: Ref<HTMLTextAreaElement>;
  label: string;
  value: string;
  /** Lines with a fault, from 1. */
  faults: ReadonlySet<number>;
  describedBy?: string;
  onChange: (value: string) => void;
}

/** A plain text area with line numbers beside it; Tab leaves it, Enter keeps the indentation. */
export function CodeArea({ ref, label, value, faults, describedBy, onChange }: Props) {
  const id = useId();
  const gutter = useRef<HTMLDivElement>(null);
  const count = value.split("\n").length;
  return (
    <div className="flex h-full min-h-0 overflow-hidden rounded-lg border border-line-strong bg-surface font-mono text-[0.8125rem] leading-5 focus-within:outline-2 focus-within:outline-accent">
      <div
        ref={gutter}
        aria-hidden="true"
        className="overflow-hidden border-r border-line bg-sunken py-2.5 pr-2 pl-1 text-right text-muted select-none"
      >
        {Array.from({ length: count }, (_, line) => (
          <div
            key={line}
            className={clsx("tnum min-w-8 rounded-sm pl-1.5", faults.has(line + 1) && "bg-loss-wash font-semibold text-loss")}
          >
            {line + 1}
          </div>
        ))}
        <div className="h-6" />
      </div>
      <textarea
        ref={ref}
        id={id}
        aria-label={label}
        aria-invalid={faults.size > 0 || undefined}
        aria-describedby={describedBy}
        wrap="off"
        spellCheck={false}
        autoCapitalize="off"
        autoCorrect="off"
        autoComplete="off"
        className="min-h-0 min-w-0 flex-1 resize-none overflow-auto bg-transparent px-3 py-2.5 whitespace-pre outline-none"
        value={value}
        onChange={(event) => onChange(event.target.value)}
        onScroll={(event) => {
          if (gutter.current) gutter.current.scrollTop = event.currentTarget.scrollTop;
        }}
        onKeyDown={indent}
      />
    </div>
  );
}

function indent(event: KeyboardEvent<HTMLTextAreaElement>): void {
  if (event.key !== "Enter" || event.shiftKey || event.ctrlKey || event.metaKey || event.nativeEvent.isComposing) return;
  const { value, selectionStart } = event.currentTarget;
  const line = value.slice(value.lastIndexOf("\n", selectionStart - 1) + 1, selectionStart);
  const before = /^[ \t]*/.exec(line)?.[0] ?? "";
  if (!before) return;
  event.preventDefault();
  // Deprecated, and the only way that undo knows of.
  // eslint-disable-next-line @typescript-eslint/no-deprecated
  document.execCommand("insertText", false, `\n${before}`);
}
