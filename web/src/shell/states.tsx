import { ActionIcon, Alert, Button, Group, Loader, Text, Tooltip } from '@mantine/core';
import { useClipboard } from '@mantine/hooks';
import type { ReactNode } from 'react';
import { Icon } from './Icon';

/** What a panel shows while it has nothing else. */
export function Empty({ title, children }: { title: string; children?: ReactNode }) {
  return (
    <div style={{ padding: '36px 16px', textAlign: 'center' }} role="status">
      <Text fw={500}>{title}</Text>
      {children !== undefined && (
        <Text component="div" size="sm" c="dimmed" mt={6}>
          {children}
        </Text>
      )}
    </div>
  );
}

export function Loading({ what }: { what: string }) {
  return (
    <Group justify="center" gap="sm" py={36} role="status">
      <Loader size="xs" />
      <Text size="sm" c="dimmed">
        Loading {what}…
      </Text>
    </Group>
  );
}

export function ErrorNote({ error }: { error: unknown }) {
  const text = error instanceof Error ? error.message : String(error);
  return (
    <Alert color="red" variant="light" icon={<Icon name="warn" />} py={8} role="alert" className="sg-wrap">
      {text}
    </Alert>
  );
}

/** A line or block to copy, as it is. */
export function CopyBlock({ text }: { text: string }) {
  const clipboard = useClipboard({ timeout: 1500 });
  return (
    <div className="sg-copy">
      <pre>{text}</pre>
      <Tooltip label={clipboard.copied ? 'Copied' : 'Copy'}>
        <ActionIcon
          variant="subtle"
          color="gray"
          aria-label="Copy"
          onClick={() => {
            clipboard.copy(text);
          }}
        >
          <Icon name={clipboard.copied ? 'check' : 'copy'} />
        </ActionIcon>
      </Tooltip>
    </div>
  );
}

export function Panel({ title, aside, children }: { title: ReactNode; aside?: ReactNode; children: ReactNode }) {
  return (
    <section className="sg-panel">
      <header className="sg-panel-head">
        <h2>{title}</h2>
        {aside}
      </header>
      {children}
    </section>
  );
}

/** Below a list that is asked for page by page. */
export function Older({ list, what }: { list: { more: boolean; older: () => void; loading: boolean }; what: string }) {
  if (!list.more) return null;
  return (
    <div className="sg-older">
      <Button size="compact-sm" variant="default" data-testid="older" loading={list.loading} onClick={list.older}>
        Older {what}
      </Button>
    </div>
  );
}
