import { describe, expect, it } from 'vitest';
import type { AlertEvent, AlertEventKind } from '../src/api/sightglass';
import { collapsed, eventDetail, eventText, marksOf, rangeAround, withoutInstant } from '../src/pages/alerts/timeline';

const event = (kind: AlertEventKind, second: number, patch: Partial<AlertEvent> = {}): AlertEvent => ({
  at: new Date(second * 1000).toISOString(),
  fingerprint: 'f',
  labels: { alertname: 'A' },
  kind,
  actor: '',
  detail: '',
  value: null,
  ruleGroup: '',
  ...patch,
});

describe('words of what happened', () => {
  it.each([
    ['notified', 'on-call/webhook', 'firing', 'told on-call/webhook', ''],
    ['notified', 'on-call/webhook', 'resolved', 'told on-call/webhook that it is over', ''],
    ['notify_failed', 'mail', 'firing: refused', 'could not tell mail', 'refused'],
    ['silenced', 'Ada', '6b7dbf33-9e2f-4ff8-a2a1-4d4f5a5f2a11 moving house', 'silenced by Ada', 'moving house'],
    ['acknowledged', 'Ada', 'looking', 'acknowledged by Ada', 'looking'],
    ['inhibited', 'Down', 'abc', 'inhibited by Down', ''],
  ] as const)('%s by %s, %s', (kind, actor, detail, text, rest) => {
    expect(eventText(event(kind, 0, { actor, detail }))).toBe(text);
    expect(eventDetail(event(kind, 0, { actor, detail }))).toBe(rest);
  });
});

describe('an alert over time', () => {
  const events = [event('resolved', 90), event('notified', 40), event('firing', 30), event('pending', 30)];

  it('leaves out waiting that took no time', () => {
    expect(withoutInstant(events).map((item) => item.kind)).toEqual(['resolved', 'notified', 'firing']);
    expect(withoutInstant([event('firing', 30), event('pending', 20)])).toHaveLength(2);
    expect(withoutInstant([event('firing', 30, { fingerprint: 'g' }), event('pending', 30)])).toHaveLength(2);
  });

  it('tells the same thing again and again once', () => {
    const again = [
      event('notify_failed', 50),
      event('notify_failed', 40),
      event('firing', 30),
      event('notify_failed', 20),
    ];
    expect(collapsed(again).map((item) => [item.event.kind, item.count, Date.parse(item.since)])).toEqual([
      ['notify_failed', 2, 40_000],
      ['firing', 1, 30_000],
      ['notify_failed', 1, 20_000],
    ]);
    expect(collapsed([event('firing', 2), event('firing', 1, { fingerprint: 'g' })])).toHaveLength(2);
  });

  it('is shown with room around it, not beyond now', () => {
    expect(rangeAround({ from: 3_600_000, to: 7_200_000 }, 1e9)).toEqual({ from: 2700, to: 8100 });
    expect(rangeAround({ from: 3_600_000, to: null }, 3_700_000)).toEqual({ from: 2700, to: 3700 });
  });

  it('stands on the line of its value', () => {
    const item = {
      metric: {},
      values: [
        [28, '5'],
        [41, '7'],
      ] as [number, string][],
    };
    const marks = marksOf([event('notified', 40), event('firing', 30, { value: 6 }), event('muted', 35)], item, {
      from: 0,
      to: 60,
    });
    expect(marks.map((mark) => [mark.x, mark.y, mark.label])).toEqual([
      [40, 7, 'told '],
      [30, 6, 'fired'],
    ]);
    expect(marksOf([event('firing', 99)], item, { from: 0, to: 60 })).toEqual([]);
  });
});
