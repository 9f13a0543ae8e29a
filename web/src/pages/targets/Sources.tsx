import { useSources, useStatus } from '../../api/sightglass';
import { formatAgo } from '../../lib/format';
import { State } from '../../shell/Labels';
import { otlpLines } from '../../shell/snippets';
import { CopyBlock, Empty, ErrorNote, Loading, Panel } from '../../shell/states';
import { useTime } from '../../time/TimeContext';

export const KIND_NAMES: Record<string, string> = {
  file: 'Followed file',
  otlp: 'OTLP',
  otlp_grpc: 'OTLP gRPC',
  otlp_http: 'OTLP HTTP',
  loki: 'Loki push',
  remote_write: 'Remote write',
  pushgateway: 'Pushgateway',
  syslog: 'Syslog',
  journald: 'Journal',
  fluentd: 'Fluentd forward',
  gelf: 'GELF',
  elasticsearch: 'Elasticsearch bulk',
  seq: 'Seq',
};

const RANK: Record<string, number> = { down: 0, up: 1, idle: 2 };

function NothingPushed() {
  const status = useStatus(false).data;
  return (
    <Empty title="Nothing has been pushed yet">
      {status && (
        <div className="sg-send-hint">
          OpenTelemetry: set these for your program, SDK or agent
          <CopyBlock text={otlpLines({ ...status.listen, page: window.location.hostname })} />
        </div>
      )}
    </Empty>
  );
}

/** What pushes data here, and the files that are followed; scrape targets have their own table. */
export function Sources({ refresh }: { refresh: number }) {
  const answer = useSources(refresh);
  const now = Math.max(useTime().now, answer.dataUpdatedAt);
  const sources = (answer.data?.sources ?? [])
    .filter((source) => source.kind !== 'scrape')
    .sort((a, b) => (RANK[a.state] ?? 3) - (RANK[b.state] ?? 3) || a.name.localeCompare(b.name));
  return (
    <Panel title="Receivers and followed files" aside={<span className="sg-dim">since the server started</span>}>
      {answer.error !== null ? (
        <ErrorNote error={answer.error} />
      ) : answer.isPending ? (
        <Loading what="sources" />
      ) : sources.length === 0 ? (
        <NothingPushed />
      ) : (
        <table className="sg-table sg-rows">
          <thead>
            <tr>
              <th>State</th>
              <th>Kind</th>
              <th>Name</th>
              <th className="sg-num">Items</th>
              <th className="sg-num">Rejected</th>
              <th className="sg-num">Last item</th>
            </tr>
          </thead>
          <tbody>
            {sources.map((source) => (
              <tr key={`${source.kind} ${source.name}`} data-testid="source-row">
                <td data-label="State" className="sg-nowrap">
                  <State state={source.state} />
                </td>
                <td data-label="Kind" className="sg-nowrap">
                  {KIND_NAMES[source.kind] ?? source.kind}
                </td>
                <td data-label="Name">
                  <span className="sg-mono sg-wrap">{source.name.replace(`${source.kind} · `, '')}</span>
                  {source.lastError && <div className="sg-why">{source.lastError}</div>}
                </td>
                <td data-label="Items" className="sg-num">
                  {source.items.toLocaleString('en')}
                </td>
                <td data-label="Rejected" className={source.rejected > 0 ? 'sg-num sg-bad' : 'sg-num sg-dim'}>
                  {source.rejected.toLocaleString('en')}
                </td>
                <td data-label="Last item" className="sg-num">
                  {formatAgo(source.lastItemAt, now)}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </Panel>
  );
}
