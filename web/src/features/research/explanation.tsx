import type { ExplanationItem } from "@/client";

/** A strategy in words, section by section. */
export function ExplanationSections({
  explanation,
  heading: Title,
}: {
  explanation: ExplanationItem;
  heading: "h3" | "h4";
}) {
  return explanation.sections.map((section) => (
    <section key={section.title} className="pb-4 last:pb-0">
      <Title className="font-medium">{section.title}</Title>
      <ul className="mt-1 list-disc space-y-1 pl-4.5 leading-5.5 text-soft marker:text-muted">
        {section.lines.map((line) => (
          <li key={line} className="break-words">
            {line}
          </li>
        ))}
      </ul>
    </section>
  ));
}
