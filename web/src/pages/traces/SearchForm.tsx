import { Autocomplete, Button, Group, NativeSelect, Text, TextInput } from '@mantine/core';
import { useState } from 'react';
import { useTagValues } from '../../api/tempo';
import { isDuration, type TraceForm } from './query';

interface Props {
  /** Undefined when the query says more than the form can show. */
  form: TraceForm | undefined;
  run: (form: TraceForm) => void;
}

const EMPTY: TraceForm = { service: '', name: '', min: '', status: '' };

export function SearchForm({ form, run }: Props) {
  const [draft, setDraft] = useState<TraceForm>(form ?? EMPTY);
  const services = useTagValues('resource.service.name');
  const names = useTagValues('name');
  const change = (patch: Partial<TraceForm>) => {
    setDraft({ ...draft, ...patch });
  };
  const wrong = !isDuration(draft.min);
  if (form === undefined) {
    return (
      <Group gap="xs">
        <Text size="sm" c="dimmed">
          This query says more than the form can show.
        </Text>
        <Button
          size="compact-sm"
          variant="subtle"
          color="gray"
          onClick={() => {
            run(EMPTY);
          }}
        >
          Start from the form
        </Button>
      </Group>
    );
  }
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        if (!wrong) run(draft);
      }}
    >
      <Group gap="sm" align="flex-end">
        <Autocomplete
          size="xs"
          w={200}
          label="Service"
          placeholder="any"
          limit={50}
          data={[...new Set(services.data ?? [])]}
          value={draft.service}
          onChange={(service) => {
            change({ service });
          }}
        />
        <Autocomplete
          size="xs"
          w={260}
          label="Span name"
          placeholder="any"
          limit={50}
          data={[...new Set(names.data ?? [])]}
          value={draft.name}
          onChange={(name) => {
            change({ name });
          }}
        />
        <TextInput
          size="xs"
          w={120}
          label="Longer than"
          placeholder="e.g. 100ms"
          value={draft.min}
          error={wrong}
          onChange={(event) => {
            change({ min: event.currentTarget.value.trim() });
          }}
        />
        <NativeSelect
          size="xs"
          w={110}
          label="Status"
          value={draft.status}
          onChange={(event) => {
            change({ status: event.currentTarget.value });
          }}
          data={[
            { value: '', label: 'any' },
            { value: 'error', label: 'error' },
            { value: 'ok', label: 'ok' },
            { value: 'unset', label: 'unset' },
          ]}
        />
        <Button size="xs" type="submit" variant="default" disabled={wrong}>
          Search
        </Button>
      </Group>
    </form>
  );
}
