import type { MatrixItem } from '../../api/prometheus';
import type { BurnRate, Slo } from '../../api/slo';
import { formatNumber, formatSeconds } from '../../lib/format';
import type { Range } from '../../time/range';

/** How objectives are said: nothing is rounded to look better than it is. */

/** 0.9995 → "99.95 %". */
export function objectiveText(objective: number): string {
  return `${String(Number((objective * 100).toPrecision(9)))} %`;
}

/** The share of good events with one digit more than the objective needs, rounded down. */
export function sliText(sli: number, objective: number): string {
  const allowed = Math.max(1 - objective, 1e-6) * 100;
  const digits = Math.min(5, Math.max(1, Math.ceil(-Math.log10(allowed) - 1e-9) + 1));
  const scale = 10 ** digits;
  const floored = Math.floor(sli * 100 * scale + 1e-6) / scale;
  return `${sli === 1 ? '100' : floored.toFixed(digits)} %`;
}

/** What is left; below nothing, how much more was used than there was. */
export function budgetText(remaining: number): string {
  const size = Math.abs(remaining * 100);
  const text =
    size >= 1000
      ? Math.floor(size + 1e-6).toLocaleString('en')
      : String(Number((Math.floor(size * 10 + 1e-6) / 10).toFixed(1)));
  return remaining < 0 ? `−${text} %` : `${text} %`;
}

/** How many budgets would be used in the window at this rate. */
export function burnText(rate: number): string {
  return `${rate >= 100 ? formatNumber(Math.round(rate)) : String(Number(rate.toPrecision(3)))}×`;
}

/** The pair that says most: the worst of those that are over their limit, else the quickest. */
export function leadingBurn(burns: readonly BurnRate[] | undefined): BurnRate | undefined {
  return burns?.find((burn) => burn.tooFast) ?? burns?.[0];
}

/** "1h" of a window. */
export function windowText(seconds: number): string {
  return formatSeconds(seconds);
}

/** When the budget is used up if nothing changes. */
export function goneText(slo: Slo, now: number): string {
  if (slo.state === 'error' || slo.state === 'no_data') return '–';
  if ((slo.budgetRemaining ?? 1) <= 0) return 'used up';
  if (!slo.exhaustedAt) return slo.window.calendar ? 'lasts' : 'not at this rate';
  return `in ${formatSeconds((Date.parse(slo.exhaustedAt) - now) / 1000)}`;
}

export function stateText(state: Slo['state']): string {
  return state === 'no_data' ? 'no data' : state;
}

const RANKS: readonly Slo['state'][] = ['exhausted', 'burning', 'error', 'ok', 'no_data'];

/** What needs somebody first, then the least left. */
export function byUrgency(a: Slo, b: Slo): number {
  return (
    // Burning hurts now, used up has hurt: what burns and is used up is said to be exhausted and stands above both.
    Number(isTooFast(b)) - Number(isTooFast(a)) ||
    RANKS.indexOf(a.state) - RANKS.indexOf(b.state) ||
    (a.budgetRemaining ?? 1) - (b.budgetRemaining ?? 1) ||
    a.name.localeCompare(b.name)
  );
}

export function isTooFast(slo: Slo): boolean {
  return slo.burnRates?.some((burn) => burn.tooFast) ?? false;
}

/** What somebody should look at now. */
export function needsSomebody(slo: Slo): boolean {
  return slo.state === 'burning' || slo.state === 'exhausted' || slo.state === 'error';
}

export interface Interval {
  from: number;
  to: number;
  /** Bad events; null where the indicator does not count events. */
  errors: number | null;
  /** Part of the whole budget of the window that went here. */
  share: number;
  /** How many times as fast as the objective allows. */
  burn: number;
}

interface Counted {
  errorRate: MatrixItem[];
  totalRate: MatrixItem[];
}

/**
 * The budget that each step of the window used. Events are weighed by how many there were; where an indicator does not count them, every moment
 * weighs the same. The points of the queries stand at the end of their step.
 */
export function intervalsOf(counted: Counted, step: number, objective: number): Interval[] {
  const totals = new Map((counted.totalRate[0]?.values ?? []).map(([time, text]) => [time, finite(text) * step]));
  const budget = [...totals.values()].reduce((sum, events) => sum + events, 0) * (1 - objective);
  if (budget <= 0) return [];
  return (counted.errorRate[0]?.values ?? []).map(([time, text]) => {
    const errors = finite(text) * step;
    const allowed = (totals.get(time) ?? 0) * (1 - objective);
    return { from: time - step, to: time, errors, share: errors / budget, burn: allowed > 0 ? errors / allowed : 0 };
  });
}

/** The same for an indicator that is a share at each moment. */
export function sampledIntervals(ratio: MatrixItem[], step: number, objective: number): Interval[] {
  const values = ratio[0]?.values ?? [];
  const known = values.filter(([, text]) => Number.isFinite(Number(text))).length;
  if (known === 0) return [];
  return values.map(([time, text]) => ({
    from: time - step,
    to: time,
    errors: null,
    share: finite(text) / known / (1 - objective),
    burn: finite(text) / (1 - objective),
  }));
}

function finite(text: string): number {
  const value = Number(text);
  return Number.isFinite(value) ? value : 0;
}

/** Below this a time is not worth naming. */
const LEAST_SHARE = 0.005;

/** The times that burned faster than allowed, the greatest part first; neighbours are one. Without such, those that took most. */
export function worstIntervals(intervals: readonly Interval[], count: number): Interval[] {
  const worth = intervals.filter((item) => item.share >= LEAST_SHARE);
  const fast = intervals.filter((item) => item.burn > 1 && item.share >= LEAST_SHARE / 10);
  const named = fast.length > 0 ? joined(fast).filter((item) => item.share >= LEAST_SHARE) : worth;
  return [...named].sort((a, b) => b.share - a.share).slice(0, count);
}

function joined(intervals: readonly Interval[]): Interval[] {
  const list: Interval[] = [];
  for (const item of intervals) {
    const last = list.at(-1);
    if (last === undefined || Math.abs(last.to - item.from) >= 1) {
      list.push(item);
      continue;
    }
    list[list.length - 1] = {
      from: last.from,
      to: item.to,
      errors: last.errors === null || item.errors === null ? null : last.errors + item.errors,
      share: last.share + item.share,
      burn: Math.max(last.burn, item.burn),
    };
  }
  return list;
}

export interface Forecast {
  times: number[];
  left: (number | null)[];
  forecast: (number | null)[];
  range: Range;
}

/** Budget over time with the line to where it ends at this rate, no further to the right than half of what is shown. */
export function withForecast(
  times: readonly number[],
  left: readonly (number | null)[],
  range: Range,
  step: number,
  now: { time: number; remaining: number; goneAt: number | null },
): Forecast {
  const none = times.map(() => null);
  const { time, remaining, goneAt } = now;
  const isShown = goneAt !== null && goneAt > time && time <= range.to + step && time >= range.to - 2 * step;
  if (!isShown) return { times: [...times], left: [...left], forecast: none, range };
  const until = Math.min(goneAt, time + (range.to - range.from) / 2);
  const at = (moment: number) => remaining * Math.max(0, 1 - (moment - time) / (goneAt - time));
  const more: number[] = [];
  for (let moment = (times.at(-1) ?? time) + step; moment < until; moment += step) more.push(moment);
  if (until > (times.at(-1) ?? 0)) more.push(until);
  const all = [...times, ...more];
  return {
    times: all,
    left: [...left, ...more.map(() => null)],
    forecast: all.map((moment) => (moment >= time - step && moment <= until ? at(Math.max(moment, time)) : null)),
    range: { from: range.from, to: Math.max(range.to, until) },
  };
}
