import '../../theme/explore.css';
import { Button, Chip, Drawer, Group, SegmentedControl, Text } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { isFiltered } from '../../filters/apply';
import { useFilters } from '../../filters/useFilters';
import { Icon } from '../../shell/Icon';
import { keptSearch, useUrl, type AppSearch } from '../../shell/search';
import { Empty } from '../../shell/states';
import { GraphTab } from './GraphTab';
import { MetricBrowser } from './MetricBrowser';
import { QueryRow } from './QueryRow';
import { TableTab } from './TableTab';
import { useFilterMatchers } from './useFilterMatchers';

const KEYS = ['q', 'q2', 'q3', 'q4'] as const;

export function MetricsPage() {
  const { search, set } = useUrl();
  const filtered = isFiltered(useFilters());
  const filters = useFilterMatchers();
  const view = new Set((search.view ?? '').split('.'));
  const show = (name: string, on: boolean) => {
    const next = new Set(view);
    next.delete('');
    if (on) next.add(name);
    else next.delete(name);
    set({ view: [...next].join('.') || undefined }, true);
  };
  const building = !view.has('code');
  const [extra, setExtra] = useState(0);
  const [browsing, setBrowsing] = useState(false);
  const used = KEYS.reduce((count, key, index) => (search[key] === undefined ? count : index + 1), 1);
  const rows = KEYS.slice(0, Math.max(used, Math.min(extra, KEYS.length)));
  const queries = rows.map((key) => search[key] ?? '').filter((query) => query.trim() !== '');
  // Values of a quantile and of its exemplars are on one scale; of a rate they are not.
  const ofQuantile = queries.some((query) => query.includes('histogram_quantile'));
  const exemplars = ofQuantile ? !view.has('plain') : view.has('exemplars');
  const tab = search.tab === 'table' ? 'table' : 'graph';

  const remove = (index: number) => {
    const patch: AppSearch = {};
    KEYS.forEach((key, at) => {
      const from = at < index ? at : at + 1;
      const source = KEYS[from];
      patch[key] = source === undefined ? undefined : search[source];
    });
    setExtra(rows.length - 1);
    set(patch);
  };

  return (
    <div className="sg-page">
      <section className="sg-panel" style={{ padding: 10, display: 'grid', gap: 8 }}>
        {rows.map((key, index) => (
          <QueryRow
            key={key}
            letter={'ABCD'[index] ?? ''}
            query={search[key] ?? ''}
            building={building}
            filters={filters}
            run={(query) => {
              set({ [key]: query.trim() });
            }}
            {...(rows.length > 1
              ? {
                  remove: () => {
                    remove(index);
                  },
                }
              : {})}
          />
        ))}
        {filtered && (
          <Text size="xs" c="dimmed" role="note">
            The service and environment of the header are not written into PromQL by themselves: a query takes them when
            you add them.
          </Text>
        )}
        <Group justify="space-between">
          <Group gap="xs">
            <Button
              variant="subtle"
              color="gray"
              size="compact-sm"
              onClick={() => {
                setBrowsing(true);
              }}
            >
              Browse metrics
            </Button>
            <Button
              variant="subtle"
              color="gray"
              size="compact-sm"
              renderRoot={(props) => (
                <Link to="/targets" search={(old: AppSearch) => ({ ...keptSearch(old), tab: 'series' })} {...props} />
              )}
            >
              What makes series
            </Button>
            {rows.length < KEYS.length && (
              <Button
                variant="subtle"
                color="gray"
                size="compact-sm"
                leftSection={<Icon name="plus" />}
                onClick={() => {
                  setExtra(rows.length + 1);
                }}
              >
                Add query
              </Button>
            )}
          </Group>
          <Group gap="xs">
            <Chip
              size="xs"
              variant="outline"
              checked={building}
              onChange={(on) => {
                show('code', !on);
              }}
            >
              Builder
            </Chip>
            <Chip
              size="xs"
              variant="outline"
              checked={exemplars}
              onChange={(on) => {
                if (ofQuantile) show('plain', !on);
                else show('exemplars', on);
              }}
            >
              Exemplars
            </Chip>
            <SegmentedControl
              size="xs"
              value={tab}
              onChange={(value) => {
                set({ tab: value === 'graph' ? undefined : value }, true);
              }}
              data={[
                { value: 'graph', label: 'Graph' },
                { value: 'table', label: 'Table' },
              ]}
            />
          </Group>
        </Group>
      </section>
      {queries.length === 0 ? (
        <section className="sg-panel">
          <Empty title="Nothing asked yet">
            Type PromQL above – names, labels and values are completed – or{' '}
            <Button
              size="compact-sm"
              variant="light"
              onClick={() => {
                setBrowsing(true);
              }}
            >
              browse the metrics
            </Button>
          </Empty>
        </section>
      ) : tab === 'graph' ? (
        <GraphTab queries={queries} exemplars={exemplars} />
      ) : (
        queries.map((query) => <TableTab key={query} query={query} />)
      )}
      <Drawer
        opened={browsing}
        onClose={() => {
          setBrowsing(false);
        }}
        title="Metrics"
        position="right"
        size="lg"
      >
        <MetricBrowser
          pick={(query) => {
            setBrowsing(false);
            const free = rows.find((key) => (search[key] ?? '') === '') ?? 'q';
            set({ [free]: query });
          }}
        />
      </Drawer>
    </div>
  );
}
