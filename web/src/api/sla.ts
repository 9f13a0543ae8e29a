import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { fetchJson, withParams } from './client';

/** Agreements: what was promised over a period of the calendar, and what was achieved. */

export type SlaState = 'met' | 'missed' | 'no_data' | 'error';
export type SlaKind = 'uptime' | 'latency' | 'throughput' | 'error_rate';

interface Figures {
  kind: SlaKind;
  state: SlaState;
  achieved: number | null;
  goodMinutes: number;
  missedMinutes: number;
  idleMinutes: number;
  gapMinutes: number;
  maintenanceMinutes: number;
  requests: number | null;
  failed: number | null;
  perSecond: number | null;
}

export interface SlaTarget extends Figures {
  text: string;
  promise: 'at_least' | 'at_most';
  promised: number;
  /** How long it may be missed in the whole period. */
  allowedMinutes: number | null;
  incidentCount: number;
  gapCount: number;
  error?: string;
}

export interface SlaPeriod {
  name: string;
  kind: 'week' | 'month' | 'quarter' | 'year';
  timeZone: string;
  start: string;
  end: string;
  until: string;
  complete: boolean;
  previous: string;
  next: string;
}

export interface Sla {
  name: string;
  service: string;
  displayName: string;
  description: string;
  customer: string;
  file: string;
  line: number;
  slotSeconds: number;
  period: SlaPeriod;
  state: SlaState;
  targets: SlaTarget[];
}

export interface SlaInterval {
  kind: SlaKind;
  start: string;
  end: string;
  minutes: number;
  worst: number | null;
  ongoing: boolean;
}

export interface SlaDay {
  date: string;
  start: string;
  end: string;
  targets: Figures[];
}

export interface SlaReport extends Sla {
  days: SlaDay[];
  incidents: SlaInterval[];
  gaps: SlaInterval[];
  maintenance: { start: string; end: string; minutes: number; reason: string }[];
}

/** A slot lasts five minutes: asking more often than this shows nothing new. */
export const SLA_INTERVAL = 60_000;

export function useSlas() {
  return useQuery({
    queryKey: ['slas'],
    queryFn: ({ signal }) => fetchJson<{ slas: Sla[] }>('/sightglass/v1/slas', {}, signal).then((data) => data.slas),
    refetchInterval: SLA_INTERVAL,
  });
}

const pathOf = (name: string) => `/sightglass/v1/slas/${encodeURIComponent(name)}`;

export function useSlaReport(name: string, period: string | undefined) {
  return useQuery({
    queryKey: ['slas', name, period],
    queryFn: ({ signal }) => fetchJson<SlaReport>(pathOf(name), { period }, signal),
    refetchInterval: SLA_INTERVAL,
    placeholderData: keepPreviousData,
  });
}

/** The page to print or to save as PDF. */
export const printablePath = (name: string, period: string) => withParams(`${pathOf(name)}/report.html`, { period });
