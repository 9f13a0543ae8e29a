import { ActionIcon, SegmentedControl, Tooltip } from '@mantine/core';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useMemo, useState } from 'react';
import { flatten, lokiRange } from '../../api/loki';
import { Sparkline } from '../../charts/Sparkline';
import { formatAgo } from '../../lib/format';
import { Icon } from '../../shell/Icon';
import { Empty, ErrorNote, Loading } from '../../shell/states';
import type { Range } from '../../time/range';
import { patternsOf } from './patterns';

interface Props {
  query: string;
  range: Range;
  filter: (pattern: string, include: boolean) => void;
}

const SAMPLE = 5000;
const MOST = 300;

function useSample(query: string, range: Range) {
  return useQuery({
    queryKey: ['loki', 'sample', query, range.from, range.to],
    queryFn: async ({ signal }) => {
      const data = await lokiRange(query, range, SAMPLE, undefined, signal);
      return data.resultType === 'streams' ? flatten(data.result) : [];
    },
    placeholderData: keepPreviousData,
  });
}

/** Lines that are alike, counted; what the time of the same length before did not have is new. */
export function PatternsTab({ query, range, filter }: Props) {
  const [only, setOnly] = useState('all');
  const length = range.to - range.from;
  const now = useSample(query, range);
  const before = useSample(
    query,
    useMemo(() => ({ from: range.from - length, to: range.from }), [range.from, length]),
  );
  const all = useMemo(
    () => (now.data === undefined ? undefined : patternsOf(now.data, range, before.data)),
    [now.data, before.data, range],
  );
  const error = now.error ?? before.error;
  if (error !== null) return <ErrorNote error={error} />;
  if (all === undefined) {
    return (
      <section className="sg-panel">
        <Loading what="patterns" />
      </section>
    );
  }
  const fresh = all.filter((pattern) => pattern.isNew);
  const shown = (only === 'new' ? fresh : all).slice(0, MOST);
  const most = Math.max(1, ...all.map((pattern) => pattern.count));
  return (
    <section className="sg-panel sg-grow" style={{ display: 'flex', flexDirection: 'column' }}>
      <header className="sg-panel-head">
        <h2>Patterns</h2>
        <span className="sg-dim sg-grow">
          {all.length.toLocaleString('en')} in the newest {(now.data?.length ?? 0).toLocaleString('en')} lines; new: in
          none of {(before.data?.length ?? 0).toLocaleString('en')} lines of the time before
        </span>
        <SegmentedControl
          size="xs"
          value={only}
          onChange={setOnly}
          data={[
            { value: 'all', label: 'All' },
            { value: 'new', label: `New ${String(fresh.length)}` },
          ]}
        />
      </header>
      <div className="sg-grow" style={{ overflow: 'auto' }}>
        {shown.length === 0 ? (
          <Empty title={only === 'new' ? 'Nothing new' : 'No lines in this time range'} />
        ) : (
          <table className="sg-table sg-patterns">
            <thead>
              <tr>
                <th className="sg-num">Lines</th>
                <th>Trend</th>
                <th>Level</th>
                <th>Pattern</th>
                <th>Last</th>
                <th aria-label="Filter" />
              </tr>
            </thead>
            <tbody>
              {shown.map((pattern) => (
                <tr key={pattern.text + pattern.sample} data-testid="pattern-row">
                  <td className="sg-num" style={{ width: 90 }}>
                    {pattern.count.toLocaleString('en')}
                    <div className="sg-bar">
                      <i style={{ width: `${String((pattern.count / most) * 100)}%` }} />
                    </div>
                  </td>
                  <td style={{ width: 110 }}>
                    <Sparkline values={pattern.trend} label="Lines over time" width={96} height={22} />
                  </td>
                  <td className={`sg-level-${pattern.level} sg-nowrap`}>{pattern.level}</td>
                  <td className="sg-mono sg-wrap" title={pattern.sample}>
                    {pattern.isNew && <span className="sg-tag sg-new">new</span>}
                    {pattern.text.split('<_>').map((part, index) => (
                      <span key={index}>
                        {index > 0 && <em className="sg-any">…</em>}
                        {part}
                      </span>
                    ))}
                  </td>
                  <td className="sg-dim sg-nowrap">
                    {formatAgo(new Date(pattern.last).toISOString(), range.to * 1000)}
                  </td>
                  <td className="sg-nowrap">
                    <Tooltip label="Only these lines">
                      <ActionIcon
                        size="sm"
                        variant="subtle"
                        color="gray"
                        aria-label="Include this pattern"
                        onClick={() => {
                          filter(pattern.text, true);
                        }}
                      >
                        <Icon name="plus" size={12} />
                      </ActionIcon>
                    </Tooltip>
                    <Tooltip label="Without these lines">
                      <ActionIcon
                        size="sm"
                        variant="subtle"
                        color="gray"
                        aria-label="Exclude this pattern"
                        onClick={() => {
                          filter(pattern.text, false);
                        }}
                      >
                        <Icon name="minus" size={12} />
                      </ActionIcon>
                    </Tooltip>
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        )}
      </div>
    </section>
  );
}
