import { ActionIcon, SegmentedControl, Select, Tooltip } from '@mantine/core';
import { useMemo } from 'react';
import { cellsOf, usePatterns, type Pattern, type Patterns } from '../../api/logs';
import { Sparkline } from '../../charts/Sparkline';
import { QueryError } from '../../editor/QueryError';
import { formatTimeShort } from '../../lib/format';
import { Icon } from '../../shell/Icon';
import { useUrl } from '../../shell/search';
import { SendHint } from '../../shell/SendHint';
import { Empty, Loading } from '../../shell/states';
import { align, stepFor, type Range } from '../../time/range';
import { COMPARISONS, earlierRange } from './earlier';
import { levelOf, patternStage } from './query';

interface Props {
  query: string;
  /** What stands in the editor. */
  written: string;
  range: Range;
  filter: (pattern: string, include: boolean) => void;
}

/** Rows shown at most. */
const MOST = 500;
const CELLS = 24;
/** Growth that is worth a word. */
const MUCH = 2;

/** Lines that are alike, counted by the server; what an earlier time did not have is new. */
export function PatternsTab({ query, written, range, filter }: Props) {
  const { search, set } = useUrl();
  const step = stepFor(range, CELLS);
  const { from, to } = align(range, step);
  const shownRange = useMemo(() => ({ from, to }), [from, to]);
  const compared = search.compare ?? '';
  const answer = usePatterns(query, shownRange, earlierRange(shownRange, compared), step);
  if (answer.error !== null) return <QueryError error={answer.error} query={query} />;
  const only = search.status === 'new' ? 'new' : 'all';
  const { data } = answer;
  const fresh = data === undefined || data.earlierLines === 0 ? [] : data.patterns.filter((pattern) => pattern.new);
  const shown = (only === 'new' ? fresh : (data?.patterns ?? [])).slice(0, MOST);
  return (
    <section className="sg-panel sg-grow sg-column">
      <header className="sg-panel-head sg-lines-head">
        <span className="sg-dim sg-grow" role="status">
          {data && <Counted data={data} />}
        </span>
        <Select
          size="xs"
          w={190}
          aria-label="Compared with"
          allowDeselect={false}
          value={compared}
          data={COMPARISONS.map(({ value, label }) => ({ value, label }))}
          onChange={(value) => {
            set({ compare: value ?? undefined }, true);
          }}
        />
        <SegmentedControl
          size="xs"
          aria-label="Which patterns"
          value={only}
          onChange={(value) => {
            set({ status: value === 'new' ? 'new' : undefined }, true);
          }}
          data={[
            { value: 'all', label: `All ${String(data?.patterns.length ?? 0)}` },
            { value: 'new', label: `New ${String(fresh.length)}` },
          ]}
        />
      </header>
      <div className="sg-grow" style={{ overflow: 'auto' }} aria-busy={answer.isFetching}>
        {data === undefined ? (
          answer.isFetching ? (
            <Loading what="patterns" />
          ) : (
            <Empty title="Cancelled">Run asks again.</Empty>
          )
        ) : shown.length === 0 ? (
          only === 'new' && data.lines > 0 ? (
            <Empty title={data.earlierLines === 0 ? 'Nothing to compare with' : 'Nothing new'}>
              {data.earlierLines === 0
                ? 'The earlier time has no lines.'
                : 'Every pattern was there in the earlier time, too.'}
            </Empty>
          ) : (
            <SendHint
              signal="logs"
              title="No lines in this time range"
              advice="Choose a longer range, or remove a filter."
            />
          )
        ) : (
          <PatternTable
            patterns={shown}
            data={data}
            range={shownRange}
            earlier={earlierRange(shownRange, compared)}
            written={written}
            filter={filter}
          />
        )}
      </div>
    </section>
  );
}

/** Of what the counts are. */
function Counted({ data }: { data: Patterns }) {
  const which = data.exact ? '' : 'the newest ';
  return (
    <>
      Counted in {which}
      {data.lines.toLocaleString('en')} lines
      {data.earlierLines === 0
        ? '; the earlier time has none to compare with'
        : `; compared with ${which}${data.earlierLines.toLocaleString('en')} of the earlier time`}
    </>
  );
}

interface TableProps {
  patterns: readonly Pattern[];
  data: Patterns;
  range: Range;
  earlier: Range;
  written: string;
  filter: (pattern: string, include: boolean) => void;
}

function PatternTable({ patterns, data, range, earlier, written, filter }: TableProps) {
  const most = Math.max(1, ...data.patterns.map((pattern) => pattern.lines));
  const span = `${formatTimeShort(earlier.from * 1000)} – ${formatTimeShort(earlier.to * 1000)}`;
  return (
    <table className="sg-table sg-rows sg-patterns">
      <thead>
        <tr>
          <th className="sg-num">Lines</th>
          {data.earlierLines > 0 && (
            <th className="sg-num" title={span}>
              Before
            </th>
          )}
          <th>Trend</th>
          <th>Level</th>
          <th>Pattern</th>
          <th aria-label="Filter" />
        </tr>
      </thead>
      <tbody>
        {patterns.map((item) => (
          <tr key={`${item.level} ${item.pattern}`} data-testid="pattern-row">
            <td className="sg-num" style={{ width: 90 }} data-label="Lines">
              {item.lines.toLocaleString('en')}
              <div className="sg-bar">
                <i style={{ width: `${String((item.lines / most) * 100)}%` }} />
              </div>
            </td>
            {data.earlierLines > 0 && (
              <td className="sg-num sg-nowrap" style={{ width: 96 }} data-label="Before">
                <Before item={item} />
              </td>
            )}
            <td style={{ width: 110 }} data-label="Trend">
              <Sparkline
                values={cellsOf(item.samples, range, data.step)}
                label="Lines over time"
                width={96}
                height={22}
              />
            </td>
            <td className={`sg-level-${levelOf(item.level)} sg-nowrap`} data-label="Level">
              {item.level}
            </td>
            <td className="sg-mono sg-wrap" data-label="Pattern">
              <PatternText pattern={item.pattern} />
              <div className="sg-dim sg-cut sg-example" title={item.example}>
                {item.example}
              </div>
            </td>
            <td className="sg-nowrap">
              <Sign item={item} include written={written} filter={filter} />
              <Sign item={item} include={false} written={written} filter={filter} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** How many there were before, and a word where that is worth one. */
function Before({ item }: { item: Pattern }) {
  if (item.new) return <span className="sg-tag sg-new">new</span>;
  const times = item.lines / item.earlierLines;
  return (
    <>
      {item.earlierLines.toLocaleString('en')}
      {(times >= MUCH || times <= 1 / MUCH) && (
        <div className={times >= MUCH ? 'sg-new' : 'sg-dim'}>
          {times >= MUCH ? `× ${times.toFixed(times < 10 ? 1 : 0)}` : `÷ ${(1 / times).toFixed(times > 0.1 ? 1 : 0)}`}
        </div>
      )}
    </>
  );
}

function PatternText({ pattern }: { pattern: string }) {
  return pattern.split('<_>').map((part, index) => (
    <span key={index}>
      {index > 0 && <em className="sg-any">…</em>}
      {part}
    </span>
  ));
}

interface SignProps {
  item: Pattern;
  include: boolean;
  written: string;
  filter: (pattern: string, include: boolean) => void;
}

function Sign({ item, include, written, filter }: SignProps) {
  const isOn = written.includes(patternStage(item.pattern, include));
  return (
    <Tooltip label={isOn ? 'Take this filter away' : include ? 'Only these lines' : 'Without these lines'}>
      <ActionIcon
        size="sm"
        variant={isOn ? 'filled' : 'subtle'}
        color={isOn ? undefined : 'gray'}
        aria-label={include ? 'Include this pattern' : 'Exclude this pattern'}
        aria-pressed={isOn}
        onClick={() => {
          filter(item.pattern, include);
        }}
      >
        <Icon name={include ? 'plus' : 'minus'} size={12} />
      </ActionIcon>
    </Tooltip>
  );
}
