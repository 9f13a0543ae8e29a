import type { Backtest, BacktestedRule, BacktestSummary } from '../../api/backtest';
import type { Rule } from '../../api/prometheus';
import { groupBy } from '../../lib/group';
import { formatNumber, formatSeconds } from '../../lib/format';
import type { BandRow } from './ruleChart';

/** Numbers of a list with commas; undefined when one of them is none. */
export function parseThresholds(text: string): number[] | undefined {
  const values = parts(text).map(Number);
  return values.every((value) => Number.isFinite(value)) ? values : undefined;
}

const DURATION = /^(\d+(ms|[smhdwy]))+$|^0$/;

/** Durations of a list with commas, as a rule file writes them. */
export function parseWaits(text: string): string[] | undefined {
  const values = parts(text);
  return values.every((value) => DURATION.test(value))
    ? values.map((value) => (value === '0' ? '0s' : value))
    : undefined;
}

function parts(text: string): string[] {
  return text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
}

/** Rules of one name in a group stand in the answer in the order in which they stand in the group. */
export function ofRule(answer: Backtest, rules: readonly Rule[], index: number): BacktestedRule | undefined {
  const name = rules[index]?.name;
  const before = rules.slice(0, index).filter((rule) => rule.name === name).length;
  return answer.rules.filter((rule) => rule.name === name)[before];
}

/** The times that it would have fired, a line for each alert: the one that fires longest first. */
export function episodeRows(rule: BacktestedRule, end: number): BandRow[] {
  const rows = [...groupBy(rule.episodes, (episode) => JSON.stringify(episode.labels))].map(([, episodes]) => ({
    seconds: episodes.reduce((sum, episode) => sum + episode.seconds, 0),
    row: {
      labels: episodes[0]?.labels ?? {},
      bands: episodes.map((episode) => ({
        state: 'firing' as const,
        from: Date.parse(episode.start) / 1000,
        to: episode.end === null ? end : Date.parse(episode.end) / 1000,
      })),
    },
  }));
  return rows.sort((a, b) => b.seconds - a.seconds).map(({ row }) => row);
}

export interface Choice {
  key: string;
  /** What is changed; the rule as it is has nothing changed. */
  changed: 'nothing' | 'threshold' | 'for';
  text: string;
  summary: BacktestSummary;
}

/** The rule as it is and each alternative, by what is changed and from little to much. */
export function choicesOf(rule: BacktestedRule): Choice[] {
  const own: Choice = { key: 'own', changed: 'nothing', text: 'as it is', summary: rule.summary };
  const thresholds = rule.alternatives
    .filter((other) => other.threshold !== null)
    .sort((a, b) => Number(a.threshold) - Number(b.threshold))
    .map((other): Choice => {
      const text = formatNumber(Number(other.threshold));
      return { key: `threshold ${text}`, changed: 'threshold', text: `threshold ${text}`, summary: other.summary };
    });
  const waits = rule.alternatives
    .filter((other) => other.threshold === null)
    .sort((a, b) => a.forSeconds - b.forSeconds)
    .map((other): Choice => {
      const text = other.forSeconds === 0 ? 'no wait' : `for ${formatSeconds(other.forSeconds)}`;
      return { key: text, changed: 'for', text, summary: other.summary };
    });
  return [own, ...thresholds, ...waits];
}

/** "−4", "+12", "the same" beside the rule as it is. */
export function differenceText(fired: number, own: number): string {
  if (fired === own) return 'the same';
  return fired < own ? `−${(own - fired).toLocaleString('en')}` : `+${(fired - own).toLocaleString('en')}`;
}
