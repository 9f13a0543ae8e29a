/** The time range of the page: kept in the URL as `from` and `to`, relative ("now-1h") or milliseconds. */

export interface Range {
  /** Seconds since the epoch. */
  from: number;
  to: number;
}

export interface TimeSearch {
  from?: string;
  to?: string;
  refresh?: string;
}

export const DEFAULT_FROM = 'now-1h';
export const DEFAULT_TO = 'now';

const UNITS: Record<string, number> = { s: 1, m: 60, h: 3600, d: 86_400, w: 604_800 };

export const QUICK_RANGES: readonly { from: string; label: string }[] = [
  { from: 'now-5m', label: 'Last 5 minutes' },
  { from: 'now-15m', label: 'Last 15 minutes' },
  { from: 'now-30m', label: 'Last 30 minutes' },
  { from: 'now-1h', label: 'Last hour' },
  { from: 'now-3h', label: 'Last 3 hours' },
  { from: 'now-6h', label: 'Last 6 hours' },
  { from: 'now-12h', label: 'Last 12 hours' },
  { from: 'now-24h', label: 'Last 24 hours' },
  { from: 'now-2d', label: 'Last 2 days' },
  { from: 'now-7d', label: 'Last 7 days' },
  { from: 'now-30d', label: 'Last 30 days' },
];

/** Seconds of "now", "now-15m", "1700000000000" (ms) or a date text; undefined when it is none of these. */
export function parseTime(text: string, now: number): number | undefined {
  const value = text.trim();
  if (value === 'now') return now;
  const relative = /^now-(\d+)([smhdw])$/.exec(value);
  if (relative) return now - Number(relative[1]) * (UNITS[relative[2] ?? ''] ?? 1);
  if (/^\d{9,16}$/.test(value)) return Number(value) / 1000;
  const parsed = Date.parse(value);
  return Number.isNaN(parsed) ? undefined : parsed / 1000;
}

/** The range of a URL; a wrong or reversed one falls back to the default one. */
export function decodeRange(search: TimeSearch, now: number): Range {
  const from = parseTime(search.from ?? DEFAULT_FROM, now);
  const to = parseTime(search.to ?? DEFAULT_TO, now);
  if (from === undefined || to === undefined || from >= to)
    return { from: parseTime(DEFAULT_FROM, now) ?? now, to: now };
  return { from, to };
}

/** Absolute ranges are whole milliseconds, so that a link shows the same to everybody. */
export function encodeRange(range: Range): { from: string; to: string } {
  return { from: String(Math.round(range.from * 1000)), to: String(Math.round(range.to * 1000)) };
}

export function isRelative(search: TimeSearch): boolean {
  return (search.to ?? DEFAULT_TO).startsWith('now');
}

const STEPS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400, 21_600, 43_200, 86_400];

/** The smallest pleasant step that makes at most `points` points. */
export function stepFor(range: Range, points: number): number {
  const wanted = (range.to - range.from) / points;
  return STEPS.find((step) => step >= wanted) ?? Math.ceil(wanted / 86_400) * 86_400;
}

/** Both ends on multiples of the step: the same answer while the clock runs inside one step. */
export function align(range: Range, step: number): Range {
  return { from: Math.floor(range.from / step) * step, to: Math.ceil(range.to / step) * step };
}

export function describeRange(search: TimeSearch, now: number): string {
  const from = search.from ?? DEFAULT_FROM;
  if (isRelative(search)) {
    const quick = QUICK_RANGES.find((item) => item.from === from);
    if (quick && (search.to ?? DEFAULT_TO) === 'now') return quick.label;
  }
  return describeTimes(decodeRange(search, now), now);
}

/** A day is said once, a year when it is another one, seconds when they matter. */
export function describeTimes({ from, to }: Range, now: number): string {
  const [start, end, today] = [from, to, now].map((seconds) => new Date(seconds * 1000)) as [Date, Date, Date];
  const withSeconds = to - from < 600;
  const sameYear = start.getFullYear() === today.getFullYear() && end.getFullYear() === today.getFullYear();
  const day = (date: Date) =>
    `${sameYear ? '' : `${String(date.getFullYear())}-`}${pad(date.getMonth() + 1)}-${pad(date.getDate())}`;
  const clock = (date: Date) =>
    `${pad(date.getHours())}:${pad(date.getMinutes())}${withSeconds ? `:${pad(date.getSeconds())}` : ''}`;
  const until = start.toDateString() === end.toDateString() ? clock(end) : `${day(end)} ${clock(end)}`;
  return `${day(start)} ${clock(start)} – ${until}`;
}

function pad(value: number): string {
  return String(value).padStart(2, '0');
}
