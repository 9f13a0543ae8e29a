import { describe, expect, test } from 'vitest';
import { formatAgo, formatBytes, formatNanos, formatNumber, formatSeconds, formatSeries } from '../src/lib/format';

describe('formatNumber', () => {
  test.each([
    [0, '0'],
    [1, '1'],
    [-2.5, '-2.5'],
    [0.1 + 0.2, '0.3'],
    [999.94, '999.9'],
    [1000, '1k'],
    [1_234_567, '1.23M'],
    [999_999, '1M'],
    [-45_000, '-45k'],
    [0.00012, '1.20e-4'],
    [NaN, 'NaN'],
    [Infinity, '+Inf'],
    [-Infinity, '-Inf'],
  ])('%s is %s', (value, text) => {
    expect(formatNumber(value)).toBe(text);
  });
});

test.each([
  [0, '0 B'],
  [1023, '1023 B'],
  [1024, '1 KiB'],
  [1536, '1.5 KiB'],
  [5 * 1024 ** 3, '5 GiB'],
  [-1, '0 B'],
])('%s bytes are %s', (value, text) => {
  expect(formatBytes(value)).toBe(text);
});

test.each([
  [0, '0 ns'],
  [999, '999 ns'],
  [1500, '1.5 µs'],
  [12_340_000, '12.3 ms'],
  [1.25e9, '1.25 s'],
  [125e9, '2m 5s'],
])('%s nanoseconds are %s', (value, text) => {
  expect(formatNanos(value)).toBe(text);
});

test.each([
  [0, '0s'],
  [59, '59s'],
  [60, '1m'],
  [3661, '1h 1m'],
  [90_000, '1d 1h'],
  [86_405, '1d'],
])('%s seconds are %s', (value, text) => {
  expect(formatSeconds(value)).toBe(text);
});

describe('formatAgo', () => {
  const now = Date.parse('2026-01-01T00:10:00Z');
  test.each([
    [null, 'never'],
    [undefined, 'never'],
    ['', 'never'],
    ['0001-01-01T00:00:00Z', 'never'],
    ['2026-01-01T00:09:59.5Z', 'just now'],
    ['2026-01-01T00:07:00Z', '3m ago'],
    ['2026-01-01T00:10:30Z', 'just now'],
  ])('%s is %s', (text, shown) => {
    expect(formatAgo(text, now)).toBe(shown);
  });
});

test.each([
  [{}, '{}'],
  [{ __name__: 'up' }, 'up'],
  [{ __name__: 'up', job: 'a' }, 'up{job="a"}'],
  [{ a: 'x"y', b: '' }, '{a="x\\"y", b=""}'],
])('labels %o are %s', (labels, text) => {
  expect(formatSeries(labels as Record<string, string>)).toBe(text);
});
