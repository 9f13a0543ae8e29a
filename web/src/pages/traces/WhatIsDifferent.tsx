import { Button } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import { searchTraces, tagNames, type TraceSummary } from '../../api/tempo';
import { formatNanos } from '../../lib/format';
import { Empty, ErrorNote, Loading } from '../../shell/states';
import type { Range } from '../../time/range';
import { attributesOf, differencesOf, isInside, withSelect, type Box } from './difference';

interface Props {
  query: string;
  range: Range;
  limit: number;
  traces: readonly TraceSummary[];
  box: Box;
  close: () => void;
}

const MAX_ATTRIBUTES = 40;
const SPANS_PER_TRACE = 20;
const MOST = 12;

/** What the traces of the selection have that the others do not, and the other way round. */
export function WhatIsDifferent({ query, range, limit, traces, box, close }: Props) {
  const attributes = useQuery({
    queryKey: ['tempo', 'difference', query, range.from, range.to, limit],
    queryFn: async ({ signal }) => {
      const names = (await tagNames(signal)).slice(0, MAX_ATTRIBUTES);
      const found = await searchTraces(withSelect(query, names), range, limit, signal, SPANS_PER_TRACE);
      return new Map(found.map((trace) => [trace.traceID, attributesOf(trace)]));
    },
  });
  const known = attributes.data;
  const result = useMemo(() => {
    const inside = traces.filter((trace) => isInside(trace, box));
    const outside = traces.filter((trace) => !isInside(trace, box));
    const of = (list: readonly TraceSummary[]) => list.map((trace) => known?.get(trace.traceID) ?? attributesOf(trace));
    return { inside: inside.length, outside: outside.length, rows: differencesOf(of(inside), of(outside)) };
  }, [traces, box, known]);
  const rows = result.rows.filter((row) => row.score >= 0.05).slice(0, MOST);
  return (
    <section className="sg-panel" data-testid="difference" aria-label="What is different">
      <header className="sg-panel-head">
        <h2>What is different</h2>
        <span className="sg-dim sg-grow">
          {result.inside} traces in the selection ({formatNanos(box.min * 1e6)} to {formatNanos(box.max * 1e6)}),{' '}
          {result.outside} others
        </span>
        <span className="sg-dim sg-key">
          <i className="sg-in" /> selection <i className="sg-out" /> others
        </span>
        <Button size="compact-xs" variant="default" onClick={close}>
          Clear selection
        </Button>
      </header>
      {attributes.error !== null && <ErrorNote error={attributes.error} />}
      {attributes.isPending && <Loading what="the attributes" />}
      {rows.length === 0 ? (
        <Empty title="Nothing sets the selection apart" />
      ) : (
        <div className="sg-differences">
          {rows.map((row) => (
            <div key={row.name} data-testid="difference-row">
              <h3>
                {row.name} <span className="sg-dim">{Math.round(row.score * 100)} points apart</span>
              </h3>
              {row.values.map((value) => (
                <div key={value.value} className="sg-share" title={value.value}>
                  <span className="sg-cut">{value.value}</span>
                  <span className="sg-share-bars">
                    <i className="sg-in" style={{ width: `${String(value.inside * 100)}%` }} />
                    <i className="sg-out" style={{ width: `${String(value.outside * 100)}%` }} />
                  </span>
                  <span className="sg-num sg-dim">
                    {Math.round(value.inside * 100)} % / {Math.round(value.outside * 100)} %
                  </span>
                </div>
              ))}
            </div>
          ))}
        </div>
      )}
    </section>
  );
}
