import { keepPreviousData, useQuery } from '@tanstack/react-query';
import type { Range } from '../time/range';
import { fetchJson } from './client';

export type Labels = Record<string, string>;
export type Sample = [number, string];

export interface VectorItem {
  metric: Labels;
  value: Sample;
}

export interface MatrixItem {
  metric: Labels;
  values: Sample[];
}

export type InstantData =
  | { resultType: 'vector'; result: VectorItem[] }
  | { resultType: 'matrix'; result: MatrixItem[] }
  | { resultType: 'scalar' | 'string'; result: Sample };

interface Envelope<T> {
  status: string;
  data: T;
  warnings?: string[];
}

export interface MetricMeta {
  type: string;
  help: string;
  unit: string;
}

export interface Alert {
  labels: Labels;
  annotations: Labels;
  state: string;
  activeAt: string;
  value: string;
}

export interface Rule {
  name: string;
  query: string;
  duration?: number;
  keepFiringFor?: number;
  labels?: Labels;
  annotations?: Labels;
  alerts?: Alert[];
  state?: string;
  health: string;
  lastError?: string;
  lastEvaluation: string;
  evaluationTime: number;
  type: 'alerting' | 'recording';
}

export interface RuleGroup {
  name: string;
  file: string;
  interval: number;
  rules: Rule[];
}

export interface Target {
  labels: Labels;
  scrapePool: string;
  scrapeUrl: string;
  lastError: string;
  lastScrape: string;
  lastScrapeDuration: number;
  health: string;
}

async function prometheus<T>(
  path: string,
  params: Record<string, string | number | undefined>,
  signal?: AbortSignal,
): Promise<T> {
  return (await fetchJson<Envelope<T>>(`/api/v1/${path}`, params, signal)).data;
}

export function queryRange(query: string, range: Range, step: number, signal?: AbortSignal): Promise<MatrixItem[]> {
  const params = { query, start: range.from, end: range.to, step };
  return prometheus<{ result: MatrixItem[] }>('query_range', params, signal).then((data) => data.result);
}

export function useRange(query: string, range: Range, step: number) {
  return useQuery({
    queryKey: ['prometheus', 'query_range', query, range.from, range.to, step],
    queryFn: ({ signal }) => queryRange(query, range, step, signal),
    enabled: query.trim() !== '',
    placeholderData: keepPreviousData,
  });
}

export function useInstant(query: string, time: number) {
  return useQuery({
    queryKey: ['prometheus', 'query', query, time],
    queryFn: ({ signal }) => prometheus<InstantData>('query', { query, time }, signal),
    enabled: query.trim() !== '',
    placeholderData: keepPreviousData,
  });
}

/** Samples of a query now, by the server's clock. */
export function queryNow(query: string, signal?: AbortSignal): Promise<VectorItem[]> {
  return prometheus<InstantData>('query', { query }, signal).then((data) =>
    data.resultType === 'vector' ? data.result : [],
  );
}

export interface ExemplarSeries {
  seriesLabels: Labels;
  exemplars: { labels: Labels; value: string; timestamp: number }[];
}

/** Single measurements of the series a query is about. */
export function queryExemplars(query: string, range: Range, signal?: AbortSignal): Promise<ExemplarSeries[]> {
  return prometheus<ExemplarSeries[]>('query_exemplars', { query, start: range.from, end: range.to }, signal);
}

/** Names of labels: of all series, or of those of one metric. */
export function metricLabelNames(range: Range, signal?: AbortSignal, metric = ''): Promise<string[]> {
  const match = metric === '' ? undefined : metric;
  return prometheus<string[]>('labels', { start: range.from, end: range.to, 'match[]': match }, signal);
}

export function metricLabelValues(name: string, range: Range, signal?: AbortSignal, metric = ''): Promise<string[]> {
  const path = `label/${encodeURIComponent(name)}/values`;
  const match = metric === '' ? undefined : metric;
  return prometheus<string[]>(path, { start: range.from, end: range.to, 'match[]': match }, signal);
}

export function useMetricNames(range: Range) {
  return useQuery({
    queryKey: ['prometheus', 'names', Math.floor(range.from / 60), Math.floor(range.to / 60)],
    queryFn: ({ signal }) =>
      prometheus<string[]>('label/__name__/values', { start: range.from, end: range.to }, signal),
    placeholderData: keepPreviousData,
  });
}

export function useMetadata() {
  return useQuery({
    queryKey: ['prometheus', 'metadata'],
    queryFn: ({ signal }) => prometheus<Record<string, MetricMeta[]>>('metadata', {}, signal),
    staleTime: 60_000,
  });
}

export function useRules(refresh: number | false) {
  return useQuery({
    queryKey: ['prometheus', 'rules'],
    queryFn: ({ signal }) => prometheus<{ groups: RuleGroup[] }>('rules', {}, signal).then((data) => data.groups),
    refetchInterval: refresh,
  });
}

export function useTargets(refresh: number | false) {
  return useQuery({
    queryKey: ['prometheus', 'targets'],
    queryFn: ({ signal }) =>
      prometheus<{ activeTargets: Target[] }>('targets', {}, signal).then((data) => data.activeTargets),
    refetchInterval: refresh,
  });
}

/** The configuration as it is in force, in YAML. */
export function statusConfig(signal?: AbortSignal): Promise<string> {
  return prometheus<{ yaml: string }>('status/config', {}, signal).then((data) => data.yaml);
}
