import { useEffect, useMemo, useSyncExternalStore } from 'react';
import { Tail, type TailState } from './tail';

const never = () => () => undefined;
const nothing = () => undefined;

/** The lines of a query as they come in, while `on`; nothing otherwise. */
export function useTail(query: string, seconds: number, on: boolean, held: boolean): TailState | undefined {
  const tail = useMemo(() => (on ? new Tail(query, seconds) : undefined), [query, seconds, on]);
  useEffect(() => {
    tail?.start();
    return () => {
      tail?.stop();
    };
  }, [tail]);
  useEffect(() => {
    tail?.hold(held);
  }, [tail, held]);
  return useSyncExternalStore(tail?.subscribe ?? never, tail?.snapshot ?? nothing);
}
