import { Button, Group } from '@mantine/core';
import { useNavigate } from '@tanstack/react-router';
import { useCallback, useMemo, useState } from 'react';
import { useTraceSearch } from '../../api/tempo';
import { Scatter } from '../../charts/Chart';
import { QueryEditor } from '../../editor/QueryEditor';
import { formatNanos } from '../../lib/format';
import { filterTraceql } from '../../filters/apply';
import { useFilters } from '../../filters/useFilters';
import { Icon } from '../../shell/Icon';
import { keptSearch, useUrl, type AppSearch } from '../../shell/search';
import { SendHint } from '../../shell/SendHint';
import { ErrorNote, Loading, Panel } from '../../shell/states';
import { nameColor } from '../../theme/theme';
import { useTime } from '../../time/TimeContext';
import { fromTraceql, toTraceql } from './query';
import { SearchForm } from './SearchForm';
import { TraceTable, traceErrors } from './TraceTable';

const LIMIT = 500;
const formatMillis = (value: number) => (value === 0 ? '0' : formatNanos(value * 1e6));

export function TracesPage() {
  const { search, set } = useUrl();
  const { range, zoom, refresh } = useTime();
  const navigate = useNavigate();
  const filters = useFilters();
  const query = search.q ?? '{}';
  const [text, setText] = useState(query);
  const [shown, setShown] = useState(query);
  if (shown !== query) {
    setShown(query);
    setText(query);
  }
  const answer = useTraceSearch(filterTraceql(query, filters), range, LIMIT);
  const traces = useMemo(
    () => [...(answer.data ?? [])].sort((a, b) => Number(b.startTimeUnixNano ?? 0) - Number(a.startTimeUnixNano ?? 0)),
    [answer.data],
  );
  const points = useMemo(
    () =>
      traces.map((trace) => ({
        x: Number(trace.startTimeUnixNano ?? 0) / 1e9,
        y: trace.durationMs ?? 0,
        color: traceErrors(trace) > 0 ? '#d9534f' : nameColor(trace.rootServiceName ?? ''),
        label: `${trace.rootServiceName ?? ''} ${trace.rootTraceName ?? ''}`,
      })),
    [traces],
  );
  const run = (value: string) => {
    if (value.trim() === query) refresh();
    else set({ q: value.trim() });
  };
  const open = useCallback(
    (index: number) => {
      const id = traces[index]?.traceID;
      if (id !== undefined) {
        void navigate({ to: '/trace/$id', params: { id }, search: (old: AppSearch) => keptSearch(old) });
      }
    },
    [navigate, traces],
  );
  return (
    <div className="sg-page">
      <section className="sg-panel" style={{ padding: 10, display: 'grid', gap: 10 }}>
        <SearchForm
          key={query}
          form={fromTraceql(query)}
          run={(form) => {
            run(toTraceql(form));
          }}
        />
        <Group gap="xs" align="flex-start" wrap="nowrap">
          <QueryEditor language="traceql" value={query} onRun={run} onChange={setText} placeholder="{}" />
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
        </Group>
        {answer.error !== null && <ErrorNote error={answer.error} />}
      </section>
      {answer.error === null && (
        <>
          {traces.length > 0 && (
            <Panel title="Duration over time">
              <div style={{ padding: '10px 12px 0 0' }}>
                <Scatter
                  label="Duration of the traces over time"
                  points={points}
                  range={range}
                  height={200}
                  onZoom={zoom}
                  onPick={open}
                  format={formatMillis}
                />
              </div>
            </Panel>
          )}
          <Panel
            title="Traces"
            aside={
              <span className="sg-dim">
                {traces.length >= LIMIT ? `the newest ${String(LIMIT)}` : `${String(traces.length)} found`}
              </span>
            }
          >
            {answer.isPending ? (
              <Loading what="traces" />
            ) : traces.length === 0 ? (
              <SendHint
                signal="traces"
                title="No trace matches in this time range"
                advice="Choose a longer range, or ask for less."
              />
            ) : (
              <TraceTable traces={traces} />
            )}
          </Panel>
        </>
      )}
    </div>
  );
}
