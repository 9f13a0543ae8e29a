import { describe, expect, it } from 'vitest';
import type { MatrixItem } from '../src/api/prometheus';
import type { BurnRate, Slo } from '../src/api/slo';
import {
  budgetText,
  burnText,
  byUrgency,
  goneText,
  intervalsOf,
  leadingBurn,
  objectiveText,
  sampledIntervals,
  sliText,
  withForecast,
  worstIntervals,
} from '../src/pages/slos/budget';

const burn = (patch: Partial<BurnRate>): BurnRate => ({
  longSeconds: 3600,
  shortSeconds: 300,
  factor: 14.4,
  alert: 'page',
  long: 1,
  short: 1,
  tooFast: false,
  ...patch,
});

const slo = (patch: Partial<Slo>): Slo => ({
  name: 'a',
  service: 's',
  displayName: '',
  description: '',
  file: 'f',
  line: 1,
  objective: 0.99,
  window: { name: '30d', calendar: false, seconds: 2_592_000 },
  labels: {},
  state: 'ok',
  budgetRemaining: 0.5,
  burnRates: [burn({})],
  exhaustedAt: null,
  ...patch,
});

describe('words of an objective', () => {
  it.each([
    [0.99, '99 %'],
    [0.9995, '99.95 %'],
    [0.99999, '99.999 %'],
  ])('writes the objective %d as %s', (objective, text) => {
    expect(objectiveText(objective)).toBe(text);
  });

  it.each([
    [0.99951, 0.999, '99.95 %'],
    [0.9999999, 0.999, '99.99 %'],
    [1, 0.999, '100 %'],
    [0.9, 0.95, '90.0 %'],
  ])('does not round %d up to what was wanted', (sli, objective, text) => {
    expect(sliText(sli, objective)).toBe(text);
  });

  it.each([
    [1, '100 %'],
    [0.6677, '66.7 %'],
    [0, '0 %'],
    [-0.2, '−20 %'],
    [-70, '−7,000 %'],
    [-84.801, '−8,480 %'],
  ])('says of %d left: %s', (left, text) => {
    expect(budgetText(left)).toBe(text);
  });

  it('says how fast and until when', () => {
    expect([0.6, 14.4, 18.02, 333.3].map(burnText)).toEqual(['0.6×', '14.4×', '18×', '333×']);
    expect(goneText(slo({ exhaustedAt: '1970-01-01T02:00:00Z' }), 0)).toBe('in 2h');
    expect(goneText(slo({}), 0)).toBe('not at this rate');
    expect(goneText(slo({ budgetRemaining: -1 }), 0)).toBe('used up');
    expect(goneText(slo({ state: 'no_data' }), 0)).toBe('–');
    expect(goneText(slo({ window: { name: 'month', calendar: true, seconds: 1 } }), 0)).toBe('lasts');
  });

  it('puts first what burns, then what has the least left', () => {
    const list = [
      slo({ name: 'quiet', state: 'no_data', budgetRemaining: 1 }),
      slo({ name: 'good', budgetRemaining: 0.9 }),
      slo({ name: 'less', budgetRemaining: 0.2 }),
      slo({ name: 'gone', state: 'exhausted', budgetRemaining: -1 }),
      slo({ name: 'burns', state: 'burning', burnRates: [burn({ tooFast: true })] }),
    ];
    expect(list.sort(byUrgency).map((item) => item.name)).toEqual(['burns', 'gone', 'less', 'good', 'quiet']);
    expect(leadingBurn([burn({}), burn({ factor: 6, tooFast: true })])?.factor).toBe(6);
    expect(leadingBurn([])).toBeUndefined();
  });
});

const series = (values: number[], step = 60): MatrixItem[] => [
  { metric: {}, values: values.map((value, index) => [(index + 1) * step, String(value)]) },
];

describe('what used the budget up', () => {
  it('weighs events by how many there were', () => {
    // 60 seconds of 10/s, then of 90/s: 6000 events, 60 may be bad.
    const intervals = intervalsOf({ errorRate: series([0.1, 0.4]), totalRate: series([10, 90]) }, 60, 0.99);
    expect(intervals.map((item) => item.errors)).toEqual([6, 24]);
    expect(intervals.map((item) => Number(item.share.toFixed(3)))).toEqual([0.1, 0.4]);
    expect(intervals.map((item) => Number(item.burn.toFixed(3)))).toEqual([1, 0.444]);
    expect(intervals[1]?.from).toBe(60);
  });

  it('knows nothing without traffic', () => {
    expect(intervalsOf({ errorRate: [], totalRate: [] }, 60, 0.99)).toEqual([]);
    expect(intervalsOf({ errorRate: series([0]), totalRate: series([0]) }, 60, 0.99)).toEqual([]);
    expect(sampledIntervals([], 60, 0.99)).toEqual([]);
  });

  it('weighs every known moment the same where events are not counted', () => {
    const intervals = sampledIntervals(series([0, 1, NaN, 0, 0]), 60, 0.5);
    expect(intervals.map((item) => item.share)).toEqual([0, 0.5, 0, 0, 0]);
  });

  it('joins neighbours that burned too fast and names the worst first', () => {
    const intervals = sampledIntervals(series([0.3, 0.4, 0, 0, 0.9, 0.01, 0]), 60, 0.9);
    const worst = worstIntervals(intervals, 5);
    expect(worst.map((item) => [item.from, item.to])).toEqual([
      [240, 300],
      [0, 120],
    ]);
    expect(worst[1]?.burn).toBeCloseTo(4);
    expect(worstIntervals(sampledIntervals(series([0.05, 0.06]), 60, 0.9), 1).map((item) => item.from)).toEqual([60]);
  });
});

describe('forecast', () => {
  const times = [0, 60, 120, 180];
  const left = [1, 0.9, 0.8, 0.7];
  const range = { from: 0, to: 180 };

  it('goes down to nothing where the budget ends', () => {
    const drawn = withForecast(times, left, range, 60, { time: 180, remaining: 0.7, goneAt: 240 });
    expect(drawn.times).toEqual([0, 60, 120, 180, 240]);
    expect(drawn.left).toEqual([1, 0.9, 0.8, 0.7, null]);
    expect(drawn.forecast.slice(-2)).toEqual([0.7, 0]);
    expect(drawn.range.to).toBe(240);
  });

  it('goes no further than half of what is shown', () => {
    const drawn = withForecast(times, left, range, 60, { time: 180, remaining: 0.8, goneAt: 1980 });
    expect(drawn.times.at(-1)).toBe(270);
    expect(drawn.forecast.at(-1)).toBeCloseTo(0.76);
  });

  it('is not drawn into the past or without an end', () => {
    const drawn = withForecast(times, left, range, 60, { time: 5000, remaining: 0.7, goneAt: 6000 });
    expect(drawn.forecast.every((value) => value === null)).toBe(true);
    expect(withForecast(times, left, range, 60, { time: 180, remaining: 1, goneAt: null }).range).toEqual(range);
  });
});
