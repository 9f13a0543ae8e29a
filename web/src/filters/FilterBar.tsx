import { NativeSelect } from '@mantine/core';
import { useLabelValues } from '../api/loki';
import { useTagValues } from '../api/tempo';
import { useUrl } from '../shell/search';
import { useTime } from '../time/TimeContext';
import { useFilters } from './useFilters';

/** The filters of the whole app, in the header. What is chosen stays when the page changes. */
export function FilterBar() {
  const { set } = useUrl();
  const { range } = useTime();
  const { service, env } = useFilters();
  const logServices = useLabelValues('service_name', range);
  const traceServices = useTagValues('resource.service.name');
  const logEnvs = useLabelValues('deployment_environment', range);
  const traceEnvs = useTagValues('resource.deployment.environment');
  const newEnvs = useTagValues('resource.deployment.environment.name');
  return (
    <div className="sg-filters">
      <NativeSelect
        data-testid="filter-service"
        size="xs"
        aria-label="Service"
        value={service}
        data={choices('All services', service, [logServices.data, traceServices.data])}
        onChange={(event) => {
          set({ service: event.currentTarget.value });
        }}
      />
      <NativeSelect
        data-testid="filter-env"
        size="xs"
        aria-label="Environment"
        value={env}
        data={choices('All environments', env, [logEnvs.data, traceEnvs.data, newEnvs.data])}
        onChange={(event) => {
          set({ env: event.currentTarget.value });
        }}
      />
    </div>
  );
}

/** A value of a link is offered even when no data name it now. */
function choices(all: string, chosen: string, lists: readonly (readonly string[] | undefined)[]) {
  const names = new Set(lists.flatMap((list) => list ?? []));
  if (chosen !== '') names.add(chosen);
  return [{ value: '', label: all }, ...[...names].sort().map((name) => ({ value: name, label: name }))];
}
