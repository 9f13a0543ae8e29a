import { Button, TextInput } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { useState, type ReactNode } from 'react';
import { useCardinality, type Cardinality } from '../../api/cardinality';
import { isFiltered } from '../../filters/apply';
import { useFilters } from '../../filters/useFilters';
import { formatNumber } from '../../lib/format';
import { Icon } from '../../shell/Icon';
import { keptSearch, useUrl, type AppSearch } from '../../shell/search';
import { Empty, ErrorNote, Loading } from '../../shell/states';
import { align } from '../../time/range';
import { useTime } from '../../time/TimeContext';
import { addMatchers } from '../metrics/builder';
import { useFilterMatchers } from '../metrics/useFilterMatchers';
import { countQuery } from './selector';
import { SeriesLists } from './SeriesLists';

const FEW = 20;
const MANY = 200;
/** The server reads its indexes for an answer: while lines come in the range moves on no more often than this. */
const STEP_SECONDS = 30;

/** What makes series: look at all, and go down by metric, label and value. */
export function SeriesTab() {
  const { search, set } = useUrl();
  const { range } = useTime();
  const selector = search.q ?? '';
  const label = search.name ?? '';
  const filters = useFilterMatchers();
  const hasFilter = isFiltered(useFilters());
  const match = addMatchers(selector === '' && filters.length > 0 ? '{}' : selector, filters);
  const limit = search.limit === String(MANY) ? MANY : FEW;
  const answer = useCardinality({ match, label, limit }, align(range, STEP_SECONDS), false);
  const narrow = (next: string) => {
    set({ q: next });
  };
  return (
    <div className="sg-list">
      <div className="sg-bar-row" style={{ margin: 0 }}>
        <Selector key={selector} selector={selector} change={narrow} />
        {selector !== '' && (
          <Button
            size="xs"
            variant="default"
            onClick={() => {
              set({ q: undefined, name: undefined });
            }}
          >
            All series
          </Button>
        )}
        <Button
          size="xs"
          variant="default"
          aria-pressed={limit === MANY}
          onClick={() => {
            set({ limit: limit === MANY ? undefined : String(MANY) }, true);
          }}
        >
          {limit === MANY ? `The first ${String(FEW)}` : `The first ${String(MANY)}`}
        </Button>
        <Told data={answer.data} query={countQuery(match, label)} />
      </div>
      {hasFilter && (
        <p className="sg-dim" role="note" style={{ margin: 0 }}>
          Only series of the service and environment of the header.
        </p>
      )}
      {answer.error !== null ? (
        <ErrorNote error={answer.error} />
      ) : answer.data === undefined ? (
        <Loading what="what makes the series" />
      ) : answer.data.series === 0 ? (
        <section className="sg-panel">
          <Empty title="No series in this time range">
            {selector === ''
              ? 'Nothing has sent metrics in this time.'
              : 'Change the selector, or choose a longer range.'}
          </Empty>
        </section>
      ) : (
        <SeriesLists data={answer.data} selector={selector} label={label} narrow={narrow} />
      )}
    </div>
  );
}

function Selector({ selector, change }: { selector: string; change: (selector: string) => void }) {
  const [text, setText] = useState(selector);
  return (
    <form
      className="sg-selector"
      onSubmit={(event) => {
        event.preventDefault();
        change(text.trim());
      }}
    >
      <TextInput
        size="xs"
        aria-label="Series of this selector"
        placeholder={'A selector such as {job="shop"}; Enter asks'}
        leftSection={<Icon name="filter" size={13} />}
        styles={{ input: { fontFamily: 'var(--mantine-font-family-monospace)' } }}
        value={text}
        onChange={(event) => {
          setText(event.currentTarget.value);
        }}
      />
    </form>
  );
}

function Told({ data, query }: { data: Cardinality | undefined; query: string }): ReactNode {
  if (data === undefined) return null;
  return (
    <span className="sg-dim" role="status">
      <b data-testid="series-count">{data.series.toLocaleString('en')}</b> series, {formatNumber(data.labelPairs)} pairs
      of label and value in the time range ·{' '}
      <Link to="/metrics-explorer" search={(old: AppSearch) => ({ ...keptSearch(old), q: query })}>
        Graph
      </Link>
    </span>
  );
}
