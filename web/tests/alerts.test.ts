import { describe, expect, it } from 'vitest';
import type { RoutedAlert } from '../src/api/alertmanager';
import type { MatrixItem, RuleGroup } from '../src/api/prometheus';
import { activeAlerts, isBackground, isQuiet } from '../src/pages/alerts/active';
import { bandsOf, drawnOf, seriesOf } from '../src/pages/alerts/ruleChart';
import { brokenRules, failingReceivers, firingRules, isOfBroken } from '../src/pages/overview/wrong';
import { matchersOf, matchersText, matchesAll, parseMatchers } from '../src/pages/silences/matchers';

const alert = (labels: Record<string, string>, state = 'firing') => ({
  labels,
  annotations: {},
  state,
  activeAt: '2026-01-01T00:00:00Z',
  value: '1',
});

const group: RuleGroup = {
  name: 'g',
  file: 'f.yml',
  interval: 15,
  rules: ['B', 'A'].map((name) => ({
    name,
    query: 'up == 0',
    health: name === 'A' ? 'err' : 'ok',
    lastEvaluation: '',
    evaluationTime: 0,
    type: 'alerting' as const,
    alerts:
      name === 'B'
        ? [alert({ alertname: 'B', severity: 'info' })]
        : [alert({ alertname: 'A', job: 'x', severity: 'critical' }), alert({ alertname: 'A', job: 'y' }, 'pending')],
  })),
};

const routed = (labels: Record<string, string>, silencedBy: string[] = []): RoutedAlert => ({
  fingerprint: JSON.stringify(labels),
  labels,
  annotations: {},
  startsAt: '',
  endsAt: '',
  receivers: [{ name: 'team' }],
  status: { state: 'active', silencedBy, inhibitedBy: [], mutedBy: [] },
});

describe('alerts of the rules and of the router', () => {
  it('puts firing ones first, the worst first, and says who is told', () => {
    const alerts = activeAlerts(
      [group],
      [routed({ alertname: 'A', job: 'x', severity: 'critical', cluster: 'eu' }, ['s1'])],
    );
    expect(alerts.map((item) => item.rule + item.state)).toEqual(['Afiring', 'Bfiring', 'Apending']);
    expect(alerts[0]?.receivers).toEqual(['team']);
    expect(alerts.map(isQuiet)).toEqual([true, false, false]);
    expect(alerts[0]?.place).toEqual({ file: 'f.yml', group: 'g', index: 1, name: 'A' });
  });

  it('tells what is wrong from what only shows that alerting works', () => {
    const posted = activeAlerts(
      [],
      [routed({ alertname: 'Watchdog', severity: 'none' }), routed({ alertname: 'Bad' })],
    );
    expect(posted.filter((item) => !isBackground(item)).map((item) => item.rule)).toEqual(['Bad']);
  });

  it('knows the alert that the server makes of a rule it cannot evaluate', () => {
    const of = (rule: string) =>
      activeAlerts([], [routed({ alertname: 'RuleEvaluationFailed', rule, rule_group: 'g' })]);
    const broken = brokenRules([group]);
    expect(of('A').map((item) => isOfBroken(item, broken))).toEqual([true]);
    expect(of('B').map((item) => isOfBroken(item, broken))).toEqual([false]);
  });

  it('adds what others posted, but not what a rule of that name had', () => {
    const alerts = activeAlerts([group], [routed({ alertname: 'Posted' }), routed({ alertname: 'B', old: '1' })]);
    expect(alerts.filter((item) => item.place === null).map((item) => item.rule)).toEqual(['Posted']);
  });
});

describe('what is wrong', () => {
  it('counts alerts by rule and names broken rules', () => {
    const firing = activeAlerts([group]).filter((item) => item.state === 'firing');
    expect(firingRules([...firing, ...firing]).map((item) => [item.rule, item.alerts.length])).toEqual([
      ['A', 2],
      ['B', 2],
    ]);
    expect(brokenRules([group]).map((item) => item.place.name)).toEqual(['A']);
  });

  it('names receivers whose newest notification did not arrive, and since when', () => {
    const sent = (receiver: string, status: string, createdAt: string) => ({
      id: createdAt,
      createdAt,
      updatedAt: createdAt,
      receiver,
      integration: 'webhook',
      groupKey: '',
      groupLabels: {},
      status,
      attempts: 1,
      error: status === 'sent' ? null : 'refused',
      alerts: [],
    });
    const list = [
      sent('a', 'failed', '5'),
      sent('b', 'sent', '4'),
      sent('a', 'failed', '3'),
      sent('a', 'sent', '2'),
      sent('b', 'failed', '1'),
    ];
    expect(failingReceivers(list)).toEqual([{ receiver: 'a', error: 'refused', since: '3' }]);
  });
});

describe('matchers of silences', () => {
  it.each([
    ['{a="b"}', 'a="b"'],
    ['a=b, c!~"d|e"', 'a="b",c!~"d|e"'],
    ['"a.b"="x\\"y"', '"a.b"="x\\"y"'],
    ['', ''],
  ])('reads %s', (text, wanted) => {
    expect(matchersText(parseMatchers(text) ?? [])).toBe(wanted);
  });

  it.each(['a', '="b"', 'a="b" c="d"', 'a="b'])('refuses %s', (text) => {
    expect(parseMatchers(text)).toBeUndefined();
  });

  it('takes all labels of an alert, the name first', () => {
    expect(matchersText(matchersOf({ a: '1', alertname: 'N' }))).toBe('alertname="N",a="1"');
  });

  it('matches as Alertmanager does', () => {
    const matches = (text: string) => matchesAll({ a: 'xyz' }, parseMatchers(text) ?? []);
    expect(matches('a=~"x.*"')).toBe(true);
    expect(matches('a=~"x"')).toBe(false);
    expect(matches('a!="b",c=""')).toBe(true);
    expect(matches('c!=""')).toBe(false);
    expect(matches('a=~"("')).toBe(false);
  });
});

describe('chart of a rule', () => {
  const details = {
    file: 'f',
    group: 'g',
    index: 0,
    name: 'A',
    line: 1,
    language: 'promql' as const,
    comparisons: [
      { expression: 'x', operator: '<', threshold: 10 },
      { expression: 'y', operator: '>', threshold: 1 },
      { expression: 'x', operator: '>', threshold: 90 },
    ],
  };

  it('draws the first side with its thresholds', () => {
    expect(drawnOf('x < 10 or y > 1 or x > 90', details)).toEqual({
      expression: 'x',
      language: 'promql',
      thresholds: [
        { operator: '<', value: 10 },
        { operator: '>', value: 90 },
      ],
    });
    expect(drawnOf('absent(x)', { ...details, comparisons: [] }).expression).toBe('absent(x)');
  });

  it('finds the series of an alert', () => {
    const items: MatrixItem[] = [
      { metric: { __name__: 'x', job: 'a' }, values: [] },
      { metric: { __name__: 'x', job: 'b' }, values: [] },
    ];
    expect(seriesOf(items, { alertname: 'A', job: 'b', severity: 'info' })).toBe(items[1]);
    expect(seriesOf(items, { alertname: 'A' })).toBeUndefined();
  });

  it('joins samples to bands', () => {
    const item = (alertstate: string, times: number[]): MatrixItem => ({
      metric: { __name__: 'ALERTS', alertname: 'A', alertstate, job: 'a' },
      values: times.map((time): [number, string] => [time, '1']),
    });
    const rows = bandsOf([item('firing', [30, 40, 90]), item('pending', [10, 20])], 10);
    expect(rows).toEqual([
      {
        labels: { job: 'a' },
        bands: [
          { state: 'pending', from: 10, to: 30 },
          { state: 'firing', from: 30, to: 50 },
          { state: 'firing', from: 90, to: 100 },
        ],
      },
    ]);
  });
});
