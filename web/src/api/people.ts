import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { fetchJson, sendJson } from './client';
import type { Labels } from './prometheus';

/** Who is on call, who has an alert in hand, who is told next. */

export interface Acknowledgement {
  fingerprint: string;
  labels: Labels;
  startsAt: string | null;
  at: string;
  by: string;
  comment: string;
  expiresAt: string | null;
}

export interface Shift {
  person: string;
  from: string;
  to: string;
  layer: string;
  /** Id of the override that says so, or empty. */
  override: string;
}

export interface Rotation {
  name: string;
  timeZone: string;
  people: string[];
  now: Shift | null;
  next: Shift | null;
}

export interface Override {
  id: string;
  rotation: string;
  person: string;
  from: string;
  to: string;
  createdBy: string;
  createdAt: string;
  comment: string;
}

export interface RotationDetails extends Rotation {
  shifts: Shift[];
  overrides: Override[];
}

export interface NewOverride {
  rotation: string;
  person: string;
  from: string;
  to: string;
  by: string;
  comment: string;
}

export interface Person {
  name: string;
  receivers: string[];
  onCall: string[];
}

export type EscalationState = 'running' | 'held' | 'exhausted' | 'acknowledged' | 'resolved';

export interface Escalation {
  id: string;
  policy: string;
  state: EscalationState;
  groupKey: string;
  groupLabels: Labels;
  startedAt: string;
  acknowledgedAt: string | null;
  steps: number;
  next: { step: number; round: number; at: string | null; notify: string[] } | null;
  told: { receiver: string; person: string; rotation: string }[];
  alerts: { fingerprint: string; labels: Labels; startsAt: string }[];
}

export interface EscalationPolicy {
  name: string;
  repeat: number;
  repeatAfterSeconds: number;
  steps: { afterSeconds: number; notify: { kind: 'person' | 'rotation' | 'receiver'; name: string }[] }[];
}

const ROOT = '/sightglass/v1';

export function useAcknowledgements(refresh: number | false) {
  return useQuery({
    queryKey: ['people', 'acknowledgements'],
    queryFn: ({ signal }) =>
      fetchJson<{ acknowledgements: Acknowledgement[] }>(`${ROOT}/alerts/acknowledgements`, {}, signal).then(
        (data) => data.acknowledgements,
      ),
    refetchInterval: refresh,
  });
}

/** What somebody did shows at once: acknowledgements, escalations and the history of alerts are asked again. */
function useChange<T>(change: (value: T) => Promise<string>) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: change,
    onSuccess: () =>
      Promise.all([
        client.invalidateQueries({ queryKey: ['people'] }),
        client.invalidateQueries({ queryKey: ['sightglass'] }),
      ]),
  });
}

export const useAcknowledge = () =>
  useChange((body: { fingerprints: readonly string[]; by: string; comment: string }) =>
    sendJson('POST', `${ROOT}/alerts/acknowledgements`, body),
  );

export const useUnacknowledge = () =>
  useChange(({ fingerprint, by }: { fingerprint: string; by: string }) =>
    sendJson(
      'DELETE',
      `${ROOT}/alerts/acknowledgements/${encodeURIComponent(fingerprint)}?by=${encodeURIComponent(by)}`,
    ),
  );

export function useEscalations(refresh: number | false) {
  return useQuery({
    queryKey: ['people', 'escalations'],
    queryFn: ({ signal }) =>
      fetchJson<{ escalations: Escalation[]; policies: EscalationPolicy[] }>(`${ROOT}/escalations`, {}, signal),
    refetchInterval: refresh,
  });
}

export function useOnCall(refresh: number | false) {
  return useQuery({
    queryKey: ['people', 'oncall'],
    queryFn: ({ signal }) =>
      fetchJson<{ at: string; rotations: Rotation[] }>(`${ROOT}/oncall`, {}, signal).then((data) => data.rotations),
    refetchInterval: refresh,
  });
}

export function usePeople() {
  return useQuery({
    queryKey: ['people', 'people'],
    queryFn: ({ signal }) => fetchJson<{ people: Person[] }>(`${ROOT}/people`, {}, signal).then((data) => data.people),
    staleTime: 60_000,
  });
}

const rotationPath = (name: string) => `${ROOT}/oncall/${encodeURIComponent(name)}`;

export const calendarPath = (rotation: string) => `${rotationPath(rotation)}.ics`;

/** The shifts of a rotation between two times, in milliseconds. */
export function useShifts(rotation: string, from: number, to: number, refresh: number | false) {
  return useQuery({
    queryKey: ['people', 'oncall', rotation, from, to],
    queryFn: ({ signal }) =>
      fetchJson<RotationDetails>(
        rotationPath(rotation),
        { from: new Date(from).toISOString(), to: new Date(to).toISOString() },
        signal,
      ),
    refetchInterval: refresh,
  });
}

export const useAddOverride = () =>
  useChange(({ rotation, ...body }: NewOverride) => sendJson('POST', `${rotationPath(rotation)}/overrides`, body));

export const useRemoveOverride = () =>
  useChange(({ rotation, id }: { rotation: string; id: string }) =>
    sendJson('DELETE', `${rotationPath(rotation)}/overrides/${encodeURIComponent(id)}`),
  );
