import { useMemo } from 'react';
import { useLogMetric } from '../../api/loki';
import { Chart } from '../../charts/Chart';
import { toColumns } from '../../charts/columns';
import { formatSeries } from '../../lib/format';
import { Empty, ErrorNote, Loading } from '../../shell/states';
import { seriesColor } from '../../theme/theme';
import { align, stepFor } from '../../time/range';
import { useTime } from '../../time/TimeContext';

/** A LogQL query that answers numbers. */
export function LogGraph({ query }: { query: string }) {
  const { range, zoom } = useTime();
  const step = stepFor(range, 200);
  const { from, to } = align(range, step);
  const aligned = useMemo(() => ({ from, to }), [from, to]);
  const answer = useLogMetric(query, aligned, step);
  const data = answer.data;
  const chart = useMemo(() => {
    const columns = toColumns(data ?? [], aligned, step);
    const series = (data ?? []).map((item, index) => ({
      label: formatSeries(item.metric),
      color: seriesColor(index),
      values: columns.values[index] ?? [],
    }));
    return { times: columns.times, series };
  }, [data, aligned, step]);
  if (answer.error !== null) return <ErrorNote error={answer.error} />;
  return (
    <section className="sg-panel" style={{ overflow: 'auto' }}>
      {answer.isPending ? (
        <Loading what="the graph" />
      ) : chart.series.length === 0 ? (
        <Empty title="No data in this time range" />
      ) : (
        <>
          <div style={{ padding: '12px 12px 4px 4px' }}>
            <Chart label={query} {...chart} range={aligned} height={340} kind="lines" onZoom={zoom} />
          </div>
          <div className="sg-levels">
            {chart.series.map((item) => (
              <span key={item.label} className="sg-mono">
                <i style={{ background: item.color }} />
                {item.label}
              </span>
            ))}
          </div>
        </>
      )}
    </section>
  );
}
