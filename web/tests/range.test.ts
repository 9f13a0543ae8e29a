import { describe, expect, test } from 'vitest';
import { parseSearch, stringifySearch, validateSearch } from '../src/shell/search';
import {
  align,
  decodeRange,
  describeRange,
  describeTimes,
  encodeRange,
  isRelative,
  parseTime,
  stepFor,
} from '../src/time/range';

const NOW = 1_800_000_000;

test.each([
  ['now', NOW],
  ['now-15m', NOW - 900],
  ['now-2d', NOW - 172_800],
  [' now-1w ', NOW - 604_800],
  ['1700000000000', 1_700_000_000],
  ['2026-01-01T00:00:00Z', 1_767_225_600],
  ['now+1h', undefined],
  ['now-1y', undefined],
  ['yesterday', undefined],
  ['', undefined],
])('%s is %s', (text, seconds) => {
  expect(parseTime(text, NOW)).toBe(seconds);
});

describe('range of a URL', () => {
  test('is the last hour when nothing is said', () => {
    expect(decodeRange({}, NOW)).toEqual({ from: NOW - 3600, to: NOW });
  });

  test.each([[{ from: 'nonsense' }], [{ from: 'now', to: 'now-1h' }], [{ from: 'now-1h', to: 'nonsense' }]])(
    'falls back to the last hour for %o',
    (search) => {
      expect(decodeRange(search, NOW)).toEqual({ from: NOW - 3600, to: NOW });
    },
  );

  test('comes back from what was written', () => {
    const range = { from: 1_700_000_000.25, to: 1_700_000_060.5 };
    expect(decodeRange(encodeRange(range), NOW)).toEqual(range);
  });

  test('stays through the search text of the address', () => {
    const search = { ...encodeRange({ from: 1_700_000_000, to: 1_700_000_060 }), q: '{a="b&c"} |= "ü"' };
    expect(validateSearch(parseSearch(stringifySearch(search)))).toEqual(search);
  });
});

test('unknown and empty parts of an address are dropped', () => {
  expect(validateSearch({ from: 'now-1h', q: '', other: 'x', tab: 7 })).toEqual({ from: 'now-1h' });
});

test('a range that ends at a fixed time is not relative', () => {
  expect(isRelative({})).toBe(true);
  expect(isRelative({ from: 'now-5m' })).toBe(true);
  expect(isRelative({ from: '1', to: '2' })).toBe(false);
});

test('quick ranges have their name', () => {
  expect(describeRange({}, NOW)).toBe('Last hour');
  expect(describeRange({ from: 'now-24h' }, NOW)).toBe('Last 24 hours');
  expect(describeRange({ from: 'now-24h', to: 'now-1h' }, NOW)).toContain('–');
});

test.each([
  [3600, 300, 15],
  [60, 300, 1],
  [86_400, 300, 300],
  [86_400 * 365, 300, 86_400 * 2],
])('%s seconds in %s points step by %s', (seconds, points, step) => {
  expect(stepFor({ from: NOW - seconds, to: NOW }, points)).toBe(step);
});

test('aligned ends are multiples of the step and hold the range', () => {
  expect(align({ from: 101, to: 199 }, 15)).toEqual({ from: 90, to: 210 });
});

test.each([
  ['2026-03-01T10:00:00', '2026-03-01T11:30:20', '03-01 10:00 – 11:30'],
  ['2026-03-01T10:00:00', '2026-03-01T10:00:20', '03-01 10:00:00 – 10:00:20'],
  ['2026-03-01T10:00:00', '2026-03-02T09:00:00', '03-01 10:00 – 03-02 09:00'],
  ['2025-12-31T10:00:00', '2026-01-01T09:00:00', '2025-12-31 10:00 – 2026-01-01 09:00'],
])('%s to %s is said as %s', (from, to, wanted) => {
  const seconds = (text: string) => new Date(text).getTime() / 1000;
  expect(describeTimes({ from: seconds(from), to: seconds(to) }, seconds('2026-06-01T00:00:00'))).toBe(wanted);
});
