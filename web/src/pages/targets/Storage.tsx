import { useLogVolume } from '../../api/loki';
import type { Status } from '../../api/sightglass';
import { filterLogql } from '../../filters/apply';
import { useFilters } from '../../filters/useFilters';
import { formatBytes, formatNumber, formatSeconds } from '../../lib/format';
import { Empty, ErrorNote, Loading, Panel } from '../../shell/states';
import { useTime } from '../../time/TimeContext';
import { Bars } from './Bars';

/** What each signal brought, holds and keeps. */
export function Storage({ status }: { status: Status | undefined }) {
  const rows = status && [
    ['Metrics', status.ingest.metrics, status.storage.metricsBytes, status.retentionSeconds.metrics] as const,
    ['Logs', status.ingest.logs, status.storage.logsBytes, status.retentionSeconds.logs] as const,
    ['Traces', status.ingest.traces, status.storage.spansBytes, status.retentionSeconds.traces] as const,
  ];
  return (
    <Panel
      title="Volume and retention"
      aside={status && <span className="sg-dim">up for {formatSeconds(status.uptimeSeconds)}</span>}
    >
      {rows === undefined ? (
        <Loading what="the volume" />
      ) : (
        <table className="sg-table">
          <thead>
            <tr>
              <th>Signal</th>
              <th className="sg-num">Since start</th>
              <th className="sg-num">On disk</th>
              <th className="sg-num">Kept for</th>
            </tr>
          </thead>
          <tbody>
            {rows.map(([name, totals, bytes, seconds]) => (
              <tr key={name} data-testid="volume-row">
                <td>{name}</td>
                <td className="sg-num">
                  {formatNumber(totals.items)}
                  {totals.rejected > 0 && <div className="sg-bad">{formatNumber(totals.rejected)} rejected</div>}
                </td>
                <td className="sg-num">{formatBytes(bytes)}</td>
                <td className="sg-num">{seconds === 0 ? 'for ever' : formatSeconds(seconds)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </Panel>
  );
}

/** Which service writes the most. */
export function LogVolume() {
  const { range } = useTime();
  const filters = useFilters();
  const answer = useLogVolume(filterLogql('{service_name=~".+"}', filters), range);
  return (
    <Panel title="Log text by service" aside={<span className="sg-dim">in the time range</span>}>
      {answer.error !== null ? (
        <ErrorNote error={answer.error} />
      ) : answer.isPending ? (
        <Loading what="the volume of logs" />
      ) : answer.data.length === 0 ? (
        <Empty title="No log lines in this time range" />
      ) : (
        <Bars items={answer.data} format={formatBytes} />
      )}
    </Panel>
  );
}
