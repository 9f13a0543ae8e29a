import { Chip } from '@mantine/core';
import { useState } from 'react';
import type { LogLine } from '../../api/loki';
import { QueryError } from '../../editor/QueryError';
import { useUrl, withSearch } from '../../shell/search';
import { SendHint } from '../../shell/SendHint';
import { Empty, Loading } from '../../shell/states';
import { align, encodeRange } from '../../time/range';
import { useTime } from '../../time/TimeContext';
import { ContextModal } from './ContextModal';
import { FieldsPanel } from './FieldsPanel';
import { lineKey } from './line';
import { LiveLines } from './LiveLines';
import { LogList, type Filter } from './LogList';
import { useLines } from './useLines';

interface Props {
  /** What is asked, with the filters of the header. */
  query: string;
  /** What stands in the editor. */
  written: string;
  paused: boolean;
  setPaused: (paused: boolean) => void;
  filter: Filter;
  parse: (parser: string) => void;
}

const WIDE = 1100;
/** While lines come in, fields are counted no more often than this. */
const FIELDS_SECONDS = 10;

/** What every list of lines can do with one of them, and how it is shown. */
export interface ListView {
  wrap: boolean;
  pretty: boolean;
  filter: Filter;
  share: (line: LogLine) => void;
  context: (line: LogLine) => void;
}

export function LinesView({ query, written, paused, setPaused, filter, parse }: Props) {
  const { search, set } = useUrl();
  const { range, interval, live } = useTime();
  const [note, setNote] = useState('');
  const view = new Set((search.view ?? '').split('.').filter((name) => name !== ''));
  const changed = (name: string, on: boolean) => {
    const next = new Set(view);
    if (on) next.add(name);
    else next.delete(name);
    return { view: [...next].join('.') || undefined };
  };
  // Beside the list where there is room for both, unless the reader wants it otherwise.
  const [isWide] = useState(() => window.innerWidth >= WIDE);
  const fields = isWide ? !view.has('nofields') : view.has('fields');
  const showFields = (on: boolean) => {
    set(isWide ? changed('nofields', !on) : changed('fields', on), true);
  };
  const share = (line: LogLine) => {
    const patch = { line: lineKey(line), refresh: undefined, ...encodeRange(range) };
    const url = withSearch({ ...search, ...patch });
    set(patch, true);
    navigator.clipboard.writeText(url).then(
      () => {
        setNote(' · the link is copied');
      },
      () => {
        setNote(' · the link is in the address bar');
      },
    );
  };
  const list: ListView = {
    wrap: view.has('wrap'),
    pretty: view.has('json'),
    filter,
    share,
    context: (line) => {
      set({ ...changed('around', true), line: lineKey(line) });
    },
  };
  const toggles = (
    <span className="sg-toggles">
      <Toggle label="Fields" on={fields} change={showFields} />
      <Toggle
        label="Wrap"
        on={list.wrap}
        change={(on) => {
          set(changed('wrap', on), true);
        }}
      />
      <Toggle
        label="JSON"
        on={list.pretty}
        change={(on) => {
          set(changed('json', on), true);
        }}
      />
    </span>
  );
  return (
    <div className="sg-lines sg-grow">
      {fields && (
        <FieldsPanel
          query={query}
          written={written}
          range={interval === false ? range : align(range, FIELDS_SECONDS)}
          filter={filter}
          parse={parse}
          close={() => {
            showFields(false);
          }}
        />
      )}
      <section className="sg-panel sg-grow sg-column">
        {live ? (
          <LiveLines query={query} paused={paused} setPaused={setPaused} list={list} toggles={toggles} />
        ) : (
          <StoredLines query={query} note={note} list={list} toggles={toggles} />
        )}
      </section>
      {view.has('around') && search.line !== undefined && (
        <ContextModal
          query={query}
          line={search.line}
          close={() => {
            set(changed('around', false));
          }}
        />
      )}
    </div>
  );
}

function Toggle({ label, on, change }: { label: string; on: boolean; change: (on: boolean) => void }) {
  return (
    <Chip size="xs" variant="outline" checked={on} onChange={change}>
      {label}
    </Chip>
  );
}

interface StoredProps {
  query: string;
  note: string;
  list: ListView;
  toggles: React.ReactNode;
}

/** The lines of the time range. */
function StoredLines({ query, note, list, toggles }: StoredProps) {
  const { search } = useUrl();
  const [away, setAway] = useState(false);
  const { lines, isPending, isFetching, error, told, more } = useLines(query, away);
  return (
    <>
      <header className="sg-panel-head sg-lines-head">
        <span className="sg-dim sg-grow" role="status">
          <b data-testid="line-count">{lines.length.toLocaleString('en')}</b> {lines.length === 1 ? 'line' : 'lines'},
          newest first{told}
          {note}
        </span>
        {toggles}
      </header>
      {error !== null ? (
        <div className="sg-pad">
          <QueryError error={error} query={query} />
        </div>
      ) : isPending ? (
        isFetching ? (
          <Loading what="lines" />
        ) : (
          <Empty title="Cancelled">Run asks again.</Empty>
        )
      ) : lines.length === 0 ? (
        <SendHint
          signal="logs"
          title="No lines in this time range"
          advice="Choose a longer range, or remove a filter."
        />
      ) : (
        <LogList {...list} lines={lines} more={more} marked={search.line} reading={setAway} />
      )}
    </>
  );
}
