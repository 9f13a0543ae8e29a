import { useQueries, keepPreviousData } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useCallback, useMemo, useState } from 'react';
import { queryRange, type MatrixItem } from '../../api/prometheus';
import { Chart, type Mark } from '../../charts/Chart';
import { summarize, toColumns } from '../../charts/columns';
import { formatNumber, formatSeconds, formatSeries } from '../../lib/format';
import { keptSearch, type AppSearch } from '../../shell/search';
import { Empty, Loading } from '../../shell/states';
import { seriesColor } from '../../theme/theme';
import { align, stepFor } from '../../time/range';
import { useTime } from '../../time/TimeContext';
import { Exemplars } from './Exemplars';
import { useExemplars } from './exemplars';

/** More lines than this are not readable, and cost the browser much. */
const MAX_SERIES = 200;

export function GraphTab({ queries, exemplars }: { queries: string[]; exemplars: boolean }) {
  const navigate = useNavigate();
  const { range, zoom } = useTime();
  const [hidden, setHidden] = useState<ReadonlySet<string>>(new Set());
  const step = stepFor(range, 300);
  const { from, to } = align(range, step);
  const results = useQueries({
    queries: queries.map((query) => ({
      queryKey: ['prometheus', 'query_range', query, from, to, step],
      queryFn: ({ signal }: { signal: AbortSignal }) => queryRange(query, { from, to }, step, signal),
      placeholderData: keepPreviousData,
    })),
    combine: (answers) => ({
      pending: answers.some((answer) => answer.isPending),
      refused: answers.every((answer) => answer.error !== null),
      cancelled: answers.some((answer) => answer.isPending && answer.fetchStatus === 'idle'),
      data: answers.map((answer) => answer.data),
    }),
  });
  const data = results.data;
  const marks = useExemplars(queries, { from, to }, exemplars);
  const openTrace = useCallback(
    (mark: Mark) => {
      void navigate({ to: '/trace/$id', params: { id: mark.id }, search: (old: AppSearch) => keptSearch(old) });
    },
    [navigate],
  );

  const all = useMemo(() => {
    const items: { item: MatrixItem; query: number }[] = [];
    data.forEach((found, query) => found?.forEach((item) => items.push({ item, query })));
    const shown = items.slice(0, MAX_SERIES);
    const columns = toColumns(
      shown.map((entry) => entry.item),
      { from, to },
      step,
    );
    const rows = shown.map((entry, index) => {
      const name = formatSeries(entry.item.metric);
      const text = name === '{}' ? (queries[entry.query] ?? '') : name;
      const label = queries.length > 1 ? `${'ABCD'[entry.query] ?? ''}: ${text}` : text;
      const values = columns.values[index] ?? [];
      return { label, color: seriesColor(index), values, summary: summarize(values) };
    });
    return { times: columns.times, rows, total: items.length };
  }, [data, from, to, step, queries]);

  const visible = useMemo(() => all.rows.filter((row) => !hidden.has(row.label)), [all, hidden]);
  const shownRange = useMemo(() => ({ from, to }), [from, to]);

  const click = (label: string, only: boolean) => {
    const next = new Set(hidden);
    if (only) {
      const alone = visible.length === 1 && visible[0]?.label === label;
      next.clear();
      if (!alone) all.rows.forEach((row) => row.label !== label && next.add(row.label));
    } else if (!next.delete(label)) next.add(label);
    setHidden(next);
  };

  // Its row says why.
  if (results.refused) return null;
  if (results.pending && all.rows.length === 0) {
    return (
      <section className="sg-panel">
        {results.cancelled ? <Empty title="Cancelled">Run asks again.</Empty> : <Loading what="the graph" />}
      </section>
    );
  }
  return (
    <section className="sg-panel">
      {all.rows.length === 0 ? (
        <Empty title="No data in this time range">Choose a longer range, or look at the query.</Empty>
      ) : (
        <>
          <div style={{ padding: '12px 12px 4px 4px' }}>
            <Chart
              label={`Graph of ${queries.join(', ')}`}
              times={all.times}
              series={visible}
              range={shownRange}
              height={340}
              kind="lines"
              onZoom={zoom}
              marks={marks}
              onMark={openTrace}
            />
          </div>
          {marks.length > 0 && <Exemplars marks={marks} />}
          <div style={{ maxHeight: '42vh', overflow: 'auto', borderTop: '1px solid var(--sg-line)' }}>
            <table className="sg-table">
              <thead>
                <tr>
                  <th>
                    {all.total} series, every {formatSeconds(step)}
                    {all.total > MAX_SERIES ? ` (the first ${String(MAX_SERIES)} are shown)` : ''}
                  </th>
                  <th className="sg-num">Min</th>
                  <th className="sg-num">Mean</th>
                  <th className="sg-num">Max</th>
                  <th className="sg-num">Last</th>
                </tr>
              </thead>
              <tbody>
                {all.rows.map((row) => (
                  <tr key={row.label} style={{ opacity: hidden.has(row.label) ? 0.45 : 1 }}>
                    <td>
                      <button
                        type="button"
                        className="sg-legend"
                        title="Click: only this one. Ctrl + click: hide or show"
                        aria-pressed={!hidden.has(row.label)}
                        onClick={(event) => {
                          click(row.label, !(event.ctrlKey || event.metaKey));
                        }}
                      >
                        <i style={{ background: row.color }} />
                        <span className="sg-mono sg-wrap">{row.label}</span>
                      </button>
                    </td>
                    {[row.summary.min, row.summary.mean, row.summary.max, row.summary.last].map((value, index) => (
                      <td key={index} className="sg-num">
                        {value === null ? '–' : formatNumber(value)}
                      </td>
                    ))}
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        </>
      )}
    </section>
  );
}
