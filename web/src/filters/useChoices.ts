import { useQuery } from '@tanstack/react-query';
import { labelNames, labelValues } from '../api/loki';
import { metricLabelNames, metricLabelValues } from '../api/prometheus';
import { tagNames, tagValues } from '../api/tempo';
import type { Range } from '../time/range';
import { ENV_LABELS, SERVICE_LABELS, TRACE_ENVS } from './apply';

/** Names of services and environments in metrics, logs and traces. */
export function useChoices(range: Range) {
  return useQuery({
    queryKey: ['filters', Math.floor(range.from / 60), Math.floor(range.to / 60)],
    queryFn: async ({ signal }) => {
      const [metrics, logs, spans] = await Promise.all([
        settled(metricLabelNames(range, signal)),
        settled(labelNames(range, signal)),
        settled(tagNames(signal)),
      ]);
      // Only what is there is asked for.
      const values = (labels: readonly string[], tags: readonly string[]) => [
        ...labels.filter((name) => metrics.includes(name)).map((name) => metricLabelValues(name, range, signal)),
        ...labels.filter((name) => logs.includes(name)).map((name) => labelValues(name, range, signal)),
        ...tags.filter((tag) => spans.includes(tag)).map((tag) => tagValues(tag, signal)),
      ];
      const [services, envs] = await Promise.all([
        union(values(SERVICE_LABELS, ['resource.service.name'])),
        union(values(ENV_LABELS, TRACE_ENVS)),
      ]);
      return { services: withoutNamespaces(services), envs };
    },
    placeholderData: (previous) => previous,
    staleTime: 60_000,
  });
}

/** A signal that cannot be asked has no names. */
function settled(asked: Promise<string[]>): Promise<string[]> {
  return asked.catch(() => []);
}

async function union(asked: readonly Promise<string[]>[]): Promise<string[]> {
  const names = (await Promise.all(asked.map(settled))).flat();
  return [...new Set(names)].filter((name) => name !== '').sort();
}

/** The job `shop/front` is the service `front`, when there is one of that name. */
function withoutNamespaces(names: readonly string[]): string[] {
  const known = new Set(names);
  return names.filter((name) => !name.includes('/') || !known.has(name.slice(name.lastIndexOf('/') + 1)));
}
