import { useQuery } from '@tanstack/react-query';
import { metricLabelNames } from '../../api/prometheus';
import { ENV_LABELS } from '../../filters/apply';
import { useFilters } from '../../filters/useFilters';
import { useTime } from '../../time/TimeContext';
import type { Matcher } from './builder';

/** The service and the environment of the header as matchers, with the labels that metrics here have. */
export function useFilterMatchers(): Matcher[] {
  const { service, env } = useFilters();
  const { range } = useTime();
  const names = useQuery({
    queryKey: ['prometheus', 'labels', '', Math.floor(range.to / 60)],
    queryFn: ({ signal }) => metricLabelNames(range, signal),
    enabled: service !== '' || env !== '',
  }).data;
  const envLabel = ENV_LABELS.find((name) => names?.includes(name));
  const matchers: Matcher[] = [];
  // OTLP's job is the namespace and the name of a service.
  if (service !== '')
    matchers.push({ name: 'job', op: '=~', value: `(.*/)?${service.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}` });
  if (env !== '' && envLabel !== undefined) matchers.push({ name: envLabel, op: '=', value: env });
  return matchers;
}
