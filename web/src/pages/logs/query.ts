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

/** Adds `| name="value"` after the selector's stages: it works for stream labels and structured metadata alike. */
export function addFilter(query: string, name: string, value: string, include: boolean): string {
  const base = query.trim() === '' ? DEFAULT_QUERY : query.trim();
  const quoted = JSON.stringify(value);
  const wanted = `| ${name}${include ? '=' : '!='}${quoted}`;
  const opposite = `| ${name}${include ? '!=' : '='}${quoted}`;
  if (base.includes(opposite)) return base.replace(opposite, () => wanted);
  return base.includes(wanted) ? base : `${base} ${wanted}`;
}

/** Adds a stage at the end, once; the same stage with the other sign is replaced. */
export function addStage(query: string, stage: string): string {
  const base = query.trim() === '' ? DEFAULT_QUERY : query.trim();
  const opposite = stage.startsWith('|~') ? stage.replace('|~', '!~') : stage.replace('!~', '|~');
  if (base.includes(opposite)) return base.replace(opposite, () => stage);
  return base.includes(stage) ? base : `${base} ${stage}`;
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
