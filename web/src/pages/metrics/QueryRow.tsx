import { ActionIcon, Button, Group, Text, Tooltip } from '@mantine/core';
import { useState } from 'react';
import { useInstant } from '../../api/prometheus';
import { QueryEditor } from '../../editor/QueryEditor';
import { Icon } from '../../shell/Icon';
import { ErrorNote } from '../../shell/states';
import { useTime } from '../../time/TimeContext';

interface Props {
  letter: string;
  query: string;
  run: (query: string) => void;
  remove?: () => void;
}

export function QueryRow({ letter, query, run, remove }: Props) {
  const [text, setText] = useState(query);
  const [shown, setShown] = useState(query);
  if (shown !== query) {
    setShown(query);
    setText(query);
  }
  const { range, refresh } = useTime();
  const check = useInstant(query, range.to);
  const start = (value: string) => {
    if (value.trim() === query) refresh();
    else run(value);
  };
  return (
    <div>
      <Group gap="xs" align="flex-start" wrap="nowrap">
        <Text size="xs" c="dimmed" fw={600} pt={9} w={10}>
          {letter}
        </Text>
        <QueryEditor language="promql" value={query} onRun={start} onChange={setText} placeholder="PromQL, e.g. up" />
        {remove && (
          <Tooltip label="Remove this query">
            <ActionIcon variant="subtle" color="gray" mt={4} aria-label={`Remove query ${letter}`} onClick={remove}>
              <Icon name="close" />
            </ActionIcon>
          </Tooltip>
        )}
        <Button
          data-testid="run-query"
          h={34}
          leftSection={<Icon name="play" />}
          loading={check.isFetching && check.isPending}
          onClick={() => {
            start(text);
          }}
        >
          Run
        </Button>
      </Group>
      {check.error !== null && query !== '' && (
        <div style={{ marginTop: 8, marginLeft: 16 }}>
          <ErrorNote error={check.error} />
        </div>
      )}
    </div>
  );
}
