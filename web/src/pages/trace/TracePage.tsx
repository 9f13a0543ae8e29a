import '../../theme/explore.css';
import { Badge, Button, Group, SegmentedControl, Switch, Text, TextInput } from '@mantine/core';
import { useParams } from '@tanstack/react-router';
import { useMemo, useState } from 'react';
import { useTrace } from '../../api/tempo';
import { formatNanos, formatTime } from '../../lib/format';
import { useUrl } from '../../shell/search';
import { Compare } from './Compare';
import { CompareWith } from './CompareWith';
import { FlameGraph } from './FlameGraph';
import { Empty, ErrorNote, Loading } from '../../shell/states';
import { Dot } from '../traces/TraceTable';
import { SpanDetails } from './SpanDetails';
import { buildTrace, type Trace, type TraceSpan } from './tree';
import { matchesSpan } from './visible';
import { Waterfall } from './Waterfall';

export function TracePage() {
  const { id } = useParams({ from: '/trace/$id' });
  const answer = useTrace(id);
  const trace = useMemo(() => (answer.data === undefined ? undefined : buildTrace(answer.data)), [answer.data]);
  if (answer.error !== null) {
    return (
      <div className="sg-page">
        <ErrorNote error={answer.error} />
      </div>
    );
  }
  if (trace === undefined && !answer.isFetching) {
    return (
      <Empty title="Cancelled">
        <Button
          size="compact-sm"
          variant="default"
          onClick={() => {
            void answer.refetch();
          }}
        >
          Load the trace
        </Button>
      </Empty>
    );
  }
  if (trace === undefined) return <Loading what="the trace" />;
  if (trace.spans.length === 0) {
    return (
      <div className="sg-page">
        <section className="sg-panel">
          <Empty title="No span of this trace is stored">{id}</Empty>
        </section>
      </div>
    );
  }
  return <TraceView id={id} trace={trace} />;
}

function TraceView({ id, trace }: { id: string; trace: Trace }) {
  const { search, set } = useUrl();
  const [critical, setCritical] = useState(true);
  const root = trace.roots[0];
  const selected = trace.spans.find((span) => span.id === search.span);
  const flame = search.view === 'flame';
  const needle = (search.find ?? '').trim().toLowerCase();
  const found = useMemo(
    () => (needle === '' ? undefined : trace.spans.filter((span) => matchesSpan(span, needle))),
    [trace, needle],
  );
  const hits = useMemo(() => (found === undefined ? undefined : new Set(found)), [found]);
  const select = (span: string) => {
    set({ span }, true);
  };
  const next = (back: boolean) => {
    if (found === undefined || found.length === 0) return;
    const at = found.findIndex((span) => span.id === search.span);
    const to = found[back ? (at <= 0 ? found.length : at) - 1 : (at + 1) % found.length];
    if (to !== undefined) select(to.id);
  };
  return (
    <div className="sg-page sg-fill">
      <div>
        <Group justify="space-between" gap="md">
          <h1 className="sg-title">
            <span className="sg-dim">{root?.service}</span> {root?.name}
          </h1>
          <Group gap="md">
            <CompareWith
              compare={(other) => {
                set({ compare: other });
              }}
            />
            <SegmentedControl
              size="xs"
              aria-label="Picture"
              value={flame ? 'flame' : 'waterfall'}
              onChange={(value) => {
                set({ view: value === 'flame' ? value : undefined }, true);
              }}
              data={[
                { value: 'waterfall', label: 'Waterfall' },
                { value: 'flame', label: 'Flame graph' },
              ]}
            />
            <Switch
              size="xs"
              label="Critical path"
              checked={critical}
              onChange={(event) => {
                setCritical(event.currentTarget.checked);
              }}
            />
            <TextInput
              size="xs"
              w={240}
              placeholder="Find in names, services, attributes"
              aria-label="Find in this trace"
              title="Enter: the next one. Shift + Enter: the one before"
              onKeyDown={(event) => {
                if (event.key === 'Enter') next(event.shiftKey);
              }}
              value={search.find ?? ''}
              onChange={(event) => {
                set({ find: event.currentTarget.value }, true);
              }}
            />
          </Group>
        </Group>
        <Group gap="md" mt={4}>
          <Text size="sm">{formatNanos(trace.duration)}</Text>
          <Text size="sm" c="dimmed">
            {formatTime(trace.startMillis)}
          </Text>
          <Text size="sm" c="dimmed">
            {trace.spans.length} {trace.spans.length === 1 ? 'span' : 'spans'}
          </Text>
          {trace.errors > 0 && (
            <Badge color="red" variant="light" size="sm" tt="none">
              {trace.errors} {trace.errors === 1 ? 'error' : 'errors'}
            </Badge>
          )}
          {[...trace.services].map(([name, count]) => (
            <span key={name} className="sg-dim">
              <Dot name={name} /> {name} {count}
            </span>
          ))}
          <span className="sg-mono sg-dim">{id}</span>
        </Group>
      </div>
      {search.compare !== undefined && (
        <Compare
          trace={trace}
          otherId={search.compare}
          close={() => {
            set({ compare: undefined });
          }}
        />
      )}
      <div className="sg-split sg-grow">
        {flame ? (
          <FlameGraph
            trace={trace}
            matches={(span: TraceSpan) => hits === undefined || hits.has(span)}
            selected={search.span}
            select={select}
          />
        ) : (
          <Waterfall trace={trace} critical={critical} hits={hits} selected={search.span} select={select} />
        )}
        {selected && (
          <SpanDetails
            key={selected.id}
            traceId={id}
            trace={trace}
            span={selected}
            close={() => {
              set({ span: undefined }, true);
            }}
          />
        )}
      </div>
    </div>
  );
}
