import { ActionIcon, Button, TextInput, UnstyledButton } from '@mantine/core';
import { useState } from 'react';
import { ApiError } from '../../api/client';
import { useFacets, useParser, type Facet, type Facets } from '../../api/logs';
import { Icon } from '../../shell/Icon';
import { ErrorNote, Loading } from '../../shell/states';
import type { Range } from '../../time/range';
import { findFacets, orderFacets } from './fields';
import type { Filter } from './LogList';
import { hasParser, valueStage } from './query';

/** Values of each field: at first, and as more are asked for. */
const VALUES = [10, 100, 1000] as const;
/** Lines counted: at first, and when all are asked for; more the server does not look at. */
const LINES = 100_000;
const MOST_LINES = 1_000_000;

interface Props {
  /** What is asked, with the filters of the header. */
  query: string;
  /** What stands in the editor: the filters a click puts there. */
  written: string;
  range: Range;
  filter: Filter;
  /** Reads the fields out of the lines. */
  parse: (parser: string) => void;
  close: () => void;
}

/** Fields of all lines of the query with their most frequent values; a click includes or excludes one. */
export function FieldsPanel({ query, written, range, filter, parse, close }: Props) {
  const [lines, setLines] = useState(LINES);
  const [depth, setDepth] = useState(0);
  const answer = useFacets(query, range, VALUES[depth] ?? 1000, lines);
  const [find, setFind] = useState('');
  const [open, setOpen] = useState<ReadonlySet<string>>(new Set(['detected_level', 'service_name']));
  const [whole, setWhole] = useState<ReadonlySet<string>>(new Set());
  const shown = findFacets(orderFacets(answer.data?.fields ?? []), find);
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
          placeholder="Find a field or value"
          aria-label="Find a field or value"
          value={find}
          onChange={(event) => {
            setFind(event.currentTarget.value);
          }}
        />
        {answer.data !== undefined && answer.data.lines > 0 && (
          <Counted
            facets={answer.data}
            more={lines < MOST_LINES}
            isFetching={answer.isFetching}
            count={() => {
              setLines(MOST_LINES);
            }}
          />
        )}
        {answer.error === null && answer.data !== undefined && answer.data.lines > 0 && (
          <ParserHint query={query} range={range} parse={parse} />
        )}
      </div>
      <div className="sg-facets-list" aria-busy={answer.isFetching}>
        {answer.error instanceof ApiError && answer.error.status === 400 ? (
          // The list beside it says what is wrong.
          <p className="sg-dim sg-pad">No fields: the query has an error</p>
        ) : answer.error !== null ? (
          <ErrorNote error={answer.error} />
        ) : answer.data === undefined ? (
          answer.isFetching && <Loading what="the fields" />
        ) : shown.length === 0 ? (
          <p className="sg-dim sg-pad">
            {find === '' ? 'No fields without lines' : 'No field and none of these values is like this'}
          </p>
        ) : (
          shown.map((facet) => {
            const key = `${facet.source} ${facet.name}`;
            return (
              <FacetRow
                key={key}
                facet={facet}
                written={written}
                open={open.has(facet.name) || find !== ''}
                toggle={() => {
                  setOpen(toggled(open, facet.name));
                }}
                whole={whole.has(key)}
                more={() => {
                  setWhole(new Set([...whole, key]));
                  if (facet.values.length < facet.distinct) setDepth(Math.min(depth + 1, VALUES.length - 1));
                }}
                isDeepest={depth === VALUES.length - 1}
                filter={filter}
              />
            );
          })
        )}
      </div>
    </aside>
  );
}

function toggled(set: ReadonlySet<string>, item: string): ReadonlySet<string> {
  const next = new Set(set);
  if (!next.delete(item)) next.add(item);
  return next;
}

/** Of how many lines the counts are. */
function Counted({
  facets,
  more,
  isFetching,
  count,
}: {
  facets: Facets;
  more: boolean;
  isFetching: boolean;
  count: () => void;
}) {
  const lines = facets.lines.toLocaleString('en');
  if (facets.exact) return <p className="sg-dim">Counted in all {lines} lines</p>;
  return (
    <p className="sg-dim">
      Counted in the newest {lines} lines{' '}
      {more && (
        <Button size="compact-xs" variant="subtle" loading={isFetching} onClick={count}>
          Count up to {MOST_LINES.toLocaleString('en')}
        </Button>
      )}
    </p>
  );
}

const WRITTEN: Record<string, string> = { json: 'JSON', logfmt: 'logfmt' };

/** Offers the fields that stand in the text of the lines. */
function ParserHint({ query, range, parse }: Pick<Props, 'query' | 'range' | 'parse'>) {
  const isWanted = !hasParser(query);
  const found = useParser(query, range, isWanted).data;
  if (!isWanted || !found) return null;
  const { parser, fields } = found;
  return (
    <Button
      size="compact-xs"
      variant="light"
      mt={4}
      data-testid="parse"
      onClick={() => {
        parse(parser);
      }}
    >
      Read {fields === 1 ? 'the field' : `${String(fields)} fields`} of {WRITTEN[parser]} lines
    </Button>
  );
}

interface RowProps {
  facet: Facet;
  written: string;
  open: boolean;
  toggle: () => void;
  /** All values that came are shown, not only the first. */
  whole: boolean;
  more: () => void;
  isDeepest: boolean;
  filter: Filter;
}

function FacetRow({ facet, written, open, toggle, whole, more, isDeepest, filter }: RowProps) {
  const values = whole ? facet.values : facet.values.slice(0, VALUES[0]);
  const left = facet.distinct - values.length;
  const atLeast = facet.exact ? '' : '+';
  return (
    <section className="sg-facet" data-testid="facet">
      <UnstyledButton
        className="sg-facet-name"
        aria-expanded={open}
        title={`${facet.name}: ${facet.distinct.toLocaleString('en')}${atLeast} values in ${facet.lines.toLocaleString('en')} lines`}
        onClick={toggle}
      >
        <Icon name={open ? 'down' : 'right'} size={10} />
        <span className="sg-cut">{facet.name}</span>
        <span className="sg-dim">
          {facet.distinct.toLocaleString('en')}
          {atLeast}
        </span>
      </UnstyledButton>
      {open &&
        values.map(({ value, lines }) => (
          <ValueRow
            key={value}
            name={facet.name}
            value={value}
            lines={lines}
            share={lines / facet.lines}
            isIncluded={written.includes(valueStage(facet.name, value, true))}
            filter={filter}
          />
        ))}
      {open &&
        left > 0 &&
        (facet.values.length > values.length || !isDeepest ? (
          <Button size="compact-xs" variant="subtle" color="gray" className="sg-facet-more" onClick={more}>
            {left.toLocaleString('en')}
            {atLeast} more values
          </Button>
        ) : (
          <p className="sg-dim sg-facet-more">
            {left.toLocaleString('en')}
            {atLeast} rarer values
          </p>
        ))}
    </section>
  );
}

interface ValueProps {
  name: string;
  value: string;
  lines: number;
  /** Of the lines with the field. */
  share: number;
  isIncluded: boolean;
  filter: Filter;
}

function ValueRow({ name, value, lines, share, isIncluded, filter }: ValueProps) {
  const percent = share >= 0.995 ? '100' : share < 0.01 ? '<1' : String(Math.round(share * 100));
  return (
    <div className={isIncluded ? 'sg-facet-value sg-facet-on' : 'sg-facet-value'} data-testid="facet-value">
      <i style={{ width: `${String(share * 100)}%` }} />
      <button
        type="button"
        className="sg-facet-pick"
        title={isIncluded ? `${value}\nTakes this filter away` : `${value}\nOnly lines with ${name} = ${value}`}
        aria-label={`Include ${name} ${value}`}
        aria-pressed={isIncluded}
        onClick={() => {
          filter(name, value, true);
        }}
      >
        {isIncluded && <Icon name="check" size={11} />}
        <span className="sg-cut">{value === '' ? '(empty)' : value}</span>
      </button>
      <span className="sg-dim sg-facet-count" title={`${percent} % of the lines with ${name}`}>
        {lines.toLocaleString('en')}
      </span>
      <button
        type="button"
        className="sg-facet-out"
        title={`No lines with ${name} = ${value}`}
        aria-label={`Exclude ${name} ${value}`}
        onClick={() => {
          filter(name, value, false);
        }}
      >
        <Icon name="minus" size={11} />
      </button>
    </div>
  );
}
