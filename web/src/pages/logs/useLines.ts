import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { MAX_LINES, mergePages, useLogs, type LogLine } from '../../api/loki';
import { useUrl } from '../../shell/search';
import { useTime } from '../../time/TimeContext';
import { isPast, nanosOfKey } from './line';

export interface StoredLines {
  lines: readonly LogLine[];
  isPending: boolean;
  isFetching: boolean;
  error: unknown;
  /** What is said beside the number of lines. */
  told: string;
  more: () => void;
}

/** The lines of the time range, newest first; more pages as they are asked for, and down to the line of a link. */
export function useLines(query: string, away: boolean): StoredLines {
  const { search } = useUrl();
  const { range, interval } = useTime();
  // Who reads further down keeps what he reads: a refresh would begin at the first page again.
  const [held, setHeld] = useState(range);
  const hold = away && interval !== false;
  if (!hold && held !== range) setHeld(range);
  const stored = useLogs(query, hold ? held : range);
  const pages = stored.data?.pages;
  const lines = useMemo(() => mergePages(pages ?? []), [pages]);
  const { hasNextPage, isFetching, fetchNextPage } = stored;
  const more = useCallback(() => {
    if (hasNextPage && !isFetching) void fetchNextPage();
  }, [hasNextPage, isFetching, fetchNextPage]);
  const wanted = search.line === undefined ? undefined : nanosOfKey(search.line);
  const missing = wanted !== undefined && lines.length > 0 && !isPast(lines, wanted);
  const asked = useRef('');
  useEffect(() => {
    const step = `${String(wanted)} ${String(lines.length)}`;
    if (!missing || asked.current === step) return;
    asked.current = step;
    more();
  }, [missing, wanted, lines.length, more, isFetching]);
  const told =
    lines.length >= MAX_LINES
      ? '; choose an earlier range for older ones'
      : missing && hasNextPage
        ? '; looking for the line of the link…'
        : hasNextPage
          ? '; older ones as you scroll'
          : '';
  return {
    lines,
    isPending: stored.isPending,
    isFetching,
    error: stored.error,
    told: hold ? `${told}; not refreshed while you read on` : told,
    more,
  };
}
