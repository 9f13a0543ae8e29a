import { useQueryClient } from '@tanstack/react-query';
import { createContext, useCallback, useContext, useEffect, useMemo, useState, type ReactNode } from 'react';
import { useUrl } from '../shell/search';
import { decodeRange, encodeRange, isRelative, type Range } from './range';

export const REFRESH_CHOICES: Record<string, number> = {
  live: 2000,
  '5s': 5000,
  '10s': 10_000,
  '30s': 30_000,
  '1m': 60_000,
};

interface Time {
  range: Range;
  /** Milliseconds of the last refresh; ages on the page are counted from it. */
  now: number;
  /** How often to ask again for what has no time range. */
  interval: number | false;
  live: boolean;
  refresh: () => void;
  zoom: (range: Range) => void;
  setRelative: (from: string) => void;
}

const TimeContext = createContext<Time | null>(null);

export function TimeProvider({ children }: { children: ReactNode }) {
  const { search, set } = useUrl();
  const client = useQueryClient();
  const [now, setNow] = useState(() => Date.now());
  const { from, to } = search;
  const interval = REFRESH_CHOICES[search.refresh ?? ''] ?? false;

  useEffect(() => {
    if (interval === false) return;
    const timer = setInterval(() => {
      if (!document.hidden) setNow(Date.now());
    }, interval);
    return () => {
      clearInterval(timer);
    };
  }, [interval]);

  const refresh = useCallback(() => {
    setNow(Date.now());
    void client.invalidateQueries();
  }, [client]);

  const zoom = useCallback(
    (range: Range) => {
      set({ ...encodeRange(range), refresh: undefined });
    },
    [set],
  );

  const setRelative = useCallback(
    (text: string) => {
      setNow(Date.now());
      set({ from: text, to: undefined });
    },
    [set],
  );

  const value = useMemo<Time>(
    () => ({
      range: decodeRange({ from, to }, now / 1000),
      now,
      interval: isRelative({ to }) ? interval : false,
      live: search.refresh === 'live',
      refresh,
      zoom,
      setRelative,
    }),
    [from, to, now, interval, search.refresh, refresh, zoom, setRelative],
  );
  return <TimeContext value={value}>{children}</TimeContext>;
}

export function useTime(): Time {
  const time = useContext(TimeContext);
  if (time === null) throw new Error('BUG: useTime outside of TimeProvider');
  return time;
}
