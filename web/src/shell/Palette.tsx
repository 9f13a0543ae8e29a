import { Modal, ScrollArea, Text, TextInput, UnstyledButton } from '@mantine/core';
import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { useLabelValues } from '../api/loki';
import { useMetricNames, useRules } from '../api/prometheus';
import { useTime } from '../time/TimeContext';
import { PAGES } from './pages';
import { keptSearch, type AppSearch } from './search';

interface Item {
  id: string;
  label: string;
  kind: string;
  go: () => void;
}

export function Palette({ opened, close }: { opened: boolean; close: () => void }) {
  return (
    <Modal opened={opened} onClose={close} withCloseButton={false} size="lg" padding={0} yOffset="12vh">
      {opened && <Search close={close} />}
    </Modal>
  );
}

function Search({ close }: { close: () => void }) {
  const [text, setText] = useState('');
  const [selected, setSelected] = useState(0);
  const items = useItems(text.trim());
  const current = Math.min(selected, items.length - 1);
  const run = (item: Item | undefined) => {
    if (item === undefined) return;
    close();
    item.go();
  };
  return (
    <>
      <TextInput
        data-autofocus
        size="md"
        variant="unstyled"
        px="md"
        placeholder="Page, metric, rule, service, trace ID or text of a log line"
        aria-label="Search"
        value={text}
        onChange={(event) => {
          setText(event.currentTarget.value);
          setSelected(0);
        }}
        onKeyDown={(event) => {
          if (event.key === 'ArrowDown') setSelected(Math.min(current + 1, items.length - 1));
          else if (event.key === 'ArrowUp') setSelected(Math.max(current - 1, 0));
          else if (event.key === 'Enter') run(items[current]);
          else return;
          event.preventDefault();
        }}
      />
      <ScrollArea.Autosize mah="50vh" style={{ borderTop: '1px solid var(--sg-line)' }}>
        <div role="listbox" aria-label="Results" style={{ padding: 6 }}>
          {items.map((item, index) => (
            <UnstyledButton
              key={item.id}
              role="option"
              aria-selected={index === current}
              className="sg-option"
              onMouseMove={() => {
                setSelected(index);
              }}
              onClick={() => {
                run(item);
              }}
            >
              <span className="sg-wrap">{item.label}</span>
              <Text size="xs" c="dimmed">
                {item.kind}
              </Text>
            </UnstyledButton>
          ))}
        </div>
      </ScrollArea.Autosize>
    </>
  );
}

function useItems(text: string): Item[] {
  const navigate = useNavigate();
  const { range } = useTime();
  const metrics = useMetricNames(range);
  const services = useLabelValues('service_name', range);
  const rules = useRules(false);
  const needle = text.toLowerCase();
  const matches = (name: string) => name.toLowerCase().includes(needle);
  const items: Item[] = [];
  if (/^[0-9a-f]{16,32}$/i.test(text)) {
    const id = needle.padStart(32, '0');
    items.push({
      id: 'trace',
      label: id,
      kind: 'open trace',
      go: () => void navigate({ to: '/trace/$id', params: { id }, search: keptSearch }),
    });
  }
  for (const page of PAGES) {
    if (!matches(page.label)) continue;
    const go = () => void navigate({ to: page.to, search: (old: AppSearch) => keptSearch(old) });
    items.push({ id: page.id, label: page.label, kind: page.hint, go });
  }
  if (text === '') return items;
  for (const name of (services.data ?? []).filter(matches).slice(0, 6)) {
    const q = `{service_name=${JSON.stringify(name)}}`;
    const logs = () => void navigate({ to: '/logs', search: (old: AppSearch) => ({ ...keptSearch(old), q }) });
    const traces = () =>
      void navigate({ to: '/traces', search: (old: AppSearch) => ({ ...keptSearch(old), service: name }) });
    items.push({ id: `logs ${name}`, label: name, kind: 'logs of service', go: logs });
    items.push({ id: `traces ${name}`, label: name, kind: 'traces of service', go: traces });
  }
  for (const { group, rule, at } of (rules.data ?? [])
    .flatMap((group) => group.rules.map((rule, at) => ({ group, rule, at })))
    .filter(({ rule }) => matches(rule.name))
    .slice(0, 6)) {
    const place = { name: rule.name, group: group.name, file: group.file, at: String(at) };
    const go = () =>
      void navigate({ to: '/alerts/rule', search: (old: AppSearch) => ({ ...keptSearch(old), ...place }) });
    items.push({ id: `rule ${JSON.stringify(place)}`, label: rule.name, kind: 'rule', go });
  }
  for (const name of (metrics.data ?? []).filter(matches).slice(0, 30)) {
    const go = () =>
      void navigate({ to: '/metrics-explorer', search: (old: AppSearch) => ({ ...keptSearch(old), q: name }) });
    items.push({ id: `metric ${name}`, label: name, kind: 'metric', go });
  }
  const q = `{service_name=~".+"} |= ${JSON.stringify(text)}`;
  const search = () => void navigate({ to: '/logs', search: (old: AppSearch) => ({ ...keptSearch(old), q }) });
  items.push({ id: 'text', label: text, kind: 'search in all logs', go: search });
  return items;
}
