import { useMemo } from 'react';
import { useMetricNames, useRange, type MatrixItem } from '../../api/prometheus';
import { summarize, toColumns } from '../../charts/columns';
import { align, stepFor, type Range } from '../../time/range';
import { redQueries, sourcesIn, type RedQueries } from './red';

export interface Measure {
  values: (number | null)[];
  mean: number | null;
  before: number | null;
}

export interface RedRow {
  rate: Measure;
  errors: Measure;
  p95: Measure;
}

export const NO_MEASURE: Measure = { values: [], mean: null, before: null };

interface Red {
  rows: Map<string, RedRow>;
  times: number[];
  range: Range;
  queries: RedQueries;
  pending: boolean;
  error: Error | null;
}

/** Rate, errors and duration by service, or by endpoint of one, with what they were in the time before. */
export function useRed(range: Range, points: number, service?: string, compared = true): Red {
  const names = useMetricNames(range);
  const step = stepFor(range, points);
  // Two exports of an SDK that exports once a minute.
  const window = Math.max(150, step * 2);
  const queries = useMemo(
    () => redQueries(sourcesIn(names.data ?? []), window, service),
    [names.data, window, service],
  );
  const { from, to } = align(range, step);
  const now = useMemo(() => ({ from, to }), [from, to]);
  const earlier = useMemo(() => ({ from: from - (to - from), to: from }), [from, to]);
  const label = service === undefined ? 'job' : 'endpoint';
  const [rate, errors, p95] = [
    useRange(queries.rate, now, step),
    useRange(queries.errors, now, step),
    useRange(queries.p95, now, step),
  ];
  const before = [
    useRange(compared ? queries.rate : '', earlier, step).data,
    useRange(compared ? queries.errors : '', earlier, step).data,
    useRange(compared ? queries.p95 : '', earlier, step).data,
  ] as const;
  const [rates, failures, durations] = [rate.data, errors.data, p95.data];
  const [ratesBefore, failuresBefore, durationsBefore] = before;
  const table = useMemo(() => {
    const measures = (data: MatrixItem[] | undefined, old: MatrixItem[] | undefined) =>
      measuresOf(data ?? [], now, old ?? [], earlier, step, label);
    const all = {
      rate: measures(rates, ratesBefore),
      errors: measures(failures, failuresBefore),
      p95: measures(durations, durationsBefore),
    };
    const rows = new Map<string, RedRow>();
    for (const name of all.rate.keys()) {
      rows.set(name, {
        rate: all.rate.get(name) ?? NO_MEASURE,
        errors: all.errors.get(name) ?? NO_MEASURE,
        p95: all.p95.get(name) ?? NO_MEASURE,
      });
    }
    return { rows, times: toColumns([], now, step).times };
  }, [rates, failures, durations, ratesBefore, failuresBefore, durationsBefore, now, earlier, step, label]);
  return {
    ...table,
    range: now,
    queries,
    pending: names.isPending || (queries.rate !== '' && rate.isPending),
    error: names.error ?? rate.error ?? errors.error ?? p95.error,
  };
}

function measuresOf(
  items: readonly MatrixItem[],
  range: Range,
  old: readonly MatrixItem[],
  earlier: Range,
  step: number,
  label: string,
): Map<string, Measure> {
  const was = new Map<string, number | null>();
  const oldColumns = toColumns(old, earlier, step).values;
  old.forEach((item, index) => was.set(item.metric[label] ?? '', summarize(oldColumns[index] ?? []).mean));
  const columns = toColumns(items, range, step).values;
  return new Map(
    items.map((item, index) => {
      const name = item.metric[label] ?? '';
      const values = columns[index] ?? [];
      return [name, { values, mean: summarize(values).mean, before: was.get(name) ?? null }];
    }),
  );
}
