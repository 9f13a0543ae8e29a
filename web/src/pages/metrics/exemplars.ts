import { useQueries } from '@tanstack/react-query';
import { queryExemplars, type ExemplarSeries } from '../../api/prometheus';
import type { Mark } from '../../charts/Chart';
import { formatNumber, formatSeries } from '../../lib/format';
import type { Range } from '../../time/range';

const SLOTS = 60;
/** More dots of one moment hide each other. */
const PER_SLOT = 4;
const COLOR = '#c25b9b';

/** Dots that open a trace: of each moment the greatest. */
export function marksOf(series: readonly ExemplarSeries[], range: Range): Mark[] {
  const slots = new Map<number, Mark[]>();
  const seen = new Set<string>();
  for (const { seriesLabels, exemplars } of series) {
    for (const exemplar of exemplars) {
      const id = exemplar.labels['trace_id'] ?? exemplar.labels['traceID'];
      const y = Number(exemplar.value);
      // Buckets of one histogram share what falls into them.
      const key = `${id ?? ''} ${exemplar.value}`;
      if (id === undefined || !Number.isFinite(y) || seen.has(key)) continue;
      if (exemplar.timestamp < range.from || exemplar.timestamp > range.to) continue;
      seen.add(key);
      const labels = Object.fromEntries(Object.entries(seriesLabels).filter(([name]) => name !== 'le'));
      const label = `${formatNumber(y)} · trace ${id.slice(0, 8)} · ${formatSeries(labels)}`;
      const slot = Math.floor(((exemplar.timestamp - range.from) / (range.to - range.from)) * SLOTS);
      const marks = slots.get(slot) ?? [];
      marks.push({ x: exemplar.timestamp, y, color: COLOR, label, id });
      slots.set(slot, marks);
    }
  }
  return [...slots.values()].flatMap((marks) => marks.sort((a, b) => b.y - a.y).slice(0, PER_SLOT));
}

export function useExemplars(queries: readonly string[], range: Range, on: boolean): Mark[] {
  return useQueries({
    queries: queries.map((query) => ({
      queryKey: ['prometheus', 'query_exemplars', query, range.from, range.to],
      queryFn: ({ signal }: { signal: AbortSignal }) => queryExemplars(query, range, signal),
      enabled: on,
    })),
    combine: (answers) =>
      on
        ? marksOf(
            answers.flatMap((answer) => answer.data ?? []),
            range,
          )
        : [],
  });
}
