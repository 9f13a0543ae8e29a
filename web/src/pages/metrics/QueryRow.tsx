import { ActionIcon, Button, Group, Text, Tooltip } from '@mantine/core';
import { useState } from 'react';
import { useInstant } from '../../api/prometheus';
import { QueryEditor } from '../../editor/QueryEditor';
import { QueryError } from '../../editor/QueryError';
import { RunButton } from '../../editor/RunButton';
import { Icon } from '../../shell/Icon';
import { useTime } from '../../time/TimeContext';
import { addMatchers, fromPromql, hasMatchers, toPromql, type Matcher } from './builder';
import { Builder } from './Builder';

interface Props {
  letter: string;
  query: string;
  building: boolean;
  /** What the filters of the header are as matchers. */
  filters: readonly Matcher[];
  run: (query: string) => void;
  remove?: () => void;
}

export function QueryRow({ letter, query, building, filters, run, remove }: Props) {
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
  const built = building ? fromPromql(text) : undefined;
  const offered = text.trim() === '' || filters.length === 0 || hasMatchers(text, filters) ? [] : filters;
  return (
    <div>
      <Group gap="xs" align="flex-start" wrap="nowrap">
        <Text size="xs" c="dimmed" fw={600} pt={9} w={10}>
          {letter}
        </Text>
        <QueryEditor language="promql" value={text} onRun={start} onChange={setText} placeholder="PromQL, e.g. up" />
        {remove && (
          <Tooltip label="Remove this query">
            <ActionIcon variant="subtle" color="gray" mt={4} aria-label={`Remove query ${letter}`} onClick={remove}>
              <Icon name="close" />
            </ActionIcon>
          </Tooltip>
        )}
        <RunButton
          asked={['prometheus', 'query_range', query]}
          run={() => {
            start(text);
          }}
        />
      </Group>
      {offered.length > 0 && (
        <Button
          size="compact-xs"
          variant="light"
          ml={16}
          mt={6}
          data-testid="apply-filters"
          onClick={() => {
            start(addMatchers(text, offered));
          }}
        >
          Add {offered.map(({ name, op, value }) => `${name}${op}${JSON.stringify(value)}`).join(', ')}
        </Button>
      )}
      {building &&
        (built === undefined ? (
          <Text size="xs" c="dimmed" ml={16} mt={6}>
            This query says more than the builder can show.
          </Text>
        ) : (
          <Builder
            built={built}
            change={(next) => {
              setText(toPromql(next));
            }}
          />
        ))}
      {check.error !== null && query !== '' && (
        <div style={{ marginTop: 8, marginLeft: 16 }}>
          <QueryError error={check.error} query={query} />
        </div>
      )}
    </div>
  );
}
