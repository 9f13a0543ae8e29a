import { describe, expect, test } from 'vitest';
import { errorText, withParams } from '../src/api/client';
import { compareNanos, flatten } from '../src/api/loki';
import { stack, summarize, toColumns } from '../src/charts/columns';
import { toggleValue, histogramQuery, isMetricQuery, levelOf } from '../src/pages/logs/query';
import { suggest } from '../src/pages/metrics/suggest';
import { reachable } from '../src/shell/snippets';
import { fromTraceql, isDuration, toTraceql } from '../src/pages/traces/query';

describe('LogQL', () => {
  test('the histogram counts the lines of the query by level', () => {
    expect(histogramQuery(' {app="a"} |= "x" ', 30)).toBe(
      'sum by (detected_level) (count_over_time({app="a"} |= "x" [30s]))',
    );
  });

  test('the range is not part of a comment at the end of the query', () => {
    expect(histogramQuery('{app="a"} # all', 30)).toBe(
      'sum by (detected_level) (count_over_time({app="a"} # all\n [30s]))',
    );
  });

  test.each([
    ['{a="b"}', false],
    ['{a="sum(b)"} |= "rate("', false],
    ['rate({a="b"}[1m])', true],
    ['sum by (a) (rate({a="b"}[1m]))', true],
    ['  topk(3, x)', true],
  ])('%s is a query of numbers: %s', (query, metric) => {
    expect(isMetricQuery(query)).toBe(metric);
  });

  test.each([
    ['', 'a', 'b', true, '{service_name=~".+"} | a="b"'],
    ['{x="y"}', 'a', 'b"c', false, '{x="y"} | a!="b\\"c"'],
    ['{x="y"} | a="b"', 'a', 'b', true, '{x="y"}'],
    ['{x="y"} | a="b"', 'a', 'b', false, '{x="y"} | a!="b"'],
  ])('%s with %s=%s (%s) is %s', (query, name, value, include, expected) => {
    expect(toggleValue(query, name, value, include)).toBe(expected);
  });

  test.each([
    ['ERROR', 'error'],
    ['err', 'error'],
    ['Warning', 'warn'],
    ['fatal', 'critical'],
    ['whatever', 'unknown'],
    [undefined, 'unknown'],
  ])('level %s is %s', (text, level) => {
    expect(levelOf(text)).toBe(level);
  });

  test('lines of several streams are one list, newest first', () => {
    const lines = flatten([
      {
        stream: { a: '1' },
        values: [
          ['1700000000000000001', 'x'],
          ['1700000000000000003', 'z'],
        ],
      },
      { stream: { a: '2' }, values: [['1700000000000000002', 'y']] },
    ]);
    expect(lines.map((line) => line.text)).toEqual(['z', 'y', 'x']);
    expect(new Set(lines.map((line) => line.id)).size).toBe(3);
    expect(lines[0]?.time).toBe(1_700_000_000_000);
    expect(compareNanos('999', '1000')).toBeLessThan(0);
  });
});

describe('TraceQL form', () => {
  test.each([
    [{ service: '', name: '', min: '', status: '' }, '{}'],
    [{ service: 'a', name: '', min: '', status: '' }, '{ resource.service.name = "a" }'],
    [
      { service: 'a"&&b', name: 'GET /', min: '100ms', status: 'error' },
      '{ resource.service.name = "a\\"&&b" && name = "GET /" && duration > 100ms && status = error }',
    ],
  ])('%o is %s and back', (form, query) => {
    expect(toTraceql(form)).toBe(query);
    expect(fromTraceql(query)).toEqual(form);
  });

  test.each(['{ span.a = 1 }', '{ name =~ "a" }', '{} | count() > 2', '{ a } >> { b }', 'nonsense'])(
    '%s is more than the form can say',
    (query) => {
      expect(fromTraceql(query)).toBeUndefined();
    },
  );

  test.each([
    ['', true],
    ['100ms', true],
    ['1.5s', true],
    ['100', false],
    ['fast', false],
  ])('duration "%s": %s', (text, valid) => {
    expect(isDuration(text)).toBe(valid);
  });
});

test('columns have a gap where a series has no point', () => {
  const item = {
    metric: {},
    values: [
      [100, '1'],
      [120, '3'],
      [110, 'NaN'],
    ] as [number, string][],
  };
  const columns = toColumns([item], { from: 100, to: 130 }, 10);
  expect(columns).toEqual({ times: [100, 110, 120, 130], values: [[1, null, 3, null]] });
  expect(summarize(columns.values[0] ?? [])).toEqual({ min: 1, mean: 2, max: 3, last: 3 });
  expect(summarize([null])).toEqual({ min: null, mean: null, max: null, last: null });
  expect(
    stack([
      [1, null],
      [2, 3],
    ]),
  ).toEqual([
    [1, 0],
    [3, 3],
  ]);
});

test.each([
  ['a_total', 'counter', 'rate(a_total[5m])'],
  ['a_bucket', 'histogram', 'histogram_quantile(0.95, sum by (le) (rate(a_bucket[5m])))'],
  ['a', 'gauge', 'a'],
])('%s of type %s is asked as %s', (name, type, query) => {
  expect(suggest(name, type)).toBe(query);
});

test.each([
  ['{"status":"error","error":"bad"}', 'bad'],
  ['plain words', 'plain words'],
  ['<html>', 'the server answered 500'],
  ['', 'the server answered 500'],
])('the error in %s is "%s"', (body, text) => {
  expect(errorText(body, 500)).toBe(text);
});

test('parameters without a value are left out', () => {
  expect(withParams('/a', { b: 1, c: undefined, d: '', e: ['x', 'y'] })).toBe('/a?b=1&e=x&e=y');
});

test.each([
  ['0.0.0.0:4317', 'box:4317'],
  ['http://[::]:4300', 'box:4300'],
  ['127.0.0.1:4318', '127.0.0.1:4318'],
  ['odd', 'odd'],
])('%s is reached as %s', (address, expected) => {
  expect(reachable(address, 'box')).toBe(expected);
});
