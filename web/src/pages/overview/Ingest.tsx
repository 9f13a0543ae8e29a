import { useMemo } from 'react';
import { useRange } from '../../api/prometheus';
import type { Status } from '../../api/sightglass';
import { Chart } from '../../charts/Chart';
import { toColumns } from '../../charts/columns';
import { formatBytes, formatNumber, formatSeconds } from '../../lib/format';
import { align, stepFor } from '../../time/range';
import { useTime } from '../../time/TimeContext';

const QUERY = 'sum by (signal) (rate(sightglass_ingested_items_total[1m]))';

const SIGNALS = [
  { signal: 'metrics', name: 'Samples', color: '#3b8fd4' },
  { signal: 'logs', name: 'Log lines', color: '#3aa675' },
  { signal: 'traces', name: 'Spans', color: '#8b7bd8' },
] as const;

const perSecond = (value: number) => `${formatNumber(value)}/s`;

export function Ingest({ status }: { status: Status }) {
  const { range, zoom } = useTime();
  const step = stepFor(range, 150);
  const { from, to } = align(range, step);
  const aligned = useMemo(() => ({ from, to }), [from, to]);
  const rates = useRange(QUERY, aligned, step).data;
  const charts = useMemo(() => {
    const columns = toColumns(rates ?? [], aligned, step);
    return SIGNALS.map(({ signal, name, color }) => {
      const index = (rates ?? []).findIndex((item) => item.metric['signal'] === signal);
      const values = columns.values[index] ?? [];
      const last = values.findLast((value) => value !== null) ?? null;
      return { signal, last, times: columns.times, series: index < 0 ? [] : [{ label: name, color, values }] };
    });
  }, [rates, aligned, step]);
  return (
    <div className="sg-cards">
      {SIGNALS.map(({ signal, name }, index) => {
        const totals = status.ingest[signal];
        const chart = charts[index];
        return (
          <section key={signal} className="sg-panel">
            <div className="sg-stat">
              <div>
                <div className="sg-dim">{name}</div>
                <div className="sg-big">{chart?.last == null ? '–' : perSecond(chart.last)}</div>
              </div>
              <div className="sg-num sg-dim">
                {formatNumber(totals.items)} since start
                {totals.rejected > 0 && <div className="sg-bad">{formatNumber(totals.rejected)} rejected</div>}
              </div>
            </div>
            {chart && (
              <Chart
                label={`${name} per second`}
                times={chart.times}
                series={chart.series}
                range={aligned}
                height={118}
                kind="lines"
                onZoom={zoom}
                format={formatNumber}
              />
            )}
          </section>
        );
      })}
      <section className="sg-panel sg-facts" style={{ gridTemplateColumns: '1fr 1fr', alignContent: 'start' }}>
        <Fact name="Active series" value={formatNumber(status.storage.activeSeries)} />
        <Fact name="Metrics on disk" value={formatBytes(status.storage.metricsBytes)} />
        <Fact name="Memory" value={formatBytes(status.process.residentBytes)} />
        <Fact name="Logs on disk" value={formatBytes(status.storage.logsBytes)} />
        <Fact name="Up for" value={formatSeconds(status.uptimeSeconds)} />
        <Fact name="Spans on disk" value={formatBytes(status.storage.spansBytes)} />
        <Fact name="Version" value={status.version} />
      </section>
    </div>
  );
}

function Fact({ name, value }: { name: string; value: string }) {
  return (
    <div>
      <div className="sg-dim">{name}</div>
      <div style={{ fontWeight: 500 }}>{value}</div>
    </div>
  );
}
