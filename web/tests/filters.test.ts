import { describe, expect, it } from 'vitest';
import type { LogLine } from '../src/api/loki';
import { mergePages } from '../src/api/loki';
import { filterLogql, filterTraceql, matchesLabels, matchesMatchers, matchesRule } from '../src/filters/apply';

const SHOP = { service: 'shop', env: '' };
const TEST = { service: '', env: 'test' };
const BOTH = { service: 'shop', env: 'test' };
const NONE = { service: '', env: '' };

describe('filters of the header in LogQL', () => {
  it.each([
    ['{a="b"}', NONE, '{a="b"}'],
    ['{a="b"} |= "x"', SHOP, '{service_name="shop", a="b"} |= "x"'],
    ['{}', SHOP, '{service_name="shop"}'],
    [
      'sum(rate({a="}"} [1m])) / sum(rate({b=`{`} [1m]))',
      SHOP,
      'sum(rate({service_name="shop", a="}"} [1m])) / sum(rate({service_name="shop", b=`{`} [1m]))',
    ],
    ['{a="b"} | line_format "{{.x}}"', SHOP, '{service_name="shop", a="b"} | line_format "{{.x}}"'],
    ['{a="b"} # {', SHOP, '{service_name="shop", a="b"} # {'],
    ['{a="\\"}"}', SHOP, '{service_name="shop", a="\\"}"}'],
    [
      '{a="b"}',
      TEST,
      '{a="b"} | deployment_environment="test" or deployment_environment_name="test" or environment="test" or env="test"',
    ],
  ])('%s with %o', (query, filters, wanted) => {
    expect(filterLogql(query, filters)).toBe(wanted);
  });
});

describe('filters of the header in TraceQL', () => {
  it.each([
    ['{ status = error }', NONE, '{ status = error }'],
    ['{}', SHOP, '{ resource.service.name = "shop" }'],
    ['{ a = 1 || b = 2 }', SHOP, '{ resource.service.name = "shop" && (a = 1 || b = 2) }'],
    [
      '{}',
      BOTH,
      '{ resource.service.name = "shop" && (resource.deployment.environment = "test" || resource.deployment.environment.name = "test" || resource.environment = "test" || resource.env = "test") }',
    ],
  ])('%s with %o', (query, filters, wanted) => {
    expect(filterTraceql(query, filters)).toBe(wanted);
  });
});

it('matches alerts by any label that names the service or environment', () => {
  expect(matchesLabels({ job: 'shop' }, SHOP)).toBe(true);
  expect(matchesLabels({ service: 'pay' }, SHOP)).toBe(false);
  expect(matchesLabels({}, SHOP)).toBe(false);
  expect(matchesLabels({}, NONE)).toBe(true);
  expect(matchesLabels({ job: 'shop', env: 'test' }, BOTH)).toBe(true);
});

it('knows a service by the job that OTLP gives it', () => {
  expect(matchesLabels({ job: 'demo/shop' }, SHOP)).toBe(true);
  expect(matchesLabels({ job: 'demo/workshop' }, SHOP)).toBe(false);
});

it('keeps silences that do not name another service', () => {
  const matcher = { name: 'service', value: 'pay|shop', isRegex: true, isEqual: true };
  expect(matchesMatchers([matcher], SHOP)).toBe(true);
  expect(matchesMatchers([{ ...matcher, value: 'pay' }], SHOP)).toBe(false);
  expect(matchesMatchers([{ ...matcher, isEqual: false }], SHOP)).toBe(false);
  expect(matchesMatchers([{ ...matcher, name: 'severity' }], BOTH)).toBe(true);
  expect(matchesMatchers([{ ...matcher, value: '(' }], SHOP)).toBe(true);
});

it.each([
  ['up == 0', {}, true],
  ['up{job="shop"} == 0', {}, true],
  ['up{job="other"} == 0', {}, false],
  ['rate(x{job=~"shop-.+|shop"}[5m]) > 1', {}, true],
  ['up == 0', { service: 'other' }, false],
  ['up == 0', { service: '{{ $labels.job }}' }, true],
])('covers the service: rule %s with %o is %s', (query, labels, wanted) => {
  expect(matchesRule({ query, labels }, SHOP)).toBe(wanted);
});

it('covers a service that one of the alerts of a rule is about', () => {
  expect(matchesRule({ query: 'up{job="other"}', alerts: [{ labels: { service: 'shop' } }] }, SHOP)).toBe(true);
});

describe('pages of lines', () => {
  const line = (nanos: string, text: string): LogLine => ({ id: `${nanos}-${text}`, nanos, time: 0, text, labels: {} });

  it('gives the lines of a shared nanosecond once and keeps true repetitions', () => {
    const lines = mergePages([
      [line('3', 'a'), line('2', 'b'), line('2', 'b')],
      [line('2', 'b'), line('2', 'b'), line('2', 'c'), line('1', 'd')],
    ]);
    expect(lines.map((item) => item.nanos + item.text)).toEqual(['3a', '2b', '2b', '2c', '1d']);
    expect(new Set(lines.map((item) => item.id)).size).toBe(5);
  });
});
