import { useMemo } from 'react';
import { useRoutedAlerts } from '../../api/alertmanager';
import { useRules } from '../../api/prometheus';
import { Chart } from '../../charts/Chart';
import { matchesLabels } from '../../filters/apply';
import { formatNumber } from '../../lib/format';
import { Empty, Loading, Panel } from '../../shell/states';
import { seriesColor } from '../../theme/theme';
import { useTime } from '../../time/TimeContext';
import { activeAlerts, ALERTS_INTERVAL } from '../alerts/active';
import { AlertRow } from '../alerts/AlertRow';
import { ExploreLink } from '../alerts/RuleLink';
import { percentText, secondsText } from './red';
import { RedCells } from './ServiceTable';
import { useRed, type RedRow } from './useRed';

/** So many endpoints are drawn as lines: the busiest. */
const DRAWN = 8;
const LISTED = 50;

const KINDS = [
  { key: 'rate', title: 'Requests per second', format: formatNumber },
  { key: 'errors', title: 'Share of errors', format: percentText },
  { key: 'p95', title: '95th percentile', format: secondsText },
] as const;

/** One service: its endpoints over time, and what is firing about it. */
export function OneService({ name }: { name: string }) {
  const { range, zoom, interval } = useTime();
  const red = useRed(range, 120, name);
  const rules = useRules(interval || ALERTS_INTERVAL).data;
  const routed = useRoutedAlerts(interval || ALERTS_INTERVAL).data;
  const alerts = activeAlerts(rules ?? [], routed).filter((alert) =>
    matchesLabels(alert.labels, { service: name, env: '' }),
  );
  const busiest = useMemo(
    () => [...red.rows].sort(([, a], [, b]) => (b.rate.mean ?? 0) - (a.rate.mean ?? 0)).slice(0, LISTED),
    [red.rows],
  );
  const drawn = useMemo(
    () =>
      KINDS.map(({ key }) =>
        busiest.slice(0, DRAWN).map(([endpoint, row], index) => ({
          label: endpointName(endpoint),
          color: seriesColor(index),
          values: row[key].values,
        })),
      ),
    [busiest],
  );
  return (
    <>
      {alerts.length > 0 && (
        <Panel title={`Alerts of ${name}`}>
          {alerts.map((alert) => (
            <AlertRow key={alert.rule + JSON.stringify(alert.labels)} alert={alert} named />
          ))}
        </Panel>
      )}
      {red.pending ? (
        <Loading what="its endpoints" />
      ) : busiest.length === 0 ? (
        <section className="sg-panel">
          <Empty title="No metrics of requests in this time range">
            They come from an OpenTelemetry SDK as http.server.request.duration or rpc.server.duration, or are scraped
            as http_request_duration_seconds.
          </Empty>
        </section>
      ) : (
        <>
          <div className="sg-thirds">
            {KINDS.map(({ key, title, format }, index) => (
              <Panel key={key} title={title} aside={<ExploreLink query={red.queries[key]} language="promql" />}>
                <Chart
                  label={`${title} of ${name} by endpoint`}
                  times={red.times}
                  series={drawn[index] ?? []}
                  range={red.range}
                  height={180}
                  kind="lines"
                  onZoom={zoom}
                  format={format}
                />
              </Panel>
            ))}
          </div>
          <Panel title="Endpoints" aside={<span className="sg-dim">{red.rows.size} seen</span>}>
            <Endpoints rows={busiest} />
          </Panel>
        </>
      )}
    </>
  );
}

function endpointName(name: string): string {
  return name === '' ? 'without a route' : name;
}

function Endpoints({ rows }: { rows: readonly [string, RedRow][] }) {
  return (
    <table className="sg-table sg-rows sg-services">
      <thead>
        <tr>
          <th>Endpoint</th>
          <th className="sg-num">Requests</th>
          <th className="sg-num">Errors</th>
          <th className="sg-num">95th percentile</th>
        </tr>
      </thead>
      <tbody>
        {rows.map(([endpoint, red], index) => (
          <tr key={endpoint} data-testid="endpoint-row">
            <td data-label="Endpoint">
              {index < DRAWN && <i className="sg-dot" style={{ background: seriesColor(index) }} aria-hidden="true" />}{' '}
              <span className="sg-mono sg-wrap">{endpointName(endpoint)}</span>
            </td>
            <RedCells red={red} name={endpointName(endpoint)} />
          </tr>
        ))}
      </tbody>
    </table>
  );
}
