import { useMemo } from 'react';
import { useLabelValues, useLogMetric } from '../../api/loki';
import { useRules } from '../../api/prometheus';
import { useTagValues } from '../../api/tempo';
import { matchesLabels } from '../../filters/apply';
import { useFilters } from '../../filters/useFilters';
import { useTime } from '../../time/TimeContext';
import { activeAlerts, ALERTS_INTERVAL } from '../alerts/active';
import { serviceOfJob } from './red';
import type { ServiceRow } from './ServiceTable';
import { NO_MEASURE, useRed, type RedRow } from './useRed';

const NO_RED: RedRow = { rate: NO_MEASURE, errors: NO_MEASURE, p95: NO_MEASURE };

/** What answers requests, writes logs or makes spans, with what is known of it. */
export function useServices(compared: boolean): { rows: ServiceRow[]; pending: boolean; error: Error | null } {
  const { range, interval } = useTime();
  const { env } = useFilters();
  const rules = useRules(interval || ALERTS_INTERVAL).data;
  const inLogs = useLabelValues('service_name', range);
  const inTraces = useTagValues('resource.service.name');
  const red = useRed(range, 60, undefined, compared);
  const errorLines = useErrorLines();
  const rows = useMemo(() => {
    const firing = activeAlerts(rules ?? []).filter((alert) => alert.state === 'firing');
    const byName = new Map([...red.rows].map(([job, row]) => [serviceOfJob(job), row]));
    const names = new Set([...byName.keys(), ...(inLogs.data ?? []), ...(inTraces.data ?? [])]);
    return [...names].map((name): ServiceRow => ({
      name,
      red: byName.get(name) ?? NO_RED,
      errorLines: errorLines.get(name) ?? 0,
      alerts: firing.filter((alert) => matchesLabels(alert.labels, { service: name, env })).length,
    }));
  }, [rules, red.rows, inLogs.data, inTraces.data, errorLines, env]);
  return { rows, pending: red.pending || inLogs.isPending || inTraces.isPending, error: red.error };
}

const ERROR_LINES =
  'sum by (service_name) (count_over_time({service_name=~".+"} | detected_level=~"error|critical|fatal"';

/** Lines of errors in the time range, by service. */
function useErrorLines(): Map<string, number> {
  const { range } = useTime();
  const seconds = Math.max(1, Math.round(range.to - range.from));
  const end = useMemo(() => ({ from: range.to, to: range.to }), [range.to]);
  const data = useLogMetric(`${ERROR_LINES} [${String(seconds)}s]))`, end, seconds).data;
  return useMemo(
    () => new Map((data ?? []).map((item) => [item.metric.service_name ?? '', Number(item.values.at(-1)?.[1] ?? 0)])),
    [data],
  );
}
