import { clsx } from "clsx";
import { Check } from "lucide-react";
import { DropdownMenu as Radix } from "radix-ui";
import type { ReactNode } from "react";

export function Menu({ trigger, children }: { trigger: ReactNode; children: ReactNode }) {
  return (
    <Radix.Root modal={false}>
      <Radix.Trigger asChild>{trigger}</Radix.Trigger>
      <Radix.Portal>
        <Radix.Content
          align="end"
          sideOffset={6}
          collisionPadding={8}
          className="z-40 min-w-48 animate-rise rounded-xl border border-line bg-raised p-1.5 shadow-float"
        >
          {children}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}

const ROW =
  "flex min-h-9 w-full items-center gap-2.5 rounded-lg px-2.5 text-sm outline-none select-none data-highlighted:bg-hover data-highlighted:text-ink";

export function MenuItem({ onSelect, children }: { onSelect: () => void; children: ReactNode }) {
  return (
    <Radix.Item className={clsx(ROW, "text-soft")} onSelect={onSelect}>
      {children}
    </Radix.Item>
  );
}

export function MenuLink({ href, children }: { href: string; children: ReactNode }) {
  return (
    <Radix.Item asChild className={clsx(ROW, "text-soft")}>
      <a href={href}>{children}</a>
    </Radix.Item>
  );
}

export function MenuChoice<T extends string>({
  label,
  value,
  options,
  onChange,
}: {
  label: string;
  value: T;
  options: readonly { value: T; label: ReactNode }[];
  onChange: (value: T) => void;
}) {
  return (
    <>
      <Radix.Label className="px-2.5 pt-1.5 pb-1 text-xs text-muted">{label}</Radix.Label>
      <Radix.RadioGroup
        value={value}
        onValueChange={(chosen) => onChange(chosen as T)}
        aria-label={label}
      >
        {options.map((option) => (
          <Radix.RadioItem key={option.value} value={option.value} className={clsx(ROW, "text-soft")}>
            {option.label}
            <Radix.ItemIndicator className="ml-auto">
              <Check className="size-4 text-accent" aria-hidden="true" />
            </Radix.ItemIndicator>
          </Radix.RadioItem>
        ))}
      </Radix.RadioGroup>
    </>
  );
}

export const MenuSeparator = () => <Radix.Separator className="my-1.5 h-px bg-line" />;
