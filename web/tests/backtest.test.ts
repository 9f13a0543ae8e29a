import { describe, expect, it } from 'vitest';
import type { BacktestedRule } from '../src/api/backtest';
import type { Rule } from '../src/api/prometheus';
import {
  choicesOf,
  differenceText,
  episodeRows,
  ofRule,
  parseThresholds,
  parseWaits,
} from '../src/pages/alerts/backtest';

const summary = (fired: number) => ({ fired, totalSeconds: 60, longestSeconds: 60, flaps: 0, series: 1 });

const backtested = (patch: Partial<BacktestedRule>): BacktestedRule => ({
  group: 'g',
  name: 'A',
  expression: 'x > 5',
  threshold: 5,
  intervalSeconds: 15,
  forSeconds: 60,
  keepFiringForSeconds: 0,
  skipped: null,
  error: null,
  noThreshold: null,
  summary: summary(3),
  episodes: [],
  episodesLeftOut: 0,
  alternatives: [],
  ...patch,
});

describe('what is asked', () => {
  it.each([
    ['', []],
    ['90, 95.5', [90, 95.5]],
    ['-1e3,', [-1000]],
    ['9o', undefined],
  ])('thresholds %j', (text, values) => {
    expect(parseThresholds(text)).toEqual(values);
  });

  it.each([
    ['', []],
    ['0, 5m,1h30m', ['0s', '5m', '1h30m']],
    ['5', undefined],
    ['soon', undefined],
  ])('waits %j', (text, values) => {
    expect(parseWaits(text)).toEqual(values);
  });
});

describe('what is answered', () => {
  it('finds the rule among others of its name', () => {
    const rules = ['A', 'B', 'A'].map((name) => ({ name }) as Rule);
    const answer = {
      from: '',
      to: '',
      flapSeconds: 900,
      rules: [backtested({ forSeconds: 1 }), backtested({ name: 'B' }), backtested({ forSeconds: 2 })],
    };
    expect([0, 1, 2].map((index) => ofRule(answer, rules, index)?.forSeconds)).toEqual([1, 60, 2]);
    expect(ofRule({ ...answer, rules: [] }, rules, 0)).toBeUndefined();
  });

  it('draws a line for each alert, the longest first', () => {
    const at = (second: number) => new Date(second * 1000).toISOString();
    const rows = episodeRows(
      backtested({
        episodes: [
          { labels: { host: 'a' }, start: at(0), end: at(10), seconds: 10 },
          { labels: { host: 'b' }, start: at(5), end: null, seconds: 95 },
          { labels: { host: 'a' }, start: at(20), end: at(30), seconds: 10 },
        ],
      }),
      100,
    );
    expect(rows.map((row) => row.labels.host)).toEqual(['b', 'a']);
    expect(rows[0]?.bands).toEqual([{ state: 'firing', from: 5, to: 100 }]);
    expect(rows[1]?.bands).toHaveLength(2);
  });

  it('puts the rule as it is beside what it might be', () => {
    const choices = choicesOf(
      backtested({
        alternatives: [
          { threshold: null, forSeconds: 120, expression: '', summary: summary(1) },
          { threshold: null, forSeconds: 0, expression: '', summary: summary(9) },
          { threshold: 5.5, forSeconds: 60, expression: '', summary: summary(2) },
          { threshold: 4.5, forSeconds: 60, expression: '', summary: summary(4) },
        ],
      }),
    );
    expect(choices.map((choice) => choice.text)).toEqual([
      'as it is',
      'threshold 4.5',
      'threshold 5.5',
      'no wait',
      'for 2m',
    ]);
    expect(choices.map((choice) => differenceText(choice.summary.fired, 3))).toEqual([
      'the same',
      '+1',
      '−1',
      '+6',
      '−2',
    ]);
  });
});
