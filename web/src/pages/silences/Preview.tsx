import { useMatchingAlerts, type Matcher } from '../../api/alertmanager';
import { useRules } from '../../api/prometheus';
import { LabelTags } from '../../shell/Labels';
import { ErrorNote } from '../../shell/states';
import { activeAlerts } from '../alerts/active';
import { matchesAll, matcherText } from './matchers';

const SHOWN = 8;

/** Which alerts fall silent, before anything is done. */
export function Preview({ matchers }: { matchers: readonly Matcher[] }) {
  const answer = useMatchingAlerts(matchers.map(matcherText));
  const rules = useRules(false).data;
  if (matchers.length === 0) return <div className="sg-preview sg-dim">Without labels nothing is silenced.</div>;
  if (answer.error !== null) return <ErrorNote error={answer.error} />;
  const alerts = answer.data;
  if (alerts === undefined) return <div className="sg-preview sg-dim">Looking…</div>;
  const pending = activeAlerts(rules ?? []).filter(
    (alert) => alert.state === 'pending' && matchesAll(alert.labels, matchers),
  ).length;
  return (
    <div className="sg-preview" data-testid="silence-preview" role="status" aria-label="Preview">
      <div style={{ fontWeight: 500 }}>
        {alerts.length === 0 ? 'Matches no alert that fires now' : `Silences ${counted(alerts.length, 'alert')} now`}
        {pending > 0 && <span className="sg-dim"> and {pending} pending when they fire</span>}
      </div>
      {alerts.slice(0, SHOWN).map((alert) => (
        <div key={alert.fingerprint} className="sg-preview-row">
          <b>{alert.labels.alertname}</b> <LabelTags labels={alert.labels} without={['alertname']} />
          {alert.status.silencedBy.length > 0 && <span className="sg-dim"> already silenced</span>}
        </div>
      ))}
      {alerts.length > SHOWN && <div className="sg-dim">and {alerts.length - SHOWN} more</div>}
    </div>
  );
}

function counted(count: number, what: string): string {
  return `${String(count)} ${what}${count === 1 ? '' : 's'}`;
}
