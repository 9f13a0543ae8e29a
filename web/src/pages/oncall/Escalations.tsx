import type { Escalation, EscalationPolicy } from '../../api/people';
import { formatSeconds, formatTimeShort } from '../../lib/format';
import { LabelTags, State } from '../../shell/Labels';
import { Panel } from '../../shell/states';
import { useTime } from '../../time/TimeContext';
import { AlertLink } from '../alerts/EventTable';
import { Acknowledge } from './Acknowledge';
import { nextText } from './shifts';

/** The escalations that are not over, with who is told next. */
export function Running({ escalations }: { escalations: readonly Escalation[] }) {
  return (
    <Panel title={`Escalations ${String(escalations.length)}`}>
      {escalations.length === 0 ? (
        <p className="sg-nothing sg-dim">Nothing escalates now.</p>
      ) : (
        escalations.map((item) => <EscalationRow key={item.id} item={item} />)
      )}
    </Panel>
  );
}

export function EscalationRow({ item }: { item: Escalation }) {
  const now = Math.max(useTime().now, Date.parse(item.startedAt));
  const open = item.state === 'running' || item.state === 'held' || item.state === 'exhausted';
  const names = [...new Set(item.told.map((told) => told.person || told.receiver))];
  return (
    <div className="sg-alert" data-testid="escalation-row">
      <State state={item.state} />
      <div style={{ minWidth: 0 }}>
        <b className="sg-wrap">{item.policy}</b> {nextText(item, now)}
        <div className="sg-dim">
          since {formatTimeShort(Date.parse(item.startedAt))},{' '}
          {formatSeconds((now - Date.parse(item.startedAt)) / 1000)}
          {names.length > 0 && ` · told ${names.join(', ')}`}
        </div>
        <div className="sg-tagline">
          <LabelTags labels={item.groupLabels} />
          {item.alerts.slice(0, 3).map((alert) => (
            <AlertLink key={alert.fingerprint} fingerprint={alert.fingerprint}>
              {alert.labels.alertname}
            </AlertLink>
          ))}
          {item.alerts.length > 3 && <span className="sg-dim">and {item.alerts.length - 3} more</span>}
        </div>
      </div>
      {open && item.alerts.length > 0 && (
        <div className="sg-alert-do">
          <Acknowledge
            fingerprints={item.alerts.map((alert) => alert.fingerprint)}
            what={`the alerts of ${item.policy}`}
          />
        </div>
      )}
    </div>
  );
}

/** Who would be told after how long. */
export function Policies({ policies }: { policies: readonly EscalationPolicy[] }) {
  if (policies.length === 0) return null;
  return (
    <Panel title="Policies">
      {policies.map((policy) => (
        <div key={policy.name} className="sg-policy" data-testid="policy-row">
          <b>{policy.name}</b>
          <ol>
            {policy.steps.map((step, index) => (
              <li key={index}>
                <span className="sg-dim">
                  {step.afterSeconds === 0 ? 'at once' : `after ${formatSeconds(step.afterSeconds)}`}
                </span>{' '}
                {step.notify.map((target) => target.name).join(', ')}
              </li>
            ))}
            {policy.repeat > 0 && (
              <li className="sg-dim">
                again after {formatSeconds(policy.repeatAfterSeconds)}, {policy.repeat}×
              </li>
            )}
          </ol>
        </div>
      ))}
    </Panel>
  );
}
