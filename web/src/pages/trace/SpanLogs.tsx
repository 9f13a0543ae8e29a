import { SegmentedControl } from '@mantine/core';
import { useMemo, useState } from 'react';
import { flatten, useLogs } from '../../api/loki';
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
  const answer = useLogs(of === 'span' ? `${base} | span_id="${span.id}"` : base, range, 500);
  const data = answer.data;
  const lines = useMemo(() => (data?.resultType === 'streams' ? flatten(data.result) : []), [data]);
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
        <LogList lines={lines} />
      )}
    </div>
  );
}
