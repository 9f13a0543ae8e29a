import { keepPreviousData, useQuery } from '@tanstack/react-query';
import type { Range } from '../time/range';
import { fetchJson } from './client';
import type { MatrixItem } from './prometheus';

export interface TraceSummary {
  traceID: string;
  rootServiceName?: string;
  rootTraceName?: string;
  startTimeUnixNano?: string;
  durationMs?: number;
  spanSets?: { matched?: number }[];
  spanSet?: { matched?: number };
  serviceStats?: Record<string, { spanCount?: number; errorCount?: number }>;
}

export interface AnyValue {
  stringValue?: string;
  boolValue?: boolean;
  intValue?: string | number;
  doubleValue?: number;
  bytesValue?: string;
  arrayValue?: { values?: AnyValue[] };
  kvlistValue?: { values?: KeyValue[] };
}

export interface KeyValue {
  key: string;
  value?: AnyValue;
}

export interface OtlpEvent {
  timeUnixNano?: string | number;
  name?: string;
  attributes?: KeyValue[];
}

export interface OtlpLink {
  traceId: string;
  spanId: string;
  attributes?: KeyValue[];
}

export interface OtlpSpan {
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  name?: string;
  kind?: string | number;
  startTimeUnixNano?: string | number;
  endTimeUnixNano?: string | number;
  attributes?: KeyValue[];
  events?: OtlpEvent[];
  links?: OtlpLink[];
  status?: { code?: string | number; message?: string };
}

export interface ResourceSpans {
  resource?: { attributes?: KeyValue[] };
  scopeSpans?: { scope?: { name?: string; version?: string }; spans?: OtlpSpan[] }[];
}

export interface OtlpTrace {
  resourceSpans?: ResourceSpans[];
  batches?: ResourceSpans[];
}

export function searchTraces(
  query: string,
  range: Range,
  limit: number,
  signal?: AbortSignal,
  spans?: number,
): Promise<TraceSummary[]> {
  const params = { q: query, start: Math.floor(range.from), end: Math.ceil(range.to), limit, spss: spans };
  return fetchJson<{ traces?: TraceSummary[] }>('/tempo/api/search', params, signal).then(
    (answer) => answer.traces ?? [],
  );
}

export function useTraceSearch(query: string, range: Range, limit: number) {
  return useQuery<TraceSummary[]>({
    queryKey: ['tempo', 'search', query, range.from, range.to, limit],
    queryFn: ({ signal }) => searchTraces(query, range, limit, signal),
    placeholderData: keepPreviousData,
  });
}

export function useTrace(id: string) {
  return useQuery({
    queryKey: ['tempo', 'trace', id],
    queryFn: ({ signal }) =>
      fetchJson<OtlpTrace & { trace?: OtlpTrace }>(`/tempo/api/v2/traces/${encodeURIComponent(id)}`, {}, signal).then(
        (answer) => {
          const trace = answer.trace ?? answer;
          return trace.resourceSpans ?? trace.batches ?? [];
        },
      ),
  });
}

interface TagValue {
  type: string;
  value: string;
}

export function tagValues(tag: string, signal?: AbortSignal): Promise<string[]> {
  return fetchJson<{ tagValues?: (TagValue | string)[] }>(
    `/tempo/api/v2/search/tag/${encodeURIComponent(tag)}/values`,
    {},
    signal,
  ).then((answer) => (answer.tagValues ?? []).map((value) => (typeof value === 'string' ? value : value.value)));
}

export function tagNames(signal?: AbortSignal): Promise<string[]> {
  return fetchJson<{ scopes?: { name: string; tags?: string[] }[] }>('/tempo/api/v2/search/tags', {}, signal).then(
    (answer) =>
      (answer.scopes ?? []).flatMap((scope) =>
        (scope.tags ?? []).map((tag) => (scope.name === 'intrinsic' ? tag : `${scope.name}.${tag}`)),
      ),
  );
}

export function useTagValues(tag: string) {
  return useQuery({
    queryKey: ['tempo', 'values', tag],
    queryFn: ({ signal }) => tagValues(tag, signal),
    staleTime: 30_000,
  });
}

interface TraceSeries {
  labels: KeyValue[];
  samples: { timestampMs: string; value?: number | string }[];
}

/** Metrics of spans over time, in the form of Prometheus' answers. */
export function useTraceMetric(query: string, range: Range, step: number) {
  return useQuery({
    queryKey: ['tempo', 'metrics', query, range.from, range.to, step],
    queryFn: async ({ signal }): Promise<MatrixItem[]> => {
      const params = { q: query, start: range.from, end: range.to, step: `${String(step)}s` };
      const answer = await fetchJson<{ series?: TraceSeries[] }>('/tempo/api/metrics/query_range', params, signal);
      return (answer.series ?? []).map(({ labels, samples }) => ({
        metric: Object.fromEntries(labels.map(({ key, value }) => [key, textOf(value)])),
        values: samples.map(({ timestampMs, value }) => [Number(timestampMs) / 1000, String(value ?? 0)]),
      }));
    },
    enabled: query.trim() !== '',
    placeholderData: keepPreviousData,
  });
}

function textOf(value: AnyValue | undefined): string {
  return String(value?.stringValue ?? value?.intValue ?? value?.doubleValue ?? value?.boolValue ?? '');
}
