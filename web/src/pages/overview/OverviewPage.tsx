import { useRules, useTargets } from '../../api/prometheus';
import { useStatus } from '../../api/sightglass';
import { ErrorNote, Loading } from '../../shell/states';
import { useTime } from '../../time/TimeContext';
import { Attention } from './Attention';
import { ErrorLogs } from './ErrorLogs';
import { Ingest } from './Ingest';
import { SendData } from './SendData';
import { Services } from './Services';

const INTERVAL = 10_000;

export function OverviewPage() {
  const { interval } = useTime();
  const refresh = interval || INTERVAL;
  const status = useStatus(refresh);
  const rules = useRules(refresh);
  const targets = useTargets(refresh);
  if (status.isPending) return <Loading what="the overview" />;
  if (status.data === undefined) {
    return (
      <div className="sg-page">
        <ErrorNote error={status.error} />
      </div>
    );
  }
  const { ingest } = status.data;
  // The server scrapes itself, so metrics alone do not say that somebody sends data.
  const empty = ingest.logs.items === 0 && ingest.traces.items === 0;
  return (
    <div className="sg-page">
      <Attention groups={rules.data} targets={targets.data} error={rules.error ?? targets.error} refresh={refresh} />
      {empty && <SendData status={status.data} />}
      <Ingest status={status.data} />
      {!empty && (
        <div className="sg-two">
          <ErrorLogs />
          <Services />
        </div>
      )}
    </div>
  );
}
