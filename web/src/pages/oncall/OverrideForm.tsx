import { Button, Chip, Group, NativeSelect, TextInput } from '@mantine/core';
import { useState } from 'react';
import { useAddOverride, usePeople, type Rotation } from '../../api/people';
import { ErrorNote } from '../../shell/states';
import { useName } from '../../shell/useName';
import { useTime } from '../../time/TimeContext';
import { lengthsFrom, momentText } from './shifts';

interface Props {
  rotation: Rotation;
  from: number;
  /** Where the shift ends that it begins in. */
  shiftEnd: number | null;
  done: () => void;
}

/** Somebody stands in: everything is filled, so that the second click is the last. */
export function OverrideForm({ rotation, from, shiftEnd, done }: Props) {
  const { now } = useTime();
  const { name, by } = useName();
  const add = useAddOverride();
  const people = usePeople().data?.map((person) => person.name) ?? rotation.people;
  const lengths = lengthsFrom(from, shiftEnd);
  const [person, setPerson] = useState<string | null>(null);
  const [length, setLength] = useState(shiftEnd === null ? 1 : lengths.length - 1);
  const [comment, setComment] = useState('');
  const who = person ?? usualPerson(rotation, people, name);
  const to = lengths[length]?.to ?? from;
  const begins = from <= now + 60_000 ? 'now' : momentText(from, now);
  return (
    <form
      className="sg-override-form"
      onSubmit={(event) => {
        event.preventDefault();
        const times = { from: new Date(from).toISOString(), to: new Date(to).toISOString() };
        add.mutate({ rotation: rotation.name, person: who, ...times, by, comment }, { onSuccess: done });
      }}
    >
      <NativeSelect
        size="xs"
        label="Who"
        value={who}
        data={people}
        onChange={(event) => {
          setPerson(event.currentTarget.value);
        }}
      />
      <div>
        <div className="sg-field-label">For how long, from {begins}</div>
        <Chip.Group
          value={String(length)}
          onChange={(value) => {
            setLength(Number(value));
          }}
        >
          <Group gap={6}>
            {lengths.map((item, index) => (
              <Chip key={item.label} value={String(index)} size="xs" radius="sm" variant="outline">
                {item.label}
              </Chip>
            ))}
          </Group>
        </Chip.Group>
      </div>
      <TextInput
        size="xs"
        label="Why"
        placeholder="ill, on a train, swapped"
        value={comment}
        onChange={(event) => {
          setComment(event.currentTarget.value);
        }}
      />
      <Group gap="sm">
        <Button type="submit" size="xs" data-testid="save-override" data-autofocus loading={add.isPending}>
          {who} until {momentText(to, now)}
        </Button>
        <Button size="xs" variant="default" onClick={done}>
          Cancel
        </Button>
      </Group>
      {add.error !== null && <ErrorNote error={add.error} />}
    </form>
  );
}

/** Who sits here, when that is one of them; else whoever is not on call anyway. */
function usualPerson(rotation: Rotation, people: readonly string[], name: string): string {
  const here = people.find((person) => person.toLowerCase() === name.trim().toLowerCase());
  if (here !== undefined && here !== rotation.now?.person) return here;
  return rotation.next?.person ?? people.find((person) => person !== rotation.now?.person) ?? people[0] ?? '';
}
