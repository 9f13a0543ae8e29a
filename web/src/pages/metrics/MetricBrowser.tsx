import { Badge, Group, Text, TextInput, UnstyledButton } from '@mantine/core';
import { useVirtualizer } from '@tanstack/react-virtual';
import { useRef, useState } from 'react';
import { useMetadata, useMetricNames, type MetricMeta } from '../../api/prometheus';
import { suggest } from './suggest';
import { Empty, ErrorNote, Loading } from '../../shell/states';
import { useTime } from '../../time/TimeContext';

const SUFFIX = /_(bucket|count|sum|total)$/;

function metaOf(name: string, metadata: Record<string, MetricMeta[]>): MetricMeta | undefined {
  return (metadata[name] ?? metadata[name.replace(SUFFIX, '')])?.[0];
}

export function MetricBrowser({ pick }: { pick: (query: string) => void }) {
  const { range } = useTime();
  const [filter, setFilter] = useState('');
  const names = useMetricNames(range);
  const metadata = useMetadata().data ?? {};
  const scroller = useRef<HTMLDivElement>(null);
  const needle = filter.trim().toLowerCase();
  const found = (names.data ?? []).filter(
    (name) => name.toLowerCase().includes(needle) || metaOf(name, metadata)?.help.toLowerCase().includes(needle),
  );
  const rows = useVirtualizer({
    count: found.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => 50,
    overscan: 10,
  });
  return (
    <>
      <TextInput
        data-autofocus
        size="sm"
        mb="xs"
        placeholder="Part of a name or of its help"
        aria-label="Find metrics"
        value={filter}
        onChange={(event) => {
          setFilter(event.currentTarget.value);
        }}
      />
      {names.error !== null && <ErrorNote error={names.error} />}
      {names.isPending && <Loading what="metric names" />}
      {names.data !== undefined && found.length === 0 && <Empty title="No metric matches" />}
      <div ref={scroller} style={{ height: 'calc(100vh - 130px)', overflow: 'auto' }}>
        <div style={{ height: rows.getTotalSize(), position: 'relative' }}>
          {rows.getVirtualItems().map((row) => {
            const name = found[row.index] ?? '';
            const meta = metaOf(name, metadata);
            return (
              <UnstyledButton
                key={name}
                className="sg-browse"
                style={{ transform: `translateY(${String(row.start)}px)`, height: row.size }}
                onClick={() => {
                  pick(suggest(name, meta?.type ?? ''));
                }}
              >
                <Group gap="xs" wrap="nowrap" justify="space-between">
                  <span className="sg-mono sg-cut">{name}</span>
                  {meta !== undefined && meta.type !== '' && (
                    <Badge size="xs" variant="default" tt="none" fw={500} style={{ flex: 'none' }}>
                      {meta.type}
                    </Badge>
                  )}
                </Group>
                <Text size="xs" c="dimmed" truncate>
                  {[meta?.help, meta?.unit].filter(Boolean).join(' · ') || 'no help text'}
                </Text>
              </UnstyledButton>
            );
          })}
        </div>
      </div>
    </>
  );
}
