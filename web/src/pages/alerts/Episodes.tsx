import { Button } from '@mantine/core';
import type { AlertDetails, Episode } from '../../api/sightglass';
import { formatSeconds, formatTimeShort } from '../../lib/format';
import { Panel } from '../../shell/states';
import { useTime } from '../../time/TimeContext';
import { rangeAround } from './timeline';

/** The times that an alert fired, and what became of each. */
export function Episodes({ alert }: { alert: AlertDetails }) {
  return (
    <Panel
      title={`Fired ${alert.episodeCount.toLocaleString('en')}×`}
      aside={<span className="sg-dim">{alert.complete ? 'in 30 days' : 'of its newest events'}</span>}
    >
      {alert.episodes.length === 0 ? (
        <p className="sg-nothing sg-dim">It has not fired in 30 days.</p>
      ) : (
        <table className="sg-table sg-rows">
          <thead>
            <tr>
              <th>Began</th>
              <th className="sg-num">Lasted</th>
              <th className="sg-num">Told</th>
              <th>What became of it</th>
            </tr>
          </thead>
          <tbody>
            {alert.episodes.map((episode) => (
              <Row key={episode.start} episode={episode} />
            ))}
          </tbody>
        </table>
      )}
      {alert.episodeCount > alert.episodes.length && (
        <p className="sg-nothing sg-dim">
          and {(alert.episodeCount - alert.episodes.length).toLocaleString('en')} more
        </p>
      )}
    </Panel>
  );
}

function Row({ episode }: { episode: Episode }) {
  const { now, zoom } = useTime();
  const from = Date.parse(episode.start);
  return (
    <tr data-testid="episode-row">
      <td data-label="Began">
        <Button
          size="compact-xs"
          variant="subtle"
          title="Show this time"
          onClick={() => {
            zoom(rangeAround({ from, to: episode.end === null ? null : Date.parse(episode.end) }, now));
          }}
        >
          {formatTimeShort(from)}
        </Button>
      </td>
      <td data-label="Lasted" className="sg-num">
        {formatSeconds(episode.seconds)}
      </td>
      <td data-label="Told" className="sg-num">
        {episode.notified}
        {episode.failed > 0 && <span className="sg-bad sg-block">▲ {episode.failed} failed</span>}
      </td>
      <td data-label="Fate">{fate(episode)}</td>
    </tr>
  );
}

function fate({ end, acknowledged, silenced, alwaysSilenced, inhibited, muted }: Episode): string {
  const parts = [
    end === null && 'fires',
    acknowledged && `acknowledged by ${acknowledged.by}`,
    alwaysSilenced ? 'silenced all the time' : silenced && 'silenced',
    inhibited && 'inhibited',
    muted && 'muted',
  ].filter((part) => typeof part === 'string');
  return parts.length === 0 ? 'over by itself' : parts.join(', ');
}
