import { describe, expect, it } from 'vitest';
import type { SlaTarget } from '../src/api/sla';
import { achievedText, missedText, periodBefore, recentPeriods } from '../src/pages/slos/agreements';

const target = (patch: Partial<SlaTarget>): SlaTarget => ({
  kind: 'uptime',
  text: '',
  promise: 'at_least',
  promised: 0.999,
  state: 'met',
  achieved: 1,
  goodMinutes: 0,
  missedMinutes: 0,
  idleMinutes: 0,
  gapMinutes: 0,
  maintenanceMinutes: 0,
  requests: null,
  failed: null,
  perSecond: null,
  allowedMinutes: null,
  incidentCount: 0,
  gapCount: 0,
  ...patch,
});

describe('what an agreement achieved', () => {
  it('is never rounded to the good side', () => {
    expect(achievedText(0.99899999, target({}))).toBe('99.89 %');
    expect(achievedText(1, target({}))).toBe('100 %');
    expect(achievedText(0.00501, target({ promise: 'at_most', promised: 0.005 }))).toBe('0.51 %');
    expect(achievedText(0, target({ promise: 'at_most', promised: 0.005 }))).toBe('0 %');
    expect(achievedText(null, target({}))).toBe('–');
  });

  it('says how much was missed of what', () => {
    expect(missedText(target({ missedMinutes: 65, allowedMinutes: 44 }))).toBe('1h 5m of 44m');
    expect(missedText(target({ missedMinutes: 5, requests: 1000, failed: 12 }))).toBe('12 of 1k');
    expect(missedText(target({ missedMinutes: 5 }))).toBe('5m');
    expect(missedText(target({ state: 'no_data' }))).toBe('–');
  });
});

describe('periods', () => {
  it.each([
    ['month', '2026-10', '2026-09'],
    ['month', '2026-01', '2025-12'],
    ['quarter', '2026-Q4', '2026-Q3'],
    ['quarter', '2026-Q1', '2025-Q4'],
    ['year', '2026', '2025'],
    ['week', '2026-W10', '2026-W09'],
    ['week', '2026-W01', '2025-W52'],
    ['week', '2027-W01', '2026-W53'],
    ['week', '2021-W01', '2020-W53'],
  ] as const)('before the %s %s is %s', (kind, name, before) => {
    expect(periodBefore(kind, name)).toBe(before);
  });

  it('lists the newest first and stops at what is none', () => {
    expect(recentPeriods('month', '2026-02', 3)).toEqual(['2026-02', '2026-01', '2025-12']);
    expect(recentPeriods('month', 'now', 3)).toEqual(['now']);
  });
});
