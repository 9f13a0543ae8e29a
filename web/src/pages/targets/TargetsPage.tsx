import { useTargets } from '../../api/prometheus';
import { useSources } from '../../api/sightglass';
import { formatAgo, formatNanos } from '../../lib/format';
import { LabelTags, State } from '../../shell/Labels';
import { Empty, ErrorNote, Loading, Panel } from '../../shell/states';
import { useTime } from '../../time/TimeContext';

const INTERVAL = 10_000;

export function TargetsPage() {
  const { interval } = useTime();
  return (
    <div className="sg-page">
      <ScrapeTargets refresh={interval || INTERVAL} />
      <Sources refresh={interval || INTERVAL} />
    </div>
  );
}

function ScrapeTargets({ refresh }: { refresh: number }) {
  const answer = useTargets(refresh);
  const now = Math.max(useTime().now, answer.dataUpdatedAt);
  // What is down stands first.
  const targets = [...(answer.data ?? [])].sort(
    (a, b) => Number(a.health === 'up') - Number(b.health === 'up') || a.scrapeUrl.localeCompare(b.scrapeUrl),
  );
  const up = targets.filter((target) => target.health === 'up').length;
  return (
    <Panel
      title="Scrape targets"
      aside={<span className="sg-dim">{`${String(up)} of ${String(targets.length)} up`}</span>}
    >
      {answer.error !== null ? (
        <ErrorNote error={answer.error} />
      ) : answer.isPending ? (
        <Loading what="targets" />
      ) : targets.length === 0 ? (
        <Empty title="Nothing is scraped">Name targets under scrape_configs in the configuration of the server.</Empty>
      ) : (
        <table className="sg-table">
          <thead>
            <tr>
              <th>Health</th>
              <th>Target</th>
              <th>Labels</th>
              <th className="sg-num">Last scrape</th>
              <th className="sg-num">Took</th>
            </tr>
          </thead>
          <tbody>
            {targets.map((target) => (
              <tr key={`${target.scrapePool} ${target.scrapeUrl}`} data-testid="target-row">
                <td>
                  <State state={target.health} />
                </td>
                <td>
                  <span className="sg-mono">{target.scrapeUrl}</span>
                  {target.lastError !== '' && <div className="sg-bad sg-wrap">{target.lastError}</div>}
                </td>
                <td>
                  <LabelTags labels={target.labels} />
                </td>
                <td className="sg-num">{formatAgo(target.lastScrape, now)}</td>
                <td className="sg-num">{formatNanos(target.lastScrapeDuration * 1e9)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </Panel>
  );
}

const KIND_NAMES: Record<string, string> = {
  file: 'Followed file',
  otlp: 'OTLP',
  otlp_grpc: 'OTLP gRPC',
  otlp_http: 'OTLP HTTP',
  loki: 'Loki push',
  remote_write: 'Remote write',
  scrape: 'Scrape',
};

function Sources({ refresh }: { refresh: number }) {
  const answer = useSources(refresh);
  const now = Math.max(useTime().now, answer.dataUpdatedAt);
  const sources = answer.data?.sources ?? [];
  return (
    <Panel title="Receivers and followed files" aside={<span className="sg-dim">since the server started</span>}>
      {answer.error !== null ? (
        <ErrorNote error={answer.error} />
      ) : answer.isPending ? (
        <Loading what="sources" />
      ) : sources.length === 0 ? (
        <Empty title="Nothing has sent data yet">The overview has the lines that send the first.</Empty>
      ) : (
        <table className="sg-table">
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
                <td>
                  <State state={source.state} />
                </td>
                <td>{KIND_NAMES[source.kind] ?? source.kind}</td>
                <td>
                  <span className="sg-mono sg-wrap">{source.name}</span>
                  {source.lastError && <div className="sg-bad sg-wrap">{source.lastError}</div>}
                </td>
                <td className="sg-num">{source.items.toLocaleString('en')}</td>
                <td className={source.rejected > 0 ? 'sg-num sg-bad' : 'sg-num sg-dim'}>
                  {source.rejected.toLocaleString('en')}
                </td>
                <td className="sg-num">{formatAgo(source.lastItemAt, now)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </Panel>
  );
}
