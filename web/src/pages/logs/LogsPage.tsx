import { Button, Group, Text } from '@mantine/core';
import { useCallback, useMemo, useState } from 'react';
import { MAX_LINES, mergePages, useLogs } from '../../api/loki';
import { QueryEditor } from '../../editor/QueryEditor';
import { Icon } from '../../shell/Icon';
import { filterLogql } from '../../filters/apply';
import { useFilters } from '../../filters/useFilters';
import { useUrl } from '../../shell/search';
import { SendHint } from '../../shell/SendHint';
import { ErrorNote, Loading } from '../../shell/states';
import { useTime } from '../../time/TimeContext';
import { Histogram } from './Histogram';
import { LogList } from './LogList';
import { LogGraph } from './LogGraph';
import { addFilter, DEFAULT_QUERY, isMetricQuery } from './query';

export function LogsPage() {
  const { search, set } = useUrl();
  const { range, refresh, live } = useTime();
  const query = search.q ?? DEFAULT_QUERY;
  const [text, setText] = useState(query);
  const [shown, setShown] = useState(query);
  if (shown !== query) {
    setShown(query);
    setText(query);
  }
  const asked = filterLogql(query, useFilters());
  const metric = isMetricQuery(query);
  const logs = useLogs(metric ? '' : asked, range);
  const pages = logs.data?.pages;
  const lines = useMemo(() => mergePages(pages ?? []), [pages]);
  const { hasNextPage, isFetching, fetchNextPage } = logs;
  const more = useCallback(() => {
    if (hasNextPage && !isFetching) void fetchNextPage();
  }, [hasNextPage, isFetching, fetchNextPage]);
  const run = (value: string) => {
    if (value.trim() === query) refresh();
    else set({ q: value.trim() === DEFAULT_QUERY ? undefined : value.trim() });
  };
  const filter = (name: string, value: string, include: boolean) => {
    set({ q: addFilter(query, name, value, include) });
  };
  return (
    <div className="sg-page sg-fill">
      <Group gap="xs" align="flex-start" wrap="nowrap">
        <QueryEditor language="logql" value={query} onRun={run} onChange={setText} placeholder={DEFAULT_QUERY} />
        <Button
          data-testid="run-query"
          h={34}
          leftSection={<Icon name="play" />}
          onClick={() => {
            run(text);
          }}
        >
          Run
        </Button>
        <Button
          h={34}
          variant={live ? 'filled' : 'default'}
          aria-pressed={live}
          onClick={() => {
            set({ refresh: live ? undefined : 'live', to: undefined, ...(search.to ? { from: undefined } : {}) });
          }}
        >
          {live ? 'Pause' : 'Live'}
        </Button>
      </Group>
      {logs.error !== null && !metric && <ErrorNote error={logs.error} />}
      {metric ? (
        <LogGraph query={asked} />
      ) : logs.error === null ? (
        <>
          <Histogram query={asked} />
          <section className="sg-panel sg-grow" style={{ display: 'flex', flexDirection: 'column' }}>
            <header className="sg-panel-head">
              <h2>Lines</h2>
              <Text size="xs" c="dimmed">
                <span data-testid="line-count">{lines.length.toLocaleString('en')}</span> lines, newest first
                {lines.length >= MAX_LINES
                  ? '; choose an earlier range for older ones'
                  : logs.hasNextPage
                    ? '; older ones as you scroll'
                    : ''}
              </Text>
            </header>
            {logs.isPending ? (
              <Loading what="lines" />
            ) : lines.length === 0 ? (
              <SendHint
                signal="logs"
                title="No lines in this time range"
                advice="Choose a longer range, or remove a filter."
              />
            ) : (
              <LogList lines={lines} filter={filter} more={more} />
            )}
          </section>
        </>
      ) : null}
    </div>
  );
}
