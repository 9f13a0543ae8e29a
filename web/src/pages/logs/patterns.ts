import type { LogLine } from '../../api/loki';
import { levelOf, LEVELS, type Level } from './query';

export interface Pattern {
  /** Words with `<_>` where the lines differ. */
  text: string;
  count: number;
  level: Level;
  /** Milliseconds. */
  first: number;
  last: number;
  /** Lines by part of the time range, oldest first. */
  trend: number[];
  sample: string;
  isNew: boolean;
}

interface Cluster {
  words: string[];
  count: number;
  levels: Map<Level, number>;
  first: number;
  last: number;
  trend: number[];
  sample: string;
}

const ANY = '<_>';
const TREND = 24;
/** Share of words that must be the same for two lines to be of one pattern. */
const ALIKE = 0.6;
const MAX_WORDS = 60;

const VARIABLE =
  /^(?:[+-]?\d[\d.,:_/-]*[a-zµ%]{0,3}|0x[0-9a-f]+|(?=[0-9a-f-]*\d)[0-9a-f-]{8,}|\d{4}-\d\d-\d\dt.*|"[^"]*"|\S*\d\S*)$/i;

/** The words of a line, those that are numbers, ids or times replaced. */
export function wordsOf(text: string): string[] {
  return text
    .trim()
    .split(/(?<=[\s,;=:[\](){}])|(?=[\s,;=:[\](){}])/)
    .slice(0, MAX_WORDS * 2)
    .map((word) => (VARIABLE.test(word) ? ANY : word));
}

function isAlike(a: readonly string[], b: readonly string[]): boolean {
  let same = 0;
  let of = 0;
  for (let at = 0; at < a.length; at++) {
    const word = a[at] ?? '';
    // Spaces and brackets are the same nearly everywhere: they say little.
    if (!/[\p{L}\p{N}<]/u.test(word)) {
      if (word !== b[at]) return false;
      continue;
    }
    of++;
    if (word === b[at]) same++;
  }
  return of === 0 || same / of >= ALIKE;
}

function clustersOf(lines: readonly LogLine[], from: number, to: number): Cluster[] {
  const exact = new Map<string, Cluster>();
  const byLength = new Map<string, Cluster[]>();
  for (const line of lines) {
    const words = wordsOf(line.text);
    const key = words.join('');
    let cluster = exact.get(key);
    if (cluster === undefined) {
      const group = `${String(words.length)} ${words[0] ?? ''}`;
      const near = byLength.get(group) ?? [];
      cluster = near.find((other) => isAlike(words, other.words));
      if (cluster === undefined) {
        cluster = {
          words,
          count: 0,
          levels: new Map(),
          first: line.time,
          last: line.time,
          trend: new Array<number>(TREND).fill(0),
          sample: line.text,
        };
        near.push(cluster);
        byLength.set(group, near);
      } else cluster.words = cluster.words.map((word, at) => (word === words[at] ? word : ANY));
      exact.set(key, cluster);
    }
    add(cluster, line, from, to);
  }
  return [...byLength.values()].flat();
}

function add(cluster: Cluster, line: LogLine, from: number, to: number) {
  cluster.count++;
  const level = levelOf(line.labels['detected_level']);
  cluster.levels.set(level, (cluster.levels.get(level) ?? 0) + 1);
  cluster.first = Math.min(cluster.first, line.time);
  cluster.last = Math.max(cluster.last, line.time);
  const at = Math.floor(((line.time / 1000 - from) / (to - from)) * TREND);
  const slot = Math.min(TREND - 1, Math.max(0, at));
  cluster.trend[slot] = (cluster.trend[slot] ?? 0) + 1;
}

const textOf = (words: readonly string[]) => words.join('').replace(/<_>(?:<_>)+/g, ANY);

/** Patterns of lines, the most frequent first; new are those that no line of the time before has. */
export function patternsOf(
  lines: readonly LogLine[],
  range: { from: number; to: number },
  before: readonly LogLine[] | undefined,
): Pattern[] {
  const known = new Set<string>();
  const earlier = before === undefined ? [] : clustersOf(before, range.from, range.to);
  for (const cluster of earlier) known.add(textOf(cluster.words));
  return clustersOf(lines, range.from, range.to)
    .map((cluster): Pattern => {
      const text = textOf(cluster.words);
      const level = [...cluster.levels].sort(([a, x], [b, y]) => y - x || LEVELS.indexOf(a) - LEVELS.indexOf(b))[0];
      const seen =
        known.has(text) ||
        earlier.some((other) => other.words.length === cluster.words.length && isAlike(cluster.words, other.words));
      const { count, first, last, trend, sample } = cluster;
      return {
        text,
        count,
        level: level?.[0] ?? 'unknown',
        first,
        last,
        trend,
        sample,
        isNew: before !== undefined && !seen,
      };
    })
    .sort((a, b) => b.count - a.count || (a.text < b.text ? -1 : 1));
}

/** The line filter that finds the lines of a pattern again. */
export function patternFilter(text: string, include: boolean): string {
  const wanted = text.startsWith(ANY) ? text : `${ANY}${text}`;
  const whole = wanted.endsWith(ANY) ? wanted : `${wanted}${ANY}`;
  const regex = whole
    .split(ANY)
    .map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
    .filter((part, at, all) => part !== '' || (at > 0 && at < all.length - 1))
    .join('.*?');
  return `${include ? '|~' : '!~'} ${JSON.stringify(regex)}`;
}
