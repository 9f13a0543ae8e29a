import '../../theme/explore.css';
import { Button, Group, SegmentedControl } from '@mantine/core';
import { useEffect, useState } from 'react';
import { QueryEditor } from '../../editor/QueryEditor';
import { RunButton } from '../../editor/RunButton';
import { filterLogql } from '../../filters/apply';
import { useFilters } from '../../filters/useFilters';
import { useUrl } from '../../shell/search';
import { useTime } from '../../time/TimeContext';
import { Histogram } from './Histogram';
import { LinesView } from './LinesView';
import { LogGraph } from './LogGraph';
import { PatternsTab } from './PatternsTab';
import { patternFilter } from './patterns';
import { addFilter, addStage, DEFAULT_QUERY, isMetricQuery } from './query';

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
  const [paused, setPaused] = useState(false);
  if (paused && !live) setPaused(false);
  const asked = filterLogql(query, useFilters());
  const metric = isMetricQuery(query);
  const patterns = search.tab === 'patterns' && !metric;
  const run = (value: string) => {
    if (value.trim() === query) refresh();
    else set({ q: value.trim() === DEFAULT_QUERY ? undefined : value.trim(), line: undefined });
  };
  const follow = () => {
    set({
      refresh: live ? undefined : 'live',
      to: undefined,
      line: undefined,
      ...(search.to ? { from: undefined } : {}),
    });
  };
  usePauseKey(live, () => {
    setPaused(!paused);
  });
  return (
    <div className="sg-page sg-fill sg-explore">
      <Group gap="xs" align="flex-start" wrap="nowrap" className="sg-query">
        <QueryEditor language="logql" value={query} onRun={run} onChange={setText} placeholder={DEFAULT_QUERY} />
        <RunButton
          asked={['loki']}
          run={() => {
            run(text);
          }}
        />
        <Button h={34} variant={live ? 'filled' : 'default'} aria-pressed={live} data-testid="live" onClick={follow}>
          {live ? 'Stop' : 'Live'}
        </Button>
      </Group>
      {metric ? (
        <LogGraph query={asked} />
      ) : (
        <>
          <Histogram query={asked} />
          <Group justify="space-between" className="sg-tools">
            <SegmentedControl
              size="xs"
              aria-label="What is shown"
              value={patterns ? 'patterns' : 'lines'}
              onChange={(value) => {
                set({ tab: value === 'lines' ? undefined : value }, true);
              }}
              data={[
                { value: 'lines', label: 'Lines' },
                { value: 'patterns', label: 'Patterns' },
              ]}
            />
          </Group>
          {patterns ? (
            <PatternsTab
              query={asked}
              range={range}
              filter={(pattern, include) => {
                set({ q: addStage(query, patternFilter(pattern, include)), tab: undefined });
              }}
            />
          ) : (
            <LinesView
              query={asked}
              paused={paused}
              setPaused={setPaused}
              filter={(name, value, include) => {
                set({ q: addFilter(query, name, value, include), line: undefined });
              }}
            />
          )}
        </>
      )}
    </div>
  );
}

/** `p` stops and starts the lines that come in, where no text is typed. */
function usePauseKey(on: boolean, toggle: () => void) {
  useEffect(() => {
    if (!on) return;
    const onKey = (event: KeyboardEvent) => {
      if (event.key !== 'p' || event.ctrlKey || event.metaKey || event.altKey) return;
      const target = event.target;
      if (
        target instanceof HTMLElement &&
        (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName))
      )
        return;
      toggle();
    };
    window.addEventListener('keydown', onKey);
    return () => {
      window.removeEventListener('keydown', onKey);
    };
  });
}
