import { describe, expect, test } from 'vitest';
import type { Cardinality } from '../src/api/cardinality';
import { countQuery, narrowed } from '../src/pages/targets/selector';
import { configured, limitUse } from '../src/pages/targets/verdicts';

describe('a selector of series', () => {
  test.each([
    ['', '__name__', 'up', 'up'],
    ['', '__name__', 'http.requests', '{__name__="http.requests"}'],
    ['', 'job', 'a"b', '{job="a\\"b"}'],
    ['up', 'job', 'a', 'up{job="a"}'],
    ['{job="a"}', '__name__', 'up', '{job="a", __name__="up"}'],
    ['{job="a"}', 'http.route', '/x', '{job="a", "http.route"="/x"}'],
  ])('%s with %s=%s is %s', (selector, name, value, expected) => {
    expect(narrowed(selector, name, value)).toBe(expected);
  });

  test('is counted, by a label where one is chosen', () => {
    expect(countQuery('', '')).toBe('count({__name__!=""})');
    expect(countQuery('up{job="a"}', 'instance')).toBe('count by (instance) (up{job="a"})');
  });
});

describe('limits', () => {
  const data = {
    senders: [
      { sender: 'a', activeSeries: 5, newSeriesSinceStart: 5 },
      { sender: 'b', activeSeries: 7, newSeriesSinceStart: 7 },
    ],
    limits: {
      max_active_series: 20,
      max_active_series_per_sender: 10,
      max_active_series_per_metric: 0,
      max_values_per_label: 0,
      max_new_series_per_minute: 0,
    },
  } as Cardinality;

  test('are compared with all series, and with the largest sender', () => {
    expect(limitUse(data, 12)).toEqual([
      { name: 'max_active_series', of: 'all', used: 12, limit: 20 },
      { name: 'max_active_series_per_sender', of: 'b', used: 7, limit: 10 },
      { name: 'max_new_series_per_minute', of: 'each job', used: undefined, limit: 0 },
    ]);
  });

  test('of metrics and labels are there when they are set', () => {
    const set = { ...data, limits: { ...data.limits, max_active_series_per_metric: 9, max_values_per_label: 8 } };
    expect(limitUse(set, 12).slice(2, 4)).toEqual([
      { name: 'max_active_series_per_metric', of: 'each metric', used: undefined, limit: 9 },
      { name: 'max_values_per_label', of: 'each label', used: undefined, limit: 8 },
    ]);
  });

  test('are shown as the configuration has them', () => {
    const yaml = 'global:\n  a: 1\nstorage:\n  retention: {logs: 1d}\n# note\nscrape_configs:\n- a: 1\nlimits: {}\n';
    expect(configured(yaml, ['storage', 'limits'])).toBe('storage:\n  retention: {logs: 1d}\n# note\nlimits: {}');
    expect(configured(yaml, ['otlp'])).toBe('');
  });
});
