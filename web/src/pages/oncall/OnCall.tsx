import { useEscalations, useOnCall } from '../../api/people';
import { onCallLines } from '../../shell/snippets';
import { CopyBlock, Empty, ErrorNote, Loading } from '../../shell/states';
import { useTime } from '../../time/TimeContext';
import { ALERTS_INTERVAL } from '../alerts/active';
import { Policies, Running } from './Escalations';
import { RotationPanel } from './RotationPanel';

/** Who is called, who comes after, and what escalates. */
export function OnCall() {
  const { interval } = useTime();
  const refresh = interval || ALERTS_INTERVAL;
  const rotations = useOnCall(refresh);
  const escalations = useEscalations(refresh);
  const error = rotations.error ?? escalations.error;
  if (error !== null) return <ErrorNote error={error} />;
  if (rotations.data === undefined || escalations.data === undefined) return <Loading what="who is on call" />;
  const { escalations: running, policies } = escalations.data;
  if (rotations.data.length === 0 && policies.length === 0) return <NoOnCall />;
  return (
    <div className="sg-list">
      <Running escalations={running} />
      {rotations.data.map((rotation) => (
        <RotationPanel key={rotation.name} rotation={rotation} />
      ))}
      <Policies policies={policies} />
    </div>
  );
}

/** What makes the first rotation. */
function NoOnCall() {
  return (
    <section className="sg-panel">
      <Empty title="Nobody is on call yet">
        <div className="sg-send-hint">
          People, rotations and what escalates stand in the configuration of the server. The contacts are receivers of
          the Alertmanager:
          <CopyBlock text={onCallLines()} />
        </div>
      </Empty>
    </section>
  );
}
