import { ActionIcon, Button, Group, NativeSelect, Popover, Stack, Text, TextInput, Tooltip } from '@mantine/core';
import { useState } from 'react';
import { useUrl } from '../shell/search';
import { Icon } from '../shell/Icon';
import { DEFAULT_FROM, DEFAULT_TO, describeRange, encodeRange, parseTime, QUICK_RANGES } from './range';
import { useTime } from './TimeContext';

export function TimePicker() {
  const [open, setOpen] = useState(false);
  const { search, set } = useUrl();
  const { now, range, refresh, zoom, setRelative } = useTime();
  const shift = (part: number) => {
    const size = range.to - range.from;
    zoom({ from: range.from + size * part, to: range.to + size * part });
  };
  return (
    <Group gap={4} wrap="nowrap">
      <Tooltip label="Earlier">
        <ActionIcon
          variant="subtle"
          color="gray"
          aria-label="Earlier"
          onClick={() => {
            shift(-0.5);
          }}
        >
          <Icon name="left" />
        </ActionIcon>
      </Tooltip>
      <Popover opened={open} onChange={setOpen} position="bottom-end" width={440} shadow="md" trapFocus>
        <Popover.Target>
          <Button
            data-testid="time-range"
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
          <Group align="flex-start" wrap="nowrap" gap="lg">
            <Custom
              key={`${search.from ?? ''} ${search.to ?? ''}`}
              done={() => {
                setOpen(false);
              }}
            />
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
                    setOpen(false);
                  }}
                >
                  {quick.label}
                </Button>
              ))}
            </Stack>
          </Group>
        </Popover.Dropdown>
      </Popover>
      <Tooltip label="Later">
        <ActionIcon
          variant="subtle"
          color="gray"
          aria-label="Later"
          onClick={() => {
            shift(0.5);
          }}
        >
          <Icon name="right" />
        </ActionIcon>
      </Tooltip>
      <Tooltip label="Refresh (r)">
        <ActionIcon variant="subtle" color="gray" aria-label="Refresh" onClick={refresh}>
          <Icon name="refresh" />
        </ActionIcon>
      </Tooltip>
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
    </Group>
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
      style={{ width: 210 }}
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
