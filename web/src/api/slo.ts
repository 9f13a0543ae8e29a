import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { fetchJson } from './client';
import type { ExpressionLanguage } from './expression';
import type { Labels } from './prometheus';

/** Objectives: how each stands and what used its budget up. */

export type SloState = 'ok' | 'burning' | 'exhausted' | 'no_data' | 'error';

export interface BurnRate {
  longSeconds: number;
  shortSeconds: number;
  /** Burning faster than this in both windows calls somebody. */
  factor: number;
  alert: 'page' | 'ticket';
  long: number | null;
  short: number | null;
  tooFast: boolean;
}

export interface Slo {
  name: string;
  service: string;
  displayName: string;
  description: string;
  file: string;
  line: number;
  /** Share of events that have to be good. */
  objective: number;
  window: { name: string; calendar: boolean; seconds: number; start?: string; end?: string };
  labels: Labels;
  state: SloState;
  /** Why it cannot be evaluated; then what follows is not there. */
  error?: string;
  sli?: number;
  sliNow?: number | null;
  budgetRemaining?: number;
  burnRates?: BurnRate[];
  exhaustedAt?: string | null;
}

export interface Culprits {
  label: string;
  values: { value: string; errors: number; share: number }[];
}

export interface SloDetails extends Slo {
  culprits: Culprits[];
}

export interface SloQueries {
  language: ExpressionLanguage;
  windowSeconds: number;
  errorRatio: string;
  /** Null where the indicator does not count events. */
  errorRate: string | null;
  totalRate: string | null;
}

/** Budgets are evaluated every two minutes, burn rates every half: asking more often shows nothing new. */
export const SLO_INTERVAL = 30_000;

export function useSlos(refresh: number | false) {
  return useQuery({
    queryKey: ['slos'],
    queryFn: ({ signal }) => fetchJson<{ slos: Slo[] }>('/sightglass/v1/slos', {}, signal).then((data) => data.slos),
    refetchInterval: refresh,
  });
}

export function useSlo(name: string, refresh: number | false) {
  return useQuery({
    queryKey: ['slos', name],
    queryFn: ({ signal }) => fetchJson<SloDetails>(`/sightglass/v1/slos/${encodeURIComponent(name)}`, {}, signal),
    refetchInterval: refresh,
  });
}

/** What the indicator asks over a window of so many seconds. */
export function useSloQueries(name: string, window: number) {
  return useQuery({
    queryKey: ['slos', name, 'queries', window],
    queryFn: ({ signal }) =>
      fetchJson<SloQueries>(`/sightglass/v1/slos/${encodeURIComponent(name)}/queries`, { window }, signal),
    enabled: window > 0,
    placeholderData: keepPreviousData,
    staleTime: 60_000,
  });
}
