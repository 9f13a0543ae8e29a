import { describe, expect, test } from 'vitest';
import type { OtlpSpan, ResourceSpans } from '../src/api/tempo';
import { buildTrace, hexId, valueText } from '../src/pages/trace/tree';
import { matchesSpan, visibleSpans } from '../src/pages/trace/visible';

const ZERO = 1_700_000_000_000_000_000n;

function span(id: string, parent: string, start: number, end: number, more: Partial<OtlpSpan> = {}): OtlpSpan {
  return {
    traceId: 'a'.repeat(32),
    spanId: id.padStart(16, '0'),
    parentSpanId: parent === '' ? '' : parent.padStart(16, '0'),
    name: id,
    startTimeUnixNano: String(ZERO + BigInt(start)),
    endTimeUnixNano: String(ZERO + BigInt(end)),
    ...more,
  };
}

function trace(...spans: OtlpSpan[]) {
  const resource = { attributes: [{ key: 'service.name', value: { stringValue: 'shop' } }] };
  const batch: ResourceSpans = { resource, scopeSpans: [{ scope: { name: 'lib', version: '1' }, spans }] };
  return buildTrace([batch]);
}

const names = (spans: readonly { name: string }[]) => spans.map((item) => item.name);

describe('tree', () => {
  test('has parents before children and brothers by start, whatever the order sent', () => {
    const built = trace(span('c', 'a', 50, 60), span('d', 'b', 12, 20), span('b', 'a', 10, 40), span('a', '', 0, 100));
    expect(names(built.spans)).toEqual(['a', 'b', 'd', 'c']);
    expect(built.spans.map((item) => item.depth)).toEqual([0, 1, 2, 1]);
    expect(built.spans[0]?.below).toBe(3);
    expect(built.duration).toBe(100);
    expect(built.spans[0]?.service).toBe('shop');
    expect(built.spans[0]?.scope).toBe('lib 1');
  });

  test('keeps nanoseconds although the times do not fit a number', () => {
    expect(trace(span('a', '', 0, 3), span('b', 'a', 1, 2)).spans[1]).toMatchObject({ start: 1, duration: 1 });
  });

  test('shows spans whose parent is missing, a ring of parents, and one ID sent twice', () => {
    const built = trace(
      span('1', 'ffff', 0, 5),
      span('2', '3', 1, 2),
      span('3', '2', 1, 2),
      span('1', 'ffff', 0, 5),
      span('4', '4', 2, 3),
    );
    expect(names(built.spans).sort()).toEqual(['1', '2', '3', '4']);
  });

  test('reads status, kind, events and links in both writings of JSON', () => {
    const built = trace(
      span('a', '', 0, 9, {
        kind: 'SPAN_KIND_SERVER',
        status: { code: 'STATUS_CODE_ERROR', message: 'no' },
        events: [{ name: 'exception', timeUnixNano: String(ZERO + 4n), attributes: [] }],
        links: [{ traceId: 'b'.repeat(32), spanId: '1'.repeat(16) }],
      }),
      span('b', 'a', 1, 2, { kind: 3, status: { code: 2 } }),
    );
    expect(built.errors).toBe(2);
    expect(built.spans[0]).toMatchObject({ kind: 'server', error: true, statusMessage: 'no' });
    expect(built.spans[0]?.events[0]?.at).toBe(4);
    expect(built.spans[0]?.links[0]?.traceId).toBe('b'.repeat(32));
    expect(built.spans[1]?.kind).toBe('client');
  });

  test('a chain of ten thousand spans is built', () => {
    const chain = Array.from({ length: 10_000 }, (_, at) => {
      return span(String(at + 1), at === 0 ? '' : String(at), at, 30_000 - at);
    });
    const built = trace(...chain);
    expect(built.spans).toHaveLength(10_000);
    expect(built.spans.at(-1)?.depth).toBe(9999);
    expect(built.spans.every((item) => item.critical)).toBe(true);
  });

  test('nothing sent is an empty trace', () => {
    expect(buildTrace([])).toMatchObject({ spans: [], duration: 0, errors: 0 });
  });
});

describe('critical path', () => {
  const critical = (built: ReturnType<typeof trace>) => names(built.spans.filter((item) => item.critical));

  test('follows what ended last, then what ended before that began', () => {
    const built = trace(
      span('a', '', 0, 100),
      span('first', 'a', 0, 40),
      span('beside', 'a', 5, 30),
      span('second', 'a', 45, 95),
      span('inner', 'second', 50, 90),
    );
    expect(critical(built)).toEqual(['a', 'first', 'second', 'inner']);
  });

  test('leaves out what still ran after its parent had ended', () => {
    const built = trace(span('a', '', 0, 100), span('async', 'a', 50, 150), span('b', 'a', 10, 60));
    expect(critical(built)).toEqual(['a', 'b']);
  });
});

describe('waterfall', () => {
  const built = trace(span('a', '', 0, 9), span('b', 'a', 1, 5), span('c', 'b', 2, 3), span('d', 'a', 6, 7));
  const idOf = (name: string) => name.padStart(16, '0');

  test('a collapsed span hides what is below it, and only that', () => {
    expect(names(visibleSpans(built.spans, new Set([idOf('b')])))).toEqual(['a', 'b', 'd']);
    expect(names(visibleSpans(built.spans, new Set([idOf('a')])))).toEqual(['a']);
    expect(names(visibleSpans(built.spans, new Set()))).toEqual(['a', 'b', 'c', 'd']);
  });

  test('search looks at names, services and attributes', () => {
    const found = trace(span('x', '', 0, 1, { attributes: [{ key: 'http.route', value: { stringValue: '/Cart' } }] }));
    const item = found.spans[0];
    if (item === undefined) throw new Error('no span');
    expect(['x', 'shop', '/cart', 'http.r'].every((needle) => matchesSpan(item, needle))).toBe(true);
    expect(matchesSpan(item, 'other')).toBe(false);
  });
});

test.each([
  [undefined, ''],
  ['', ''],
  ['0000000000000000', ''],
  ['ABCDEF0123456789', 'abcdef0123456789'],
  ['q83vASNFZ4k=', 'abcdef0123456789'],
])('ID %s is %s', (id, hex) => {
  expect(hexId(id)).toBe(hex);
});

test.each([
  [undefined, ''],
  [{ stringValue: '' }, ''],
  [{ intValue: '42' }, '42'],
  [{ boolValue: false }, 'false'],
  [{ doubleValue: 0.5 }, '0.5'],
  [{ arrayValue: { values: [{ intValue: 1 }, { stringValue: 'a' }] } }, '[1, a]'],
  [{ kvlistValue: { values: [{ key: 'k', value: { intValue: 1 } }] } }, '{k: 1}'],
])('value %o is %s', (value, text) => {
  expect(valueText(value)).toBe(text);
});
