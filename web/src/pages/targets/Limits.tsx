import { useQuery } from '@tanstack/react-query';
import { useCardinality } from '../../api/cardinality';
import { statusConfig, useInstant } from '../../api/prometheus';
import type { Status } from '../../api/sightglass';
import { formatBytes, formatNumber } from '../../lib/format';
import { CopyBlock, ErrorNote, Loading, Panel } from '../../shell/states';
import { useTime } from '../../time/TimeContext';
import { configured, limitUse, REASONS } from './verdicts';
import { Verdicts } from './Verdicts';

/** From this share on a limit is worth a look. */
const NEAR = 0.8;

/** How near the limits are, what was refused because of them, and what the configuration says. */
export function Limits({ status, refresh }: { status: Status; refresh: number }) {
  const answer = useCardinality({ match: '', label: '', limit: 1000 }, undefined, refresh);
  return (
    <>
      <Verdicts verdicts={answer.data?.verdicts ?? []} />
      <div className="sg-two sg-halves">
        <Panel title="Limits">
          {answer.error !== null ? (
            <ErrorNote error={answer.error} />
          ) : answer.data === undefined ? (
            <Loading what="the limits" />
          ) : (
            <table className="sg-table">
              <thead>
                <tr>
                  <th>Limit</th>
                  <th className="sg-num">Used</th>
                  <th className="sg-num">At most</th>
                </tr>
              </thead>
              <tbody>
                {limitUse(answer.data, status.storage.activeSeries).map((use) => (
                  <LimitRow
                    key={use.name}
                    title={REASONS[use.name]?.replace('too many ', '') ?? use.name}
                    note={use.of}
                    used={use.used}
                    limit={use.limit}
                    format={formatNumber}
                  />
                ))}
                <DiskRow status={status} />
              </tbody>
            </table>
          )}
        </Panel>
        <Configured />
      </div>
    </>
  );
}

interface RowProps {
  title: string;
  note: string;
  used: number | undefined;
  limit: number;
  format: (value: number) => string;
}

function LimitRow({ title, note, used, limit, format }: RowProps) {
  const share = used === undefined || limit === 0 ? undefined : used / limit;
  return (
    <tr data-testid="limit-row">
      <td>
        {title} <span className="sg-dim">{note}</span>
        {share !== undefined && (
          <div className="sg-bar">
            <i style={{ width: `${String(Math.min(1, share) * 100)}%` }} />
          </div>
        )}
      </td>
      <td className={share !== undefined && share >= NEAR ? 'sg-num sg-bad' : 'sg-num'}>
        {used === undefined ? '–' : format(used)}
        {share !== undefined && <div>{share < 0.01 ? '< 1' : Math.round(share * 100)} %</div>}
      </td>
      <td className="sg-num">{limit === 0 ? 'no limit' : format(limit)}</td>
    </tr>
  );
}

/** The disk that all signals may take together, which the server says of itself. */
function DiskRow({ status }: { status: Status }) {
  const { now } = useTime();
  const answer = useInstant('max(sightglass_storage_limit_bytes)', Math.floor(now / 1000));
  const data = answer.data?.resultType === 'vector' ? answer.data.result[0] : undefined;
  const { metricsBytes, logsBytes, spansBytes, eventsWalBytes } = status.storage;
  return (
    <LimitRow
      title="disk"
      note="metrics, logs and traces"
      used={metricsBytes + logsBytes + spansBytes + eventsWalBytes}
      limit={Number(data?.value[1] ?? 0)}
      format={formatBytes}
    />
  );
}

/** What the configuration says of retention, downsampling and limits, in its own words. */
function Configured() {
  const answer = useQuery({
    queryKey: ['prometheus', 'config'],
    queryFn: ({ signal }) => statusConfig(signal),
    staleTime: 60_000,
  });
  const text = configured(answer.data ?? '', ['storage', 'limits']);
  return (
    <Panel title="Configuration" aside={<span className="sg-dim">retention, downsampling, limits</span>}>
      {answer.error !== null ? (
        <ErrorNote error={answer.error} />
      ) : answer.isPending ? (
        <Loading what="the configuration" />
      ) : (
        <div className="sg-rule-text">
          {text === '' ? (
            <>
              <p className="sg-dim" style={{ margin: '0 0 8px' }}>
                Nothing is configured: the usual ages and limits hold, and nothing is downsampled. To change them:
              </p>
              <CopyBlock text={EXAMPLE} />
            </>
          ) : (
            <CopyBlock text={text} />
          )}
        </div>
      )}
    </Panel>
  );
}

const EXAMPLE = `storage:
  retention: { metrics: 90d, logs: 30d, traces: 14d, max_disk: 80% }
  downsampling: [ { after: 30d, resolution: 5m } ]
limits:
  metrics: { max_active_series: 10000000 }`;
