import { describe, expect, it } from 'vitest';
import type { Escalation, Shift } from '../src/api/people';
import { blocksOf, daysOf, lengthsFrom, momentText, nextText, startOfDay } from '../src/pages/oncall/shifts';

const HOUR = 3_600_000;
const at = (day: number, hour = 0) => new Date(2026, 10, day, hour).getTime();
const shift = (person: string, from: number, to: number): Shift => ({
  person,
  from: new Date(from).toISOString(),
  to: new Date(to).toISOString(),
  layer: '1',
  override: '',
});

describe('a strip of shifts', () => {
  it('has shifts where they lie, cut at its ends', () => {
    const blocks = blocksOf(
      [shift('ana', at(1), at(3)), shift('ben', at(3), at(7)), shift('cy', at(9), at(10))],
      at(2),
      at(6),
    );
    expect(blocks.map((block) => [block.shift.person, block.left, block.width])).toEqual([
      ['ana', 0, 25],
      ['ben', 25, 75],
    ]);
  });

  it('names its days', () => {
    const days = daysOf(at(20), at(23));
    expect(days.map((day) => day.label)).toEqual(['Fri 20', 'Sat 21', 'Sun 22']);
    expect(days.map((day) => day.weekend)).toEqual([false, true, true]);
    expect(startOfDay(at(20, 13))).toBe(at(20));
  });
});

describe('times as people say them', () => {
  it.each([
    [at(20, 9), 'today 09:00'],
    [at(21, 9), 'Sat 09:00'],
    [at(30, 9), 'Mon 11-30 09:00'],
  ])('%d', (millis, text) => {
    expect(momentText(millis, at(20, 8))).toBe(text);
  });

  it('offers lengths, the end of the shift last', () => {
    const lengths = lengthsFrom(at(20, 3), at(22));
    expect(lengths.map((item) => item.label)).toEqual([
      '1 h',
      '4 h',
      'until 08:00',
      '1 day',
      'to the end of the shift',
    ]);
    expect(lengths[2]?.to).toBe(at(20, 8));
    expect(lengthsFrom(at(20, 9), null)[2]?.to).toBe(at(21, 8));
    expect(lengthsFrom(at(20, 9), null)).toHaveLength(4);
  });
});

describe('what happens next', () => {
  const escalation = (patch: Partial<Escalation>): Escalation => ({
    id: '1',
    policy: 'page',
    state: 'running',
    groupKey: '',
    groupLabels: {},
    startedAt: new Date(0).toISOString(),
    acknowledgedAt: null,
    steps: 3,
    next: { step: 2, round: 1, at: new Date(HOUR).toISOString(), notify: ['ben', 'boss'] },
    told: [],
    alerts: [],
    ...patch,
  });

  it.each([
    [{}, 'tells ben, boss in 1h (step 2 of 3)'],
    [{ next: { step: 1, round: 2, at: null, notify: ['ana'] } }, 'tells ana (step 1 of 3, round 2)'],
    [{ state: 'acknowledged' as const }, 'stopped: somebody has acknowledged it'],
    [{ state: 'exhausted' as const, next: null }, 'everybody was told, nobody answered'],
    [{ state: 'held' as const }, 'held while it is silenced; then ben, boss (step 2 of 3)'],
  ])('%o', (patch, text) => {
    expect(nextText(escalation(patch), 0)).toBe(text);
  });

  it('is due', () => {
    expect(nextText(escalation({}), 2 * HOUR)).toBe('tells ben, boss now (step 2 of 3)');
  });
});
