import { SegmentedControl, TextInput } from '@mantine/core';
import type { ReactNode } from 'react';
import { Icon } from './Icon';
import { useUrl } from './search';

interface Find<T> {
  /** "Find a rule": what a reader of the screen is told. */
  label: string;
  placeholder: string;
  has: (item: T, text: string) => boolean;
}

interface Props<T, K extends string> {
  items: readonly T[];
  /** The first is the usual one and does not stand in the address. */
  kinds: readonly K[];
  isOf: (item: T, kind: K) => boolean;
  find?: Find<T>;
  /** What else can be done with the list. */
  children?: ReactNode;
  /** The list of what was chosen. */
  list: (shown: readonly T[], kind: K) => ReactNode;
}

/** A list that is narrowed by kind, with the number of each, and by text. Both stand in the address. */
export function ListBar<T, K extends string>({ items, kinds, isOf, find, children, list }: Props<T, K>) {
  const { search, set } = useUrl();
  const kind = kinds.find((value) => value === search.status) ?? kinds[0];
  if (kind === undefined) throw new Error('BUG: a list without kinds');
  const text = (search.find ?? '').trim().toLowerCase();
  const shown = items.filter((item) => isOf(item, kind) && (text === '' || (find?.has(item, text) ?? true)));
  return (
    <>
      <div className="sg-bar-row">
        <SegmentedControl
          size="xs"
          aria-label="Which are shown"
          value={kind}
          onChange={(value) => {
            set({ status: value === kinds[0] ? undefined : value });
          }}
          data={kinds.map((value) => ({
            value,
            label: `${value} ${items.filter((item) => isOf(item, value)).length.toLocaleString('en')}`,
          }))}
        />
        {find && (
          <TextInput
            size="xs"
            aria-label={find.label}
            placeholder={find.placeholder}
            leftSection={<Icon name="search" size={13} />}
            value={search.find ?? ''}
            onChange={(event) => {
              set({ find: event.currentTarget.value }, true);
            }}
          />
        )}
        {children}
      </div>
      {list(shown, kind)}
    </>
  );
}
