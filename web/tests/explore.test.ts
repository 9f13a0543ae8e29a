import { describe, expect, it } from 'vitest';
import type { LogLine } from '../src/api/loki';
import type { ExemplarSeries } from '../src/api/prometheus';
import { caretText, placeOf } from '../src/editor/position';
import { facetsOf } from '../src/pages/logs/facets';
import { isPast, lineKey, nanosOfKey, prettyJson, streamSelector } from '../src/pages/logs/line';
import { patternFilter, patternsOf } from '../src/pages/logs/patterns';
import { addStage } from '../src/pages/logs/query';
import { appendTail } from '../src/pages/logs/useTail';
import { addMatchers, fromPromql, hasMatchers, toPromql } from '../src/pages/metrics/builder';
import { marksOf } from '../src/pages/metrics/exemplars';
import { compareTraces } from '../src/pages/trace/compare';
import { flameRows, selfTime } from '../src/pages/trace/flame';
import { buildTrace } from '../src/pages/trace/tree';
import { parentsOf } from '../src/pages/trace/visible';
import { decodeBox, differencesOf, encodeBox, withSelect } from '../src/pages/traces/difference';

function line(seconds: number, text: string, labels: Record<string, string> = {}): LogLine {
  const nanos = `${String(seconds)}000000000`;
  return { id: `${nanos}-${text}`, nanos, time: seconds * 1000, text, labels };
}

describe('fields', () => {
  it('count values, known names first and identifiers last', () => {
    const lines = Array.from({ length: 40 }, (_, at) =>
      line(at, 'x', { detected_level: at < 30 ? 'info' : 'error', request_id: String(at), zone: 'a' }),
    );
    const facets = facetsOf(lines);
    expect(facets.map((facet) => facet.name)).toEqual(['detected_level', 'zone', 'request_id']);
    expect(facets[0]?.top).toEqual([
      { value: 'info', count: 30 },
      { value: 'error', count: 10 },
    ]);
    expect(facets[2]?.distinct).toBe(40);
  });
});

describe('a line', () => {
  it('has a key that depends on all of it and not on the order of its labels', () => {
    const key = lineKey(line(1_700_000_000, 'a', { b: '1', c: '2' }));
    expect(lineKey(line(1_700_000_000, 'a', { c: '2', b: '1' }))).toBe(key);
    expect(lineKey(line(1_700_000_000, 'a', { c: '2', b: '3' }))).not.toBe(key);
    expect(nanosOfKey(key)).toBe('1700000000000000000');
    expect(nanosOfKey('nonsense')).toBeUndefined();
  });
  it('is past when an older one is loaded', () => {
    expect(isPast([line(1_700_000_005, 'a')], '1700000004000000000')).toBe(false);
    expect(isPast([line(1_700_000_003, 'a')], '1700000004000000000')).toBe(true);
  });
  it('is of the stream its stream labels say', () => {
    expect(streamSelector({ a: 'x"y', trace_id: '1' }, ['a'])).toBe(String.raw`{a="x\"y"}`);
  });
  it('is shown pretty only when it is JSON', () => {
    expect(prettyJson('{"a":1}')).toBe('{\n  "a": 1\n}');
    expect(prettyJson('{a}')).toBeUndefined();
    expect(prettyJson('12')).toBeUndefined();
  });
});

describe('patterns', () => {
  const lines = [
    ...Array.from({ length: 5 }, (_, at) => line(100 + at, `order ${String(at)} paid in ${String(at)}.5 ms`)),
    line(110, 'disk is full'),
  ];
  it('put lines together that differ in numbers', () => {
    const found = patternsOf(lines, { from: 100, to: 120 }, undefined);
    expect(found.map((pattern) => [pattern.text, pattern.count, pattern.isNew])).toEqual([
      ['order <_> paid in <_> ms', 5, false],
      ['disk is full', 1, false],
    ]);
  });
  it('are new when the time before has none like them', () => {
    const found = patternsOf(lines, { from: 100, to: 120 }, [line(90, 'order 99 paid in 7 ms')]);
    expect(found.filter((pattern) => pattern.isNew).map((pattern) => pattern.text)).toEqual(['disk is full']);
  });
  it('are found again by their filter', () => {
    expect(patternFilter('order <_> paid (<_>)', true)).toBe(String.raw`|~ "order .*? paid \\(.*?\\)"`);
    expect(addStage('{a="b"} |~ "x.*"', '!~ "x.*"')).toBe('{a="b"} !~ "x.*"');
  });
});

describe('a tail', () => {
  it('takes a line once, the newest first, and lets the oldest go', () => {
    const first = appendTail([], [line(2, 'b'), line(1, 'a')], 3);
    expect(first.added).toBe(2);
    const second = appendTail(first.lines, [line(2, 'b'), line(4, 'd'), line(3, 'c')], 3);
    expect(second.lines.map((item) => item.text)).toEqual(['d', 'c', 'b']);
    expect([second.added, second.dropped]).toEqual([2, 1]);
  });
});

describe('places of errors', () => {
  it('are read from what the languages say', () => {
    expect(placeOf('invalid parameter "query": 1:18: parse error: x')).toEqual({ line: 1, column: 18 });
    expect(placeOf('parse error at line 2, col 3: x')).toEqual({ line: 2, column: 3 });
    expect(placeOf('the server cannot be reached')).toBeUndefined();
    expect(caretText('ab\ncd', { line: 2, column: 2 })).toBe('cd\n ▲');
    expect(caretText('ab', { line: 1, column: 9 })).toBeUndefined();
  });
});

describe('the builder', () => {
  it.each([
    'up',
    'up{job="a"}',
    'rate(http_requests_total{code=~"5..", job!="x"}[5m])',
    'sum by (job, code) (rate(http_requests_total[1m]))',
    'max (up)',
    'histogram_quantile(0.95, sum by (le, job) (rate(x_seconds_bucket{a="b"}[5m])))',
  ])('writes %s as it reads it', (query) => {
    const built = fromPromql(query);
    expect(built).toBeDefined();
    if (built) expect(toPromql(built)).toBe(query);
  });
  it.each(['a + b', 'sum(rate(a[5m])) / 2', 'rate(a[5m] offset 1h)', 'topk(3, a)', 'up{', 'sum by (a) (b) > 1'])(
    'says that it cannot show %s',
    (query) => {
      expect(fromPromql(query)).toBeUndefined();
    },
  );
  it('adds matchers to every selector and to nothing else', () => {
    const job = [{ name: 'job', op: '=', value: 'a' }];
    const added = (query: string) => addMatchers(query, job);
    expect(added('up')).toBe('up{job="a"}');
    expect(added('sum by (job) (rate(x{c="up}"}[5m])) / on (z) y offset 5m')).toBe(
      'sum by (job) (rate(x{c="up}", job="a"}[5m])) / on (z) y{job="a"} offset 5m',
    );
    expect(added('sum(up) by (job) > bool 1e3 and {__name__="x"}')).toBe(
      'sum(up{job="a"}) by (job) > bool 1e3 and {__name__="x", job="a"}',
    );
    expect(added('count without (a) (b) or vector(1)')).toBe('count without (a) (b{job="a"}) or vector(1)');
    expect(hasMatchers(added('up'), job)).toBe(true);
  });
});

describe('exemplars', () => {
  it('are dots with a trace, of a moment the greatest, once', () => {
    const series = (value: string, id?: string): ExemplarSeries => ({
      seriesLabels: { __name__: 'x', le: '1' },
      exemplars: [{ labels: id === undefined ? {} : { trace_id: id }, value, timestamp: 50 }],
    });
    const marks = marksOf(
      [series('1', 'a'), series('1', 'a'), series('9'), ...['2', '3', '4', '5'].map((v) => series(v, v))],
      { from: 0, to: 100 },
    );
    expect(marks.map((mark) => mark.y)).toEqual([5, 4, 3, 2]);
  });
});

describe('what is different', () => {
  const of = (route: string) => new Map([['route', new Set([route])]]);
  it('puts first what the selection has and the others have not', () => {
    const found = differencesOf([of('/a'), of('/a')], [of('/b'), of('/a'), of('/b'), of('/b')]);
    expect(found[0]?.name).toBe('route');
    expect(found[0]?.values.find((value) => value.value === '/a')).toEqual({ value: '/a', inside: 1, outside: 0.25 });
    expect(found[0]?.score).toBe(0.75);
  });
  it('keeps the selection in the link', () => {
    const box = { from: 1_700_000_000.5, to: 1_700_000_010, min: 0, max: 12.5 };
    expect(decodeBox(encodeBox(box))).toEqual(box);
    expect(decodeBox('1_2')).toBeUndefined();
    expect(decodeBox('flame')).toBeUndefined();
  });
  it('asks for attributes where the query leaves room for it', () => {
    expect(withSelect('{}', ['span.a', 'name'])).toBe('{} | select(span.a)');
    expect(withSelect('{} | count() > 1', ['span.a'])).toBe('{} | count() > 1');
  });
});

describe('a flame graph', () => {
  const span = (id: string, parent: string, name: string, start: number, end: number) => ({
    traceId: '1'.repeat(32),
    spanId: id.padStart(16, '0'),
    parentSpanId: parent === '' ? '' : parent.padStart(16, '0'),
    name,
    startTimeUnixNano: String(start),
    endTimeUnixNano: String(end),
  });
  const trace = buildTrace([
    {
      scopeSpans: [
        {
          spans: [
            span('1', '', 'root', 0, 100),
            span('2', '1', 'read', 0, 30),
            span('3', '1', 'read', 20, 50),
            span('4', '3', 'deep', 20, 30),
          ],
        },
      ],
    },
  ]);
  it('puts equal spans together, as wide as their time', () => {
    const rows = flameRows(trace.roots);
    expect(rows.map((row) => row.map((box) => [box.name, box.count, box.width]))).toEqual([
      [['root', 1, 1]],
      [['read', 2, 0.6]],
      [['deep', 1, expect.closeTo(0.1, 9) as number]],
    ]);
    const root = trace.roots[0];
    expect(root && selfTime(root)).toBe(50);
  });
  it('compares own times of two traces', () => {
    const other = buildTrace([{ scopeSpans: [{ spans: [span('1', '', 'root', 0, 20)] }] }]);
    const rows = compareTraces(trace, other);
    expect(rows[0]?.name).toBe('read');
    expect(rows.find((row) => row.name === 'root')?.self).toEqual([50, 20]);
  });
  it('knows what has to be open for a span to be seen', () => {
    const wanted = new Set(trace.spans.filter((item) => item.name === 'deep'));
    expect([...parentsOf(trace.spans, wanted)].sort()).toEqual(['0000000000000001', '0000000000000003']);
  });
});
