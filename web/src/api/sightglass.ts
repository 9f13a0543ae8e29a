import { useQuery } from '@tanstack/react-query';
import { fetchJson } from './client';
import type { Labels } from './prometheus';

export interface IngestTotals {
  items: number;
  bytes: number;
  rejected: number;
}

export interface Status {
  version: string;
  startedAt: string;
  uptimeSeconds: number;
  now: string;
  listen: { http: string; otlpGrpc: string; otlpHttp: string };
  dataPath: string;
  ready: boolean;
  ingest: { metrics: IngestTotals; logs: IngestTotals; traces: IngestTotals };
  storage: {
    metricsBytes: number;
    logsBytes: number;
    spansBytes: number;
    eventsWalBytes: number;
    activeSeries: number;
  };
  receivers: { receiver: string; transport: string; address: string; connections: number }[];
  retentionSeconds: { metrics: number; logs: number; traces: number };
  process: { residentBytes: number; cpuSeconds: number };
}

export interface Source {
  kind: string;
  name: string;
  state: string;
  lastItemAt: string | null;
  items: number;
  rejected: number;
  lastError: string | null;
}

export interface NotifiedAlert {
  labels: Labels;
  annotations: Labels;
  status: string;
  startsAt: string;
  endsAt: string | null;
  fingerprint: string;
}

export interface Notification {
  id: string;
  createdAt: string;
  updatedAt: string;
  receiver: string;
  integration: string;
  groupKey: string;
  groupLabels: Labels;
  status: string;
  attempts: number;
  error: string | null;
  alerts: NotifiedAlert[];
}

export interface AlertChange {
  at: string;
  ruleGroup: string;
  alertname: string;
  labels: Labels;
  from: string;
  to: string;
  value: number | string | null;
}

export interface Comparison {
  expression: string;
  operator: string;
  threshold: number | string;
}

/** What Prometheus' form of a rule has no place for. */
export interface RuleDetails {
  file: string;
  group: string;
  /** Place in the group. */
  index: number;
  name: string;
  line: number;
  language: 'promql' | 'logql';
  comparisons: Comparison[];
}

function useOwn<T>(path: string, params: Record<string, string | number>, refresh: number | false) {
  return useQuery({
    queryKey: ['sightglass', path, params],
    queryFn: ({ signal }) => fetchJson<T>(`/sightglass/v1/${path}`, params, signal),
    refetchInterval: refresh,
  });
}

export const useStatus = (refresh: number | false) => useOwn<Status>('status', {}, refresh);
export const useSources = (refresh: number | false) => useOwn<{ sources: Source[] }>('sources', {}, refresh);
export const useNotifications = (limit: number, refresh: number | false) =>
  useOwn<{ notifications: Notification[] }>('notifications', { limit }, refresh);
export const useAlertHistory = (limit: number, refresh: number | false) =>
  useOwn<{ changes: AlertChange[] }>('alerts/history', { limit }, refresh);
export const useRuleDetails = () => useOwn<{ rules: RuleDetails[] }>('rules', {}, 60_000);
