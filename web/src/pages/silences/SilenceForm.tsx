import { Button, Chip, Group, Stack, Text, TextInput } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { useState } from 'react';
import { useSaveSilence, type Matcher, type Silence } from '../../api/alertmanager';
import { formatSeconds } from '../../lib/format';
import { ErrorNote } from '../../shell/states';
import { NOBODY, useName } from '../../shell/useName';
import { currentMillis, DEFAULT_SECONDS, fromLocalInput, PRESETS, toLocalInput } from './duration';
import { MatcherRows } from './MatcherRows';
import { Preview } from './Preview';

interface Props {
  matchers: Matcher[];
  /** The one to change; an expired one is made anew. */
  silence?: Silence;
  done: () => void;
}

/** What the comment is when nobody wrote one. */
const NO_COMMENT = 'silenced in the web UI';

export function SilenceForm({ matchers: given, silence, done }: Props) {
  const [now] = useState(() => Date.now());
  const save = useSaveSilence();
  const { name, setName } = useName();
  const lives = silence !== undefined && silence.status.state !== 'expired';
  const [matchers, setMatchers] = useState(given);
  const [seconds, setSeconds] = useState<number | null>(lives ? null : DEFAULT_SECONDS);
  const [start, setStart] = useState(
    silence?.status.state === 'pending' ? toLocalInput(Date.parse(silence.startsAt)) : '',
  );
  const [end, setEnd] = useState(lives ? toLocalInput(Date.parse(silence.endsAt)) : '');
  const [author, setAuthor] = useState(silence?.createdBy ?? null);
  const [comment, setComment] = useState(silence?.comment ?? '');
  const filled = matchers.filter((matcher) => matcher.name.trim() !== '');
  const [previewed] = useDebouncedValue(filled, 250);

  const from = start === '' ? now : fromLocalInput(start);
  const to = seconds === null ? fromLocalInput(end) : from + seconds * 1000;
  const problem = problemOf(filled, from, to, now);

  const submit = () => {
    // The form may have stood open for a while.
    const at = currentMillis();
    const startsAt = start === '' ? (lives ? Date.parse(silence.startsAt) : at) : from;
    const endsAt = seconds === null ? to : (start === '' ? at : from) + seconds * 1000;
    save.mutate(
      {
        ...(lives ? { id: silence.id } : {}),
        matchers: filled,
        startsAt: new Date(startsAt).toISOString(),
        endsAt: new Date(endsAt).toISOString(),
        createdBy: (author ?? name).trim() || NOBODY,
        comment: comment.trim() || NO_COMMENT,
      },
      { onSuccess: done },
    );
  };

  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        if (problem === null) submit();
      }}
    >
      <Stack gap="md">
        <MatcherRows matchers={matchers} onChange={setMatchers} />
        <Preview matchers={previewed} />
        <div>
          <Text size="sm" fw={500} mb={6}>
            For how long
          </Text>
          <Chip.Group
            value={seconds === null ? '' : String(seconds)}
            onChange={(value) => {
              if (value !== '') setSeconds(Number(value));
            }}
          >
            <Group gap={6}>
              {PRESETS.map((preset) => (
                <Chip key={preset.seconds} value={String(preset.seconds)} size="xs" radius="sm" variant="outline">
                  {preset.label}
                </Chip>
              ))}
            </Group>
          </Chip.Group>
          <Group gap="sm" mt={8} grow align="flex-start">
            <TextInput
              type="datetime-local"
              size="xs"
              label="Starts"
              description={start === '' ? (lives ? 'as it did' : 'now') : undefined}
              value={start}
              onChange={(event) => {
                setStart(event.currentTarget.value);
              }}
            />
            <TextInput
              type="datetime-local"
              size="xs"
              label="Ends"
              description={Number.isFinite(to) && to > now ? `in ${formatSeconds((to - now) / 1000)}` : undefined}
              value={seconds === null ? end : toLocalInput(to)}
              onChange={(event) => {
                setSeconds(null);
                setEnd(event.currentTarget.value);
              }}
            />
          </Group>
        </div>
        <TextInput
          size="xs"
          label="Your name"
          placeholder={NOBODY}
          autoComplete="name"
          value={author ?? name}
          onChange={(event) => {
            setAuthor(event.currentTarget.value);
            setName(event.currentTarget.value);
          }}
        />
        <TextInput
          size="xs"
          label="Why"
          placeholder="a ticket, a deployment, who works on it"
          value={comment}
          onChange={(event) => {
            setComment(event.currentTarget.value);
          }}
        />
        {save.error !== null && <ErrorNote error={save.error} />}
        <Group gap="sm">
          <Button
            type="submit"
            size="sm"
            data-testid="save-silence"
            data-autofocus
            disabled={problem !== null}
            loading={save.isPending}
          >
            {lives ? 'Save' : 'Silence'}
          </Button>
          <Button variant="default" size="sm" onClick={done}>
            Cancel
          </Button>
          {problem !== null && (
            <Text size="xs" c="dimmed" role="status">
              {problem}
            </Text>
          )}
        </Group>
      </Stack>
    </form>
  );
}

function problemOf(matchers: readonly Matcher[], from: number, to: number, now: number): string | null {
  if (matchers.length === 0) return 'name at least one label';
  if (matchers.every((matcher) => matcher.isEqual === (matcher.value === ''))) return 'give at least one label a value';
  if (Number.isNaN(from) || Number.isNaN(to)) return 'say when it ends';
  if (to <= from) return 'the end has to come after the start';
  if (to <= now) return 'the end is in the past';
  return null;
}
