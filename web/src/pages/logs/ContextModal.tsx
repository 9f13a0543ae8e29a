import { Button, Group, Modal } from '@mantine/core';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { flatten, labelNames, lokiAfter, lokiBefore, type LogLine } from '../../api/loki';
import { formatTime } from '../../lib/format';
import { ErrorNote, Loading } from '../../shell/states';
import { lineKey, streamSelector } from './line';
import { LevelMark } from './LevelMark';

const STEP = 20;
/** Lines before and after are looked for this far away. */
const REACH_SECONDS = 21_600;

async function contextOf(line: LogLine, before: number, after: number, signal: AbortSignal) {
  const second = Number(line.nanos.slice(0, -9));
  const names = await labelNames({ from: second - 60, to: second + 60 }, signal);
  const stream = streamSelector(line.labels, names);
  const next = String(BigInt(line.nanos) + 1n);
  const until = `${String(second + REACH_SECONDS)}000000000`;
  const [older, newer] = await Promise.all([
    lokiBefore(stream, next, REACH_SECONDS, before + 1, signal),
    lokiAfter(stream, next, after, signal, until),
  ]);
  const lines = [newer, older].flatMap((data) => (data.resultType === 'streams' ? flatten(data.result) : []));
  return { stream, lines: lines.reverse() };
}

/** What the same stream said before and after a line, in the order it happened and without the filters of the query. */
export function ContextModal({ line, close }: { line: LogLine; close: () => void }) {
  const [before, setBefore] = useState(STEP);
  const [after, setAfter] = useState(STEP);
  const key = lineKey(line);
  const answer = useQuery({
    queryKey: ['loki', 'context', key, before, after],
    queryFn: ({ signal }) => contextOf(line, before, after, signal),
    placeholderData: keepPreviousData,
  });
  return (
    <Modal opened onClose={close} title="Lines before and after" size="min(1100px, 96vw)">
      {answer.error !== null ? (
        <ErrorNote error={answer.error} />
      ) : answer.data === undefined ? (
        <Loading what="the lines around this one" />
      ) : (
        <>
          <p className="sg-dim sg-mono sg-wrap" style={{ margin: '0 0 8px' }}>
            {answer.data.stream}
          </p>
          <More
            text={`${String(STEP)} more before`}
            loading={answer.isFetching}
            more={() => {
              setBefore(before + STEP);
            }}
          />
          <div className="sg-context">
            {answer.data.lines.map((item, index) => {
              const here = lineKey(item) === key;
              return (
                <div
                  key={index}
                  data-testid="context-row"
                  className={here ? 'sg-context-line sg-context-here' : 'sg-context-line'}
                  aria-current={here ? 'true' : undefined}
                >
                  <LevelMark line={item} />
                  <time className="sg-dim">{formatTime(item.time)}</time>
                  <span className="sg-wrap">{item.text}</span>
                </div>
              );
            })}
          </div>
          <More
            text={`${String(STEP)} more after`}
            loading={answer.isFetching}
            more={() => {
              setAfter(after + STEP);
            }}
          />
        </>
      )}
    </Modal>
  );
}

function More({ text, loading, more }: { text: string; loading: boolean; more: () => void }) {
  return (
    <Group justify="center" my={4}>
      <Button size="compact-xs" variant="subtle" color="gray" loading={loading} onClick={more}>
        {text}
      </Button>
    </Group>
  );
}
