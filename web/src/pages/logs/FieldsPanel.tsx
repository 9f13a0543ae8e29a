import { ActionIcon, TextInput, UnstyledButton } from '@mantine/core';
import { useMemo, useState } from 'react';
import type { LogLine } from '../../api/loki';
import { Icon } from '../../shell/Icon';
import { facetsOf, type Facet } from './facets';
import type { Filter } from './LogList';

/** Fields of the lines with their most frequent values; a click includes or excludes one. */
export function FieldsPanel({
  lines,
  filter,
  close,
}: {
  lines: readonly LogLine[];
  filter: Filter;
  close: () => void;
}) {
  const facets = useMemo(() => facetsOf(lines), [lines]);
  const [find, setFind] = useState('');
  const [open, setOpen] = useState<ReadonlySet<string>>(new Set(['detected_level', 'service_name']));
  const needle = find.trim().toLowerCase();
  const shown = needle === '' ? facets : facets.filter((facet) => facet.name.toLowerCase().includes(needle));
  return (
    <aside className="sg-panel sg-facets" aria-label="Fields" data-testid="fields-panel">
      <header className="sg-panel-head">
        <h2>Fields</h2>
        <ActionIcon size="sm" variant="subtle" color="gray" aria-label="Hide fields" onClick={close}>
          <Icon name="close" size={13} />
        </ActionIcon>
      </header>
      <div className="sg-facets-find">
        <TextInput
          size="xs"
          placeholder="Find a field"
          aria-label="Find a field"
          value={find}
          onChange={(event) => {
            setFind(event.currentTarget.value);
          }}
        />
        <p className="sg-dim">Counted in the {lines.length.toLocaleString('en')} lines loaded</p>
      </div>
      <div className="sg-facets-list">
        {shown.map((facet) => (
          <FacetRow
            key={facet.name}
            facet={facet}
            open={open.has(facet.name) || needle !== ''}
            toggle={() => {
              const next = new Set(open);
              if (!next.delete(facet.name)) next.add(facet.name);
              setOpen(next);
            }}
            filter={filter}
          />
        ))}
        {shown.length === 0 && <p className="sg-dim sg-pad">No field of this name</p>}
      </div>
    </aside>
  );
}

interface RowProps {
  facet: Facet;
  open: boolean;
  toggle: () => void;
  filter: Filter;
}

function FacetRow({ facet, open, toggle, filter }: RowProps) {
  return (
    <section className="sg-facet" data-testid="facet">
      <UnstyledButton className="sg-facet-name" aria-expanded={open} onClick={toggle}>
        <Icon name={open ? 'down' : 'right'} size={10} />
        <span className="sg-cut">{facet.name}</span>
        <span className="sg-dim">{facet.distinct.toLocaleString('en')}</span>
      </UnstyledButton>
      {open &&
        facet.top.map(({ value, count }) => (
          <div key={value} className="sg-facet-value" data-testid="facet-value">
            <i style={{ width: `${String((count / facet.lines) * 100)}%` }} />
            <button
              type="button"
              className="sg-cut"
              title={`Only lines with ${facet.name} = ${value}`}
              aria-label={`Include ${facet.name} ${value}`}
              onClick={() => {
                filter(facet.name, value, true);
              }}
            >
              {value === '' ? '(empty)' : value}
            </button>
            <span className="sg-dim sg-facet-count">{count.toLocaleString('en')}</span>
            <button
              type="button"
              className="sg-facet-out"
              title={`No lines with ${facet.name} = ${value}`}
              aria-label={`Exclude ${facet.name} ${value}`}
              onClick={() => {
                filter(facet.name, value, false);
              }}
            >
              <Icon name="minus" size={11} />
            </button>
          </div>
        ))}
      {open && facet.distinct > facet.top.length && (
        <p className="sg-dim sg-facet-more">{(facet.distinct - facet.top.length).toLocaleString('en')} more values</p>
      )}
    </section>
  );
}
