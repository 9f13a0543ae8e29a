import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { fetchJson } from './client';
import type { ExpressionLanguage } from './expression';

/** What changed around the start of an alert. */

export interface AlertChange {
  at: string;
  kind: string;
  service: string;
  what: string;
  /** Another alert that began. */
  fingerprint: string | null;
  query: { language: ExpressionLanguage; expression: string; start: string; end: string } | null;
}

interface Figures {
  rate: number;
  errorShare: number;
  p95Seconds: number;
}

export interface Neighbour {
  service: string;
  direction: 'upstream' | 'downstream';
  failsMore: boolean;
  isSlower: boolean;
  now: Figures;
  before: Figures;
}

export interface Changes {
  at: string;
  from: string;
  to: string;
  services: string[];
  complete: boolean;
  /** What could not be asked, and why. */
  partial: { section: string; error: string }[];
  changes: AlertChange[];
  neighbours: Neighbour[];
}

/** Around `at`, or around the last time it began. */
export function useAlertChanges(fingerprint: string, at: string | undefined) {
  return useQuery({
    queryKey: ['sightglass', 'changes', fingerprint, at],
    queryFn: ({ signal }) => fetchJson<Changes>('/sightglass/v1/alerts/changes', { fingerprint, at }, signal),
    placeholderData: keepPreviousData,
    staleTime: 60_000,
  });
}
