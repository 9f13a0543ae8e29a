import { Button, Popover, TextInput } from '@mantine/core';
import { useState } from 'react';

const TRACE_ID = /[0-9a-f]{32}/i;

/** Asks for another trace, by its ID or a link to it. */
export function CompareWith({ compare }: { compare: (id: string) => void }) {
  const [opened, setOpened] = useState(false);
  const [text, setText] = useState('');
  const id = TRACE_ID.exec(text)?.[0];
  return (
    <Popover opened={opened} onChange={setOpened} position="bottom-end" trapFocus>
      <Popover.Target>
        <Button
          size="xs"
          variant="default"
          onClick={() => {
            setOpened(!opened);
          }}
        >
          Compare
        </Button>
      </Popover.Target>
      <Popover.Dropdown>
        <form
          onSubmit={(event) => {
            event.preventDefault();
            if (id === undefined) return;
            setOpened(false);
            compare(id.toLowerCase());
          }}
        >
          <TextInput
            size="xs"
            w={330}
            label="Trace ID, or a link to the other trace"
            data-autofocus
            value={text}
            error={text !== '' && id === undefined && 'a trace ID has 32 hex digits'}
            onChange={(event) => {
              setText(event.currentTarget.value);
            }}
          />
          <Button size="xs" mt={8} type="submit" disabled={id === undefined}>
            Show both
          </Button>
        </form>
      </Popover.Dropdown>
    </Popover>
  );
}
