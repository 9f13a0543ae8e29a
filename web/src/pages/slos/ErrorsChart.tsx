import { useMemo } from 'react';
import { useExpression } from '../../api/expression';
import { useSloQueries, type Slo } from '../../api/slo';
import { Chart } from '../../charts/Chart';
import { toColumns } from '../../charts/columns';
import { Empty, ErrorNote, Loading, Panel } from '../../shell/states';
import { align, stepFor } from '../../time/range';
import { useTime } from '../../time/TimeContext';
import { ExploreLink } from '../alerts/RuleLink';
import { percentText } from '../services/red';

const BAD = '#d9822b';
const LIMIT = '#e03131';
/** Rates over less than this have no two samples of a target that is asked every minute. */
const SHORTEST = 300;

/** The share of bad events in the time range of the page, beside what the objective allows. */
export function ErrorsChart({ slo }: { slo: Slo }) {
  const { range, zoom } = useTime();
  const step = stepFor(range, 200);
  const { from, to } = align(range, step);
  const aligned = useMemo(() => ({ from, to }), [from, to]);
  const queries = useSloQueries(slo.name, Math.max(step, SHORTEST));
  const language = queries.data?.language ?? 'promql';
  const query = queries.data?.errorRatio ?? '';
  const { items, pending, error } = useExpression(language, query, aligned, step);
  const allowed = 1 - slo.objective;
  const chart = useMemo(() => {
    const columns = toColumns(items.slice(0, 1), aligned, step);
    const limit = columns.times.map(() => allowed);
    return {
      times: columns.times,
      series: [
        { label: 'bad', color: BAD, values: columns.values[0] ?? [] },
        { label: 'allowed', color: LIMIT, values: limit, dashed: true },
      ],
    };
  }, [items, aligned, step, allowed]);
  const failed = queries.error ?? error;
  return (
    <Panel title="Bad events" aside={query !== '' && <ExploreLink query={query} language={language} />}>
      {failed !== null ? (
        <ErrorNote error={failed} />
      ) : queries.isPending || pending ? (
        <Loading what="the indicator" />
      ) : items.length === 0 ? (
        <Empty title="Nothing was measured in this time range">Without traffic there are no errors.</Empty>
      ) : (
        <div data-testid="errors-chart" style={{ paddingTop: 10 }}>
          <Chart
            label={`Share of bad events of ${slo.name}`}
            {...chart}
            range={aligned}
            height={220}
            kind="lines"
            onZoom={zoom}
            format={percentText}
          />
          <div className="sg-levels">
            <span>
              <i style={{ background: BAD }} /> bad
            </span>
            <span>
              <i className="sg-limit-key" /> allowed {percentText(Number(allowed.toPrecision(6)))}
            </span>
          </div>
        </div>
      )}
    </Panel>
  );
}
