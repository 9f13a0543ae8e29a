import { useReceivers } from '../../api/alertmanager';
import { useNotificationPages, type Notification } from '../../api/sightglass';
import { matchesLabels } from '../../filters/apply';
import { Hidden } from '../../filters/Hidden';
import { useFilters } from '../../filters/useFilters';
import { formatAgo, formatSeconds, formatTimeShort } from '../../lib/format';
import { Annotations, Breakable, LabelTags, State } from '../../shell/Labels';
import { ListBar } from '../../shell/ListBar';
import { Empty, ErrorNote, Loading, Older, Panel } from '../../shell/states';
import { useTime } from '../../time/TimeContext';
import { ALERTS_INTERVAL } from './active';

/** Alerts of one notification that are shown when it is opened. */
const TOLD = 20;
const STATES = ['all', 'sent', 'pending', 'failed'] as const;

/** How many are asked for at once: for the list, and of one rule. */
const PAGE = 200;
const PAGE_OF_RULE = 10;
const RULE_INTERVAL = 60_000;

export function Notifications() {
  const answer = useNotificationPages({ limit: PAGE }, ALERTS_INTERVAL);
  const filters = useFilters();
  const all = answer.items;
  const kept = all.filter((item) => item.alerts.some((alert) => matchesLabels(alert.labels, filters)));
  if (answer.error !== null) return <ErrorNote error={answer.error} />;
  return (
    <div className="sg-list">
      <Receivers notifications={all} />
      <div>
        <ListBar
          items={kept}
          kinds={STATES}
          isOf={(item, state) => state === 'all' || item.status === state}
          find={{ label: 'Find a notification', placeholder: 'Find receiver, alert, label or error', has: hasText }}
          list={(list) => (
            <>
              <Hidden count={all.length - kept.length} what="notification" />
              <Panel
                title="Notifications"
                aside={
                  <span className="sg-dim">
                    {answer.more ? `the newest ${all.length.toLocaleString('en')}` : 'all there are'}
                  </span>
                }
              >
                {answer.pending ? (
                  <Loading what="notifications" />
                ) : all.length === 0 ? (
                  <Empty title="Nothing was sent yet">
                    Receivers and routes stand under alertmanager in the configuration.
                  </Empty>
                ) : list.length === 0 ? (
                  <Empty title="No notification is like this">Change the text or the state above.</Empty>
                ) : (
                  <NotificationTable list={list} />
                )}
                <Older list={answer} what="notifications" />
              </Panel>
            </>
          )}
        />
      </div>
    </div>
  );
}

function hasText(item: Notification, text: string): boolean {
  const labels = item.alerts.flatMap((alert) => Object.values(alert.labels));
  return [item.receiver, item.integration, item.error ?? '', ...Object.values(item.groupLabels), ...labels].some(
    (part) => part.toLowerCase().includes(text),
  );
}

/** What was told of one rule. */
export function RuleNotifications({ name }: { name: string }) {
  const answer = useNotificationPages({ alertname: name, limit: PAGE_OF_RULE }, RULE_INTERVAL);
  return (
    <Panel title="Notifications">
      {answer.error !== null ? (
        <ErrorNote error={answer.error} />
      ) : answer.pending ? (
        <Loading what="notifications" />
      ) : answer.items.length === 0 ? (
        <p className="sg-nothing sg-dim">Nobody was told yet.</p>
      ) : (
        <NotificationTable list={answer.items} only={name} />
      )}
      <Older list={answer} what="notifications" />
    </Panel>
  );
}

function NotificationTable({ list, only }: { list: readonly Notification[]; only?: string }) {
  const now = Math.max(useTime().now, ...list.slice(0, 1).map((item) => Date.parse(item.updatedAt)));
  return (
    <table className="sg-table sg-rows sg-compact sg-notified">
      <thead>
        <tr>
          <th>Time</th>
          <th>Receiver</th>
          <th>State</th>
          {only === undefined && <th>Group</th>}
          <th>Alerts</th>
          <th className="sg-num">Attempts</th>
        </tr>
      </thead>
      <tbody>
        {list.map((item) => (
          <tr key={item.id} data-testid="notification-row">
            <td
              data-label="Time"
              className="sg-nowrap"
              title={`made at ${formatTimeShort(Date.parse(item.createdAt))}`}
            >
              {formatTimeShort(Date.parse(item.updatedAt))}
            </td>
            <td data-label="Receiver">
              {item.receiver} <span className="sg-dim">{item.integration}</span>
            </td>
            <td data-label="State">
              <State state={item.status} />
              {item.status === 'pending' && (
                <span className="sg-dim"> for {formatSeconds((now - Date.parse(item.createdAt)) / 1000)}</span>
              )}
              {item.error && <div className="sg-why">{item.error}</div>}
            </td>
            {only === undefined && (
              <td data-label="Group">
                <LabelTags labels={item.groupLabels} />
              </td>
            )}
            <td data-label="Alerts">
              <Told item={item} only={only} />
            </td>
            <td data-label="Attempts" className={item.attempts > 1 ? 'sg-num sg-bad' : 'sg-num'}>
              {item.attempts}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** How many alerts of each name; opened, what was said of each. */
function Told({ item, only }: { item: Notification; only: string | undefined }) {
  const alerts = item.alerts.filter((alert) => only === undefined || alert.labels.alertname === only);
  return (
    <details className="sg-told">
      <summary>
        <AlertCounts item={item} only={only} />
      </summary>
      {alerts.slice(0, TOLD).map((alert) => (
        <div key={alert.fingerprint} className="sg-told-alert">
          <State state={alert.status} />{' '}
          <span className="sg-dim">since {formatTimeShort(Date.parse(alert.startsAt))}</span>
          <Annotations annotations={alert.annotations} />
          <LabelTags labels={alert.labels} without={['alertname']} />
        </div>
      ))}
      {alerts.length > TOLD && <div className="sg-dim">and {alerts.length - TOLD} more</div>}
    </details>
  );
}

/** A group of many alerts of one name stays one line. */
function AlertCounts({ item, only }: { item: Notification; only: string | undefined }) {
  const counts = new Map<string, number>();
  for (const { labels, status } of item.alerts) {
    if (only !== undefined && labels.alertname !== only) continue;
    const key = only === undefined ? `${labels.alertname ?? ''} ${status}` : status;
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  return [...counts].map(([key, count]) => {
    const space = key.lastIndexOf(' ');
    return (
      <div key={key}>
        <Breakable text={key.slice(0, Math.max(space, 0))} /> <span className="sg-dim">{key.slice(space + 1)}</span>
        {count > 1 && <span className="sg-dim"> × {count}</span>}
      </div>
    );
  });
}

/** Each receiver with the last thing it was told: does telling people work? */
export function Receivers({ notifications }: { notifications: readonly Notification[] }) {
  const answer = useReceivers(60_000);
  const now = Math.max(useTime().now, answer.dataUpdatedAt);
  const receivers = answer.data ?? [];
  if (answer.error !== null) return <ErrorNote error={answer.error} />;
  if (receivers.length === 0) return null;
  return (
    <Panel title="Receivers">
      <table className="sg-table sg-rows">
        <thead>
          <tr>
            <th>State</th>
            <th>Receiver</th>
            <th>Last error</th>
            <th className="sg-num">Last told</th>
          </tr>
        </thead>
        <tbody>
          {receivers.map(({ name }) => {
            const own = notifications.filter((item) => item.receiver === name);
            const last = own[0];
            const sent = own.find((item) => item.status === 'sent');
            // An attempt that failed and is tried again is not well either.
            const failing = last !== undefined && (last.error ?? '') !== '' && last.status !== 'sent';
            return (
              <tr key={name} data-testid="receiver-row">
                <td data-label="State" className="sg-nowrap">
                  <State state={last === undefined ? 'idle' : failing ? 'failing' : last.status} />
                </td>
                <td data-label="Receiver" style={{ fontWeight: 500 }}>
                  {name}
                </td>
                <td data-label="Last error">{failing ? <span className="sg-wrap">{last.error}</span> : '–'}</td>
                <td data-label="Last told" className="sg-num">
                  {formatAgo(sent?.updatedAt, now)}
                </td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </Panel>
  );
}
