/** Numbers, sizes and times as people read them. */

const SI = ['', 'k', 'M', 'G', 'T', 'P'];
const IEC = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'];

function trim(value: number, digits: number): string {
  return String(Number(value.toPrecision(digits)));
}

/** 1234567 → "1.23M"; small numbers keep three digits. */
export function formatNumber(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value > 0 ? '+Inf' : '-Inf';
  const size = Math.abs(value);
  if (size === 0) return '0';
  if (size < 0.001) return value.toExponential(2);
  if (size < 1000) return trim(value, 4);
  let power = Math.min(Math.floor(Math.log10(size) / 3), SI.length - 1);
  let scaled = trim(value / 1000 ** power, 3);
  if (Math.abs(Number(scaled)) >= 1000 && power < SI.length - 1) {
    power++;
    scaled = trim(value / 1000 ** power, 3);
  }
  return scaled + (SI[power] ?? '');
}

export function formatBytes(value: number): string {
  let scaled = Math.max(0, value);
  let power = 0;
  while (scaled >= 1024 && power < IEC.length - 1) {
    scaled /= 1024;
    power++;
  }
  return `${scaled >= 100 || power === 0 ? String(Math.round(scaled)) : trim(scaled, 3)} ${IEC[power] ?? ''}`;
}

/** Duration of nanoseconds with the unit that fits: "340 µs", "12.3 ms", "1.25 s", "2m 5s". */
export function formatNanos(nanos: number): string {
  if (nanos < 1000) return `${String(Math.round(nanos))} ns`;
  if (nanos < 1e6) return `${trim(nanos / 1e3, 3)} µs`;
  if (nanos < 1e9) return `${trim(nanos / 1e6, 3)} ms`;
  if (nanos < 60e9) return `${trim(nanos / 1e9, 3)} s`;
  return formatSeconds(nanos / 1e9);
}

/** "2m 5s", "3h 10m", "4d 2h". */
export function formatSeconds(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  const parts: [number, string][] = [
    [Math.floor(whole / 86_400), 'd'],
    [Math.floor((whole % 86_400) / 3600), 'h'],
    [Math.floor((whole % 3600) / 60), 'm'],
    [whole % 60, 's'],
  ];
  const first = parts.findIndex(([count]) => count > 0);
  if (first < 0) return '0s';
  return parts
    .slice(first, first + 2)
    .filter(([count]) => count > 0)
    .map(([count, unit]) => `${String(count)}${unit}`)
    .join(' ');
}

const pad = (value: number, width = 2) => String(value).padStart(width, '0');

/** Local "2026-11-21 06:12:01.123". */
export function formatTime(millis: number): string {
  const date = new Date(millis);
  return `${formatDay(date)} ${formatClock(date)}.${pad(date.getMilliseconds(), 3)}`;
}

export function formatTimeShort(millis: number): string {
  const date = new Date(millis);
  return `${formatDay(date)} ${formatClock(date)}`;
}

function formatDay(date: Date): string {
  return `${String(date.getFullYear())}-${pad(date.getMonth() + 1)}-${pad(date.getDate())}`;
}

function formatClock(date: Date): string {
  return `${pad(date.getHours())}:${pad(date.getMinutes())}:${pad(date.getSeconds())}`;
}

/** "3m ago" of an RFC 3339 time; "never" for none or the zero time of Go. */
export function formatAgo(text: string | null | undefined, now: number): string {
  const parsed = text ? Date.parse(text) : NaN;
  if (Number.isNaN(parsed) || parsed <= 0) return 'never';
  const seconds = (now - parsed) / 1000;
  if (seconds < 1.5) return 'just now';
  return `${formatSeconds(seconds)} ago`;
}

/** `name{a="b"}` as PromQL writes it. */
export function formatSeries(labels: Record<string, string>): string {
  const { __name__: name = '', ...rest } = labels;
  const inner = Object.entries(rest)
    .map(([key, value]) => `${key}=${JSON.stringify(value)}`)
    .join(', ');
  if (inner === '') return name === '' ? '{}' : name;
  return `${name}{${inner}}`;
}
