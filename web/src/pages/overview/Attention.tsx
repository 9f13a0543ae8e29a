import { Link } from '@tanstack/react-router';
import type { RuleGroup, Target } from '../../api/prometheus';
import { Icon } from '../../shell/Icon';
import { State } from '../../shell/Labels';
import { matchesLabels } from '../../filters/apply';
import { Hidden } from '../../filters/Hidden';
import { useFilters } from '../../filters/useFilters';
import { keptSearch, type AppSearch } from '../../shell/search';
import { ErrorNote, Panel } from '../../shell/states';
import { activeAlerts } from '../alerts/active';
import { AlertRow } from '../alerts/AlertRow';

interface Props {
  groups: RuleGroup[] | undefined;
  targets: Target[] | undefined;
  error: Error | null;
}

/** What is wrong now; one calm line when nothing is. */
export function Attention({ groups, targets, error }: Props) {
  const filters = useFilters();
  if (error !== null) return <ErrorNote error={error} />;
  if (groups === undefined || targets === undefined) return <section className="sg-panel sg-calm">Looking…</section>;
  const all = activeAlerts(groups);
  const alerts = all.filter((alert) => matchesLabels(alert.labels, filters));
  const hidden = all.length - alerts.length;
  const firing = alerts.filter((alert) => alert.state === 'firing');
  const pending = alerts.length - firing.length;
  const down = targets.filter((target) => target.health === 'down');
  const rules = groups.reduce((sum, group) => sum + group.rules.filter((rule) => rule.type === 'alerting').length, 0);
  return (
    <>
      <Hidden count={hidden} what="alert" />
      {firing.length > 0 && (
        <Panel
          title={<span className="sg-bad">{`${String(firing.length)} firing`}</span>}
          aside={<AllAlerts pending={pending} />}
        >
          {firing.map((alert) => (
            <AlertRow key={alert.rule + JSON.stringify(alert.labels)} alert={alert} named />
          ))}
        </Panel>
      )}
      {down.length > 0 && (
        <Panel title={<span className="sg-bad">{`${String(down.length)} targets down`}</span>}>
          {down.map((target) => (
            <div key={target.scrapeUrl} className="sg-alert">
              <State state="down" />
              <div>
                <span className="sg-mono">{target.scrapeUrl}</span>
                <div className="sg-dim sg-wrap">{target.lastError}</div>
              </div>
              <span />
            </div>
          ))}
        </Panel>
      )}
      {firing.length === 0 && down.length === 0 && (
        <section className="sg-panel sg-calm">
          <span className="sg-state-good">
            <Icon name="check" size={18} />
          </span>
          <b>All quiet</b>
          <span className="sg-dim">
            {rules} alert {rules === 1 ? 'rule' : 'rules'}, none firing · {targets.length}{' '}
            {targets.length === 1 ? 'target' : 'targets'} up
          </span>
          {pending > 0 && <AllAlerts pending={pending} />}
        </section>
      )}
    </>
  );
}

function AllAlerts({ pending }: { pending: number }) {
  return (
    <Link className="sg-dim" to="/alerts" search={(old: AppSearch) => keptSearch(old)}>
      {pending > 0 ? `${String(pending)} pending` : 'All alerts'}
    </Link>
  );
}
