import { useAlertHistory, useNotifications } from '../../api/sightglass';
import { formatNumber, formatTimeShort } from '../../lib/format';
import { LabelTags, State } from '../../shell/Labels';
import { Empty, ErrorNote, Loading, Panel } from '../../shell/states';
import { ALERTS_INTERVAL } from './active';

export function Notifications() {
  const answer = useNotifications(ALERTS_INTERVAL);
  const list = answer.data?.notifications ?? [];
  if (answer.error !== null) return <ErrorNote error={answer.error} />;
  return (
    <Panel title="Notifications" aside={<span className="sg-dim">the newest 100</span>}>
      {answer.isPending ? (
        <Loading what="notifications" />
      ) : list.length === 0 ? (
        <Empty title="Nothing was sent yet">Receivers and routes stand under alerting in the configuration.</Empty>
      ) : (
        <table className="sg-table sg-stack">
          <thead>
            <tr>
              <th>Time</th>
              <th>Receiver</th>
              <th>State</th>
              <th>Group</th>
              <th>Alerts</th>
              <th className="sg-num">Attempts</th>
            </tr>
          </thead>
          <tbody>
            {list.map((item) => (
              <tr key={item.id} data-testid="notification-row">
                <td data-label="Time" className="sg-nowrap">
                  {formatTimeShort(Date.parse(item.updatedAt))}
                </td>
                <td data-label="Receiver">
                  {item.receiver} <span className="sg-dim">{item.integration}</span>
                </td>
                <td data-label="State">
                  <State state={item.status} />
                  {item.error && <div className="sg-bad sg-wrap">{item.error}</div>}
                </td>
                <td data-label="Group">
                  <LabelTags labels={item.groupLabels} />
                </td>
                <td data-label="Alerts">
                  {item.alerts.map((alert) => (
                    <div key={alert.fingerprint}>
                      {alert.labels['alertname']} <span className="sg-dim">{alert.status}</span>
                    </div>
                  ))}
                </td>
                <td data-label="Attempts" className="sg-num">
                  {item.attempts}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </Panel>
  );
}

export function History() {
  const answer = useAlertHistory(ALERTS_INTERVAL);
  const list = answer.data?.changes ?? [];
  if (answer.error !== null) return <ErrorNote error={answer.error} />;
  return (
    <Panel title="Changes of state" aside={<span className="sg-dim">the newest 100</span>}>
      {answer.isPending ? (
        <Loading what="the history" />
      ) : list.length === 0 ? (
        <Empty title="No alert has changed its state yet" />
      ) : (
        <table className="sg-table sg-stack">
          <thead>
            <tr>
              <th>Time</th>
              <th>Alert</th>
              <th>From</th>
              <th>To</th>
              <th>Labels</th>
              <th className="sg-num">Value</th>
            </tr>
          </thead>
          <tbody>
            {list.map((change, index) => (
              <tr key={`${change.at} ${String(index)}`}>
                <td data-label="Time" className="sg-nowrap">
                  {formatTimeShort(Date.parse(change.at))}
                </td>
                <td data-label="Alert" style={{ fontWeight: 500 }}>
                  {change.alertname}
                </td>
                <td data-label="From">
                  <State state={change.from} />
                </td>
                <td data-label="To">
                  <State state={change.to} />
                </td>
                <td data-label="Labels">
                  <LabelTags labels={change.labels} without={['alertname']} />
                </td>
                <td data-label="Value" className="sg-num">
                  {change.value === null ? '–' : formatNumber(Number(change.value))}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </Panel>
  );
}
