import { useMemo } from 'react';
import { useRange, type Labels } from '../../api/prometheus';
import { formatSeconds, formatTimeShort } from '../../lib/format';
import { LabelTags } from '../../shell/Labels';
import { Empty, ErrorNote, Loading } from '../../shell/states';
import { align, stepFor } from '../../time/range';
import { useTime } from '../../time/TimeContext';
import { bandsOf, type Band, type BandRow } from './ruleChart';

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
        <Row key={JSON.stringify(row.labels)} row={row} from={from} to={to} static={labels} />
      ))}
      {rows.length > SHOWN && <div className="sg-dim">and {rows.length - SHOWN} more alerts</div>}
    </div>
  );
}

function Row({ row, from, to, static: fixed }: { row: BandRow; from: number; to: number; static: Labels }) {
  const percent = (time: number) => `${String(Math.min(100, Math.max(0, ((time - from) / (to - from)) * 100)))}%`;
  return (
    <div className="sg-band-row">
      <LabelTags labels={row.labels} without={Object.keys(fixed)} />
      <div className="sg-band-lane" role="img" aria-label={row.bands.map(spoken).join('; ')}>
        {row.bands.map((band) => (
          <i
            key={`${band.state} ${String(band.from)}`}
            className={`sg-band-${band.state}`}
            style={{ left: percent(band.from), right: `calc(100% - ${percent(band.to)})` }}
            title={spoken(band)}
          />
        ))}
      </div>
    </div>
  );
}

function spoken({ state, from, to }: Band): string {
  return `${state} from ${formatTimeShort(from * 1000)} for ${formatSeconds(to - from)}`;
}

/** Rules of one name are told apart by the labels that are the same in all their alerts. */
function alertsQuery(name: string, labels: Labels): string {
  const fixed = Object.entries(labels).filter(([, value]) => !value.includes('{{'));
  const matchers = [['alertname', name], ...fixed].map(
    ([label = '', value = '']) => `${JSON.stringify(label)}=${JSON.stringify(value)}`,
  );
  return `{__name__="ALERTS", ${matchers.join(', ')}}`;
}
