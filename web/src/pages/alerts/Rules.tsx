import { Link } from '@tanstack/react-router';
import type { RuleGroup } from '../../api/prometheus';
import { formatAgo, formatNanos, formatSeconds } from '../../lib/format';
import { State } from '../../shell/Labels';
import { keptSearch, type AppSearch } from '../../shell/search';
import { Empty, Panel } from '../../shell/states';
import { useTime } from '../../time/TimeContext';

export function Rules({ groups }: { groups: readonly RuleGroup[] }) {
  const { now } = useTime();
  if (groups.length === 0) {
    return (
      <section className="sg-panel">
        <Empty title="There are no rules">Name rule files under rule_files in the configuration of the server.</Empty>
      </section>
    );
  }
  return (
    <div style={{ display: 'grid', gap: 14 }}>
      {groups.map((group) => (
        <Panel
          key={`${group.file} ${group.name}`}
          title={group.name}
          aside={
            <span className="sg-dim">
              {group.file} · every {formatSeconds(group.interval)}
            </span>
          }
        >
          <table className="sg-table">
            <thead>
              <tr>
                <th>Rule</th>
                <th>State</th>
                <th>Expression</th>
                <th>Health</th>
                <th className="sg-num">Evaluated</th>
              </tr>
            </thead>
            <tbody>
              {group.rules.map((rule, index) => (
                <tr key={`${rule.name} ${String(index)}`} data-testid="rule-row">
                  <td style={{ fontWeight: 500 }}>
                    {rule.name}
                    {rule.duration ? <div className="sg-dim">for {formatSeconds(rule.duration)}</div> : null}
                  </td>
                  <td>{rule.type === 'alerting' ? <State state={rule.state ?? 'unknown'} /> : 'recording'}</td>
                  <td>
                    <Link
                      className="sg-mono sg-wrap"
                      to="/metrics-explorer"
                      search={(old: AppSearch) => ({ ...keptSearch(old), q: rule.query })}
                    >
                      {rule.query}
                    </Link>
                    {rule.lastError && <div className="sg-bad sg-wrap">{rule.lastError}</div>}
                  </td>
                  <td>
                    <State state={rule.health} />
                  </td>
                  <td className="sg-num">
                    {formatAgo(rule.lastEvaluation, now)}
                    <div className="sg-dim">took {formatNanos(rule.evaluationTime * 1e9)}</div>
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </Panel>
      ))}
    </div>
  );
}
