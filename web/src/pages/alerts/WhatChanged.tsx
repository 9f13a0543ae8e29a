import { Link } from '@tanstack/react-router';
import { useAlertChanges, type AlertChange, type Changes, type Neighbour } from '../../api/changes';
import { formatSeconds, formatTimeShort } from '../../lib/format';
import { Toned } from '../../shell/Labels';
import { keptSearch, type AppSearch } from '../../shell/search';
import { ErrorNote, Loading, Panel } from '../../shell/states';
import { encodeRange } from '../../time/range';
import { ToService } from '../services/ServiceTable';
import { percentText, rateText, secondsText } from '../services/red';
import { AlertLink } from './EventTable';
import { EXPLORE_PAGES } from './RuleLink';

/** Deployments, new errors and messages, other alerts and the services around, when an alert began. */
export function WhatChanged({ fingerprint, at }: { fingerprint: string; at: string | undefined }) {
  const answer = useAlertChanges(fingerprint, at);
  return (
    <Panel
      title="What changed around its start"
      aside={
        answer.data && (
          <span className="sg-dim">
            {formatTimeShort(Date.parse(answer.data.from))} to {formatTimeShort(Date.parse(answer.data.to))}
            {answer.data.services.length > 0 && ` · ${answer.data.services.join(', ')}`}
          </span>
        )
      }
    >
      {answer.error !== null ? (
        <ErrorNote error={answer.error} />
      ) : answer.isPending ? (
        <Loading what="what changed" />
      ) : (
        <Found found={answer.data} />
      )}
    </Panel>
  );
}

function Found({ found }: { found: Changes }) {
  const start = Date.parse(found.at);
  return (
    <>
      {found.changes.length === 0 && found.neighbours.length === 0 && (
        <p className="sg-nothing sg-dim">Nothing else is known to have changed then.</p>
      )}
      {found.changes.map((change, index) => (
        <Change key={`${change.at} ${String(index)}`} change={change} start={start} />
      ))}
      {found.neighbours.length > 0 && <Neighbours list={found.neighbours} />}
      {found.partial.map(({ section, error }) => (
        <p key={section} className="sg-nothing sg-why">
          {section} could not be asked: {error}
        </p>
      ))}
    </>
  );
}

function Change({ change, start }: { change: AlertChange; start: number }) {
  const at = Date.parse(change.at);
  return (
    <div className="sg-change" data-testid="changed-row">
      <span className="sg-nowrap" title={formatTimeShort(at)}>
        {beside(at, start)}
      </span>
      <span className="sg-tag">{change.kind.replaceAll('_', ' ')}</span>
      <span className="sg-wrap">
        {change.fingerprint === null ? (
          change.what
        ) : (
          <AlertLink fingerprint={change.fingerprint}>{change.what}</AlertLink>
        )}
        {change.service !== '' && <span className="sg-dim"> {change.service}</span>}
      </span>
      {change.query && (
        <Link
          className="sg-dim"
          to={EXPLORE_PAGES[change.query.language]}
          search={(old: AppSearch) => ({
            ...keptSearch(old),
            ...encodeRange({
              from: Date.parse(change.query?.start ?? '') / 1000,
              to: Date.parse(change.query?.end ?? '') / 1000,
            }),
            q: change.query?.expression ?? '',
          })}
        >
          Explore
        </Link>
      )}
    </div>
  );
}

/** How long before or after the alert began. */
function beside(at: number, start: number): string {
  const seconds = Math.round((at - start) / 1000);
  if (seconds === 0) return 'at its start';
  return seconds < 0 ? `${formatSeconds(-seconds)} before` : `${formatSeconds(seconds)} after`;
}

/** Who calls the service, and whom it calls. */
function Neighbours({ list }: { list: readonly Neighbour[] }) {
  return (
    <table className="sg-table sg-rows">
      <thead>
        <tr>
          <th>Service around it</th>
          <th>Then</th>
          <th className="sg-num">Requests</th>
          <th className="sg-num">Errors</th>
          <th className="sg-num">95th percentile</th>
        </tr>
      </thead>
      <tbody>
        {list.map((neighbour) => (
          <tr key={`${neighbour.direction} ${neighbour.service}`} data-testid="neighbour-row">
            <td data-label="Service">
              <ToService to="/services" name={neighbour.service}>
                {neighbour.service}
              </ToService>{' '}
              <span className="sg-dim">{neighbour.direction === 'upstream' ? 'calls it' : 'is called by it'}</span>
            </td>
            <td data-label="Then">
              {neighbour.failsMore || neighbour.isSlower ? (
                <Toned tone="bad">
                  {[neighbour.failsMore && 'fails more', neighbour.isSlower && 'slower'].filter(Boolean).join(', ')}
                </Toned>
              ) : (
                <Toned tone="calm">as before</Toned>
              )}
            </td>
            <Figure label="Requests" now={rateText(neighbour.now.rate)} before={rateText(neighbour.before.rate)} />
            <Figure
              label="Errors"
              now={percentText(neighbour.now.errorShare)}
              before={percentText(neighbour.before.errorShare)}
            />
            <Figure
              label="p95"
              now={secondsText(neighbour.now.p95Seconds)}
              before={secondsText(neighbour.before.p95Seconds)}
            />
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Figure({ label, now, before }: { label: string; now: string; before: string }) {
  return (
    <td data-label={label} className="sg-num">
      {now}
      {now !== before && <span className="sg-dim sg-block">was {before}</span>}
    </td>
  );
}
