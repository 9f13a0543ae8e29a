import { useMemo } from 'react';
import { useLogMetric } from '../../api/loki';
import { Chart } from '../../charts/Chart';
import { toColumns } from '../../charts/columns';
import { align, stepFor } from '../../time/range';
import { useTime } from '../../time/TimeContext';
import { histogramQuery, LEVEL_COLORS, levelOf, LEVELS } from './query';

export function Histogram({ query }: { query: string }) {
  const { range, zoom } = useTime();
  const step = stepFor(range, 80);
  const { from, to } = align(range, step);
  const counts = useLogMetric(
    histogramQuery(query, step),
    useMemo(() => ({ from, to }), [from, to]),
    step,
  );
  const data = counts.data;
  const chart = useMemo(() => {
    const columns = toColumns(data ?? [], { from, to }, step);
    // Several names of one level ("err", "error") become one series.
    const series = LEVELS.flatMap((level) => {
      const mine = columns.values.filter((_, index) => levelOf(data?.[index]?.metric['detected_level']) === level);
      if (mine.length === 0) return [];
      const values = columns.times.map((_, index) => mine.reduce((sum, column) => sum + (column[index] ?? 0), 0));
      return [
        { label: level, color: LEVEL_COLORS[level], values, total: values.reduce((sum, value) => sum + value, 0) },
      ];
    });
    return { times: columns.times, series };
  }, [data, from, to, step]);
  const shownRange = useMemo(() => ({ from: from - step, to }), [from, to, step]);
  return (
    <section className="sg-panel" style={{ padding: '8px 12px 2px 0', flex: 'none' }}>
      <Chart
        label="Number of lines by level"
        times={useShifted(chart.times, step)}
        series={chart.series}
        range={shownRange}
        height={110}
        kind="bars"
        onZoom={zoom}
      />
      <div className="sg-levels">
        {chart.series.map((item) => (
          <span key={item.label}>
            <i style={{ background: item.color }} />
            {item.label} {item.total.toLocaleString('en')}
          </span>
        ))}
      </div>
    </section>
  );
}

/** A count looks back over its step: its bar starts there. */
function useShifted(times: number[], step: number): number[] {
  return useMemo(() => times.map((time) => time - step), [times, step]);
}
