import { SegmentedControl } from '@mantine/core';
import { useCallback, useMemo, useState } from 'react';
import { mergePages, useLogs } from '../../api/loki';
import { Empty, ErrorNote, Loading } from '../../shell/states';
import { LogList } from '../logs/LogList';
import type { Trace, TraceSpan } from './tree';

/** Logs may be stamped a little before or after the spans they belong to. */
const MARGIN_SECONDS = 60;

export function SpanLogs({ traceId, trace, span }: { traceId: string; trace: Trace; span: TraceSpan }) {
  const [of, setOf] = useState('span');
  const range = useMemo(() => {
    const start = trace.startMillis / 1000;
    return { from: start - MARGIN_SECONDS, to: start + trace.duration / 1e9 + MARGIN_SECONDS };
  }, [trace]);
  const base = `{service_name=~".+"} | trace_id="${traceId}"`;
  const answer = useLogs(of === 'span' ? `${base} | span_id="${span.id}"` : base, range);
  const pages = answer.data?.pages;
  const lines = useMemo(() => mergePages(pages ?? []), [pages]);
  const { hasNextPage, isFetching, fetchNextPage } = answer;
  const more = useCallback(() => {
    if (hasNextPage && !isFetching) void fetchNextPage();
  }, [hasNextPage, isFetching, fetchNextPage]);
  return (
    <div style={{ display: 'flex', flexDirection: 'column', height: '100%', minHeight: 240 }}>
      <SegmentedControl
        size="xs"
        m={8}
        value={of}
        onChange={setOf}
        data={[
          { value: 'span', label: 'Of this span' },
          { value: 'trace', label: 'Of the whole trace' },
        ]}
      />
      {answer.error !== null ? (
        <ErrorNote error={answer.error} />
      ) : answer.isPending ? (
        <Loading what="lines" />
      ) : lines.length === 0 ? (
        <Empty title={of === 'span' ? 'No line names this span' : 'No line names this trace'} />
      ) : (
        <LogList lines={lines} more={more} />
      )}
    </div>
  );
}
