import { Link } from '@tanstack/react-router';
import { formatAgo, formatNumber } from '../../lib/format';
import { Annotations, LabelTags, State } from '../../shell/Labels';
import { keptSearch, type AppSearch } from '../../shell/search';
import { Empty, Panel } from '../../shell/states';
import { useTime } from '../../time/TimeContext';
import type { ActiveAlert } from './active';

export function FiringAlerts({ alerts, rules }: { alerts: readonly ActiveAlert[]; rules: number }) {
  if (alerts.length === 0) {
    return (
      <section className="sg-panel">
        {rules === 0 ? (
          <Empty title="There are no rules">Name rule files under rule_files in the configuration of the server.</Empty>
        ) : (
          <Empty title="Nothing is firing">{rules} rules are evaluated.</Empty>
        )}
      </section>
    );
  }
  const byRule = Map.groupBy(alerts, (alert) => alert.rule);
  return (
    <div style={{ display: 'grid', gap: 14 }}>
      {[...byRule].map(([rule, group]) => (
        <Panel
          key={rule}
          title={rule}
          aside={
            <Link
              className="sg-dim"
              to="/metrics-explorer"
              search={(old: AppSearch) => ({ ...keptSearch(old), q: group[0]?.query ?? '' })}
            >
              Graph
            </Link>
          }
        >
          {group.map((alert) => (
            <AlertRow key={JSON.stringify(alert.labels)} alert={alert} />
          ))}
        </Panel>
      ))}
    </div>
  );
}

export function AlertRow({ alert, named = false }: { alert: ActiveAlert; named?: boolean }) {
  const { now } = useTime();
  const value = Number(alert.value);
  return (
    <div className="sg-alert" data-testid="alert-row">
      <State state={alert.state} />
      <div style={{ minWidth: 0 }}>
        {named && <b>{alert.rule}</b>}
        <Annotations annotations={alert.annotations} />
        <LabelTags labels={alert.labels} without={['alertname']} />
      </div>
      <div className="sg-num">
        <div style={{ fontWeight: 600 }}>{Number.isNaN(value) ? alert.value : formatNumber(value)}</div>
        <div className="sg-dim">since {formatAgo(alert.activeAt, now)}</div>
      </div>
    </div>
  );
}
