import '../../theme/explore.css';
import { Group, NativeSelect, SegmentedControl } from '@mantine/core';
import { useNavigate } from '@tanstack/react-router';
import { useCallback, useMemo, useState } from 'react';
import { useTraceSearch } from '../../api/tempo';
import { Scatter } from '../../charts/Chart';
import { QueryEditor } from '../../editor/QueryEditor';
import { QueryError } from '../../editor/QueryError';
import { RunButton } from '../../editor/RunButton';
import { formatNanos } from '../../lib/format';
import { filterTraceql } from '../../filters/apply';
import { useFilters } from '../../filters/useFilters';
import { keptSearch, useUrl, type AppSearch } from '../../shell/search';
import { SendHint } from '../../shell/SendHint';
import { Empty, Loading, Panel } from '../../shell/states';
import { nameColor } from '../../theme/theme';
import { useTime } from '../../time/TimeContext';
import { decodeBox, encodeBox, isInside, type Box } from './difference';
import { fromTraceql, toTraceql } from './query';
import { SearchForm } from './SearchForm';
import { TraceTable, traceErrors } from './TraceTable';
import { WhatIsDifferent } from './WhatIsDifferent';

const LIMITS = ['100', '500', '2000', '5000'];
const DEFAULT_LIMIT = '500';
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
  const limit = Number(LIMITS.find((item) => item === search.limit) ?? DEFAULT_LIMIT);
  const asked = filterTraceql(query, filters);
  const answer = useTraceSearch(asked, range, limit);
  const box = useMemo(() => decodeBox(search.view), [search.view]);
  const [brushing, setBrushing] = useState(box !== undefined);
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
  const shownTraces = useMemo(
    () => (box === undefined ? traces : traces.filter((trace) => isInside(trace, box))),
    [traces, box],
  );
  const select = useCallback(
    (picked: Box) => {
      set({ view: encodeBox(picked) });
    },
    [set],
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
          <RunButton
            asked={['tempo']}
            run={() => {
              run(text);
            }}
          />
        </Group>
        {answer.error !== null && <QueryError error={answer.error} query={asked} />}
      </section>
      {answer.error === null && (
        <>
          {traces.length > 0 && (
            <Panel
              title="Duration over time"
              aside={
                <SegmentedControl
                  size="xs"
                  aria-label="What dragging does"
                  value={brushing ? 'compare' : 'zoom'}
                  onChange={(value) => {
                    setBrushing(value === 'compare');
                  }}
                  data={[
                    { value: 'zoom', label: 'Drag to zoom' },
                    { value: 'compare', label: 'Drag to compare' },
                  ]}
                />
              }
            >
              <div style={{ padding: '10px 12px 0 0' }}>
                <Scatter
                  label="Duration of the traces over time"
                  points={points}
                  range={range}
                  height={200}
                  onZoom={zoom}
                  onPick={open}
                  onSelect={brushing ? select : undefined}
                  box={box}
                  format={formatMillis}
                />
              </div>
            </Panel>
          )}
          {box !== undefined && traces.length > 0 && (
            <WhatIsDifferent
              query={asked}
              range={range}
              limit={limit}
              traces={traces}
              box={box}
              close={() => {
                set({ view: undefined });
              }}
            />
          )}
          <Panel
            title="Traces"
            aside={
              <Group gap="sm">
                <span className="sg-dim" data-testid="trace-count">
                  {box !== undefined && `${String(shownTraces.length)} in the selection of `}
                  {traces.length >= limit
                    ? `the newest ${traces.length.toLocaleString('en')}`
                    : `${traces.length.toLocaleString('en')} found`}
                </span>
                <NativeSelect
                  size="xs"
                  w={120}
                  aria-label="At most"
                  value={String(limit)}
                  onChange={(event) => {
                    const value = event.currentTarget.value;
                    set({ limit: value === DEFAULT_LIMIT ? undefined : value });
                  }}
                  data={LIMITS.map((value) => ({ value, label: `at most ${Number(value).toLocaleString('en')}` }))}
                />
              </Group>
            }
          >
            {answer.isPending ? (
              answer.isFetching ? (
                <Loading what="traces" />
              ) : (
                <Empty title="Cancelled">Run asks again.</Empty>
              )
            ) : traces.length === 0 ? (
              <SendHint
                signal="traces"
                title="No trace matches in this time range"
                advice="Choose a longer range, or ask for less."
              />
            ) : (
              <TraceTable traces={shownTraces} />
            )}
          </Panel>
        </>
      )}
    </div>
  );
}
