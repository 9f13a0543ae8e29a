import type { Mark } from '../../charts/Chart';
import type { AlertEvent, AlertEventKind } from '../../api/sightglass';
import type { MatrixItem } from '../../api/prometheus';
import type { Range } from '../../time/range';

/** What is asked for at once. */
export const KIND_GROUPS: Record<string, readonly AlertEventKind[]> = {
  all: [],
  states: ['pending', 'firing', 'resolved', 'cleared'],
  told: ['notified', 'notify_failed'],
  quiet: ['silenced', 'unsilenced', 'inhibited', 'uninhibited', 'muted', 'unmuted'],
  people: ['acknowledged', 'unacknowledged', 'escalated'],
};

export type Tone = 'bad' | 'warn' | 'good' | 'calm';

const TONES: Record<AlertEventKind, Tone> = {
  pending: 'warn',
  firing: 'bad',
  resolved: 'good',
  cleared: 'calm',
  notified: 'calm',
  notify_failed: 'bad',
  silenced: 'calm',
  unsilenced: 'warn',
  inhibited: 'calm',
  uninhibited: 'warn',
  muted: 'calm',
  unmuted: 'warn',
  acknowledged: 'good',
  unacknowledged: 'warn',
  escalated: 'warn',
};

export const toneOf = (kind: AlertEventKind): Tone => TONES[kind] ?? 'calm';

/** What happened, in a few words. */
export function eventText({ kind, actor, detail }: AlertEvent): string {
  switch (kind) {
    case 'pending':
      return 'its expression holds, it waits';
    case 'firing':
      return 'fired';
    case 'resolved':
      return 'resolved';
    case 'cleared':
      return 'held no more before it fired';
    case 'notified':
      return detail.startsWith('resolved') ? `told ${actor} that it is over` : `told ${actor}`;
    case 'notify_failed':
      return `could not tell ${actor}`;
    case 'silenced':
      return `silenced by ${actor}`;
    case 'unsilenced':
      return 'not silenced any more';
    case 'inhibited':
      return `inhibited by ${actor}`;
    case 'uninhibited':
      return 'not inhibited any more';
    case 'muted':
      return `muted by the times ${actor}`;
    case 'unmuted':
      return 'not muted any more';
    case 'acknowledged':
      return `acknowledged by ${actor}`;
    case 'unacknowledged':
      return actor === '' ? 'not acknowledged any more' : `${actor} took the acknowledgement back`;
    case 'escalated':
      return 'escalated';
    default:
      return `${String(kind)} ${actor}`;
  }
}

const ID = /^[0-9a-f]{8}-[0-9a-f-]{27}\s*/;

/** The rest of what is known of it; identifiers and what the text says already are left out. */
export function eventDetail({ kind, detail }: AlertEvent): string {
  if (kind === 'notified') return '';
  if (kind === 'notify_failed') return detail.replace(/^(firing|resolved)[:;,]?\s*/, '');
  if (kind === 'inhibited' || kind === 'uninhibited') return '';
  return detail.replace(ID, '');
}

/** Without the waiting that took no time: a rule without `for` fires in the evaluation in which its expression begins to hold. */
export function withoutInstant(events: readonly AlertEvent[]): AlertEvent[] {
  const fired = new Set(
    events.filter((event) => event.kind === 'firing').map((event) => `${event.fingerprint} ${event.at}`),
  );
  return events.filter((event) => event.kind !== 'pending' || !fired.has(`${event.fingerprint} ${event.at}`));
}

export interface Happened {
  /** The newest of those that are alike. */
  event: AlertEvent;
  count: number;
  /** When the oldest of them was. */
  since: string;
}

/** The same thing again and again, with nothing between, is one line. */
export function collapsed(events: readonly AlertEvent[]): Happened[] {
  const list: Happened[] = [];
  for (const event of withoutInstant(events)) {
    const last = list.at(-1);
    if (last !== undefined && isAlike(last.event, event)) {
      last.count++;
      last.since = event.at;
    } else list.push({ event, count: 1, since: event.at });
  }
  return list;
}

function isAlike(a: AlertEvent, b: AlertEvent): boolean {
  return a.fingerprint === b.fingerprint && a.kind === b.kind && a.actor === b.actor && a.detail === b.detail;
}

/** Room before and after, so that one sees what it was like without it. */
export function rangeAround(firing: { from: number; to: number | null }, now: number): Range {
  const end = firing.to ?? now;
  const room = Math.max(15 * 60_000, (end - firing.from) / 4);
  return { from: (firing.from - room) / 1000, to: Math.min(now, end + room) / 1000 };
}

const MARKS: Partial<Record<AlertEventKind, string>> = {
  firing: '#e03131',
  resolved: '#2f9e44',
  notified: '#3b8fd4',
  notify_failed: '#d9822b',
  acknowledged: '#8b7bd8',
  silenced: '#868e96',
};

/** Events on the line of the value. */
export function marksOf(events: readonly AlertEvent[], item: MatrixItem | undefined, range: Range): Mark[] {
  const values = item?.values ?? [];
  return events.flatMap((event, index) => {
    const color = MARKS[event.kind];
    const x = Date.parse(event.at) / 1000;
    if (color === undefined || x < range.from || x > range.to) return [];
    const known = event.value === null ? nearest(values, x) : Number(event.value);
    const y = Number.isFinite(known) ? known : 0;
    return [{ x, y, color, label: eventText(event), id: String(index) }];
  });
}

function nearest(values: MatrixItem['values'], x: number): number {
  let best = NaN;
  let distance = Infinity;
  for (const [time, text] of values) {
    const away = Math.abs(time - x);
    if (away < distance) [best, distance] = [Number(text), away];
  }
  return best;
}
