import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import type { AlertEvent } from '../../api/sightglass';
import { formatNumber, formatTimeShort } from '../../lib/format';
import { Breakable, LabelTags, Toned } from '../../shell/Labels';
import { keptSearch, type AppSearch } from '../../shell/search';
import { collapsed, eventDetail, eventText, toneOf } from './timeline';

interface Props {
  events: readonly AlertEvent[];
  /** Everything is of one rule: its name and the labels that all have say nothing. */
  ofRule?: boolean;
  /** Everything is of one alert. */
  ofAlert?: boolean;
  without?: readonly string[];
}

/** What happened to alerts, the newest first. */
export function EventTable({ events, ofRule = false, ofAlert = false, without = [] }: Props) {
  return (
    <table className="sg-table sg-rows sg-compact sg-changes">
      <thead>
        <tr>
          <th>Time</th>
          {!ofRule && !ofAlert && <th>Alert</th>}
          <th>What happened</th>
          {!ofAlert && <th>Labels</th>}
          <th className="sg-num">Value</th>
        </tr>
      </thead>
      <tbody>
        {collapsed(events).map(({ event, count, since }, index) => (
          <tr key={`${event.at} ${event.kind} ${String(index)}`} data-testid="change-row">
            <td data-label="Time" className="sg-nowrap">
              {formatTimeShort(Date.parse(event.at))}
            </td>
            {!ofRule && !ofAlert && (
              <td data-label="Alert" style={{ fontWeight: 500 }}>
                <AlertLink fingerprint={event.fingerprint}>
                  <Breakable text={event.labels.alertname ?? 'without a name'} />
                </AlertLink>
              </td>
            )}
            <td data-label="What">
              <Toned tone={toneOf(event.kind)}>{eventText(event)}</Toned>
              {count > 1 && (
                <span className="sg-dim">
                  {' '}
                  {count}× since {formatTimeShort(Date.parse(since))}
                </span>
              )}
              {eventDetail(event) !== '' && <div className="sg-dim sg-wrap">{eventDetail(event)}</div>}
            </td>
            {!ofAlert && (
              <td data-label="Labels">
                {ofRule ? (
                  <AlertLink fingerprint={event.fingerprint}>
                    <LabelTags labels={event.labels} without={['alertname', ...without]} />
                    {Object.keys(event.labels).every((name) => name === 'alertname' || without.includes(name)) &&
                      'this alert'}
                  </AlertLink>
                ) : (
                  <LabelTags labels={event.labels} without={['alertname', ...without]} />
                )}
              </td>
            )}
            <td data-label="Value" className="sg-num">
              {event.value === null ? '' : formatNumber(Number(event.value))}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** Leads to the page of one alert. */
export function AlertLink({ fingerprint, children }: { fingerprint: string; children: ReactNode }) {
  return (
    <Link
      className="sg-link"
      to="/alerts/one"
      search={(old: AppSearch) => ({ ...keptSearch(old), alert: fingerprint })}
    >
      <span>{children}</span>
    </Link>
  );
}
