/**
 * How numbers and times are shown: the only place that knows. Language and time zone are two things.
 *
 * Numbers come as decimal strings and go to Intl as such, so nothing is lost on the way.
 */
import { digits } from "./decimal";

export type Language = "en" | "ru";

export interface Shown {
  /** Show the plus sign, too; zero has none. */
  signed?: boolean;
}

export const MINUS = "\u2212";
const NARROW = "\u202f";
const DAY_MS = 86_400_000;

const TAGS: Record<Language, string> = { en: "en-GB", ru: "ru-RU" };

type Numeric = Intl.StringNumericLiteral;

export class Formatter {
  readonly language: Language;
  readonly timeZone: string;
  private readonly tag: string;
  private readonly numbers = new Map<string, Intl.NumberFormat>();
  private readonly times = new Map<string, Intl.DateTimeFormat>();
  private readonly relative: Intl.RelativeTimeFormat;

  constructor(language: Language, timeZone?: string) {
    this.language = language;
    this.timeZone = timeZone ?? new Intl.DateTimeFormat().resolvedOptions().timeZone;
    this.tag = TAGS[language];
    // "now" rather than "0 seconds ago".
    this.relative = new Intl.RelativeTimeFormat(this.tag, { numeric: "auto", style: "short" });
  }

  private number(value: string, options: Intl.NumberFormatOptions, { signed }: Shown = {}): string {
    const all: Intl.NumberFormatOptions = { ...options, signDisplay: signed ? "exceptZero" : "negative" };
    const key = JSON.stringify(all);
    let format = this.numbers.get(key);
    if (!format) this.numbers.set(key, (format = new Intl.NumberFormat(this.tag, all)));
    return format.format(value as Numeric).replace("-", MINUS);
  }

  private time_(at: string | number | Date, options: Intl.DateTimeFormatOptions): string {
    const key = JSON.stringify(options);
    let format = this.times.get(key);
    if (!format) {
      format = new Intl.DateTimeFormat(this.tag, { timeZone: this.timeZone, hourCycle: "h23", ...options });
      this.times.set(key, format);
    }
    return format.format(new Date(at));
  }

  /** Money in quote currency, to the cent. */
  money(value: string, shown?: Shown): string {
    return this.number(value, { minimumFractionDigits: 2, maximumFractionDigits: 2 }, shown);
  }

  /** A price with `fraction` digits, or with those that it came with. */
  price(value: string, fraction: number = digits(value)): string {
    const shown = Math.max(fraction, 0);
    return this.number(value, { minimumFractionDigits: shown, maximumFractionDigits: shown });
  }

  /** A plain number with `fraction` digits, and the plus sign, too; zero has none. */
  signed(value: string, fraction: number): string {
    return this.number(value, { minimumFractionDigits: fraction, maximumFractionDigits: fraction }, { signed: true });
  }

  quantity(value: string): string {
    return this.number(value, { maximumFractionDigits: 8 });
  }

  /** A percentage given as such: "2.35" is 2.35 %. */
  percent(value: string, { fraction = 2, ...shown }: Shown & { fraction?: number } = {}): string {
    const number = this.number(value, { minimumFractionDigits: fraction, maximumFractionDigits: fraction }, shown);
    return this.language === "ru" ? `${number}${NARROW}%` : `${number}%`;
  }

  /** A share of one: "0.4" is 40 %. */
  share(value: string): string {
    return this.number(value, { style: "percent", maximumFractionDigits: 1 });
  }

  /** A multiple of the initial risk. */
  r(value: string): string {
    return `${this.number(value, { minimumFractionDigits: 2, maximumFractionDigits: 2 }, { signed: true })}${NARROW}R`;
  }

  integer(value: number): string {
    return this.number(String(value), { maximumFractionDigits: 0 });
  }

  /** A plain number of a document, such as a strategy's parameter. */
  plain(value: string | number): string {
    return this.number(String(value), { maximumFractionDigits: 8 });
  }

  compact(value: string): string {
    return this.number(value, { notation: "compact", maximumFractionDigits: 1 });
  }

  clock(at: string | number | Date): string {
    return this.time_(at, { hour: "2-digit", minute: "2-digit", second: "2-digit" });
  }

  time(at: string | number | Date): string {
    return this.time_(at, { hour: "2-digit", minute: "2-digit" });
  }

  date(at: string | number | Date): string {
    return this.time_(at, { day: "numeric", month: "short" });
  }

  fullDate(at: string | number | Date): string {
    return this.time_(at, { day: "numeric", month: "short", year: "numeric" });
  }

  dateTime(at: string | number | Date): string {
    return this.time_(at, { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" });
  }

  exact(at: string | number | Date): string {
    return this.time_(at, {
      day: "numeric",
      month: "short",
      year: "numeric",
      hour: "2-digit",
      minute: "2-digit",
      second: "2-digit",
      timeZoneName: "short",
    });
  }

  year(at: string | number | Date): string {
    return this.time_(at, { year: "numeric" });
  }

  month(at: string | number | Date): string {
    return this.time_(at, { month: "short" });
  }

  /** A month such as "2026-03", whatever the user's time zone. */
  monthOf(month: string): string {
    return this.time_(`${month}-01T00:00:00Z`, { month: "long", year: "numeric", timeZone: "UTC" });
  }

  /** A day such as "2026-03-09", whatever the user's time zone. */
  dayOf(day: string): string {
    return this.time_(`${day}T00:00:00Z`, { day: "numeric", month: "short", year: "numeric", timeZone: "UTC" });
  }

  /** The name of the user's time zone, such as "GMT+3". */
  zone(at: string | number | Date): string {
    const parts = new Intl.DateTimeFormat(this.tag, { timeZone: this.timeZone, timeZoneName: "short" });
    return parts.formatToParts(new Date(at)).find((part) => part.type === "timeZoneName")?.value ?? this.timeZone;
  }

  /** How long before `now` something was: "3 min ago". */
  ago(at: string, now: number): string {
    const [amount, unit] = span(now - Date.parse(at));
    return this.relative.format(-amount, unit);
  }

  /** How long something lasts or lasted: "2 h 5 min". */
  duration(ms: number): string {
    const seconds = Math.max(0, Math.round(ms / 1000));
    const parts: [number, string][] = [
      [Math.floor(seconds / 86_400), "day"],
      [Math.floor(seconds / 3600) % 24, "hour"],
      [Math.floor(seconds / 60) % 60, "minute"],
      [seconds % 60, "second"],
    ];
    const first = parts.findIndex(([amount]) => amount > 0);
    if (first < 0) return this.unit(0, "second");
    return parts
      .slice(first, first + (first < 2 ? 2 : 1))
      .filter(([amount]) => amount > 0)
      .map(([amount, unit]) => this.unit(amount, unit))
      .join(" ");
  }

  private unit(amount: number, unit: string): string {
    return this.number(String(amount), { style: "unit", unit, unitDisplay: "narrow" });
  }
}

function span(ms: number): [number, Intl.RelativeTimeFormatUnit] {
  if (ms < 60_000) return [0, "second"];
  if (ms < 3_600_000) return [Math.floor(ms / 60_000), "minute"];
  if (ms < DAY_MS) return [Math.floor(ms / 3_600_000), "hour"];
  return [Math.floor(ms / DAY_MS), "day"];
}
