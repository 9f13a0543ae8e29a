import { groupBy } from '../../lib/group';
import { useMemo } from 'react';
import { toColumns } from '../../charts/columns';
import { Breakable } from '../../shell/Labels';
import { Empty, Panel } from '../../shell/states';
import { useTime } from '../../time/TimeContext';
import { isQuiet, type ActiveAlert } from './active';
import { AlertRow } from './AlertRow';
import { NoRules } from './NoRules';
import { ExploreLink, RuleLink } from './RuleLink';
import { seriesOf, useRuleSeries } from './ruleChart';

/** So many rules have their values drawn: each costs a query. */
const CHARTED = 20;
const NO_RANGE = { from: 0, to: 1 };

export function FiringAlerts({ alerts, rules }: { alerts: readonly ActiveAlert[]; rules: number }) {
  if (alerts.length === 0) {
    if (rules === 0) return <NoRules />;
    return (
      <section className="sg-panel">
        <Empty title="Nothing is firing">
          {rules} {rules === 1 ? 'rule is' : 'rules are'} evaluated.
        </Empty>
      </section>
    );
  }
  const loud = alerts.filter((alert) => !isQuiet(alert));
  const quiet = alerts.filter(isQuiet);
  return (
    <div className="sg-list">
      {byRule(loud).map(([key, group], index) => (
        <RuleAlerts key={key} alerts={group} charted={index < CHARTED} />
      ))}
      {quiet.length > 0 && (
        <details className="sg-panel" data-testid="quiet-alerts" open={loud.length === 0}>
          <summary className="sg-panel-head">
            <h2>Firing, but nobody is told: {quiet.length}</h2>
          </summary>
          {quiet.map((alert) => (
            <AlertRow key={alert.rule + JSON.stringify(alert.labels)} alert={alert} named />
          ))}
        </details>
      )}
    </div>
  );
}

function byRule(alerts: readonly ActiveAlert[]): [string, ActiveAlert[]][] {
  return [...groupBy(alerts, (alert) => JSON.stringify(alert.place ?? alert.rule))];
}

function RuleAlerts({ alerts, charted }: { alerts: readonly ActiveAlert[]; charted: boolean }) {
  const first = alerts[0];
  const { range } = useTime();
  const place = charted ? (first?.place ?? null) : null;
  const { drawn, items, range: shown, step } = useRuleSeries(first?.query ?? '', place, charted ? range : NO_RANGE, 60);
  const values = useMemo(
    () =>
      new Map(
        alerts.map((alert) => {
          const item = seriesOf(items, alert.labels);
          return [alert, item && toColumns([item], shown, step).values[0]];
        }),
      ),
    [alerts, items, shown, step],
  );
  if (first === undefined) return null;
  const count = alerts.length > 1 ? ` ${String(alerts.length)}` : '';
  return (
    <Panel
      title={
        <>
          {first.place === null ? (
            first.rule
          ) : (
            <RuleLink place={first.place}>
              <Breakable text={first.rule} />
            </RuleLink>
          )}
          <span className="sg-dim">{count}</span>
        </>
      }
      aside={
        first.place === null ? (
          <span className="sg-dim">posted by others</span>
        ) : (
          <ExploreLink query={drawn.expression} language={drawn.language} />
        )
      }
    >
      {alerts.map((alert) => (
        <AlertRow
          key={JSON.stringify(alert.labels)}
          alert={alert}
          values={values.get(alert)}
          threshold={drawn.thresholds[0]?.value}
        />
      ))}
    </Panel>
  );
}
