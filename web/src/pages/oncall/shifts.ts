import type { Escalation, Shift } from '../../api/people';
import { formatSeconds } from '../../lib/format';

const DAY = 86_400_000;

export interface Block {
  shift: Shift;
  /** Per cent of the strip. */
  left: number;
  width: number;
}

/** Midnight of today where the page is read. */
export function startOfDay(millis: number): number {
  const date = new Date(millis);
  return new Date(date.getFullYear(), date.getMonth(), date.getDate()).getTime();
}

/** Where shifts lie in a strip between two times. */
export function blocksOf(shifts: readonly Shift[], from: number, to: number): Block[] {
  const size = to - from;
  return shifts.flatMap((shift) => {
    const start = Math.max(from, Date.parse(shift.from));
    const end = Math.min(to, Date.parse(shift.to));
    if (end <= start) return [];
    return [{ shift, left: ((start - from) / size) * 100, width: ((end - start) / size) * 100 }];
  });
}

const WEEKDAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];

export interface DayMark {
  at: number;
  label: string;
  left: number;
  weekend: boolean;
}

/** The days of a strip, also over a change of the clock. */
export function daysOf(from: number, to: number): DayMark[] {
  const days: DayMark[] = [];
  const date = new Date(startOfDay(from));
  while (date.getTime() < to) {
    const at = date.getTime();
    const day = date.getDay();
    if (at >= from - DAY) {
      const left = Math.max(0, ((at - from) / (to - from)) * 100);
      days.push({ at, label: `${WEEKDAYS[day] ?? ''} ${String(date.getDate())}`, left, weekend: day % 6 === 0 });
    }
    date.setDate(date.getDate() + 1);
  }
  return days;
}

/** "Mon 09:00", or with the date when it is more than six days away. */
export function momentText(millis: number, now: number): string {
  const date = new Date(millis);
  const two = (value: number) => String(value).padStart(2, '0');
  const clock = `${two(date.getHours())}:${two(date.getMinutes())}`;
  if (startOfDay(millis) === startOfDay(now)) return `today ${clock}`;
  const near = Math.abs(millis - now) < 6 * DAY;
  const day = WEEKDAYS[date.getDay()] ?? '';
  return near ? `${day} ${clock}` : `${day} ${two(date.getMonth() + 1)}-${two(date.getDate())} ${clock}`;
}

export interface Length {
  label: string;
  to: number;
}

/** How long somebody may stand in, counted from a moment. */
export function lengthsFrom(from: number, shiftEnd: number | null): Length[] {
  const morning = new Date(from);
  morning.setDate(morning.getDate() + (morning.getHours() < 8 ? 0 : 1));
  morning.setHours(8, 0, 0, 0);
  return [
    { label: '1 h', to: from + 3_600_000 },
    { label: '4 h', to: from + 4 * 3_600_000 },
    { label: 'until 08:00', to: morning.getTime() },
    { label: '1 day', to: from + DAY },
    ...(shiftEnd === null ? [] : [{ label: 'to the end of the shift', to: shiftEnd }]),
  ];
}

/** What happens next in an escalation. */
export function nextText({ state, next, steps }: Escalation, now: number): string {
  if (state === 'acknowledged') return 'stopped: somebody has acknowledged it';
  if (state === 'resolved') return 'over';
  if (next === null) return state === 'exhausted' ? 'everybody was told, nobody answered' : 'nothing more comes';
  const names = next.notify.join(', ');
  const step = `step ${String(next.step)} of ${String(steps)}${next.round > 1 ? `, round ${String(next.round)}` : ''}`;
  if (state === 'held') return `held while it is silenced; then ${names} (${step})`;
  if (next.at === null) return `tells ${names} (${step})`;
  const seconds = (Date.parse(next.at) - now) / 1000;
  return seconds <= 0 ? `tells ${names} now (${step})` : `tells ${names} in ${formatSeconds(seconds)} (${step})`;
}
