/** Building LogQL from what is clicked. */

export const DEFAULT_QUERY = '{service_name=~".+"}';

const METRIC = /^\s*(\w+)\s*(?:by\s*\(|without\s*\(|\()/;

/** A query of numbers instead of lines: it starts with a function or an aggregation. */
export function isMetricQuery(query: string): boolean {
  return METRIC.test(query);
}

/** The counts behind the bars, by level. A comment at the end of the query must not swallow the range. */
export function histogramQuery(query: string, step: number): string {
  const lines = query.trim();
  const end = /#[^"`\n]*$/.test(lines) ? '\n' : '';
  return `sum by (detected_level) (count_over_time(${lines}${end} [${String(step)}s]))`;
}

/** The stage that keeps the lines with a value, or leaves them out: for labels of streams and fields of lines alike. */
export function valueStage(name: string, value: string, include: boolean): string {
  return `| ${name}${include ? '=' : '!='}${JSON.stringify(value)}`;
}

/** The stage that keeps the lines of a pattern, or leaves them out. */
export function patternStage(pattern: string, include: boolean): string {
  return `${include ? '|>' : '!>'} ${JSON.stringify(pattern)}`;
}

/** Adds a stage at the end, once; its opposite is replaced by it. */
export function addStage(query: string, stage: string, opposite: string): string {
  const base = query.trim() === '' ? DEFAULT_QUERY : query.trim();
  if (base.includes(opposite)) return base.replace(opposite, () => stage);
  if (base.includes(stage)) return base;
  return `${base}${/#[^"`\n]*$/.test(base) ? '\n' : ' '}${stage}`;
}

export function removeStage(query: string, stage: string): string {
  const at = query.indexOf(stage);
  if (at < 0) return query;
  return `${query.slice(0, at).trimEnd()} ${query.slice(at + stage.length).trimStart()}`.trim();
}

/** What a click on a value of a field does: it adds the filter, or takes it away when it is there. */
export function toggleValue(query: string, name: string, value: string, include: boolean): string {
  const stage = valueStage(name, value, include);
  return query.includes(stage) ? removeStage(query, stage) : addStage(query, stage, valueStage(name, value, !include));
}

export function togglePattern(query: string, pattern: string, include: boolean): string {
  const stage = patternStage(pattern, include);
  return query.includes(stage) ? removeStage(query, stage) : addStage(query, stage, patternStage(pattern, !include));
}

/** True when a query reads fields out of its lines already. */
export function hasParser(query: string): boolean {
  return /\|\s*(?:json|logfmt|pattern|regexp|unpack)\b/.test(query.replace(/"(?:[^"\\]|\\.)*"|`[^`]*`/g, '""'));
}

export interface ShownFilter {
  /** The stage as it stands in the query. */
  stage: string;
  label: string;
  include: boolean;
}

const STAGE = /\|\s*(\w+)\s*(!?=)\s*("(?:[^"\\]|\\.)*")|([|!]>)\s*("(?:[^"\\]|\\.)*")/g;
/** Two conditions of one stage are no filter that can be taken away alone. */
const GOES_ON = /^\s*(?:and\b|or\b|,)/;

/** The filters by value and by pattern in a query: those that clicks add. */
export function filtersOf(query: string): ShownFilter[] {
  return [...query.matchAll(STAGE)].flatMap((match): ShownFilter[] => {
    const [stage, name, op, value, patternOp, pattern] = match;
    if (GOES_ON.test(query.slice(match.index + stage.length))) return [];
    const text = parsedText(value ?? pattern ?? '""');
    if (name !== undefined) return [{ stage, label: `${name} = ${text}`, include: op === '=' }];
    return [{ stage, label: text, include: patternOp === '|>' }];
  });
}

function parsedText(quoted: string): string {
  try {
    return String(JSON.parse(quoted));
  } catch {
    return quoted;
  }
}

export type Level = 'critical' | 'error' | 'warn' | 'info' | 'debug' | 'trace' | 'unknown';

export const LEVELS: readonly Level[] = ['critical', 'error', 'warn', 'info', 'debug', 'trace', 'unknown'];

const LEVEL_NAMES: Record<string, Level> = {
  critical: 'critical',
  fatal: 'critical',
  emerg: 'critical',
  alert: 'critical',
  crit: 'critical',
  error: 'error',
  err: 'error',
  warn: 'warn',
  warning: 'warn',
  info: 'info',
  information: 'info',
  notice: 'info',
  debug: 'debug',
  trace: 'trace',
};

export function levelOf(text: string | undefined): Level {
  return LEVEL_NAMES[(text ?? '').toLowerCase()] ?? 'unknown';
}

export const LEVEL_COLORS: Record<Level, string> = {
  critical: '#b5338a',
  error: '#d9534f',
  warn: '#d9a02b',
  info: '#3b8fd4',
  debug: '#8a94a3',
  trace: '#b3bac4',
  unknown: '#9aa3b0',
};
