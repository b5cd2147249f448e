/** Browsers and systems by what they call themselves; the order matters, because most claim to be several. */
const BROWSERS: readonly (readonly [RegExp, string])[] = [
  [/\bEdg\//, "Edge"],
  [/\bOPR\//, "Opera"],
  [/\bYaBrowser\//, "Yandex Browser"],
  [/\bFirefox\//, "Firefox"],
  [/\bChrome\//, "Chrome"],
  [/\bSafari\//, "Safari"],
];
const SYSTEMS: readonly (readonly [RegExp, string])[] = [
  [/\biPhone\b/, "iPhone"],
  [/\biPad\b/, "iPad"],
  [/\bAndroid\b/, "Android"],
  [/\bWindows\b/, "Windows"],
  [/\bMac OS X\b/, "macOS"],
  [/\bCrOS\b/, "ChromeOS"],
  [/\bLinux\b/, "Linux"],
];

const named = (agent: string, names: readonly (readonly [RegExp, string])[]) =>
  names.find(([pattern]) => pattern.test(agent))?.[1];

/** "Firefox · Windows", or a program by its own name; null when it does not say. */
export function deviceName(agent: string | null): string | null {
  if (!agent) return null;
  const browser = named(agent, BROWSERS);
  if (!browser) return /^[^/\s]+/.exec(agent)?.[0] ?? null;
  return [browser, named(agent, SYSTEMS)].filter(Boolean).join(" · ");
}
