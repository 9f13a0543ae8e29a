import { Button } from '@mantine/core';
import { useIsFetching, useQueryClient, type QueryKey } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { Icon } from '../shell/Icon';

/** Shorter than this is not worth telling: the button would flicker at every refresh. */
const SLOW_MS = 700;

/** Runs a query; while it takes long, says for how long and stops it. */
export function RunButton({ asked, run }: { asked: QueryKey; run: () => void }) {
  const client = useQueryClient();
  const isBusy = useIsFetching({ queryKey: asked }) > 0;
  const seconds = useSecondsOf(isBusy);
  if (seconds === undefined) {
    return (
      <Button data-testid="run-query" h={34} w={104} leftSection={<Icon name="play" />} onClick={run}>
        Run
      </Button>
    );
  }
  return (
    <Button
      data-testid="cancel-query"
      h={34}
      w={104}
      px={6}
      variant="default"
      leftSection={<Icon name="close" />}
      aria-label={`Cancel the query, running for ${String(seconds)} seconds`}
      onClick={() => {
        void client.cancelQueries({ queryKey: asked });
      }}
    >
      Cancel {seconds} s
    </Button>
  );
}

function useSecondsOf(isBusy: boolean): number | undefined {
  const [seconds, setSeconds] = useState<number>();
  useEffect(() => {
    if (!isBusy) return;
    const began = performance.now();
    const tick = () => {
      setSeconds(Math.floor((performance.now() - began) / 1000));
    };
    const first = setTimeout(tick, SLOW_MS);
    const timer = setInterval(tick, 1000);
    return () => {
      clearTimeout(first);
      clearInterval(timer);
      setSeconds(undefined);
    };
  }, [isBusy]);
  return seconds;
}
