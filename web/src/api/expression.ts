import type { Range } from '../time/range';
import { useLogMetric } from './loki';
import { useRange, type MatrixItem } from './prometheus';

export type ExpressionLanguage = 'promql' | 'logql';

/** An expression over time in the language it is written in; an empty one is not asked. */
export function useExpression(language: ExpressionLanguage, expression: string, range: Range, step: number) {
  const metrics = useRange(language === 'promql' ? expression : '', range, step);
  const logs = useLogMetric(language === 'logql' ? expression : '', range, step);
  const used = language === 'logql' ? logs : metrics;
  return { items: used.data ?? NOTHING, pending: used.isPending && expression !== '', error: used.error };
}

const NOTHING: MatrixItem[] = [];
