import { Link } from '@tanstack/react-router';
import { useRefusals, type Verdict } from '../../api/cardinality';
import { formatAgo, formatNumber, formatSeries } from '../../lib/format';
import { keptSearch, type AppSearch } from '../../shell/search';
import { Panel } from '../../shell/states';
import { useTime } from '../../time/TimeContext';
import { REASONS } from './verdicts';

/** What was refused because of a limit: of whom, why, and since when. */
export function Verdicts({ verdicts }: { verdicts: readonly Verdict[] }) {
  const { now } = useTime();
  if (verdicts.length === 0) return null;
  const latest = Math.max(now, ...verdicts.map((verdict) => Date.parse(verdict.lastAt)));
  return (
    <Panel title="Refused" aside={<span className="sg-dim">since the server started; known series go on</span>}>
      <table className="sg-table sg-rows">
        <thead>
          <tr>
            <th>Sender</th>
            <th>Job</th>
            <th>Limit</th>
            <th className="sg-num">Samples</th>
            <th className="sg-num">First</th>
            <th className="sg-num">Last</th>
            <th>For example</th>
          </tr>
        </thead>
        <tbody>
          {verdicts.map((verdict) => (
            <tr
              key={`${verdict.sender} ${verdict.job} ${verdict.reason} ${verdict.label ?? verdict.metric ?? ''}`}
              data-testid="verdict-row"
            >
              <td data-label="Sender">{verdict.sender}</td>
              <td data-label="Job">{verdict.job || '–'}</td>
              <td data-label="Limit" style={{ minWidth: 210 }}>
                {REASONS[verdict.reason] ?? verdict.reason}
                <div className="sg-dim sg-mono sg-wrap">{verdict.reason}</div>
              </td>
              <td data-label="Samples" className="sg-num sg-bad">
                {formatNumber(verdict.refusedSamples)}
              </td>
              <td data-label="First" className="sg-num">
                {formatAgo(verdict.firstAt, latest)}
              </td>
              <td data-label="Last" className="sg-num">
                {formatAgo(verdict.lastAt, latest)}
              </td>
              <td data-label="Example" className="sg-mono sg-wrap">
                {formatSeries(verdict.example)}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </Panel>
  );
}

/** Says on any tab that series are being refused now. */
export function RefusedNotice({ refresh }: { refresh: number }) {
  const refusals = useRefusals(refresh).data ?? [];
  if (refusals.length === 0) return null;
  const senders = new Set(refusals.map(({ sender }) => sender));
  return (
    <p className="sg-refused" role="alert" data-testid="refused-notice">
      <span className="sg-bad">▲ New series are refused</span> of {[...senders].join(', ')}: a limit is reached.{' '}
      <Link to="/targets" search={(old: AppSearch) => ({ ...keptSearch(old), tab: 'volume' })}>
        Limits
      </Link>
      {' · '}
      <Link to="/targets" search={(old: AppSearch) => ({ ...keptSearch(old), tab: 'series' })}>
        What makes series
      </Link>
    </p>
  );
}
