import { keepPreviousData, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { fetchJson, sendJson } from './client';
import type { Labels } from './prometheus';

/** Alertmanager's API v2: who is told, and who is not. */

export interface Matcher {
  name: string;
  value: string;
  isRegex: boolean;
  isEqual: boolean;
}

export interface RoutedAlert {
  fingerprint: string;
  labels: Labels;
  annotations: Labels;
  startsAt: string;
  endsAt: string;
  receivers: { name: string }[];
  status: { state: string; silencedBy: string[]; inhibitedBy: string[]; mutedBy: string[] };
}

export type SilenceState = 'active' | 'pending' | 'expired';

export interface Silence {
  id: string;
  status: { state: SilenceState };
  matchers: Matcher[];
  startsAt: string;
  endsAt: string;
  updatedAt: string;
  createdBy: string;
  comment: string;
}

export interface NewSilence {
  id?: string;
  matchers: Matcher[];
  startsAt: string;
  endsAt: string;
  createdBy: string;
  comment: string;
}

export function useRoutedAlerts(refresh: number | false) {
  return useQuery({
    queryKey: ['alertmanager', 'alerts'],
    queryFn: ({ signal }) => fetchJson<RoutedAlert[]>('/api/v2/alerts', {}, signal),
    refetchInterval: refresh,
  });
}

/** The alerts that all the matchers fit, as the server sees it. */
export function useMatchingAlerts(filter: readonly string[]) {
  return useQuery({
    queryKey: ['alertmanager', 'alerts', filter],
    queryFn: ({ signal }) => fetchJson<RoutedAlert[]>('/api/v2/alerts', { filter }, signal),
    enabled: filter.length > 0,
    placeholderData: keepPreviousData,
    retry: false,
  });
}

export function useSilences(refresh: number | false) {
  return useQuery({
    queryKey: ['alertmanager', 'silences'],
    queryFn: ({ signal }) => fetchJson<Silence[]>('/api/v2/silences', {}, signal),
    refetchInterval: refresh,
  });
}

export function useReceivers(refresh: number | false) {
  return useQuery({
    queryKey: ['alertmanager', 'receivers'],
    queryFn: ({ signal }) => fetchJson<{ name: string }[]>('/api/v2/receivers', {}, signal),
    refetchInterval: refresh,
  });
}

/** Alerts and silences are asked again after either. */
export function useSaveSilence() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: async (silence: NewSilence) => {
      const answer = JSON.parse(await sendJson('POST', '/api/v2/silences', silence)) as { silenceID: string };
      return answer.silenceID;
    },
    onSuccess: () => client.invalidateQueries({ queryKey: ['alertmanager'] }),
  });
}

export function useExpireSilence() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (id: string) => sendJson('DELETE', `/api/v2/silence/${encodeURIComponent(id)}`),
    onSuccess: () => client.invalidateQueries({ queryKey: ['alertmanager'] }),
  });
}
