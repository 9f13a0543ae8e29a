import { keepPreviousData, useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { fetchJson, type Params } from './client';
import type { ExpressionLanguage } from './expression';
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

export type AlertEventKind =
  | 'pending'
  | 'firing'
  | 'resolved'
  | 'cleared'
  | 'notified'
  | 'notify_failed'
  | 'silenced'
  | 'unsilenced'
  | 'inhibited'
  | 'uninhibited'
  | 'muted'
  | 'unmuted'
  | 'acknowledged'
  | 'unacknowledged'
  | 'escalated';

/** Something that happened to an alert. */
export interface AlertEvent {
  at: string;
  fingerprint: string;
  labels: Labels;
  kind: AlertEventKind;
  /** Who or what did it: a rule group, a receiver, a person, another alert. */
  actor: string;
  detail: string;
  value: number | string | null;
  ruleGroup: string;
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
  language: ExpressionLanguage;
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
export const useRuleDetails = () => useOwn<{ rules: RuleDetails[] }>('rules', {}, 60_000);

/** A list that is asked for page by page, the newest first. */
export interface Paged<T> {
  items: T[];
  /** Whether there are older ones. */
  more: boolean;
  older: () => void;
  loading: boolean;
  pending: boolean;
  error: Error | null;
}

function usePaged<T, A extends { next: string | null }>(
  path: string,
  params: Params,
  items: (answer: A) => T[],
  refresh: number | false,
): Paged<T> {
  const query = useInfiniteQuery({
    queryKey: ['sightglass', path, params],
    queryFn: ({ pageParam, signal }) =>
      fetchJson<A>(`/sightglass/v1/${path}`, { ...params, cursor: pageParam }, signal),
    initialPageParam: '',
    getNextPageParam: (last) => last.next ?? undefined,
    placeholderData: keepPreviousData,
    // Who reads older ones is not moved by newer ones.
    refetchInterval: (state) => ((state.state.data?.pages.length ?? 1) > 1 ? false : refresh),
  });
  return {
    items: query.data?.pages.flatMap(items) ?? [],
    more: query.hasNextPage,
    older: () => void query.fetchNextPage(),
    loading: query.isFetchingNextPage,
    pending: query.isPending,
    error: query.error,
  };
}

export interface EventFilter {
  alertname?: string;
  fingerprint?: string;
  kinds?: readonly AlertEventKind[];
  limit: number;
}

/** What happened to alerts. */
export const useAlertEvents = ({ kinds, ...filter }: EventFilter, refresh: number | false) =>
  usePaged<AlertEvent, { events: AlertEvent[]; next: string | null }>(
    'alerts/timeline',
    { ...filter, kind: kinds?.join(',') },
    (answer) => answer.events,
    refresh,
  );

/** Who was told, the newest first; of one rule, or of all. */
export const useNotificationPages = (filter: { alertname?: string; limit: number }, refresh: number | false) =>
  usePaged<Notification, { notifications: Notification[]; next: string | null }>(
    'notifications',
    filter,
    (answer) => answer.notifications,
    refresh,
  );

export interface Episode {
  start: string;
  end: string | null;
  seconds: number;
  /** It fired since before what is looked at. */
  beganBefore: boolean;
  value: number | string | null;
  notified: number;
  failed: number;
  acknowledged: { at: string; by: string; comment: string } | null;
  silenced: boolean;
  alwaysSilenced: boolean;
  inhibited: boolean;
  muted: boolean;
}

/** One alert as it stands, and the times that it fired. */
export interface AlertDetails {
  fingerprint: string;
  alertname: string;
  labels: Labels;
  annotations: Labels;
  state: 'firing' | 'pending' | 'inactive';
  startsAt: string | null;
  value: number | string | null;
  runbookUrl: string | null;
  generatorUrl: string | null;
  ruleGroup: string;
  receivers: string[];
  acknowledged: { at: string; by: string; comment: string } | null;
  silencedBy: { id: string; createdBy: string; comment: string; endsAt: string }[];
  inhibitedBy: string[];
  mutedBy: string[];
  complete: boolean;
  episodeCount: number;
  episodes: Episode[];
}

export function useAlert(fingerprint: string, refresh: number | false) {
  return useQuery({
    queryKey: ['sightglass', 'alert', fingerprint],
    queryFn: ({ signal }) =>
      fetchJson<AlertDetails>(`/sightglass/v1/alerts/${encodeURIComponent(fingerprint)}`, { limit: EPISODES }, signal),
    refetchInterval: refresh,
    placeholderData: keepPreviousData,
  });
}

/** Times of one alert that are listed. */
const EPISODES = 20;

export interface NoisyAlert {
  alertname: string;
  /** Empty for alerts that others posted. */
  ruleGroup: string;
  series: number;
  episodes: number;
  totalSeconds: number;
  medianSeconds: number;
  flaps: number;
  shortEpisodes: number;
  shortShare: number;
  notifications: number;
  failedNotifications: number;
  acknowledged: number;
  acknowledgedShare: number;
  neverAcknowledged: boolean;
  silencedEpisodes: number;
  alwaysSilenced: boolean;
  suggestions: string[];
}

export interface NoisyPair {
  first: string;
  second: string;
  together: number;
  firstTimes: number;
  secondTimes: number;
  jaccard: number;
}

export interface NoiseReport {
  from: string;
  to: string;
  flapSeconds: number;
  shortSeconds: number;
  togetherSeconds: number;
  support: number;
  /** False when only the newest events were looked at. */
  complete: boolean;
  alerts: NoisyAlert[];
  pairs: NoisyPair[];
}

/** Which alerts woke people for nothing, over the last days. */
export function useNoise(days: number) {
  return useQuery({
    queryKey: ['sightglass', 'noise', days],
    queryFn: ({ signal }) => {
      const to = Date.now();
      const params = { from: new Date(to - days * 86_400_000).toISOString(), to: new Date(to).toISOString() };
      return fetchJson<NoiseReport>('/sightglass/v1/alerts/noise', params, signal);
    },
    placeholderData: keepPreviousData,
    staleTime: 60_000,
  });
}
