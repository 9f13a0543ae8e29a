import '../../theme/explore.css';
import { Button, Group, SegmentedControl } from '@mantine/core';
import { useEffect, useState } from 'react';
import { QueryEditor } from '../../editor/QueryEditor';
import { RunButton } from '../../editor/RunButton';
import { filterLogql } from '../../filters/apply';
import { useFilters } from '../../filters/useFilters';
import { useUrl, type AppSearch } from '../../shell/search';
import { useTime } from '../../time/TimeContext';
import { ActiveFilters } from './ActiveFilters';
import { Histogram } from './Histogram';
import { LinesView } from './LinesView';
import { LogGraph } from './LogGraph';
import { PatternsTab } from './PatternsTab';
import { addStage, DEFAULT_QUERY, isMetricQuery, togglePattern, toggleValue } from './query';

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
  const change = (value: string, rest: AppSearch = {}) => {
    set({ q: value === DEFAULT_QUERY ? undefined : value, line: undefined, ...rest });
  };
  const run = (value: string) => {
    if (value.trim() === query) refresh();
    else change(value.trim());
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
          <Group gap="sm" className="sg-tools">
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
            <ActiveFilters query={query} change={change} />
          </Group>
          {patterns ? (
            <PatternsTab
              query={asked}
              written={query}
              range={range}
              filter={(pattern, include) => {
                change(togglePattern(query, pattern, include), { tab: include ? undefined : 'patterns' });
              }}
            />
          ) : (
            <LinesView
              query={asked}
              written={query}
              paused={paused}
              setPaused={setPaused}
              filter={(name, value, include) => {
                change(toggleValue(query, name, value, include));
              }}
              parse={(parser) => {
                change(addStage(query, `| ${parser}`, `| ${parser}`));
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
