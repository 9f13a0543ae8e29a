import type { Range } from '../time/range';
import { useLogMetric } from './loki';
import { useRange, type MatrixItem } from './prometheus';
import { useTraceMetric } from './tempo';

export type ExpressionLanguage = 'promql' | 'logql' | 'traceql';

/** An expression over time in the language it is written in; an empty one is not asked. */
export function useExpression(language: ExpressionLanguage, expression: string, range: Range, step: number) {
  const of = (wanted: ExpressionLanguage) => (language === wanted ? expression : '');
  const metrics = useRange(of('promql'), range, step);
  const logs = useLogMetric(of('logql'), range, step);
  const spans = useTraceMetric(of('traceql'), range, step);
  const used = { promql: metrics, logql: logs, traceql: spans }[language];
  return { items: used.data ?? NOTHING, pending: used.isPending && expression !== '', error: used.error };
}

const NOTHING: MatrixItem[] = [];
