/** What makes the series of a range of time, who brings them, and what was refused. */
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import type { Range } from '../time/range';
import { fetchJson } from './client';
import { queryNow, type Labels } from './prometheus';

export interface NamedCount {
  name: string;
  value: number;
}

export interface Verdict {
  sender: string;
  job: string;
  /** The name of the limit. */
  reason: string;
  /** Where a metric or a label is over. */
  metric?: string;
  label?: string;
  refusedSamples: number;
  firstAt: string;
  lastAt: string;
  example: Labels;
}

export interface Sender {
  sender: string;
  activeSeries: number;
  newSeriesSinceStart: number;
}

export interface Cardinality {
  series: number;
  labelPairs: number;
  metrics: NamedCount[];
  /** Distinct values, series and bytes by label. */
  labels: NamedCount[];
  labelSeries: NamedCount[];
  labelBytes: NamedCount[];
  /** Series by value of the label that was asked for. */
  values?: NamedCount[];
  pairs: { label: string; value: string; series: number }[];
  churn: { metric: string; newSeriesLastHour: number; newSeriesSinceStart: number }[];
  senders: Sender[];
  /** Zero is no limit. */
  limits: Record<
    | 'max_active_series'
    | 'max_active_series_per_sender'
    | 'max_active_series_per_metric'
    | 'max_values_per_label'
    | 'max_new_series_per_minute',
    number
  >;
  verdicts: Verdict[];
}

interface Asked {
  /** A selector; empty means all series. */
  match: string;
  /** The label whose values are listed; empty for none. */
  label: string;
  limit: number;
}

/** Without a range it is about the last hour. */
export function useCardinality({ match, label, limit }: Asked, range: Range | undefined, refresh: number | false) {
  const [start, end] = [range && Math.floor(range.from), range && Math.ceil(range.to)];
  return useQuery<Cardinality>({
    queryKey: ['sightglass', 'cardinality', match, label, limit, start, end],
    queryFn: ({ signal }) =>
      fetchJson<Cardinality>('/sightglass/v1/cardinality', { 'match[]': match, label, limit, start, end }, signal),
    placeholderData: keepPreviousData,
    refetchInterval: refresh,
  });
}

export interface Refusal {
  sender: string;
  reason: string;
  samples: number;
}

const REFUSED = 'sightglass_series_refused_samples_total';
/** What the server counts of itself: cheap to ask for, unlike what makes series. */
const LATELY = `sum by (sender, reason) (${REFUSED} - (${REFUSED} offset 15m or ${REFUSED} * 0)) > 0`;

/** Samples of new series that were refused in the last quarter of an hour, by sender and limit. */
export function useRefusals(refresh: number | false) {
  return useQuery({
    queryKey: ['prometheus', 'refusals'],
    queryFn: ({ signal }) =>
      queryNow(LATELY, signal).then((items) =>
        items.map(({ metric, value }): Refusal => ({
          sender: metric.sender ?? '',
          reason: metric.reason ?? '',
          samples: Number(value[1]),
        })),
      ),
    refetchInterval: refresh,
  });
}
