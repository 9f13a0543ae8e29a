import { useStatus } from '../../api/sightglass';
import { useTime } from '../../time/TimeContext';
import { Cardinality } from './Cardinality';
import { Listeners } from './Listeners';
import { ScrapeTargets } from './ScrapeTargets';
import { Sources } from './Sources';
import { LogVolume, Storage } from './Storage';

const INTERVAL = 10_000;

/** Where data comes from, whether it does, and what it costs. */
export function TargetsPage() {
  const { interval } = useTime();
  const refresh = interval || INTERVAL;
  const status = useStatus(refresh).data;
  return (
    <div className="sg-page">
      <ScrapeTargets refresh={refresh} />
      <Sources refresh={refresh} />
      {status && <Listeners status={status} />}
      <div className="sg-two sg-halves">
        <Storage status={status} />
        <LogVolume />
      </div>
      <Cardinality refresh={60_000} />
    </div>
  );
}
