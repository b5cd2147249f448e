/** Texts of strategy documents: what the editor changes in them by itself, and how two of them differ. */

const NAME = /^(name:[ \t]*)\S+|("name"\s*:\s*")[a-z0-9_]+/m;
const VERSION = /^(version:[ \t]*)\d+|("version"\s*:\s*)\d+/m;

/** The text with another name and as its first version: a built-in document to begin one's own with. */
export function begunWith(text: string, name: string): string {
  return withVersion(text.replace(NAME, (_, yaml?: string, json?: string) => `${yaml ?? json ?? ""}${name}`), 1);
}

export function withVersion(text: string, version: number): string {
  return text.replace(VERSION, (_, yaml?: string, json?: string) => `${yaml ?? json ?? ""}${version}`);
}

/** Where line `number` (from 1) begins and ends in the text. */
export function lineSpan(text: string, number: number): [number, number] {
  const lines = text.split("\n");
  const start = lines.slice(0, number - 1).reduce((sum, line) => sum + line.length + 1, 0);
  return [start, start + (lines[number - 1]?.length ?? 0)];
}

export interface DiffLine {
  kind: "same" | "removed" | "added";
  text: string;
}

/** How to come from `before` to `after`, line by line, with as few changes as there can be. */
export function difference(before: string, after: string): DiffLine[] {
  const [a, b] = [before.split("\n"), after.split("\n")];
  // Longest common subsequence of what follows: documents have some hundred lines.
  const common: Uint16Array[] = Array.from({ length: a.length + 1 }, () => new Uint16Array(b.length + 1));
  const at = (i: number, j: number) => common[i]?.[j] ?? 0;
  for (let i = a.length - 1; i >= 0; i--) {
    const row = common[i];
    if (row) for (let j = b.length - 1; j >= 0; j--) row[j] = a[i] === b[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
  }
  const lines: DiffLine[] = [];
  let [i, j] = [0, 0];
  while (i < a.length || j < b.length) {
    if (i < a.length && j < b.length && a[i] === b[j]) {
      lines.push({ kind: "same", text: a[i] ?? "" });
      i++;
      j++;
    } else if (i < a.length && (j >= b.length || at(i + 1, j) >= at(i, j + 1))) {
      lines.push({ kind: "removed", text: a[i++] ?? "" });
    } else {
      lines.push({ kind: "added", text: b[j++] ?? "" });
    }
  }
  return lines;
}
