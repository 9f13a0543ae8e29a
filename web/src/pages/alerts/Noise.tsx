import { Link } from '@tanstack/react-router';
import { Fragment } from 'react';
import { SegmentedControl } from '@mantine/core';
import { useNoise, type NoiseReport, type NoisyAlert } from '../../api/sightglass';
import { formatSeconds } from '../../lib/format';
import { Breakable } from '../../shell/Labels';
import { keptSearch, useUrl, type AppSearch } from '../../shell/search';
import { Empty, ErrorNote, Loading, Panel } from '../../shell/states';
import { percentText } from '../services/red';

const DAYS = ['1', '7', '30'] as const;
const USUAL = '7';

/** Which alerts call people for nothing, and what might be done about each. */
export function Noise() {
  const { search, set } = useUrl();
  const days = DAYS.find((value) => value === search.days) ?? USUAL;
  const answer = useNoise(Number(days));
  return (
    <>
      <div className="sg-bar-row">
        <SegmentedControl
          size="xs"
          aria-label="Over how long"
          value={days}
          onChange={(value) => {
            set({ days: value === USUAL ? undefined : value });
          }}
          data={DAYS.map((value) => ({ value, label: value === '1' ? '1 day' : `${value} days` }))}
        />
      </div>
      {answer.error !== null ? (
        <ErrorNote error={answer.error} />
      ) : answer.isPending ? (
        <Loading what="the report" />
      ) : (
        <div className="sg-list" aria-busy={answer.isPlaceholderData}>
          <Alerts report={answer.data} />
          <Pairs report={answer.data} />
        </div>
      )}
    </>
  );
}

function Alerts({ report }: { report: NoiseReport }) {
  return (
    <Panel
      title="The loudest"
      aside={
        <span className="sg-dim">
          {report.complete
            ? 'by notifications, then by how often they fired'
            : 'only the newest 200,000 events were read'}
        </span>
      }
    >
      {report.alerts.length === 0 ? (
        <Empty title="Nothing has fired in this time" />
      ) : (
        <table className="sg-table sg-rows sg-noise">
          <thead>
            <tr>
              <th>Alert</th>
              <th className="sg-num">Fired</th>
              <th className="sg-num">Told</th>
              <th className="sg-num">Lasted</th>
              <th className="sg-num" title={`fired again within ${formatSeconds(report.flapSeconds)}`}>
                Flapped
              </th>
              <th className="sg-num" title={`over within ${formatSeconds(report.shortSeconds)}`}>
                Short
              </th>
              <th className="sg-num">Acknowledged</th>
              <th className="sg-num">Silenced</th>
              <th>What to do</th>
            </tr>
          </thead>
          <tbody>
            {report.alerts.map((alert) => (
              <Row key={`${alert.ruleGroup} ${alert.alertname}`} alert={alert} />
            ))}
          </tbody>
        </table>
      )}
    </Panel>
  );
}

function Row({ alert }: { alert: NoisyAlert }) {
  return (
    <tr data-testid="noise-row">
      <td data-label="Alert">
        <b>{alert.ruleGroup === '' ? <Breakable text={alert.alertname} /> : <ToRule alert={alert} />}</b>
        <div className="sg-dim">{alert.ruleGroup === '' ? 'posted by others' : alert.ruleGroup}</div>
      </td>
      <td data-label="Fired" className="sg-num">
        {alert.episodes.toLocaleString('en')}×
        {alert.series > 1 && <span className="sg-dim sg-block">{alert.series.toLocaleString('en')} series</span>}
      </td>
      <td data-label="Told" className="sg-num">
        {alert.notifications.toLocaleString('en')}
        {alert.failedNotifications > 0 && (
          <span className="sg-bad sg-block">▲ {alert.failedNotifications.toLocaleString('en')} failed</span>
        )}
      </td>
      <td data-label="Lasted" className="sg-num">
        {formatSeconds(alert.medianSeconds)}
        <span className="sg-dim sg-block">{formatSeconds(alert.totalSeconds)} in all</span>
      </td>
      <td data-label="Flapped" className="sg-num">
        {alert.flaps === 0 ? <span className="sg-dim">–</span> : `${alert.flaps.toLocaleString('en')}×`}
      </td>
      <td data-label="Short" className="sg-num">
        {alert.shortEpisodes === 0 ? <span className="sg-dim">–</span> : percentText(alert.shortShare)}
      </td>
      <td data-label="Taken" className="sg-num">
        {alert.neverAcknowledged ? 'never' : percentText(alert.acknowledgedShare)}
      </td>
      <td data-label="Silenced" className="sg-num">
        {alert.alwaysSilenced ? (
          'always'
        ) : alert.silencedEpisodes === 0 ? (
          <span className="sg-dim">–</span>
        ) : (
          alert.silencedEpisodes
        )}
      </td>
      <td data-label="To do">
        {alert.suggestions.length === 0 ? (
          <span className="sg-dim">–</span>
        ) : (
          <ul className="sg-advice">
            {alert.suggestions.map((text) => (
              <li key={text}>
                <Coded text={text} />
              </li>
            ))}
          </ul>
        )}
      </td>
    </tr>
  );
}

function ToRule({ alert }: { alert: NoisyAlert }) {
  return (
    <Link
      to="/alerts/rule"
      search={(old: AppSearch) => ({ ...keptSearch(old), name: alert.alertname, group: alert.ruleGroup })}
    >
      <Breakable text={alert.alertname} />
    </Link>
  );
}

/** Two alerts that always begin together say one thing twice. */
function Pairs({ report }: { report: NoiseReport }) {
  if (report.pairs.length === 0) return null;
  return (
    <Panel
      title="Fire together"
      aside={<span className="sg-dim">begin within {formatSeconds(report.togetherSeconds)} of each other</span>}
    >
      <table className="sg-table">
        <tbody>
          {report.pairs.map((pair) => (
            <tr key={`${pair.first} ${pair.second}`} data-testid="pair-row">
              <td>
                <Breakable text={pair.first} /> <span className="sg-dim">({pair.firstTimes}×)</span>
              </td>
              <td>
                <Breakable text={pair.second} /> <span className="sg-dim">({pair.secondTimes}×)</span>
              </td>
              <td className="sg-num">
                {pair.together}× together, {percentText(pair.jaccard)}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </Panel>
  );
}

/** Settings stand between backticks. */
function Coded({ text }: { text: string }) {
  return text.split('`').map((part, index) =>
    index % 2 === 1 ? (
      <code key={index} className="sg-mono">
        {part}
      </code>
    ) : (
      <Fragment key={index}>{part}</Fragment>
    ),
  );
}
