import { useMemo } from 'react';
import { useRange, type Labels } from '../../api/prometheus';
import { Empty, ErrorNote, Loading } from '../../shell/states';
import { align, stepFor } from '../../time/range';
import { useTime } from '../../time/TimeContext';
import { BandLane } from './BandLane';
import { bandsOf } from './ruleChart';

const SHOWN = 20;

/** When the alerts of a rule were pending and firing: bands below the chart, on the same time axis. */
export function StateHistory({ name, labels }: { name: string; labels: Labels }) {
  const { range } = useTime();
  const step = stepFor(range, 400);
  const { from, to } = align(range, step);
  const aligned = useMemo(() => ({ from, to }), [from, to]);
  const answer = useRange(alertsQuery(name, labels), aligned, step);
  const rows = useMemo(() => bandsOf(answer.data ?? [], step), [answer.data, step]);
  if (answer.error !== null) return <ErrorNote error={answer.error} />;
  if (answer.isPending) return <Loading what="the states" />;
  if (rows.length === 0) return <Empty title="Neither pending nor firing in this time range" />;
  return (
    <div className="sg-bands" data-testid="state-history">
      <div className="sg-bands-key sg-dim">
        <span>
          <i className="sg-band-pending" /> pending
        </span>
        <span>
          <i className="sg-band-firing" /> firing
        </span>
      </div>
      {rows.slice(0, SHOWN).map((row) => (
        <BandLane key={JSON.stringify(row.labels)} row={row} from={from} to={to} without={Object.keys(labels)} />
      ))}
      {rows.length > SHOWN && <div className="sg-dim">and {rows.length - SHOWN} more alerts</div>}
    </div>
  );
}

/** Rules of one name are told apart by the labels that are the same in all their alerts. */
function alertsQuery(name: string, labels: Labels): string {
  const fixed = Object.entries(labels).filter(([, value]) => !value.includes('{{'));
  const matchers = [['alertname', name], ...fixed].map(
    ([label = '', value = '']) => `${JSON.stringify(label)}=${JSON.stringify(value)}`,
  );
  return `{__name__="ALERTS", ${matchers.join(', ')}}`;
}
