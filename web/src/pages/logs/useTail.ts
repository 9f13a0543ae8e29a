import { useEffect, useRef, useState } from 'react';
import { compareNanos, flatten, lokiAfter, lokiRange, type LogLine } from '../../api/loki';
import { lineKey } from './line';

/** What the page holds while it follows: older lines go. */
export const TAIL_LINES = 5000;
const FIRST_LINES = 500;
const EVERY_MS = 1000;
/** Lines that arrive late are looked for this far back. */
const OVERLAP_NANOS = 5_000_000_000n;

interface Tail {
  lines: LogLine[];
  /** Lines that have come since the pause. */
  waiting: number;
  /** Lines that were let go to stay within the bound. */
  dropped: number;
  isPending: boolean;
  error: unknown;
}

const EMPTY: Tail = { lines: [], waiting: 0, dropped: 0, isPending: true, error: null };

/** Adds what is new, newest first, within the bound. */
export function appendTail(
  known: readonly LogLine[],
  found: readonly LogLine[],
  bound = TAIL_LINES,
): { lines: LogLine[]; added: number; dropped: number } {
  const seen = new Set(known.slice(0, 2 * bound).map((line) => line.id));
  const fresh: LogLine[] = [];
  for (const line of found) {
    const id = lineKey(line);
    if (seen.has(id)) continue;
    seen.add(id);
    fresh.push({ ...line, id });
  }
  if (fresh.length === 0) return { lines: known as LogLine[], added: 0, dropped: 0 };
  const lines = [...fresh, ...known].sort((a, b) => compareNanos(b.nanos, a.nanos));
  return { lines: lines.slice(0, bound), added: fresh.length, dropped: Math.max(0, lines.length - bound) };
}

/** Follows a query: what has come since the last answer is asked for, so that the list never starts anew. */
export function useTail(query: string, seconds: number, on: boolean, paused: boolean): Tail {
  const [tail, setTail] = useState<Tail>(EMPTY);
  const [asked, setAsked] = useState('');
  const key = on ? query : '';
  if (asked !== key) {
    setAsked(key);
    setTail(EMPTY);
  }
  const held = useRef(paused);
  useEffect(() => {
    held.current = paused;
  }, [paused]);
  useEffect(() => {
    if (!on) return;
    const abort = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    let lines: LogLine[] = [];
    let waiting = 0;
    let dropped = 0;
    let full = false;
    const show = (error: unknown) => {
      if (abort.signal.aborted) return;
      // While paused the list stays as it is; what comes is kept and counted.
      if (held.current) setTail((old) => ({ ...old, waiting, dropped, error }));
      else {
        waiting = 0;
        setTail({ lines, waiting: 0, dropped, isPending: false, error });
      }
    };
    const ask = async () => {
      try {
        const newest = lines[0]?.nanos;
        const now = Date.now() / 1000;
        const data =
          newest === undefined
            ? await lokiRange(query, { from: now - seconds, to: now + 5 }, FIRST_LINES, undefined, abort.signal)
            : await lokiAfter(query, String(BigInt(newest) - (full ? 0n : OVERLAP_NANOS)), TAIL_LINES, abort.signal);
        const found = data.resultType === 'streams' ? flatten(data.result) : [];
        // More than one answer holds: looking back again would give the same lines for ever.
        full = newest !== undefined && found.length >= TAIL_LINES;
        const merged = appendTail(lines, found);
        lines = merged.lines;
        dropped += merged.dropped;
        if (held.current) waiting += merged.added;
        show(null);
      } catch (error) {
        show(error);
      }
      if (!abort.signal.aborted) timer = setTimeout(() => void ask(), EVERY_MS);
    };
    void ask();
    return () => {
      abort.abort();
      clearTimeout(timer);
    };
  }, [query, seconds, on]);
  return tail;
}
