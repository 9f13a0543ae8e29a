import { useMemo } from 'react';
import { useRange } from '../../api/prometheus';
import type { Slo } from '../../api/slo';
import { Chart } from '../../charts/Chart';
import { toColumns } from '../../charts/columns';
import { formatSeconds } from '../../lib/format';
import { Empty, ErrorNote, Loading, Panel } from '../../shell/states';
import { align, stepFor } from '../../time/range';
import { useTime } from '../../time/TimeContext';
import { ExploreLink } from '../alerts/RuleLink';
import { budgetText, withForecast } from './budget';

const LEFT = '#3b8fd4';
const FORECAST = '#e03131';

/** What was left of the budget over the time range of the page, and where it goes from here. */
export function BudgetChart({ slo }: { slo: Slo }) {
  const { range, zoom, now } = useTime();
  const step = stepFor(range, 200);
  const { from, to } = align(range, step);
  const aligned = useMemo(() => ({ from, to }), [from, to]);
  const query = `slo:period_error_budget_remaining:ratio{slo=${JSON.stringify(slo.name)}}`;
  const answer = useRange(query, aligned, step);
  const data = answer.data;
  const remaining = slo.budgetRemaining ?? 1;
  const goneAt = slo.exhaustedAt && remaining > 0 ? Date.parse(slo.exhaustedAt) / 1000 : null;
  const chart = useMemo(() => {
    const columns = toColumns((data ?? []).slice(0, 1), aligned, step);
    const values = columns.values[0] ?? [];
    const moment = { time: now / 1000, remaining, goneAt };
    const drawn = withForecast(columns.times, values, aligned, step, moment);
    const isForecast = drawn.forecast.some((value) => value !== null);
    return {
      ...drawn,
      isForecast,
      series: [
        { label: 'left', color: LEFT, values: drawn.left },
        ...(isForecast ? [{ label: 'at this rate', color: FORECAST, values: drawn.forecast, dashed: true }] : []),
      ],
    };
  }, [data, aligned, step, now, remaining, goneAt]);
  return (
    <Panel title="Budget left" aside={<ExploreLink query={query} language="promql" />}>
      {answer.error !== null ? (
        <ErrorNote error={answer.error} />
      ) : answer.isPending ? (
        <Loading what="the budget" />
      ) : (data?.length ?? 0) === 0 && !chart.isForecast ? (
        <Empty title="Not recorded in this time range">It is recorded since the server knows the objective.</Empty>
      ) : (
        <div data-testid="budget-chart" style={{ paddingTop: 10 }}>
          <Chart
            label={`Budget left of ${slo.name}`}
            times={chart.times}
            series={chart.series}
            range={chart.range}
            height={220}
            kind="lines"
            onZoom={zoom}
            format={budgetText}
          />
          <div className="sg-levels">
            <span>
              <i style={{ background: LEFT }} /> left
            </span>
            {chart.isForecast && (
              <span>
                <i className="sg-limit-key" /> if it goes on burning as in the last{' '}
                {formatSeconds(slo.burnRates?.[0]?.longSeconds ?? 3600)}
              </span>
            )}
          </div>
        </div>
      )}
    </Panel>
  );
}
