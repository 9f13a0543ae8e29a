import { useMemo } from 'react';
import { Chart, type Mark } from '../../charts/Chart';
import { toColumns } from '../../charts/columns';
import { formatNumber, formatSeries } from '../../lib/format';
import { Empty, ErrorNote, Loading } from '../../shell/states';
import { seriesColor } from '../../theme/theme';
import { useTime } from '../../time/TimeContext';
import type { RuleSeries } from './ruleChart';

const SHOWN = 20;

/** The expression of a rule over time, with what it is compared with as a dashed line. */
export function RuleChart({
  series: { drawn, items, range, step, pending, error },
  marks,
}: {
  series: RuleSeries;
  /** What happened, on the line. */
  marks?: readonly Mark[];
}) {
  const { zoom } = useTime();
  const chart = useMemo(() => {
    const shown = items.slice(0, SHOWN);
    const columns = toColumns(shown, range, step);
    const lines = shown.map((item, index) => ({
      label: formatSeries(item.metric),
      color: seriesColor(index),
      values: columns.values[index] ?? [],
    }));
    const limits = drawn.thresholds.map(({ operator, value }) => ({
      label: `threshold ${operator} ${formatNumber(value)}`,
      color: LIMIT_COLOR,
      values: columns.times.map(() => value),
      dashed: true,
    }));
    return { times: columns.times, lines, series: [...lines, ...limits] };
  }, [items, range, step, drawn]);
  if (error !== null) return <ErrorNote error={error} />;
  if (pending) return <Loading what="the expression" />;
  if (items.length === 0 && drawn.thresholds.length === 0) {
    return <Empty title="The expression has no value in this time range">It has one only while it holds.</Empty>;
  }
  return (
    <div data-testid="rule-chart" style={{ paddingTop: 10 }}>
      <Chart
        label="Value of the expression"
        times={chart.times}
        series={chart.series}
        range={range}
        height={240}
        kind="lines"
        onZoom={zoom}
        marks={marks}
      />
      <div className="sg-levels">
        {drawn.thresholds.map(({ operator, value }) => (
          <span key={operator + String(value)} data-testid="threshold">
            <i className="sg-limit-key" /> threshold {operator} {formatNumber(value)}
          </span>
        ))}
        {chart.lines.map((line) => (
          <span key={line.label} className="sg-wrap">
            <i style={{ background: line.color }} />
            {line.label}
          </span>
        ))}
        {items.length === 0 && <span>no series in this time range</span>}
        {items.length > SHOWN && <span>and {items.length - SHOWN} more series</span>}
      </div>
    </div>
  );
}

/** Red enough to be a limit, readable on both backgrounds. */
const LIMIT_COLOR = '#e03131';
