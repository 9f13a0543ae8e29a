import { Button } from '@mantine/core';
import { useState, type ReactNode } from 'react';
import { QueryError } from '../../editor/QueryError';
import { SendHint } from '../../shell/SendHint';
import { Empty } from '../../shell/states';
import { useTime } from '../../time/TimeContext';
import { LogList } from './LogList';
import type { ListView } from './LinesView';
import { TAIL_LINES, type TailState } from './tail';
import { useTail } from './useTail';

/** Seconds before now with which a tail begins, at most. */
const MOST_BEFORE = 3600;

interface Props {
  query: string;
  paused: boolean;
  setPaused: (paused: boolean) => void;
  list: ListView;
  toggles: ReactNode;
}

/** The lines as they come in. The list stands still while it is paused, read further down, or pointed at. */
export function LiveLines({ query, paused, setPaused, list, toggles }: Props) {
  const { range } = useTime();
  const [reading, setReading] = useState(false);
  const [pointed, setPointed] = useState(false);
  const [top, setTop] = useState(0);
  const held = paused || reading || pointed;
  const tail = useTail(query, Math.round(Math.min(MOST_BEFORE, range.to - range.from)), true, held);
  if (tail === undefined) return null;
  const { lines, waiting } = tail;
  const count = waiting.toLocaleString('en');
  return (
    <>
      <header className="sg-panel-head sg-lines-head">
        <span className="sg-grow sg-dim" role="status">
          <Connection tail={tail} />
          <b data-testid="line-count">{lines.length.toLocaleString('en')}</b> {lines.length === 1 ? 'line' : 'lines'}
          <Missing tail={tail} />
          {held && lines.length > 0 && (
            <span data-testid="held">
              {' '}
              · held while {paused ? 'paused' : reading ? 'you read on' : 'the pointer is over the lines'}
            </span>
          )}
        </span>
        {!paused && held && waiting > 0 && (
          <Button
            size="compact-xs"
            variant="filled"
            data-testid="show-new"
            onClick={() => {
              setPointed(false);
              setTop(top + 1);
            }}
          >
            {count} new
          </Button>
        )}
        <Button
          size="compact-xs"
          variant={paused ? 'filled' : 'default'}
          data-testid="pause"
          onClick={() => {
            setPaused(!paused);
          }}
        >
          {paused ? `Resume${waiting > 0 ? ` (${count} new)` : ''}` : 'Pause'}
        </Button>
        {toggles}
      </header>
      {tail.phase === 'refused' ? (
        <div className="sg-pad">
          <QueryError error={tail.error} query={query} />
        </div>
      ) : lines.length === 0 ? (
        tail.phase === 'open' ? (
          <SendHint signal="logs" title="Waiting for lines" advice="They are shown here as they come in." />
        ) : (
          <Empty title="Not connected yet">Lines are shown here as they come in.</Empty>
        )
      ) : (
        <LogList {...list} lines={lines} reading={setReading} pointed={setPointed} top={top} />
      )}
    </>
  );
}

function Connection({ tail }: { tail: TailState }) {
  if (tail.phase === 'open') return <span className="sg-live">Live</span>;
  if (tail.phase === 'connecting') return <span>Connecting… </span>;
  if (tail.phase === 'refused') return null;
  return (
    <span className="sg-bad" data-testid="tail-lost">
      Not connected: {tail.error instanceof Error ? tail.error.message : 'the connection was lost'}; trying again…{' '}
    </span>
  );
}

/** What is not in the list, and why. */
function Missing({ tail }: { tail: TailState }) {
  return (
    <>
      {tail.forgotten > 0 &&
        `, the newest ${TAIL_LINES.toLocaleString('en')} are kept and ${tail.forgotten.toLocaleString('en')} older ones let go`}
      {tail.skipped > 0 && (
        <span className="sg-bad" title="Narrow the query to see every line.">
          {' '}
          · {tail.skippedMore && 'at least '}
          {tail.skipped.toLocaleString('en')} left out: too many came at once
        </span>
      )}
    </>
  );
}
