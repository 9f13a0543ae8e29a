import type { SlaKind, SlaPeriod, SlaState, SlaTarget } from '../../api/sla';
import { formatNumber, formatSeconds } from '../../lib/format';

/** How agreements are said. */

export const KIND_NAMES: Record<SlaKind, string> = {
  uptime: 'Uptime',
  latency: 'Latency',
  throughput: 'Throughput',
  error_rate: 'Error rate',
};

export function slaStateText(state: SlaState): string {
  return state === 'no_data' ? 'no data' : state;
}

/** A share with as many digits as the promise has, and one more; never rounded to the good side. */
export function achievedText(value: number | null, target: Pick<SlaTarget, 'promised' | 'promise' | 'kind'>): string {
  if (value === null) return '–';
  const percent = value * 100;
  const written = String(Number((target.promised * 100).toPrecision(9)));
  const digits = Math.min(5, (written.split('.')[1]?.length ?? 0) + 1);
  const scale = 10 ** digits;
  const rounded =
    target.promise === 'at_least'
      ? Math.floor(percent * scale + 1e-6) / scale
      : Math.ceil(percent * scale - 1e-6) / scale;
  return `${String(Number(rounded.toFixed(digits)))} %`;
}

/** "65m of 44m" missed; of what is a share of requests, how many failed. */
export function missedText(target: SlaTarget): string {
  if (target.state === 'no_data') return '–';
  if (target.allowedMinutes !== null) {
    return `${minutesText(target.missedMinutes)} of ${minutesText(target.allowedMinutes)}`;
  }
  if (target.requests !== null && target.failed !== null) {
    return `${formatNumber(Math.round(target.failed))} of ${formatNumber(Math.round(target.requests))}`;
  }
  return minutesText(target.missedMinutes);
}

export function minutesText(minutes: number): string {
  return minutes === 0 ? '0' : formatSeconds(minutes * 60);
}

/** The period before one, from its name alone. */
export function periodBefore(kind: SlaPeriod['kind'], name: string): string | undefined {
  const year = Number(name.slice(0, 4));
  const part = Number(name.replace(/^\d{4}-?[WQ]?/, ''));
  if (!Number.isInteger(year) || Number.isNaN(part)) return undefined;
  if (kind === 'year') return String(year - 1);
  if (kind === 'quarter') return part > 1 ? `${String(year)}-Q${String(part - 1)}` : `${String(year - 1)}-Q4`;
  const two = (value: number) => String(value).padStart(2, '0');
  if (kind === 'month') return part > 1 ? `${String(year)}-${two(part - 1)}` : `${String(year - 1)}-12`;
  return part > 1 ? `${String(year)}-W${two(part - 1)}` : `${String(year - 1)}-W${two(weeksOf(year - 1))}`;
}

/** ISO weeks of a year: 53 where it begins or ends on a Thursday. */
function weeksOf(year: number): number {
  const first = new Date(Date.UTC(year, 0, 1)).getUTCDay();
  const last = new Date(Date.UTC(year, 11, 31)).getUTCDay();
  return first === 4 || last === 4 ? 53 : 52;
}

/** The names of the last periods, the newest first. */
export function recentPeriods(kind: SlaPeriod['kind'], newest: string, count: number): string[] {
  const names: string[] = [];
  let name: string | undefined = newest;
  while (name !== undefined && names.length < count) {
    names.push(name);
    name = periodBefore(kind, name);
  }
  return names;
}
