import { Button } from '@mantine/core';
import { useMemo } from 'react';
import { useExpression } from '../../api/expression';
import { useSloQueries, type SloDetails } from '../../api/slo';
import { Chart } from '../../charts/Chart';
import { formatNumber, formatSeconds, formatTimeShort } from '../../lib/format';
import { ErrorNote, Loading, Panel } from '../../shell/states';
import { align, stepFor } from '../../time/range';
import { useTime } from '../../time/TimeContext';
import { percentText } from '../services/red';
import { burnText, intervalsOf, sampledIntervals, worstIntervals, type Interval } from './budget';

const BARS = 160;
const NAMED = 6;
const EATEN = '#d9822b';
const NO_STEP = 0;

/** The times that used the budget up, and whom the bad events are of. */
export function WhatAteIt({ slo }: { slo: SloDetails }) {
  const { now } = useTime();
  const start = slo.window.start === undefined ? NaN : Date.parse(slo.window.start) / 1000;
  const whole = useMemo(() => ({ from: start, to: now / 1000 }), [start, now]);
  const step = Number.isNaN(start) ? NO_STEP : Math.max(60, stepFor(whole, BARS));
  if (slo.error !== undefined || step === NO_STEP) return null;
  return (
    <div className="sg-two sg-halves">
      <Times slo={slo} from={whole.from} to={whole.to} step={step} />
      <Labels slo={slo} />
    </div>
  );
}

function Times({ slo, from, to, step }: { slo: SloDetails; from: number; to: number; step: number }) {
  const { zoom } = useTime();
  const aligned = useMemo(() => {
    const { from: start, to: end } = align({ from, to }, step);
    return { from: start, to: end };
  }, [from, to, step]);
  // Not the part of a step that lies before the window.
  const asked = useMemo(() => ({ from: aligned.from + step, to: aligned.to }), [aligned, step]);
  const queries = useSloQueries(slo.name, step);
  const { language = 'promql', errorRatio = '', errorRate = null, totalRate = null } = queries.data ?? {};
  const counted = errorRate !== null && totalRate !== null;
  const errors = useExpression(language, counted ? errorRate : errorRatio, asked, step);
  const totals = useExpression(language, counted ? totalRate : '', asked, step);
  const intervals = useMemo(
    () =>
      counted
        ? intervalsOf({ errorRate: errors.items, totalRate: totals.items }, step, slo.objective)
        : sampledIntervals(errors.items, step, slo.objective),
    [counted, errors.items, totals.items, step, slo.objective],
  );
  const chart = useMemo(
    () => ({
      times: intervals.map((item) => item.from),
      series: [{ label: 'of the budget', color: EATEN, values: intervals.map((item) => item.share) }],
    }),
    [intervals],
  );
  const failed = queries.error ?? errors.error ?? totals.error;
  const worst = worstIntervals(intervals, NAMED);
  return (
    <Panel title="When it was used" aside={<span className="sg-dim">each bar is {formatSeconds(step)}</span>}>
      {failed !== null ? (
        <ErrorNote error={failed} />
      ) : queries.isPending || errors.pending || totals.pending ? (
        <Loading what="the window" />
      ) : worst.length === 0 ? (
        <p className="sg-nothing sg-dim">Nothing worth naming was used in this window.</p>
      ) : (
        <>
          <div style={{ paddingTop: 10 }}>
            <Chart
              label={`Budget of ${slo.name} used over its window`}
              {...chart}
              range={aligned}
              height={150}
              kind="bars"
              onZoom={zoom}
              format={percentText}
            />
          </div>
          <ul className="sg-bars" aria-label="Times that used most">
            {worst.map((item) => (
              <Time key={item.from} item={item} most={worst[0]?.share ?? 1} />
            ))}
          </ul>
        </>
      )}
    </Panel>
  );
}

function Time({ item, most }: { item: Interval; most: number }) {
  const { zoom } = useTime();
  return (
    <li data-testid="eaten-row">
      <span>
        <Button
          size="compact-xs"
          variant="subtle"
          title="Show this time"
          onClick={() => {
            zoom({ from: item.from, to: item.to });
          }}
        >
          {formatTimeShort(item.from * 1000)}
        </Button>{' '}
        <span className="sg-dim">
          for {formatSeconds(item.to - item.from)}, up to {burnText(item.burn)}
        </span>
      </span>
      <span className="sg-num">
        {item.errors !== null && (
          <span className="sg-bars-aside sg-dim">{formatNumber(Math.round(item.errors))} bad</span>
        )}
        {percentText(item.share)}
      </span>
      <span className="sg-bar" aria-hidden="true">
        <i style={{ width: `${String((item.share / most) * 100)}%` }} />
      </span>
    </li>
  );
}

function Labels({ slo }: { slo: SloDetails }) {
  return (
    <Panel title="Who the bad events are of" aside={<span className="sg-dim">share of all in the window</span>}>
      {slo.culprits.length === 0 ? (
        <p className="sg-nothing sg-dim">
          No label tells them apart, or there were none. This is known where an indicator counts events in PromQL.
        </p>
      ) : (
        <div className="sg-culprits">
          {slo.culprits.map(({ label, values }) => (
            <div key={label} data-testid="culprit">
              <h3>{label}</h3>
              <ul className="sg-bars">
                {values.map(({ value, errors, share }) => (
                  <li key={value}>
                    <span className="sg-wrap">{value === '' ? <i className="sg-dim">without</i> : value}</span>
                    <span className="sg-num">
                      <span className="sg-bars-aside sg-dim">{formatNumber(Math.round(errors))}</span>
                      {percentText(share)}
                    </span>
                    <span className="sg-bar" aria-hidden="true">
                      <i style={{ width: `${String(share * 100)}%` }} />
                    </span>
                  </li>
                ))}
              </ul>
            </div>
          ))}
        </div>
      )}
    </Panel>
  );
}
