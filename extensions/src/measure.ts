import { locale, t, tn } from "./t.ts";
/** Numbers with their units, times and durations, as a person reads them. */

/** <0.01 s · 0.21 s · 12 s · 3:05 · 2:03:05 */
export function duration(seconds: number): string {
  if (seconds < 0.01) return "<0.01 s";
  if (seconds < 10) return `${seconds.toFixed(seconds < 1 ? 2 : 1)} s`;
  if (seconds < 60) return `${Math.round(seconds)} s`;
  return stopwatch(seconds);
}

/** ~1 s · ~12 min · ~1.5 h, for what is only expected. */
export function estimate(seconds: number): string {
  if (seconds < 60) return `~${Math.max(1, Math.round(seconds))} s`;
  return seconds < 5_400 ? `~${Math.round(seconds / 60)} min` : `~${Math.round(seconds / 360) / 10} h`;
}

/** 0:41 · 1:02:07 */
export function stopwatch(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  const [h, m, s] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const two = (n: number) => String(n).padStart(2, "0");
  return h > 0 ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`;
}

/** Made once a language: to make one takes longer than to draw the row that needs it. */
const made = new Map<string, Intl.DateTimeFormat>();

function written(date: Date, options: Intl.DateTimeFormatOptions): string {
  const key = `${locale()} ${JSON.stringify(options)}`;
  const format = made.get(key) ?? new Intl.DateTimeFormat(locale(), options);
  made.set(key, format);
  return format.format(date);
}

/** 14:02:07 in the reader's time zone; an unreadable time is shown as it came. */
export function clock(time: string | number): string {
  const date = new Date(time);
  return Number.isNaN(date.valueOf()) ? String(time) : written(date, { timeStyle: "medium" });
}

/** 14:02:07 today, 3 June 2026, 14:02 on any other day. */
export function moment(time: string, now: number): string {
  const date = new Date(time);
  if (Number.isNaN(date.valueOf())) return time;
  if (date.toDateString() === new Date(now).toDateString()) return clock(time);
  return written(date, { dateStyle: "long", timeStyle: "short" });
}

/** 3 June 2026, 14:02:07 GMT+2 */
export function exact(time: string): string {
  const date = new Date(time);
  if (Number.isNaN(date.valueOf())) return time;
  return written(date, { dateStyle: "long", timeStyle: "long" });
}

/** "in 10 min", "12 s ago", "now". */
export function relative(time: string, now: number): string {
  const at = Date.parse(time);
  if (Number.isNaN(at)) return time;
  const seconds = Math.round(Math.abs(at - now) / 1000);
  if (seconds < 5) return t("now");
  const span = words(seconds);
  return at > now ? t("in %1", span) : t("%1 ago", span);
}

function words(seconds: number): string {
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return `${Math.round(seconds / 60)} min`;
  if (seconds < 172_800) return `${Math.round(seconds / 3600)} h`;
  return tn("%1 day", "%1 days", Math.round(seconds / 86_400));
}

/** usage {usd: 0.03, calls: 4} and limits {usd: 1} as ["$0.03 of $1.00", "4 calls"]. */
export function usage(
  used: Readonly<Record<string, number>>,
  limits: Readonly<Record<string, number>>,
): string[] {
  const units = [...new Set([...Object.keys(used), ...Object.keys(limits)])];
  return units.flatMap((unit) => {
    const limit = limits[unit];
    const spent = used[unit] ?? 0;
    if (limit === undefined) return spent === 0 ? [] : [amount(spent, unit)];
    return [t("%1 of %2%3", bare(spent, unit), bare(limit, unit), noun(unit, unit))];
  });
}

const MONEY: Readonly<Record<string, string>> = { usd: "$", eur: "€", gbp: "£" };

/** $0.03 · 4, for a number whose unit stands beside it. */
export function bare(value: number, unit: string): string {
  const { sign } = money(unit);
  if (sign === undefined) return value.toLocaleString("en-GB");
  const digits = value !== 0 && Math.abs(value) < 0.01 ? 4 : 2;
  const places = { minimumFractionDigits: digits, maximumFractionDigits: digits };
  return `${value < 0 ? "-" : ""}${sign}${Math.abs(value).toLocaleString("en-GB", places)}`;
}

/** `orders_usd` is dollars for orders. */
function money(unit: string): { readonly sign: string | undefined; readonly purpose: string } {
  const at = unit.lastIndexOf("_");
  return { sign: MONEY[unit.slice(at + 1)], purpose: unit.slice(0, Math.max(at, 0)).replaceAll("_", " ") };
}

/** What stands behind a number of this unit; `word` where it is no money. */
function noun(unit: string, word: string): string {
  const { sign, purpose } = money(unit);
  if (sign !== undefined) return purpose ? ` (${purpose})` : "";
  // Calls that only read or compute are none of this unit, so it must not look like a count of all.
  return ` ${unit === "calls" ? t("%1 with effects", word) : word.replaceAll("_", " ")}`;
}

function amount(value: number, unit: string): string {
  return `${bare(value, unit)}${noun(unit, value === 1 ? unit.replace(/s(?=_|$)/, "") : unit)}`;
}
