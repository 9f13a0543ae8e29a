import { Button, Chip, Group, Text } from '@mantine/core';
import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { MAX_LINES, mergePages, useLogs, type LogLine } from '../../api/loki';
import { QueryError } from '../../editor/QueryError';
import { useUrl, withSearch } from '../../shell/search';
import { SendHint } from '../../shell/SendHint';
import { Empty, Loading } from '../../shell/states';
import { encodeRange } from '../../time/range';
import { useTime } from '../../time/TimeContext';
import { ContextModal } from './ContextModal';
import { FieldsPanel } from './FieldsPanel';
import { isPast, lineKey, nanosOfKey } from './line';
import { LogList, type Filter } from './LogList';
import { TAIL_LINES, useTail } from './useTail';

interface Props {
  query: string;
  paused: boolean;
  setPaused: (paused: boolean) => void;
  filter: Filter;
}

const WIDE = 1100;

export function LinesView({ query, paused, setPaused, filter }: Props) {
  const { search, set } = useUrl();
  const { range, live } = useTime();
  const [fields, setFields] = useState(() => window.innerWidth >= WIDE);
  const [around, setAround] = useState<LogLine>();
  const [note, setNote] = useState('');
  const list = useLines(query, live, paused);
  const { lines, error } = list;
  const view = new Set((search.view ?? '').split('.'));
  const show = (name: string, on: boolean) => {
    const next = new Set(view);
    next.delete('');
    if (on) next.add(name);
    else next.delete(name);
    set({ view: [...next].join('.') || undefined }, true);
  };
  const share = (line: LogLine) => {
    const patch = { line: lineKey(line), refresh: undefined, ...encodeRange(range) };
    const url = withSearch({ ...search, ...patch });
    set(patch, true);
    navigator.clipboard.writeText(url).then(
      () => {
        setNote('The link is copied.');
      },
      () => {
        setNote('The link is in the address bar.');
      },
    );
  };
  return (
    <div className="sg-lines sg-grow">
      {fields && (
        <FieldsPanel
          lines={lines}
          filter={filter}
          close={() => {
            setFields(false);
          }}
        />
      )}
      <section className="sg-panel sg-grow" style={{ display: 'flex', flexDirection: 'column' }}>
        <header className="sg-panel-head">
          <Text size="xs" c="dimmed" className="sg-grow" role="status">
            <b data-testid="line-count">{lines.length.toLocaleString('en')}</b> lines, newest first{list.told}
            {note !== '' && ` · ${note}`}
          </Text>
          <Group gap={6} wrap="nowrap">
            {live && (
              <Button
                size="compact-xs"
                variant={paused ? 'filled' : 'default'}
                data-testid="pause"
                onClick={() => {
                  setPaused(!paused);
                }}
              >
                {paused ? `Resume${list.waiting > 0 ? ` (${list.waiting.toLocaleString('en')} new)` : ''}` : 'Pause'}
              </Button>
            )}
            <Toggle label="Fields" on={fields} change={setFields} />
            <Toggle
              label="Wrap"
              on={view.has('wrap')}
              change={(on) => {
                show('wrap', on);
              }}
            />
            <Toggle
              label="JSON"
              on={view.has('json')}
              change={(on) => {
                show('json', on);
              }}
            />
          </Group>
        </header>
        {error !== null ? (
          <div style={{ padding: 10 }}>
            <QueryError error={error} query={query} />
          </div>
        ) : list.isPending ? (
          list.isFetching ? (
            <Loading what="lines" />
          ) : (
            <Empty title="Cancelled">Run asks again.</Empty>
          )
        ) : lines.length === 0 ? (
          live ? (
            <Empty title="Waiting for lines">They are shown here as they come in.</Empty>
          ) : (
            <SendHint
              signal="logs"
              title="No lines in this time range"
              advice="Choose a longer range, or remove a filter."
            />
          )
        ) : (
          <LogList
            lines={lines}
            filter={filter}
            more={list.more}
            wrap={view.has('wrap')}
            pretty={view.has('json')}
            marked={search.line}
            share={share}
            context={setAround}
            away={list.away}
          />
        )}
      </section>
      {around && (
        <ContextModal
          line={around}
          close={() => {
            setAround(undefined);
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

/** The lines of the time range, or those that come in. */
function useLines(query: string, live: boolean, paused: boolean) {
  const { search } = useUrl();
  const { range, interval } = useTime();
  // Who reads further down keeps what he reads: a refresh would begin at the first page again.
  const [isAway, setAway] = useState(false);
  const [held, setHeld] = useState(range);
  const hold = isAway && interval !== false && !live;
  if (!hold && held !== range) setHeld(range);
  const stored = useLogs(live ? '' : query, hold ? held : range);
  const tail = useTail(query, Math.min(3600, range.to - range.from), live, paused);
  const pages = stored.data?.pages;
  const found = useMemo(() => mergePages(pages ?? []), [pages]);
  const { hasNextPage, isFetching, fetchNextPage } = stored;
  const more = useCallback(() => {
    if (hasNextPage && !isFetching) void fetchNextPage();
  }, [hasNextPage, isFetching, fetchNextPage]);
  // A link to a line loads down to it.
  const wanted = live || search.line === undefined ? undefined : nanosOfKey(search.line);
  const missing = wanted !== undefined && found.length > 0 && !isPast(found, wanted);
  const asked = useRef('');
  useEffect(() => {
    const step = `${String(wanted)} ${String(found.length)}`;
    if (!missing || asked.current === step) return;
    asked.current = step;
    more();
  }, [missing, wanted, found.length, more, isFetching]);
  if (live) {
    const told =
      tail.dropped > 0 ? `; the newest ${TAIL_LINES.toLocaleString('en')} are kept` : '; more as they come in';
    const { lines, waiting, isPending, error } = tail;
    return { lines, waiting, isPending, isFetching: true, error, told: paused ? '; paused' : told, away: undefined };
  }
  const told =
    found.length >= MAX_LINES
      ? '; choose an earlier range for older ones'
      : missing && hasNextPage
        ? '; looking for the line of the link…'
        : hasNextPage
          ? '; older ones as you scroll'
          : '';
  return {
    lines: found,
    waiting: 0,
    isPending: stored.isPending,
    isFetching,
    error: stored.error,
    told: hold ? `${told}; not refreshed while you read further down` : told,
    more,
    away: setAway,
  };
}
