import { formatSeconds, formatTimeShort } from '../../lib/format';
import { LabelTags } from '../../shell/Labels';
import type { Band, BandRow } from './ruleChart';

interface Props {
  row: BandRow;
  from: number;
  to: number;
  /** Labels that say nothing here. */
  without: readonly string[];
}

/** When one alert was pending and firing, on the time axis of the chart above. */
export function BandLane({ row, from, to, without }: Props) {
  const percent = (time: number) => `${String(Math.min(100, Math.max(0, ((time - from) / (to - from)) * 100)))}%`;
  return (
    <div className="sg-band-row">
      <LabelTags labels={row.labels} without={without} />
      <div className="sg-band-lane" role="img" aria-label={row.bands.map(spoken).join('; ')}>
        {row.bands.map((band) => (
          <i
            key={`${band.state} ${String(band.from)}`}
            className={`sg-band-${band.state}`}
            style={{ left: percent(band.from), right: `calc(100% - ${percent(band.to)})` }}
            title={spoken(band)}
          />
        ))}
      </div>
    </div>
  );
}

function spoken({ state, from, to }: Band): string {
  return `${state} from ${formatTimeShort(from * 1000)} for ${formatSeconds(to - from)}`;
}
