/** How long a silence holds. */
export const PRESETS: readonly { seconds: number; label: string }[] = [
  { seconds: 1800, label: '30 min' },
  { seconds: 3600, label: '1 h' },
  { seconds: 7200, label: '2 h' },
  { seconds: 14_400, label: '4 h' },
  { seconds: 28_800, label: '8 h' },
  { seconds: 86_400, label: '1 day' },
  { seconds: 259_200, label: '3 days' },
  { seconds: 604_800, label: '1 week' },
];

export const DEFAULT_SECONDS = 7200;

const pad = (value: number) => String(value).padStart(2, '0');

/** What a datetime-local field wants: local time to the minute. */
export function toLocalInput(millis: number): string {
  const date = new Date(millis);
  const day = `${String(date.getFullYear())}-${pad(date.getMonth() + 1)}-${pad(date.getDate())}`;
  return `${day}T${pad(date.getHours())}:${pad(date.getMinutes())}`;
}

/** Milliseconds of such a field; NaN when it is not filled. */
export function fromLocalInput(text: string): number {
  return text === '' ? NaN : new Date(text).getTime();
}

export function currentMillis(): number {
  return Date.now();
}
