import { ActionIcon, Indicator, NativeSelect, Popover } from '@mantine/core';
import { Icon } from '../shell/Icon';
import { useUrl } from '../shell/search';
import { useNarrow } from '../shell/useNarrow';
import { useTime } from '../time/TimeContext';
import { isFiltered } from './apply';
import { useChoices } from './useChoices';
import { useFilters } from './useFilters';

/** The filters of the whole app, in the header; behind a button on a phone. What is chosen stays when the page changes. */
export function FilterBar() {
  const narrow = useNarrow();
  const filters = useFilters();
  if (!narrow) return <Selects />;
  const on = isFiltered(filters);
  return (
    <Popover position="bottom-end" shadow="md" trapFocus>
      <Popover.Target>
        <Indicator disabled={!on} size={8} offset={4} withBorder>
          <ActionIcon
            variant={on ? 'light' : 'subtle'}
            color={on ? undefined : 'gray'}
            data-testid="open-filters"
            aria-label={on ? `Filter: ${[filters.service, filters.env].join(' ').trim()}` : 'Filter'}
          >
            <Icon name="filter" />
          </ActionIcon>
        </Indicator>
      </Popover.Target>
      <Popover.Dropdown>
        <Selects />
      </Popover.Dropdown>
    </Popover>
  );
}

function Selects() {
  const { set } = useUrl();
  const { range } = useTime();
  const { service, env } = useFilters();
  const { services, envs } = useChoices(range).data ?? { services: [], envs: [] };
  return (
    <div className="sg-filters">
      <NativeSelect
        data-testid="filter-service"
        size="xs"
        aria-label="Service"
        value={service}
        data={choices('All services', service, services)}
        onChange={(event) => {
          set({ service: event.currentTarget.value });
        }}
      />
      <NativeSelect
        data-testid="filter-env"
        size="xs"
        aria-label="Environment"
        value={env}
        data={choices('All environments', env, envs)}
        onChange={(event) => {
          set({ env: event.currentTarget.value });
        }}
      />
    </div>
  );
}

/** A value of a link is offered even when no data name it now. */
function choices(all: string, chosen: string, names: readonly string[]) {
  const offered = chosen === '' || names.includes(chosen) ? names : [...names, chosen].sort();
  return [{ value: '', label: all }, ...offered.map((name) => ({ value: name, label: name }))];
}
