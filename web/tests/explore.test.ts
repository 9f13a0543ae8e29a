import { describe, expect, it } from 'vitest';
import type { LogLine } from '../src/api/loki';
import type { ExemplarSeries } from '../src/api/prometheus';
import { caretText, placeOf } from '../src/editor/position';
import { cellsOf, type Facet } from '../src/api/logs';
import { earlierRange } from '../src/pages/logs/earlier';
import { findFacets, orderFacets } from '../src/pages/logs/fields';
import { isPast, lineKey, nanosOfKey, prettyJson, streamSelector } from '../src/pages/logs/line';
import { filtersOf, hasParser, removeStage, togglePattern, toggleValue } from '../src/pages/logs/query';
import { TailBuffer } from '../src/pages/logs/tail';
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
  const facet = (name: string, lines: number, values: Record<string, number>, distinct?: number): Facet => ({
    name,
    source: 'metadata',
    lines,
    distinct: distinct ?? Object.keys(values).length,
    exact: true,
    values: Object.entries(values).map(([value, count]) => ({ value, lines: count })),
  });
  const facets = [
    facet('request_id', 40, { 'r-1': 1 }, 40),
    facet('zone', 40, { a: 40 }),
    facet('detected_level', 40, { info: 30, error: 10 }),
  ];
  it('stand with the level first and identifiers last', () => {
    expect(orderFacets(facets).map(({ name }) => name)).toEqual(['detected_level', 'zone', 'request_id']);
  });
  it('are found by name and by value', () => {
    expect(findFacets(facets, 'ZON').map(({ name }) => name)).toEqual(['zone']);
    expect(findFacets(facets, 'err')).toEqual([facet('detected_level', 40, { error: 10 }, 2)]);
    expect(findFacets(facets, '')).toHaveLength(3);
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
    expect(streamSelector({ a: 'x"y', b: '1' })).toBe(String.raw`{a="x\"y", b="1"}`);
  });
  it('is shown pretty only when it is JSON', () => {
    expect(prettyJson('{"a":1}')).toBe('{\n  "a": 1\n}');
    expect(prettyJson('{a}')).toBeUndefined();
    expect(prettyJson('12')).toBeUndefined();
  });
});

describe('patterns', () => {
  it('count every cell of the time range', () => {
    const samples: [number, number][] = [
      [100, 2],
      [120, 5],
      [999, 1],
    ];
    expect(cellsOf(samples, { from: 95, to: 130 }, 10)).toEqual([0, 2, 0, 5]);
  });
  it('are compared with the time before, or with the same time of another day', () => {
    const range = { from: 1_000_000, to: 1_003_600 };
    expect(earlierRange(range, '')).toEqual({ from: 996_400, to: 1_000_000 });
    expect(earlierRange(range, '1d')).toEqual({ from: 913_600, to: 917_200 });
    expect(earlierRange({ from: 0, to: 200_000 }, '1d')).toEqual({ from: -200_000, to: 0 });
  });
});

describe('filters of a query', () => {
  const query = '{a="b"}';
  it('come by a click and go by another', () => {
    const with1 = toggleValue(query, 'x', '1', true);
    expect(with1).toBe('{a="b"} | x="1"');
    expect(toggleValue(with1, 'x', '1', false)).toBe('{a="b"} | x!="1"');
    expect(toggleValue(with1, 'x', '1', true)).toBe(query);
    expect(togglePattern(query, 'a <_> "b"', false)).toBe(String.raw`{a="b"} !> "a <_> \"b\""`);
    expect(togglePattern('{a="b"} !> "x"', 'x', true)).toBe('{a="b"} |> "x"');
    expect(toggleValue('{a="b"} # why', 'x', '1', true)).toBe('{a="b"} # why\n| x="1"');
  });
  it('are read from the query, those that stand alone', () => {
    const text = String.raw`{a="b"} |= "c" | x="1" | json | y!="\"2\"" |> "p <_>" | z="1" or z="2"`;
    expect(filtersOf(text).map(({ label, include }) => [label, include])).toEqual([
      ['x = 1', true],
      ['y = "2"', false],
      ['p <_>', true],
    ]);
    expect(removeStage(text, '| x="1"')).toContain('|= "c" | json');
  });
});

describe('a query with a parser', () => {
  it.each([
    ['{a="b"} | json', true],
    ['{a="b"} |= "| json"', false],
    ['{a="b"} | x="1" | logfmt', true],
    ['{a="b"} | json_field="1"', false],
  ])('%s: %s', (query, expected) => {
    expect(hasParser(query)).toBe(expected);
  });
});

describe('a tail', () => {
  const stream = (zone: string, ...values: [number, string][]) => ({
    stream: { zone },
    values: values.map(([second, text]): [string, string] => [`${String(1_700_000_000 + second)}000000000`, text]),
  });
  it('holds the newest lines, the newest first, and counts what it let go', () => {
    const buffer = new TailBuffer(3);
    expect(buffer.add({ streams: [stream('a', [1, 'a'], [2, 'b'])] })).toBe(2);
    expect(buffer.add({ streams: [stream('a', [4, 'd']), stream('b', [3, 'c'])] })).toBe(2);
    expect(buffer.lines.map((item) => item.text)).toEqual(['d', 'c', 'b']);
    expect(buffer.forgotten).toBe(1);
    expect(buffer.add({ streams: [stream('a', [2, 'late'])] })).toBe(1);
    expect(buffer.lines.map((item) => item.text)).toEqual(['d', 'c', 'late']);
  });
  it('takes equal lines as often as they were said, and known ones once after a lost connection', () => {
    const buffer = new TailBuffer();
    const twice = { streams: [stream('a', [1, 'x'], [1, 'x'])] };
    expect(buffer.add(twice)).toBe(2);
    expect(buffer.add({ streams: [stream('a', [1, 'x'], [1, 'x'], [2, 'y'])] }, true)).toBe(1);
    expect(buffer.lines.map((item) => item.text)).toEqual(['y', 'x', 'x']);
    expect(new Set(buffer.lines.map((item) => item.id)).size).toBe(3);
  });
  it('says what the server left out', () => {
    const buffer = new TailBuffer();
    buffer.add({ streams: null, dropped_entries: [{}, {}] });
    expect(buffer.skipped).toBe(2);
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
