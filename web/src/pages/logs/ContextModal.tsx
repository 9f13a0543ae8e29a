import { Anchor, Button, Group, Modal } from '@mantine/core';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useLayoutEffect, useRef, useState } from 'react';
import { ApiError } from '../../api/client';
import { logContext, type LogContext } from '../../api/logs';
import { linesAt, type LogLine } from '../../api/loki';
import { formatTime } from '../../lib/format';
import { type AppSearch } from '../../shell/search';
import { Empty, ErrorNote, Loading } from '../../shell/states';
import { LevelMark } from './LevelMark';
import { lineKey, nanosOfKey, streamSelector } from './line';

/** Lines on each side at first, and how many more a click brings. */
const FIRST = 20;
const STEP = 100;
/** The server's bound on each side. */
const MOST = 5000;
/** How far away lines are looked for. */
const REACH = '7d';
const REACH_TEXT = '7 days';

interface Props {
  query: string;
  /** The key of the line in the address. */
  line: string;
  close: () => void;
}

interface Found {
  line: LogLine;
  stream: string;
}

/** The line of a key with the stream it is from. */
async function lineOfKey(query: string, key: string, signal: AbortSignal): Promise<Found | null> {
  const nanos = nanosOfKey(key);
  if (nanos === undefined) return null;
  const found = (await linesAt(query, nanos, signal)).find(({ line }) => lineKey(line) === key);
  return found === undefined ? null : { line: found.line, stream: streamSelector(found.stream) };
}

async function contextOf({ line, stream }: Found, before: number, after: number, signal: AbortSignal) {
  const counts = { before, after, window: REACH };
  try {
    return await logContext(stream, line.nanos, line.text, counts, signal);
  } catch (error) {
    // The query writes another line than the one that is stored: its moment still says where it stands.
    if (error instanceof ApiError && error.status === 404) {
      return logContext(stream, line.nanos, undefined, counts, signal);
    }
    throw error;
  }
}

/** What the same stream said before and after a line, in the order it happened and without the filters of the query. */
export function ContextModal({ query, line, close }: Props) {
  const [before, setBefore] = useState(FIRST);
  const [after, setAfter] = useState(FIRST);
  const found = useQuery({
    queryKey: ['loki', 'line', query, line],
    queryFn: ({ signal }) => lineOfKey(query, line, signal),
    staleTime: Infinity,
  });
  const own = found.data;
  const answer = useQuery({
    queryKey: ['loki', 'context', own?.stream, line, before, after],
    queryFn: ({ signal }) => (own ? contextOf(own, before, after, signal) : null),
    enabled: Boolean(own),
    placeholderData: keepPreviousData,
  });
  const error = found.error ?? answer.error;
  return (
    <Modal opened onClose={close} title="Before and after this line" size="min(1200px, 96vw)">
      {error !== null ? (
        <ErrorNote error={error} />
      ) : own === null ? (
        <Empty title="This line is not there any more">
          Its time is over and it was deleted, or the query of the link no longer finds it.
        </Empty>
      ) : !own || !answer.data ? (
        <Loading what="the lines around this one" />
      ) : (
        <Around
          own={own}
          context={answer.data}
          isFetching={answer.isFetching}
          moreBefore={() => {
            setBefore(Math.min(MOST, before + STEP));
          }}
          moreAfter={() => {
            setAfter(Math.min(MOST, after + STEP));
          }}
          asked={{ before, after }}
        />
      )}
    </Modal>
  );
}

interface AroundProps {
  own: Found;
  context: LogContext;
  isFetching: boolean;
  asked: { before: number; after: number };
  moreBefore: () => void;
  moreAfter: () => void;
}

function Around({ own, context, isFetching, asked, moreBefore, moreAfter }: AroundProps) {
  const { before, line, after } = context;
  const list = useRef<HTMLDivElement>(null);
  // The reader keeps what he reads: lines that come in above push nothing away.
  const belowTop = useRef(0);
  const shown = useRef(0);
  useLayoutEffect(() => {
    const element = list.current;
    if (element === null) return;
    if (shown.current === 0) {
      const mark = element.querySelector<HTMLElement>('[aria-current]');
      if (mark) element.scrollTop = mark.offsetTop - element.clientHeight / 2;
    } else if (before.length > shown.current) element.scrollTop = element.scrollHeight - belowTop.current;
    shown.current = before.length;
  }, [before]);
  return (
    <>
      <Group justify="space-between" align="flex-start" wrap="nowrap" mb={8}>
        <span className="sg-dim sg-mono sg-wrap" style={{ fontSize: 12 }}>
          {own.stream}
        </span>
        <StreamLink own={own} context={context} />
      </Group>
      {line === undefined && (
        <p className="sg-dim" role="note" style={{ margin: '0 0 8px' }}>
          The query changes this line: what is stored around its time is shown.
        </p>
      )}
      <More
        text="before"
        count={before.length}
        asked={asked.before}
        loading={isFetching}
        more={() => {
          const element = list.current;
          belowTop.current = element === null ? 0 : element.scrollHeight - element.scrollTop;
          moreBefore();
        }}
      />
      <div className="sg-context" ref={list} tabIndex={0} role="region" aria-label="Lines of the stream">
        {before.map((item, index) => (
          <Row key={`b${String(before.length - index)}`} line={item} />
        ))}
        {line && <Row line={line} isHere />}
        {after.map((item, index) => (
          <Row key={`a${String(index)}`} line={item} />
        ))}
      </div>
      <More text="after" count={after.length} asked={asked.after} loading={isFetching} more={moreAfter} />
    </>
  );
}

function Row({ line, isHere = false }: { line: LogLine; isHere?: boolean }) {
  return (
    <div
      data-testid="context-row"
      className={isHere ? 'sg-context-line sg-context-here' : 'sg-context-line'}
      aria-current={isHere ? 'true' : undefined}
    >
      <LevelMark line={line} />
      <time className="sg-dim">{formatTime(line.time)}</time>
      <span className="sg-wrap">{line.text}</span>
    </div>
  );
}

/** The same lines as a list: the stream alone, in the time shown here. */
function StreamLink({ own, context }: { own: Found; context: LogContext }) {
  const first = context.before[0] ?? own.line;
  const last = context.after.at(-1) ?? own.line;
  const from = String(first.time - 1000);
  const to = String(last.time + 1000);
  return (
    <Anchor
      size="sm"
      className="sg-nowrap"
      renderRoot={(props) => (
        <Link
          to="/logs"
          search={(): AppSearch => ({ q: own.stream, from, to, line: lineKey(context.line ?? own.line) })}
          {...props}
        />
      )}
    >
      Open in the list
    </Anchor>
  );
}

interface MoreProps {
  text: 'before' | 'after';
  count: number;
  asked: number;
  loading: boolean;
  more: () => void;
}

function More({ text, count, asked, loading, more }: MoreProps) {
  if (!loading && count < asked) {
    return (
      <p className="sg-context-end sg-dim">
        {text === 'before' ? 'Nothing older' : 'Nothing newer'} within {REACH_TEXT}
      </p>
    );
  }
  if (asked >= MOST) {
    return (
      <p className="sg-context-end sg-dim">
        {MOST.toLocaleString('en')} lines {text} are shown at most
      </p>
    );
  }
  return (
    <Group justify="center" my={4}>
      <Button size="compact-xs" variant="subtle" color="gray" loading={loading} onClick={more}>
        {STEP} more {text}
      </Button>
    </Group>
  );
}
