import { ActionIcon, Button, Group, NativeSelect, Popover, Stack, Text, TextInput, Tooltip } from '@mantine/core';
import { useState } from 'react';
import { formatTimeShort } from '../lib/format';
import { useUrl } from '../shell/search';
import { useNarrow } from '../shell/useNarrow';
import { Icon } from '../shell/Icon';
import { DEFAULT_FROM, DEFAULT_TO, describeRange, encodeRange, parseTime, QUICK_RANGES } from './range';
import { useTime } from './TimeContext';

export function TimePicker() {
  const [open, setOpen] = useState(false);
  const narrow = useNarrow();
  const { search } = useUrl();
  const { now, range, refresh } = useTime();
  const close = () => {
    setOpen(false);
  };
  return (
    <Group gap={4} wrap="nowrap" className="sg-time">
      {!narrow && <Shift part={-0.5} />}
      <Popover opened={open} onChange={setOpen} position="bottom-end" width={narrow ? 340 : 440} shadow="md" trapFocus>
        <Popover.Target>
          <Button
            data-testid="time-range"
            title={`${formatTimeShort(range.from * 1000)} – ${formatTimeShort(range.to * 1000)}`}
            variant="default"
            size="xs"
            leftSection={<Icon name="clock" />}
            onClick={() => {
              setOpen(!open);
            }}
          >
            {describeRange(search, now / 1000)}
          </Button>
        </Popover.Target>
        <Popover.Dropdown>
          {narrow && (
            <Group gap={4} mb="sm" justify="space-between">
              <RefreshEvery />
              <span>
                <Shift part={-0.5} />
                <Shift part={0.5} />
              </span>
            </Group>
          )}
          <Group align="flex-start" wrap="nowrap" gap={narrow ? 'sm' : 'lg'}>
            <Custom key={`${search.from ?? ''} ${search.to ?? ''}`} done={close} />
            <Quick done={close} />
          </Group>
        </Popover.Dropdown>
      </Popover>
      {!narrow && <Shift part={0.5} />}
      <Tooltip label="Refresh (r)">
        <ActionIcon variant="subtle" color="gray" aria-label="Refresh" onClick={refresh}>
          <Icon name="refresh" />
        </ActionIcon>
      </Tooltip>
      {!narrow && <RefreshEvery />}
    </Group>
  );
}

/** Half a page back or forth. */
function Shift({ part }: { part: number }) {
  const { range, zoom } = useTime();
  const label = part < 0 ? 'Earlier' : 'Later';
  return (
    <Tooltip label={label}>
      <ActionIcon
        variant="subtle"
        color="gray"
        aria-label={label}
        onClick={() => {
          const size = range.to - range.from;
          zoom({ from: range.from + size * part, to: range.to + size * part });
        }}
      >
        <Icon name={part < 0 ? 'left' : 'right'} />
      </ActionIcon>
    </Tooltip>
  );
}

function Quick({ done }: { done: () => void }) {
  const { search } = useUrl();
  const { setRelative } = useTime();
  return (
    <Stack gap={0} style={{ flex: 1 }}>
      {QUICK_RANGES.map((quick) => (
        <Button
          key={quick.from}
          variant={(search.from ?? DEFAULT_FROM) === quick.from && search.to === undefined ? 'light' : 'subtle'}
          color="gray"
          size="compact-sm"
          justify="flex-start"
          onClick={() => {
            setRelative(quick.from);
            done();
          }}
        >
          {quick.label}
        </Button>
      ))}
    </Stack>
  );
}

function RefreshEvery() {
  const { search, set } = useUrl();
  return (
    <NativeSelect
      size="xs"
      w={84}
      aria-label="Refresh every"
      value={search.refresh ?? ''}
      onChange={(event) => {
        set({ refresh: event.currentTarget.value });
      }}
      data={[
        { value: '', label: 'Manual' },
        { value: 'live', label: 'Live' },
        { value: '5s', label: '5 s' },
        { value: '10s', label: '10 s' },
        { value: '30s', label: '30 s' },
        { value: '1m', label: '1 min' },
      ]}
    />
  );
}

function Custom({ done }: { done: () => void }) {
  const { search, set } = useUrl();
  const { now, range } = useTime();
  const absolute = encodeRange(range);
  const readable = (text: string) => (/^\d+$/.test(text) ? new Date(Number(text)).toISOString() : text);
  const [from, setFrom] = useState(readable(search.from ?? DEFAULT_FROM));
  const [to, setTo] = useState(readable(search.to ?? DEFAULT_TO));
  const start = parseTime(from, now / 1000);
  const end = parseTime(to, now / 1000);
  const problem =
    start === undefined || end === undefined
      ? 'want now, now-15m or 2026-01-31T12:00Z'
      : start >= end
        ? 'the start has to be before the end'
        : null;
  const encode = (text: string, seconds: number | undefined) =>
    text.startsWith('now') ? text : String(Math.round((seconds ?? 0) * 1000));
  return (
    <form
      className="sg-time-form"
      onSubmit={(event) => {
        event.preventDefault();
        if (problem !== null) return;
        set({ from: encode(from, start), to: encode(to, end) });
        done();
      }}
    >
      <Stack gap="xs">
        <TextInput
          size="xs"
          label="From"
          value={from}
          onChange={(e) => {
            setFrom(e.currentTarget.value);
          }}
        />
        <TextInput
          size="xs"
          label="To"
          value={to}
          onChange={(e) => {
            setTo(e.currentTarget.value);
          }}
          error={problem}
        />
        <Button size="xs" type="submit" disabled={problem !== null}>
          Apply
        </Button>
        <Button
          size="xs"
          variant="subtle"
          color="gray"
          onClick={() => {
            set(absolute);
            done();
          }}
        >
          Make absolute
        </Button>
        <Text size="xs" c="dimmed">
          Drag on a chart to zoom in, double click to zoom out; [ goes back.
        </Text>
      </Stack>
    </form>
  );
}
